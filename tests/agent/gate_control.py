#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The control socket: every verb, and peers that are hostile, slow, or many."""
import json
import os
import random
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from gateway import Control, Gateway, Session, need, time64  # noqa: E402
from ktap import Points  # noqa: E402
from program import wait  # noqa: E402

points = Points()
ok = points.ok


def verbs(gateway):
    session = Session(9)
    gateway.add(session)
    one = gateway.call(do="session-get", id=f"{session.id:016x}")
    ok(one[0][0]["id"] == f"{session.id:016x}" and session.key.hex() not in json.dumps(one), "a session is shown, its key never")
    ok(gateway.call(do="session-get", id="00000000000000aa")[1]["errno"] == 2, "an unknown one is ENOENT")
    for number in range(20, 220):
        gateway.add(Session(number))
    dumped, end = gateway.call(do="session-dump")
    ok(len(dumped) == 201 and end == {"end": True}, "all sessions are dumped")
    policy = gateway.call(do="policy-get")[0][0]
    ok(policy["alarm-idle-us"] == 200000 and policy["stale-us"] == 2000000, "the policy is the configuration's")
    ok(gateway.call(do="policy-set", key="stale-us", value=5000000)[1] == {"end": True} and
       gateway.call(do="policy-get")[0][0]["stale-us"] == 5000000, "a setting is changed")
    gateway.packets.send(session.vid(17, b"3 s old", generated=time64() - 3000000))
    ok(wait(lambda: gateway.counters()["accepted"] == 1), "and the gate goes by it at once")
    answer = gateway.call(do="policy-set", key="stale-us", value=1)[1]
    ok(answer["errno"] == 34 and "1000" in answer["error"], f"out of range is refused: {answer['error']}")
    ok(gateway.call(do="policy-set", key="speed", value=1)[1]["errno"] == 2, "an unknown setting is refused")
    ok(gateway.call(do="policy-set", key="under-load", value=1)[1] == {"end": True}, "a setting of the XDP program too")
    ok(gateway.call(do="deny-add", prefix="10.7.0.2/32")[1] == {"end": True} and
       [one["prefix"] for one in gateway.call(do="deny-dump")[0]] == ["10.7.0.2/32"], "a prefix is denied")
    gateway.packets.send(session.vid(17, b"denied"))
    ok(wait(lambda: gateway.counters()["denied"] == 1), "and its packets refused")
    ok(gateway.call(do="deny-remove", prefix="10.7.0.2/32")[1] == {"end": True}, "and let in again")
    ok(sum(one["packets"]["denied"] for one in gateway.call(do="counters-cpu")[0]) == 1, "counters by CPU add up")
    ok(gateway.call(do="handshake-set", public_key="22" * 32)[1] == {"end": True}, "the handshake's key is taken")
    ok(gateway.call(do="handshake-set", public_key="22")[1]["errno"] == 22, "a short one is not")
    ok(gateway.call(do="its-trust-reload")[1]["errno"] == 95, "no trust list where ITS is off")
    ok(gateway.call(do="session-remove", id=f"{session.id:016x}")[1] == {"end": True} and
       gateway.status()["sessions"] == 200, "a session is removed")
    ok(gateway.call(do="flush")[1] == {"end": True} and not gateway.status()["sessions"], "flush removes the others")
    ok(gateway.call(do="attach", interface="lo", mode="fast")[1]["errno"] == 22, "an unknown mode is refused")
    ok(gateway.call(do="attach", interface="nothing0")[1]["errno"] == 19, "an interface that is not there is ENODEV")
    ok(gateway.call(do="detach", interface="gw0")[1] == {"end": True} and not gateway.call(do="interfaces")[0], "detached at run time")
    ok(gateway.call(do="attach", interface="gw0", mode="native")[1] == {"end": True} and
       gateway.call(do="interfaces")[0][0]["mode"] == "native", "and attached again, without root")


def hostile(gateway):
    refusals = [b"not json", b"[]", b"{}", b'{"do": 5}', b'{"do": "dance"}', b'{"do": "session-add"}', b'{"do":"session-add","id":7}',
                b'{"do":"status","do":"flush"}', b'{"do":"follow","what":"you"}', b'{"do":"session-get","id":"zz"}', b"",
                b'{"do":"status"}\xff', b"[" * 5000, b'{"do":"policy-set","key":"stale-us","value":1e999}']
    peer = Control(gateway.control)
    answers = []
    for line in refusals:
        peer.send(line)
        answers.append(peer.line())
    ok(all(one and "error" in one and one["errno"] > 0 for one in answers), f"{len(refusals)} bad requests get an error each")
    ok(all(len(one["error"]) > 10 for one in answers), "and a sentence")
    peer.send({"do": "status"})
    ok(peer.line()["grade"] == "plain", "on a connection that goes on")
    peer = Control(gateway.control)
    try:
        peer.socket.sendall(b"x" * 200000)
    except OSError:
        pass
    try:
        answer = peer.line()
        gone = peer.line() is None
    except OSError:
        gone = True
    ok(gone and (answer is None or answer["errno"] == 7), "a line of 200,000 bytes ends the connection")
    dice = random.Random(1)
    for _ in range(300):
        peer = Control(gateway.control)
        peer.socket.sendall(bytes(dice.randrange(256) for _ in range(dice.randrange(300))))
        peer.socket.close()
    ok(wait(lambda: gateway.status()["agent"]["peers"] == 1), "300 peers that send noise and hang up leave nothing behind")


def many(gateway):
    peers = [Control(gateway.control) for _ in range(40)]
    refused = 0
    for peer in peers:
        peer.socket.settimeout(0.2)
        try:
            line = peer.line()
            refused += line is not None and "Too many" in line["error"]
        except (TimeoutError, OSError):
            pass
    ok(refused >= 8, f"beyond control-clients peers are told so ({refused} of 40)")
    for peer in peers:
        peer.socket.close()
    ok(wait(lambda: gateway.status()["agent"]["peers"] == 1), "and with those gone there is room again")


def slow(gateway):
    session = Session(10)
    gateway.add(session)
    lazy = Control(gateway.control)
    lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.send({"do": "follow", "what": "actions"})
    wait(lambda: gateway.status()["agent"]["peers"] >= 2)

    def dropped():
        for _ in range(200):
            gateway.packets.send(session.vid(17, b"z" * 1000))
        return "reads too slowly" in gateway.said()

    ok(wait(dropped, 60), "a follower that does not read is dropped, aloud")
    ok(wait(lambda: gateway.status()["agent"]["peers"] == 1), "and the agent goes on")
    pipeline = Control(gateway.control)
    pipeline.socket.setblocking(False)
    try:
        while True:
            pipeline.socket.sendall(b'{"do":"status"}\n' * 100)
    except OSError:
        pass
    ok(gateway.status()["grade"] == "plain", "a peer that asks without reading holds up nobody")


def strangers(gateway):
    """A user who is neither root nor of the group."""
    pid = os.fork()
    if not pid:
        os.setgroups([])
        os.setresgid(4711, 4711, 4711)
        os.setresuid(4711, 4711, 4711)
        try:
            Control(gateway.control)
            os._exit(1)
        except PermissionError:
            os._exit(0)
        finally:
            os._exit(2)
    ok(os.waitpid(pid, 0)[1] == 0, "a stranger cannot connect")
    os.chmod(gateway.control, 0o777)
    os.chmod(os.path.dirname(gateway.control), 0o755)
    pid = os.fork()
    if not pid:
        os.setgroups([])
        os.setresgid(4711, 4711, 4711)
        os.setresuid(4711, 4711, 4711)
        try:
            answer = Control(gateway.control).line()
            os._exit(0 if answer and answer["errno"] == 13 else 1)
        finally:
            os._exit(2)
    ok(os.waitpid(pid, 0)[1] == 0, "nor, if the file's mode lets him, is he answered")


def main():
    need(["voltgated", "voltgate.bpf.o"])
    gateway = Gateway("control")
    try:
        gateway.start()
        verbs(gateway)
        hostile(gateway)
        many(gateway)
        slow(gateway)
        strangers(gateway)
        ok(gateway.stop() == 0, "it stops cleanly after all this")
    finally:
        gateway.close()
    points.end()


main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""End to end: voltgated in the plain grade on a veth; nothing is acted on but what a stored verdict covers."""
import hashlib
import json
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from gateway import Control, Gateway, Session, need  # noqa: E402
from ktap import Points  # noqa: E402
from program import BUILD, wait  # noqa: E402

points = Points()
ok = points.ok


def xdp_on(gateway, interface="gw0"):
    import subprocess
    shown = subprocess.run(["ip", "-n", gateway.ns, "link", "show", interface], capture_output=True, text=True).stdout
    return "xdp" in shown


def capabilities(gateway):
    with open(f"/proc/{gateway.status()['agent']['pid']}/status") as status:
        return dict(line.split(":\t") for line in status.read().splitlines() if ":\t" in line)


def admitted(gateway):
    session = Session(1)
    ok(gateway.add(session)[1] == {"end": True}, "a session is added")
    ok(gateway.add(session)[1].get("errno") == 17, "the same id again is refused")
    follower = Control(gateway.control)
    follower.send({"do": "follow", "what": "actions"})
    wait(lambda: gateway.status()["agent"]["peers"] >= 2)
    sent = {}
    for number in range(50):
        payload = f"charge {number}".encode()
        vid = session.vid(17, payload)
        sent[payload.hex()] = (session.sequence, hashlib.blake2s(vid).hexdigest())
        gateway.packets.send(vid)
        gateway.packets.send(session.vid(16, b"beacon"))
    got = [follower.line() for _ in range(50)]
    ok({one["payload"]: (int(one["sequence"]), one["digest"]) for one in got} == sent,
       "each of 50 actions is acted on, once, with its payload and its BLAKE2s-256")
    ok(all(one["kind"] == "action" and one["grade"] == "plain" for one in got), "each with the record that covers it")
    actions = gateway.status()["agent"]["actions"]
    ok(actions["acted"] == 50 and actions["beacons"] == 50 and not actions["waiting"], "and counted; beacons are no actions")
    return session


def uncovered(gateway, session):
    gateway.link("gw1", "car1", "10.8.0")
    bypass = gateway.vehicle("10.8.0.1")
    before = gateway.status()["agent"]["actions"]
    for number in range(20):
        bypass.send(session.vid(17, b"past the gate"))
    bypass.close()
    after = wait(lambda: (lambda now: now if now["uncovered"] >= before["uncovered"] + 20 else None)(
        gateway.status()["agent"]["actions"])) or gateway.status()["agent"]["actions"]
    ok(after["received"] == before["received"] + 20, "20 genuine actions reach the agent past an interface without the gate")
    ok(after["acted"] == before["acted"] and after["uncovered"] == before["uncovered"] + 20,
       "none of them is acted on: no verdict covers them")
    line = wait(lambda: [one for one in gateway.alarm_lines() if one.get("fault") == "uncovered"])
    ok(sum(int(one["count"]) for one in line) == 20, "and the alarm log says so")


def refused(gateway, session):
    gateway.packets.send(session.vid(17, b"forged", forged=True))
    gateway.packets.send(session.vid(17, b"old", generated=1))
    packet = session.vid(18, b"meter")
    gateway.packets.send(packet)
    gateway.packets.send(packet)
    wait(lambda: gateway.counters()["replayed"])
    counters = gateway.counters()
    ok((counters["forged"], counters["stale"], counters["replayed"]) == (1, 1, 1), "forged, stale and replayed are counted")
    wait(lambda: len({one.get("reason") for one in gateway.alarm_lines()} & {"forged", "stale", "replayed"}) == 3)
    wait(lambda: [one for one in gateway.alarm_lines() if one.get("state") == "closed"])
    reasons = {one.get("reason") for one in gateway.alarm_lines()}
    ok({"forged", "stale", "replayed"} <= reasons, "each with a line in the alarm log")
    gateway.call(do="session-revoke", id=f"{session.id:016x}")
    gateway.packets.send(session.vid(17, b"after revocation"))
    ok(wait(lambda: gateway.counters()["revoked"] == 1), "a revoked session's packet is refused as revoked")


def killed_under_load(gateway):
    """Whatever was acted on before the kill is in the log after it."""
    acted, stop = [], threading.Event()
    session = Session(2)
    gateway.add(session)
    follower = Control(gateway.control)
    follower.send({"do": "follow", "what": "actions"})

    def drive():
        while not stop.is_set():
            try:
                gateway.packets.send(session.vid(17, b"x" * 40))
            except OSError:
                pass

    def follow():
        try:
            while True:
                line = follower.line()
                if line is None:
                    return
                acted.append((int(line["epoch"]), int(line["number"]), line["index"], line["digest"]))
        except OSError:
            pass

    threads = [threading.Thread(target=drive), threading.Thread(target=follow)]
    for thread in threads:
        thread.start()
    wait(lambda: len(acted) > 300, 20)
    gateway.kill()
    stop.set()
    for thread in threads:
        thread.join()
    gateway.start()
    return acted


def stored(gateway, acted):
    import subprocess
    shown = subprocess.run([f"{BUILD}/voltgate", "-j", "verdicts", gateway.verdicts], capture_output=True, text=True).stdout
    have = set()
    for line in shown.splitlines():
        one = json.loads(line)
        if "digest" in one:
            have.add((int(one["epoch"]), int(one["number"]), one["index"], one["digest"]))
    missing = [one for one in acted if one not in have]
    ok(acted and not missing, f"kill -9 under load: all {len(acted)} verdicts acted on are in the log ({len(missing)} missing)")


def restarts(gateway):
    for _ in range(3):
        acted = killed_under_load(gateway)
        stored(gateway, acted)
    said, code = gateway.verify()
    ok(code == 0 and said.get("good") and said["epochs"] == 4, "after three kills the chain verifies, four epochs")
    ok("took off the gate" in gateway.said(), "the new agent takes over what the killed one left on the interface")
    torn = os.path.join(gateway.verdicts, sorted(os.listdir(gateway.verdicts))[-1])
    gateway.kill()
    with open(torn, "ab") as log:
        log.write(b"\0\0\x01\x18half a frame")
    gateway.start()
    ok("cut short" in gateway.said() and gateway.verify()[0].get("good"), "a torn tail is cut off and said")


def damaged(gateway):
    gateway.stop()
    path = os.path.join(gateway.verdicts, sorted(os.listdir(gateway.verdicts))[-1])
    with open(path, "r+b", buffering=0) as log:
        log.seek(16 + 100)
        byte = log.read(1)
        log.seek(16 + 100)
        log.write(bytes([byte[0] ^ 1]))
        gateway.start(ready=False)
        code = gateway.agent.wait(20)
        ok(code == 2 and path in gateway.said() and "offset 16" in gateway.said(),
           "a damaged log ends the start with file and offset, exit 2")
        log.seek(16 + 100)
        log.write(byte)
    gateway.start()


def second_agent(gateway):
    import subprocess
    run = subprocess.run(["ip", "netns", "exec", gateway.ns, f"{BUILD}/voltgated", "-c", gateway.conf], capture_output=True, text=True,
                         timeout=30)
    ok(run.returncode == 2 and "only one agent" in run.stderr, "a second agent in the namespace is refused, exit 2")
    ok(xdp_on(gateway) and gateway.status(), "and harms the first in nothing")


def main():
    need(["voltgated", "voltgate", "voltgate.bpf.o"])
    gateway = Gateway("e2e")
    try:
        gateway.start()
        ok(xdp_on(gateway), "the agent starts and the program is on the interface")
        caps = capabilities(gateway)
        ok(caps["CapEff"] == caps["CapPrm"] == "0000000000001000" and caps["CapBnd"] == "0" * 16 and caps["NoNewPrivs"] == "1" and
           not caps["Uid"].startswith("0"), "it runs as its own user with CAP_NET_ADMIN only, no_new_privs")
        session = admitted(gateway)
        uncovered(gateway, session)
        refused(gateway, session)
        second_agent(gateway)
        restarts(gateway)
        damaged(gateway)
        ok(gateway.stop() == 0 and not xdp_on(gateway), "SIGTERM: the program is taken off, exit 0")
        said, code = gateway.verify()
        ok(code == 0 and said.get("good"), "and the log verifies")
        kinds = said.get("kinds", {})
        print(f"# {kinds}")
        ok(kinds.get("session-add", 0) >= 4 and kinds.get("session-remove", 0) >= 1 and kinds.get("alarm", 0) >= 1,
           "sessions and alarms are in the chain too")
    finally:
        gateway.close()
    points.end()


main()

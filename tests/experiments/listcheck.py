#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The list check that Fig. 7's baseline is: what it takes for a vehicle's packet and alarms of; then the same train of packets at the
list check and at the gate. Root, network namespaces."""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(TOP, "tools", "experiments"), os.path.join(TOP, "tools", "testbed"),
                os.path.join(TOP, "tests", "bench")]
sys.dont_write_bytecode = True
os.chdir(TOP)

import alarm_bench  # noqa: E402, isort: skip
import alarm_run  # noqa: E402, isort: skip
import alarms  # noqa: E402, isort: skip
from ktap import Points, skip_all  # noqa: E402, isort: skip
from program import BUILD, wait_for  # noqa: E402, isort: skip

PROGRAM = os.path.join(BUILD, "experiments", "listcheck")
KNOWN, STRANGER = 0x1111222233334444, 0x1111222233334445
MACS = bytes(12)
points = Points()


def vid(session, kind=16, more=0):
    return struct.pack(">BBHIQQQ", 1, kind, 24 + more, 0, session, 1, 0) + bytes(24 + 16)


def udp(payload, port=47800):
    return struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload


def ipv4(source, payload, options=b"", fragment=0):
    words = 5 + len(options) // 4
    return b"\x08\x00" + struct.pack(">BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), 1, fragment, 64, 17, 0) + socket.inet_aton(source) + \
        socket.inet_aton("10.9.0.1") + options + payload


def ipv6(source, payload, headers=b"", first=17):
    return b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(headers + payload), first, 64) + socket.inet_pton(socket.AF_INET6, source) + \
        socket.inet_pton(socket.AF_INET6, "fd00:9::1") + headers + payload


def vlan(tag, frame):
    return tag + b"\x00\x07" + frame


# What is sent, and the alarm that must come of it: (reason, source, identifier), or None.
WIRE = [
    ("a known identifier", ipv4("10.9.0.2", udp(vid(KNOWN))), None),
    ("an unknown one", ipv4("10.9.0.3", udp(vid(STRANGER))), ("unknown-session", "10.9.0.3", STRANGER)),
    ("IPv6", ipv6("fd00:9::4", udp(vid(STRANGER + 1))), ("unknown-session", "fd00:9::4", STRANGER + 1)),
    ("an action packet", ipv6("fd00:9::5", udp(vid(STRANGER, kind=17))), ("unknown-session", "fd00:9::5", STRANGER)),
    ("IPv4 options", ipv4("10.9.0.6", udp(vid(STRANGER)), b"\x01" * 8), ("unknown-session", "10.9.0.6", STRANGER)),
    ("IPv6 destination options", ipv6("fd00:9::7", udp(vid(STRANGER)), b"\x11\x01" + bytes(14), 60), ("unknown-session", "fd00:9::7", STRANGER)),
    ("known, behind the same", ipv6("fd00:9::8", udp(vid(KNOWN)), b"\x11\x01" + bytes(14), 60), None),
    ("four VLAN tags, of which the kernel takes one off", vlan(b"\x88\xa8", vlan(b"\x91\x00", vlan(b"\x81\x00", vlan(b"\x81\x00", ipv4("10.9.0.9", udp(vid(STRANGER))))))),
     ("unknown-session", "10.9.0.9", STRANGER)),
    ("another port", ipv4("10.9.0.10", udp(vid(STRANGER), 47801)), None),
    ("a later fragment", ipv4("10.9.0.11", udp(vid(STRANGER)), fragment=5), None),
    ("a hello, which has no identifier yet", ipv4("10.9.0.12", udp(vid(0, kind=1))), None),
    ("a length that is not the datagram's", ipv4("10.9.0.13", udp(vid(KNOWN, more=1))), ("malformed", "10.9.0.13", 0)),
    ("a type that no vehicle sends", ipv4("10.9.0.14", udp(vid(KNOWN, kind=2))), ("malformed", "10.9.0.14", 0)),
    ("too short", ipv4("10.9.0.15", udp(b"12345678")), ("malformed", "10.9.0.15", 0)),
    ("a frame that ends early", ipv4("10.9.0.16", udp(vid(KNOWN)))[:-4], ("malformed", "10.9.0.16", 0)),
    ("the last", ipv4("10.9.0.17", udp(vid(STRANGER))), ("unknown-session", "10.9.0.17", STRANGER)),
]


def refused(folder):
    """Lists and words that it does not begin with."""
    bad, good = os.path.join(folder, "bad"), os.path.join(folder, "good")
    for path, text in ((bad, "1111\n"), (good, f"# known\n{KNOWN:016x} key\n")):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def start(known, interface="lo", poll="10"):
        return subprocess.run([PROGRAM, "-i", interface, "-k", known, "-l", os.path.join(folder, "log"), "-p", poll], capture_output=True, text=True, timeout=20)

    for what, done in (("a list with a short identifier", start(bad)), ("a list that is not there", start(bad + "x")),
                       ("an interface that is not there", start(good, "nowhere0")), ("no time between polls", start(good, poll="0"))):
        points.ok(done.returncode == 1 and done.stderr and not done.stdout, f"{what} is refused with a sentence", done)


def read_alarms(path):
    with open(path, encoding="utf-8") as log:
        return [(line["reason"], line["src_ip"], int(line["session"], 16)) for line in map(json.loads, log)]


def on_wire(folder):
    """Polled so seldom that each poll must take all that waits, or the last alarm comes too late."""
    known, log = os.path.join(folder, "known"), os.path.join(folder, "alarms.json")
    with open(known, "w", encoding="ascii") as file:
        file.write("# more than once around the table\n" + "".join(f"{KNOWN + (number << 20):016x}\n" for number in range(5000)))
    check = subprocess.Popen([PROGRAM, "-i", "vgfar", "-k", known, "-l", log, "-p", "500"], stdout=subprocess.PIPE, text=True)
    try:
        points.ok(check.stdout.readline() == "listening\n", "it listens")
        wire = alarm_run.packet_socket("vgnear")
        many = [ipv6("fd00:9::a", udp(vid(KNOWN + (number << 20)))) for number in range(5000)]
        for number, frame in enumerate(many):
            wire.send(MACS + frame)
        for _, frame, _ in WIRE:
            wire.send(MACS + frame)
        wait_for(lambda: read_alarms(log)[-1:] == [WIRE[-1][2]], "the last alarm")
    finally:
        check.send_signal(signal.SIGTERM)
        told = json.loads(check.communicate(timeout=20)[0])
    raised = read_alarms(log)
    for what, _, alarm in WIRE:
        if alarm:
            points.ok(raised.count(alarm) == 1, f"{what}: one alarm", raised)
    wanted = [alarm for _, _, alarm in WIRE if alarm]
    points.ok(raised == wanted, "no other alarm, and these in order: all 5,000 of the list are known", [one for one in raised if one not in wanted])
    points.ok((told["unknown"], told["wrong"], told["vehicle"], told["lost"]) == (7, 4, 5000 + 9, 0), "its counts are what was sent", told)


def both_arms():
    """The real thing, as the experiment runs it."""
    for arm, wanted in (("ours", {"alarmed": 100, "alarmed_known": 100}), ("baseline", {"alarmed": 25, "alarmed_known": 0})):
        with points.point(f"{arm}: alarms of {wanted['alarmed']} % of the forgeries, none of a correct packet, and all of those passed"):
            result = alarms.run(40, 3, arm)
            wanted |= {"false": 0, "passed": 100}
            assert all(result[key] == value for key, value in wanted.items()) and 0 < result["alarm_ms"] <= result["alarm_most_ms"], result


if not os.path.exists(PROGRAM):
    skip_all(f"{PROGRAM} is not built; run make")
if os.geteuid():
    skip_all("needs root, for network namespaces and packet sockets")
with tempfile.TemporaryDirectory(prefix="voltgate-listcheck-") as place:
    refused(place)
    both_arms()
    alarm_bench.make_wire() # from here on this process is in a namespace of its own
    on_wire(place)
points.end()

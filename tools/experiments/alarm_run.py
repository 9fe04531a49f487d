#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""
One run of Fig. 7 in a network namespace of its own, which ends with it.

    alarm_run.py ours|baseline FORGERIES SEED

Sends a train of packets (alarm_train.py) through a veth pair to the gate (XDP, plain grade) or to the list check, watches its log, and
counts what reached the other end. One JSON object on standard output. Exit 0, 1, or 4 with a sentence: it cannot run here.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "testbed"), os.path.join(HERE, "..", "..", "tests", "bench")]
sys.dont_write_bytecode = True

import alarm_bench  # noqa: E402
import alarm_train  # noqa: E402
from program import BUILD, VOLTGATE, run  # noqa: E402

POLL_MS = 10
LEAD_S = 0.2  # from making the packets to sending the first
SILENCE_S = 1 # after the last packet nothing more is waited for once the log was silent for so long
OUTGOING = 4  # PACKET_OUTGOING of linux/if_packet.h


class Gate:
    """Ours: voltgated with sessions that an administrator added."""

    def __init__(self, folder, keys):
        self.process = alarm_bench.start_agent(folder)
        try:
            alarm_bench.wait_ready(self.process, folder)
            for number, key in keys:
                run(VOLTGATE, "-S", os.path.join(folder, "control.sock"), "session", "add", "id", f"{number:016x}", "key", "-", "expires", "1h",
                    input=key.hex() + "\n")
        except BaseException:
            self.end()
            raise

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class ListCheck:
    """The baseline."""

    def __init__(self, folder, keys):
        known = os.path.join(folder, "known")
        with open(known, "w", encoding="ascii") as file:
            file.writelines(f"{number:016x}\n" for number, _ in keys)
        self.process = subprocess.Popen([os.path.join(BUILD, "experiments", "listcheck"), "-i", "vgfar", "-k", known, "-l",
                                         os.path.join(folder, "alarms.json"), "-p", str(POLL_MS)], stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "listening\n":
            self.process.wait()
            sys.exit("alarm_run.py: the list check does not listen, as it said")

    def end(self):
        self.process.terminate()
        told = json.loads(self.process.communicate(timeout=10)[0])
        if told["lost"]:
            sys.exit(f"alarm_run.py: the list check's queue lost {told['lost']} frames; the run measures nothing")


class Watch:
    """Which sources the log has alarms of, and since when."""

    def __init__(self, path):
        open(path, "ab").close()
        self.log, self.rest, self.alarms, self.last = alarm_bench.Log(path), b"", [], time.monotonic()

    def until(self, deadline):
        """Reads lines until then (monotonic seconds)."""
        while True:
            more = self.log.more(deadline - time.monotonic())
            now = time.monotonic()
            *lines, self.rest = (self.rest + more).split(b"\n")
            for line in map(json.loads, lines):
                if line["event_type"] == "alarm" and line.get("state", "new") == "new":
                    self.alarms.append((line["src_ip"], now))
                    self.last = now
            if now >= deadline:
                return


def packet_socket(interface, room=0):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if room:
        wire.setsockopt(socket.SOL_SOCKET, 33, room) # SO_RCVBUFFORCE
    wire.bind((interface, 3)) # ETH_P_ALL
    return wire


def arrivals(wire):
    """Sources of the vehicle-ID packets that a socket behind the gate has received."""
    sources = []
    wire.setblocking(False)
    while True:
        try:
            frame, address = wire.recvfrom(2048)
        except BlockingIOError:
            return sources
        if address[2] != OUTGOING and frame[12:14] == b"\x86\xdd" and frame[20] == 17 and frame[56:58] == (47800).to_bytes(2, "big"):
            sources.append(socket.inet_ntop(socket.AF_INET6, frame[22:38]))


def send(wire, watch, shots, begin):
    """Sends each at its time, watching the log between; when each was sent."""
    sent = {}
    for shot, frame in shots:
        watch.until(begin + shot.at)
        if shot.kind != "correct":
            sent[shot.source] = time.monotonic()
        wire.send(frame)
    return sent


def judge(shots, sent, alarms, arrived):
    """Numbers of the run. @alarms: (source, time); @arrived: sources of what was not dropped."""
    kinds = {shot.source: shot.kind for shot in shots if shot.kind != "correct"}
    vehicles = {shot.source for shot in shots if shot.kind == "correct"}
    correct = sum(shot.kind == "correct" for shot in shots)
    late = {}
    for source, at in alarms:
        if source in kinds:
            late.setdefault(source, (at - sent[source]) * 1e3)
    false = sum(source not in kinds for source, _ in alarms)
    known = [source for source, kind in kinds.items() if kind in alarm_train.KNOWN]
    passed = sum(source in vehicles for source in arrived) - false
    result = {"alarmed": 100 * len(late) / len(kinds), "alarmed_known": 100 * sum(source in late for source in known) / len(known),
              "false": false, "passed": 100 * passed / correct}
    if late:
        result |= {"alarm_ms": sum(late.values()) / len(late), "alarm_most_ms": max(late.values())}
    return result


def measure(arm, forgeries, seed, folder):
    keys = alarm_train.keys(seed)
    watched = arm(folder, keys)
    try:
        behind, wire = packet_socket("vgfar", 8 << 20), packet_socket("vgnear")
        watch = Watch(os.path.join(folder, "alarms.json"))
        shots = alarm_train.train(alarm_train.Maker(BUILD), seed, forgeries, time.time() + LEAD_S)
        frames = [(shot, alarm_bench.frame(shot.source, shot.packet)) for shot in shots]
        sent = send(wire, watch, frames, time.monotonic() + LEAD_S)
        watch.last = time.monotonic()
        while time.monotonic() < watch.last + SILENCE_S:
            watch.until(watch.last + SILENCE_S)
        return judge(shots, sent, watch.alarms, arrivals(behind))
    finally:
        watched.end()


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("ours", "baseline"):
        sys.exit(__doc__)
    try:
        alarm_bench.make_wire()
    except (OSError, subprocess.CalledProcessError) as error:
        alarm_bench.skip(f"This machine makes no veth pair ({error}); load the module veth.")
    folder = tempfile.mkdtemp(prefix="voltgate-alarms-")
    try:
        result = measure(Gate if sys.argv[1] == "ours" else ListCheck, int(sys.argv[2]), int(sys.argv[3]), folder)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(result))


if __name__ == "__main__":
    main()

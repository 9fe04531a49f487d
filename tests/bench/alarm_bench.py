#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Alarm latency: from a refused frame on the wire to its line in the alarm log.

    alarm_bench.py RESULTS-FOLDER

Runs voltgated in the plain grade in a network namespace of its own, sends VIDs
of unknown sessions from ever new sources through a veth pair, one at a time and
slower than the limit on notices of a kind, and waits for the log's line by
inotify. Exit 0, 1, 4 (skipped).
"""
import ctypes
import json
import os
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "testbed"))
from program import BUILD, VOLTGATED, wait  # noqa: E402

CLONE_NEWNET = 0x40000000
IN_MODIFY = 2
GOAL_MS = 5
GAP_S = 0.12
QUICK = os.environ.get("BENCH_QUICK", "0") not in ("", "0")
libc = ctypes.CDLL(None, use_errno=True)

CONFIG = """[agent]
user =
group =
state-dir = {dir}/state
control = {dir}/control.sock
alarm-log = {dir}/alarms.json
object = {object}
syslog = no
[gate]
grade = plain
[interface vgfar]
"""


def skip(why):
    print(why)
    sys.exit(4)


def make_wire():
    if os.geteuid() or libc.unshare(CLONE_NEWNET):
        skip("needs root, for a network namespace and BPF programs")
    for command in ("ip link set lo up", "ip link add vgnear type veth peer name vgfar", "ip link set vgnear up",
                    "ip link set vgfar up"):
        subprocess.run(command.split(), check=True)


def frame(source, vid):
    """A VID from that IPv6 address to the gate's port, as vgnear sends it."""
    udp = struct.pack(">HHHH", 40000, 47800, 8 + len(vid), 0) + vid
    ip = struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + socket.inet_pton(socket.AF_INET6, source)
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x86\xdd" + ip + socket.inet_pton(socket.AF_INET6, "2001:db8:a1::ffff") + udp


def frame_of(number):
    """A VID of no session we have, from a source that number gives, and how the log ends that source."""
    source = f"2001:db8:a1::{number + 1:x}"
    vid = struct.pack(">BBHIQQQ", 1, 16, 64, 0, 0x1000 + number, 1, 0) + bytes(64 + 16)
    return frame(source, vid), source + '"'


def start_agent(folder):
    config = os.path.join(folder, "voltgated.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(CONFIG.format(dir=folder, object=os.path.join(BUILD, "voltgate.bpf.o")))
    os.mkdir(os.path.join(folder, "state"), 0o700)
    log = open(os.path.join(folder, "agent.log"), "wb")
    return subprocess.Popen([VOLTGATED, "-c", config], stdout=log, stderr=log)


def wait_ready(agent, folder):
    """Until the program is on the interface and the control socket is there."""
    def ready():
        link = subprocess.run(["ip", "link", "show", "vgfar"], capture_output=True, text=True, check=False).stdout
        return "prog/xdp" in link and os.path.exists(os.path.join(folder, "control.sock"))

    if wait(lambda: agent.poll() is not None or ready(), 30) and agent.poll() is None:
        return
    with open(os.path.join(folder, "agent.log"), errors="replace") as log:
        sys.exit("alarm_bench.py: voltgated is not ready:\n" + log.read())


class Log:
    """The alarm log's new lines, as they come."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.file.seek(0, os.SEEK_END)
        self.notify = libc.inotify_init1(os.O_NONBLOCK)
        libc.inotify_add_watch(self.notify, path.encode(), IN_MODIFY)

    def more(self, seconds):
        """What came since, waiting for it at most so long; b"" if nothing did."""
        if not select.select([self.notify], [], [], max(0, seconds))[0]:
            return b""
        os.read(self.notify, 65536)
        return self.file.read()

    def wait_for(self, text, seconds):
        """Time at which a line with text was read, or None."""
        deadline = time.monotonic() + seconds
        rest = b""
        while time.monotonic() < deadline:
            rest += self.more(deadline - time.monotonic())
            if text.encode() in rest:
                return time.monotonic_ns()
        return None


def measure(folder, count):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind(("vgnear", 0))
    path = os.path.join(folder, "alarms.json")
    open(path, "ab").close()
    log = Log(path)
    latencies, lost = [], 0
    for number in range(count):
        frame, text = frame_of(number)
        sent = time.monotonic_ns()
        wire.send(frame)
        seen = log.wait_for(text, 3)
        if seen is None:
            lost += 1
        else:
            latencies.append((seen - sent) / 1e6)
        time.sleep(max(0, GAP_S - (time.monotonic_ns() - sent) / 1e9))
    return latencies, lost


def report(latencies, lost, path):
    if not latencies:
        sys.exit("alarm_bench.py: no alarm came within three seconds")
    ordered = sorted(latencies)
    p50, p99 = statistics.median(ordered), ordered[max(0, -(-len(ordered) * 99 // 100) - 1)]
    print(f"Alarm latency, frame on the wire to line in the log, plain grade, {len(ordered)} alarms: "
          f"median {p50:.2f} ms, p99 {p99:.2f} ms, longest {ordered[-1]:.2f} ms; {lost} not within 3 s")
    reached = p99 < GOAL_MS and not lost
    print(f"goal  {'reached' if reached else 'NOT REACHED':11} {'ms from frame to line, p99':72} {p99:10.2f} (at most {GOAL_MS:.2f})")
    goal = {"goal": "alarm latency, p99, ms", "figure": p99, "relation": "at most", "limit": GOAL_MS, "reached": reached}
    series = [{"name": "frame in to line in the log", "unit": "ms", "median": p50, "values": latencies}]
    with open(path, "w", encoding="ascii") as file:
        json.dump({"bench": "alarm", "unix_time": int(time.time()), "kernel": os.uname().release, "quick": QUICK, "lost": lost,
                   "goals": [goal], "series": series}, file, indent=1)
    print(f"raw numbers: {path}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not os.path.exists(VOLTGATED):
        skip(f"{BUILD}/voltgated is not built; run make")
    results = os.path.abspath(sys.argv[1])
    make_wire()
    folder = tempfile.mkdtemp(prefix="voltgate-alarm-bench-")
    agent = start_agent(folder)
    try:
        wait_ready(agent, folder)
        latencies, lost = measure(folder, 20 if QUICK else 200)
    finally:
        agent.terminate()
        try:
            agent.wait(10)
        except subprocess.TimeoutExpired:
            agent.kill()
            agent.wait()
        shutil.rmtree(folder)
    report(latencies, lost, os.path.join(results, "alarm.json"))


if __name__ == "__main__":
    main()

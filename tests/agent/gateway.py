# SPDX-License-Identifier: GPL-2.0
"""A gateway and a vehicle in two network namespaces, and voltgated between them: for the agent's tests.

Vehicles' packets are made here by a SipHash of our own in Python, so that the tests share no code with what they test.
"""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), *up) for up in ([".."], ["..", "..", "tools", "testbed"])]
from ktap import skip_all  # noqa: E402
from program import BUILD, VOLTGATE, VOLTGATED, wait  # noqa: E402

MASK = (1 << 64) - 1
PORT = 47800


def need(programs):
    """Ends the test aloud where it cannot run."""
    if os.geteuid():
        skip_all("needs root for network namespaces; run as root")
    if not shutil.which("ip"):
        skip_all("needs iproute2; apt-get install iproute2")
    for program in programs:
        if not os.path.exists(os.path.join(BUILD, program)):
            skip_all(f"{program} is not built; make all")


def siphash128(key, message):
    def rotate(x, bits):
        return (x << bits | x >> (64 - bits)) & MASK

    def rounds(v, times):
        v0, v1, v2, v3 = v
        for _ in range(times):
            v0 = (v0 + v1) & MASK
            v2 = (v2 + v3) & MASK
            v1 = rotate(v1, 13) ^ v0
            v3 = rotate(v3, 16) ^ v2
            v0 = rotate(v0, 32)
            v2 = (v2 + v1) & MASK
            v0 = (v0 + v3) & MASK
            v1 = rotate(v1, 17) ^ v2
            v3 = rotate(v3, 21) ^ v0
            v2 = rotate(v2, 32)
        return [v0, v1, v2, v3]

    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(message) & ~7
    words = list(struct.unpack(f"<{whole // 8}Q", message[:whole]))
    words.append(int.from_bytes(message[whole:], "little") | (len(message) & 0xFF) << 56)
    for word in words:
        v[3] ^= word
        v = rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xEE
    v = rounds(v, 4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    v = rounds(v, 4)
    return struct.pack("<QQ", first, v[0] ^ v[1] ^ v[2] ^ v[3])


def time64():
    return time.time_ns() // 1000 - 1072915200 * 1000000 + 5 * 1000000


class Session:
    def __init__(self, number):
        self.id = 0x5E55000000000000 + number
        self.key = bytes([number & 0xFF] * 15 + [7])
        self.sequence = 0

    def vid(self, kind, payload, **wrong):
        self.sequence += 1
        head = struct.pack(">BBHIQQQ", 1, kind, len(payload), 0, self.id, self.sequence, wrong.get("generated") or time64())
        tag = siphash128(self.key, head + payload)
        if wrong.get("forged"):
            tag = bytes([tag[0] ^ 1]) + tag[1:]
        return head + payload + tag


class Control:
    """One connection to the control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)  # blocking: with a timeout, a full backlog would be an error at once
        self.socket.settimeout(10)
        self.lines = b""

    def send(self, request):
        self.socket.sendall((request if isinstance(request, bytes) else json.dumps(request).encode()) + b"\n")

    def line(self):
        while b"\n" not in self.lines:
            got = self.socket.recv(1 << 16)
            if not got:
                return None
            self.lines += got
        line, self.lines = self.lines.split(b"\n", 1)
        return json.loads(line)

    def call(self, **request):
        """Objects and the closing one."""
        self.send(request)
        objects = []
        while True:
            answer = self.line()
            if answer is None or "end" in answer or "error" in answer:
                return objects, answer
            objects.append(answer)


class Gateway:
    def __init__(self, name, conf="", user="nobody", group="nogroup", state_mb=None):
        self.ns, self.car = f"vg-{name}-{os.getpid()}-gw", f"vg-{name}-{os.getpid()}-car"
        self.dir = tempfile.mkdtemp(prefix="voltgate-agent-")
        os.chmod(self.dir, 0o755)
        self.mounts = []
        self.agent = None
        self.control = f"{self.dir}/run/control.sock"
        self.alarms = f"{self.dir}/log/alarms.json"
        self.verdicts = f"{self.dir}/state/verdicts"
        self.log = f"{self.dir}/agent.log"
        self.conf = f"{self.dir}/voltgated.conf"
        self.extra, self.user, self.group = conf, user, group
        for ns in (self.ns, self.car):
            self.ip("netns", "add", ns)
            self.ip("-n", ns, "link", "set", "lo", "up")
        self.link("gw0", "car0", "10.7.0")
        self.write_conf()
        self.packets = self.vehicle("10.7.0.1")

    def ip(self, *words):
        subprocess.run(["ip", *words], check=True)

    def link(self, gw, car, net):
        self.ip("-n", self.ns, "link", "add", gw, "type", "veth", "peer", "name", car, "netns", self.car)
        self.ip("-n", self.ns, "addr", "add", f"{net}.1/24", "dev", gw)
        self.ip("-n", self.car, "addr", "add", f"{net}.2/24", "dev", car)
        self.ip("-n", self.ns, "link", "set", gw, "up")
        self.ip("-n", self.car, "link", "set", car, "up")

    def mount(self, path, size):
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "none", path], check=True)
        self.mounts.append(path)

    def write_conf(self, interface="[interface gw0]\n"):
        with open(self.conf, "w") as conf:
            conf.write(f"[agent]\nname = {os.path.basename(self.dir)}\nuser = {self.user}\ngroup = {self.group}\n"
                       f"state-dir = {self.dir}/state\ncontrol = {self.control}\nalarm-log = {self.alarms}\n"
                       f"object = {BUILD}/voltgate.bpf.o\nsyslog = no\naction-timeout-ms = 500\n"
                       f"[gate]\ngrade = plain\nsession-rate = 0\nalarm-idle-us = 200000\n[its]\nenable = no\n{self.extra}\n{interface}")

    def start(self, ready=True, env=None):
        out = open(self.log, "ab")
        self.log_from = out.tell()
        self.agent = subprocess.Popen(["ip", "netns", "exec", self.ns, VOLTGATED, "-c", self.conf], stderr=out, env=env)
        out.close()
        wait(lambda: "Ready:" in self.said() or self.agent.poll() is not None or not ready, 20)
        if ready and "Ready:" not in self.said():
            print("# the agent is not ready:\n# " + self.said().replace("\n", "\n# "))
        return self.agent

    def said(self):
        with open(self.log, "rb") as log:
            log.seek(self.log_from)
            return log.read().decode(errors="replace")

    def stop(self):
        self.agent.terminate()
        return self.agent.wait(20)

    def kill(self):
        self.agent.kill()
        self.agent.wait(20)

    def vehicle(self, address):
        """A UDP socket in the vehicle's namespace."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.car}", os.O_RDONLY)
        setns(there)
        vehicle = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        vehicle.connect((address, PORT))
        setns(here)
        os.close(here)
        os.close(there)
        return vehicle

    def call(self, **request):
        return Control(self.control).call(**request)

    def add(self, session):
        return self.call(do="session-add", id=f"{session.id:016x}", key=session.key.hex(), expires=time64() + 3600 * 10**6,
                         commitment="11" * 32)

    def status(self):
        return self.call(do="status")[0][0]

    def counters(self):
        return self.call(do="counters")[0][0]["packets"]

    def alarm_lines(self):
        with open(self.alarms) as log:
            return [json.loads(line) for line in log]

    def verify(self):
        """What `voltgate verify -j` says, and its exit code."""
        run = subprocess.run([VOLTGATE, "-j", "verify", self.verdicts], capture_output=True, text=True)
        try:
            return json.loads(run.stdout.splitlines()[-1]), run.returncode
        except (IndexError, ValueError):
            print(f"# verify: {run.stdout} {run.stderr}")
            return {}, run.returncode

    def close(self):
        if self.agent and self.agent.poll() is None:
            self.kill()
        self.packets.close()
        for ns in (self.ns, self.car):
            subprocess.run(["ip", "netns", "del", ns])
        for path in self.mounts:
            subprocess.run(["umount", path])
        shutil.rmtree(self.dir, ignore_errors=True)


def setns(fd):
    import ctypes
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")

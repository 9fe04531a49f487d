# SPDX-License-Identifier: GPL-2.0
"""A consortium whose first two nodes are gateways on a street: four daemons in network namespaces, two of them with a
gate (XDP on veth) that vehicles can reach, their attestors enrolled by their organisations.

    with World() as world:
        world.start()
        gate = world.gates[0]             # a Node whose namespace also has street0
        world.on_street("ip", "addr")     # a command in the vehicles' namespace

Vehicles' namespace: vg-charge-PID-street with a bridge; gateway I has 10.78.0.I/16 and fd00:78::I/64 on street0.
"""
import contextlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "node"))
import cluster  # noqa: E402
from cluster import BUILD, VOLTGATE, Cluster, Node, Trouble, run, wait_for  # noqa: E402,F401

GATEWAYS = 2


class Gateway(Node):
    """A node with a gate: its organisation's administrator enrols what the gate signs with."""

    gate4 = property(lambda self: f"10.78.0.{self.index}")
    gate6 = property(lambda self: f"fd00:78::{self.index}")

    def __init__(self, world, index, organisation, **more):
        super().__init__(world, index, organisation, **more)
        self.world = world
        self.sections = {"charge": {}, "handshake": {}, "gate": {"grade": "plain"}}
        self.pave()

    def pave(self):
        street, wire = self.world.street, f"s{self.index}"
        run("ip", "-n", street, "link", "add", wire, "type", "veth", "peer", "name", "street0", "netns", self.netns)
        run("ip", "-n", street, "link", "set", wire, "master", "br0", "up")
        run("ip", "-n", self.netns, "addr", "add", f"{self.gate4}/16", "dev", "street0")
        run("ip", "-n", self.netns, "addr", "add", f"{self.gate6}/64", "dev", "street0", "nodad")
        run("ip", "-n", self.netns, "link", "set", "street0", "up")

    def configure(self):
        super().configure()
        path = os.path.join(self.folder, "conf")
        with open(path) as text:
            lines = text.read().replace("gate = no\n", f"alarm-log = {self.folder}/alarms.json\nobject = {BUILD}/voltgate.bpf.o\n")
        for name, keys in self.sections.items():
            if keys:
                lines += f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
        lines += f"[its]\nenable = no\n[interface street0]\nmode = native\n"
        with open(path, "w") as out:
            out.write(lines)

    def enrol_attestor(self):
        """What `voltgate key` shows becomes a key of the channel: the administrator's step after each start."""
        key = self.ask("key")[0]
        path = self.world.statement("enrol", f"attestor-{self.index}", self.organisation, key["attestor"], None, "--role", "attestor",
                                    "--epoch", f"@{key['epoch']}", "--grade", key["grade"])
        self.world.up().cli("tx", "submit", "power", path)
        return key

    def counters(self):
        return self.ask("counters")[0]

    def charging(self):
        """What became of actions: the agent's own counts."""
        return self.ask("status")[0].get("charge", {})


class World(Cluster):
    def __init__(self, options=(), folder=None):
        super().__init__(4, netns=True, options=("evidence=1", *options), folder=folder)
        self.prefix = f"vg-charge-{os.getpid()}"
        self.hub = f"{self.prefix}-hub"
        self.street = f"{self.prefix}-street"
        self.processes = []

    gates = property(lambda self: self.nodes[:GATEWAYS])

    def prepare(self):
        run("ip", "netns", "add", self.street)
        run("ip", "-n", self.street, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", self.street, "addr", "add", "10.78.255.254/16", "dev", "br0")
        run("ip", "-n", self.street, "addr", "add", "fd00:78::ffff/64", "dev", "br0", "nodad")
        run("ip", "-n", self.street, "link", "set", "br0", "up")
        run("ip", "-n", self.street, "link", "set", "lo", "up")
        super().prepare()

    def add_node(self, organisation, **more):
        index = len(self.nodes) + 1
        if index > GATEWAYS:
            return super().add_node(organisation, **more)
        more.pop("program", None)
        self.nodes.append(Gateway(self, index, organisation, **more))
        return self.nodes[-1]

    def start(self, nodes=None):
        super().start(nodes)
        for gate in self.gates:
            gate.enrol_attestor()
        return self

    def __exit__(self, *words):
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(Exception):
                    process.kill()
                    process.wait(5)
        super().__exit__(*words)
        subprocess.run(["ip", "netns", "del", self.street], capture_output=True)

    def on_street(self, *words, **more):
        return run("ip", "netns", "exec", self.street, *words, **more)


class Points:
    """KTAP: each step of a story is a test point."""

    def __init__(self):
        self.count = self.failed = 0
        print("KTAP version 1", flush=True)

    @contextlib.contextmanager
    def point(self, what):
        self.count += 1
        try:
            yield
            print(f"ok {self.count} {what}", flush=True)
        except (Trouble, AssertionError, subprocess.TimeoutExpired) as trouble:
            self.failed += 1
            print(f"not ok {self.count} {what}")
            for line in str(trouble).splitlines()[:30]:
                print(f"# {line[:400]}", flush=True)

    def finish(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def skip_all(why):
    print(f"KTAP version 1\n1..0 # SKIP {why}")
    sys.exit(4)


def needs():
    """Skips aloud where this machine cannot do it."""
    if os.geteuid():
        skip_all("network namespaces and BPF need root; run as root")
    if subprocess.run(["ip", "netns", "add", f"vg-charge-{os.getpid()}-try"], capture_output=True).returncode:
        skip_all("this machine makes no network namespaces; run outside of the container")
    subprocess.run(["ip", "netns", "del", f"vg-charge-{os.getpid()}-try"], capture_output=True)

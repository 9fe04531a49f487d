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
import socket
import subprocess

from cluster import Cluster, Node
from program import BUILD, VOLTGATE, Trouble, run, wait_for

GATEWAYS = 2


class Gateway(Node):
    """A node with a gate: its organisation's administrator enrols what the gate signs with."""

    gate4 = property(lambda self: f"10.78.0.{self.index}")
    gate6 = property(lambda self: f"fd00:78::{self.index}")

    def __init__(self, world, index, organisation, **more):
        super().__init__(world, index, organisation, **more)
        self.world = world
        self.attestors = []  # the keys of its gate's epochs, as they were enrolled
        world.issue(f"gate-{index}", organisation)
        own = os.path.join(world.folder, f"client-gate-{index}")
        self.sections = {"charge": {"certificate": f"{own}/client.crt", "key": f"{own}/client.key"}, "handshake": {},
                         "gate": {"grade": "plain", "alarm-idle-us": 200000}}
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
        """What `voltgate key` shows becomes a key of the channel: the administrator's step after each start that made a new one."""
        key = self.ask("key")[0]
        if any((known["attestor"], known["epoch"]) == (key["attestor"], key["epoch"]) for known in self.attestors):
            return key  # the module's epoch outlives the daemon
        path = self.world.statement("enrol", f"attestor-{self.index}-{key['epoch']}", self.organisation, key["attestor"], None, "--role", "attestor",
                                    "--epoch", f"@{key['epoch']}", "--grade", key["grade"])
        self.world.up().cli("tx", "submit", "power", path)
        self.attestors.append(key)
        return key

    def counters(self):
        return self.ask("counters")[0]

    def own(self, what):
        """The agent's own counts: charge, admission, handshake."""
        return self.ask("status")[0]["agent"][what]


class Wallet:
    def __init__(self, world, name, organisation, enrol=True):
        self.world, self.name, self.organisation = world, name, organisation
        self.folder = os.path.join(world.folder, f"wallet-{name}")
        run(VOLTGATE, "wallet", "create", world.org(organisation), "--name", name, "--genesis", world.genesis, "--out", self.folder)
        if enrol:
            world.up().cli("tx", "submit", "power", os.path.join(self.folder, "enrol.tx"))
        self.key = json.loads(run(VOLTGATE, "-j", "wallet", "show", self.folder).stdout)["key"]

    def charging(self):
        """Its charging session, as the ledger has it; None."""
        doing = self.world.ask_as(self.folder, "account", "show", self.key)
        return doing.get("session") if doing.get("doing") == "charging" else None


class Station:
    """A station whose chargers' meters sign; the cable of each is a socket."""

    def __init__(self, world, gate, name, chargers=1, speed=2):
        self.world, self.name = world, name
        keys = [run(self.program, "--new-meter", self.meter(charger)).stdout.split()[-1] for charger in range(1, chargers + 1)]
        self.id = world.ask_as(world.admin(gate.organisation), "station", "register", name, node_key(gate), "52.1", "4.3",
                               "00:00=0.80+0.40", *[f"{key}:60kW" for key in keys])["station"]
        for charger in range(1, chargers + 1):
            world.processes.append(subprocess.Popen(
                [self.program, "--channel", world.channel_id(), "--station", self.id, "--charger", str(charger), "--meter",
                 self.meter(charger), "--cable", self.cable(charger), "--speed", str(speed)], stdout=subprocess.DEVNULL))
        wait_for(lambda: all(os.path.exists(self.cable(charger)) for charger in range(1, chargers + 1)), "the chargers' cables")

    program = os.path.join(BUILD, "voltgate-station")

    def meter(self, charger):
        return os.path.join(self.world.folder, f"meter-{self.name}-{charger}")

    def cable(self, charger):
        return os.path.join(self.world.folder, f"cable-{self.name}-{charger}")

    def ask(self, charger, **words):
        """What the charger answers over its cable."""
        with socket.socket(socket.AF_UNIX) as cable:
            cable.connect(self.cable(charger))
            cable.sendall(json.dumps(words).encode() + b"\n")
            said = json.loads(cable.makefile().readline())
        if "error" in said:
            raise Trouble(said["error"])
        return said

    def reading(self, session, charger=1, last=False, again=False):
        """NUMBER REGISTER TIME SIGNATURE as the contract wants them."""
        said = self.ask(charger, do="again" if again else "end" if last else "reading", session=session)
        return [str(said[name]) for name in ("number", "register", "time", "signature")]

    def unplug(self, charger=1):
        """Who leaves a charger ends what it holds."""
        held = self.ask(charger, do="charger").get("session")
        if held:
            self.ask(charger, do="end", session=held)


def node_key(node):
    return node.ask("node", "status")[0]["key"]


class World(Cluster):
    def __init__(self, options=(), folder=None, count=4, gateways=GATEWAYS, programs=None):
        super().__init__(count, netns=True, options=("evidence=1", *options), folder=folder, programs=programs)
        self.gateways = gateways
        self.prefix = f"vg-charge-{os.getpid()}"
        self.hub = f"{self.prefix}-hub"
        self.street = f"{self.prefix}-street"
        self.processes = []

    gates = property(lambda self: self.nodes[:self.gateways])

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
        if index > self.gateways:
            return super().add_node(organisation, **more)
        self.nodes.append(Gateway(self, index, organisation, **more))
        return self.nodes[-1]

    def start(self, nodes=None):
        super().start(nodes)
        for gate in self.gates:
            self.enrol(f"gate-{gate.index}")
            gate.enrol_attestor()
        return self

    def issue(self, name, organisation):
        """A client's certificate, not enrolled yet."""
        return self.client(name, organisation, enrol=False)

    def __exit__(self, *words):
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(Exception):
                    process.kill()
                    process.wait(5)
        super().__exit__(*words)
        subprocess.run(["ip", "netns", "del", self.street], capture_output=True)

    def admin(self, organisation):
        """The folder of the organisation's administrator, enrolled the first time."""
        name = f"admin-{organisation}"
        if name not in self.clients:
            self.client(name, organisation, enrol=False)
            path = self.statement("enrol", name, organisation, os.path.join(self.folder, f"client-{name}", "client.crt"), None, "--role",
                                  "administrator")
            self.up().cli("tx", "submit", "power", path)
        return os.path.join(self.folder, f"client-{name}")

    def ask_as(self, folder, noun, verb, *words, check=True):
        """`voltgate -j NOUN VERB` for the client of that folder."""
        done = run(*self.before(), VOLTGATE, "-j", noun, verb, "power", "--wallet", folder, "--genesis", self.genesis, *words, check=check)
        return json.loads(done.stdout)["result"] if not done.returncode else {"trouble": done.stderr}

    def open_account(self, name, organisation="acme", money="100"):
        wallet = Wallet(self, name, organisation)
        self.ask_as(wallet.folder, "account", "register")
        if money:
            self.ask_as(self.admin(organisation), "account", "deposit", wallet.key, money)
        return wallet

    def wire_street_to_hub(self):
        """For programs that are vehicles and clients of the nodes in one."""
        run("ip", "-n", self.street, "link", "add", "hub0", "type", "veth", "peer", "name", "street", "netns", self.hub)
        run("ip", "-n", self.hub, "link", "set", "street", "master", "br0", "up")
        run("ip", "-n", self.street, "addr", "add", "10.77.0.253/24", "dev", "hub0")
        run("ip", "-n", self.street, "link", "set", "hub0", "up")

    def on_street(self, *words, **more):
        return run("ip", "netns", "exec", self.street, *words, **more)


def obstacle():
    """Why this machine cannot do it; None if it can."""
    if os.geteuid():
        return "network namespaces and BPF need root; run as root"
    name = f"vg-charge-{os.getpid()}-try"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        return "this machine makes no network namespaces; run outside of the container"
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return None

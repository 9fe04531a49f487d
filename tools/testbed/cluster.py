# SPDX-License-Identifier: GPL-2.0
"""A consortium on this machine, for tests and the demo: organisations, certificates, genesis, daemons.

    with Cluster(4) as cluster:           # on loopback; Cluster(4, netns=True): each node in a namespace of its own
        cluster.start()                   # daemons up, the channel joined
        cluster.invoke("kv", "put", "a", "1")
        cluster.nodes[2].kill()           # kill -9

Namespaces: vg-node-PID-I for node I and vg-node-PID-hub for everybody else; node I has 10.77.0.I/24 on a wire to
the hub's bridge. Everything waits for conditions, never for time. What was started is ended by its pid.
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile

from program import PATIENCE, VOLTGATE, VOLTGATED, Trouble, free_ports, run, wait_for


class Node:
    patience = PATIENCE  # seconds until it answers and has its links

    def __init__(self, cluster, index, organisation, roles="replica,endorser", program=None):
        self.cluster, self.index, self.organisation, self.roles = cluster, index, organisation, roles
        self.name = f"n{index}"
        self.folder = os.path.join(cluster.folder, self.name)
        self.program = program or VOLTGATED
        self.process = None
        self.extra, self.agent_extra = {}, {}  # more keys of [node], of [agent]
        self.socket = os.path.join(self.folder, "sock")
        self.netns = f"{cluster.prefix}-{index}" if cluster.netns else None
        if cluster.netns:
            self.host, self.port, self.metrics = f"10.77.0.{index}", 7050, 9100
        else:
            self.host = "127.0.0.1"
            self.port, self.metrics = free_ports(2)
        os.mkdir(self.folder)
        run(VOLTGATE, "org", "issue", cluster.org(organisation), "--node", self.name, "--out", self.folder,
            "--address", f"{self.host}:{self.port}")
        if self.netns:
            self.wire()

    def wire(self):
        hub, wire = self.cluster.hub, f"w{self.index}"
        run("ip", "netns", "add", self.netns)
        run("ip", "-n", hub, "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", self.netns)
        run("ip", "-n", hub, "link", "set", wire, "master", "br0", "up")
        run("ip", "-n", self.netns, "addr", "add", f"{self.host}/24", "dev", "eth0")
        run("ip", "-n", self.netns, "link", "set", "eth0", "up")
        run("ip", "-n", self.netns, "link", "set", "lo", "up")

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    @property
    def certificate(self):
        return os.path.join(self.folder, "node.crt")

    @property
    def genesis_word(self):
        return f"{self.organisation}:{self.name}:{self.address}:{self.roles}={self.certificate}"

    def configure(self):
        section = {"listen": self.address, "certificate": self.certificate, "key": os.path.join(self.folder, "node.key"),
                   "metrics": f"{self.host}:{self.metrics}", "log": os.path.join(self.folder, "events.json"), **self.extra}
        with open(os.path.join(self.folder, "conf"), "w") as out:
            out.write(f"[agent]\nname = {self.name}\ngate = no\nuser =\ngroup =\nsyslog = no\nstate-dir = {self.folder}/state\n"
                      f"control = {self.socket}\n" + "".join(f"{key} = {value}\n" for key, value in self.agent_extra.items()) + "[node]\n" + "".join(f"{key} = {value}\n" for key, value in section.items()))

    def start(self, wait=True):
        self.configure()
        before = ["ip", "netns", "exec", self.netns] if self.netns else []
        self.log = open(os.path.join(self.folder, "log"), "a")
        self.process = subprocess.Popen([*before, self.program, "-c", os.path.join(self.folder, "conf")], stdout=self.log,
                                        stderr=self.log, stdin=subprocess.DEVNULL)
        if wait:
            wait_for(lambda: self.answers() or self.check(), f"{self.name} answers", self.patience)
        return self

    def check(self):
        if self.process.poll() is not None:
            raise Trouble(f"{self.name} ended with {self.process.returncode}:\n" + self.said()[-3000:])

    def said(self):
        with open(os.path.join(self.folder, "log")) as log:
            return log.read()

    def answers(self):
        return self.cli("node", "status", check=False).returncode == 0

    def cli(self, *words, check=True, **more):
        return run(VOLTGATE, "-S", self.socket, *words, check=check, **more)

    def ask(self, *words):
        """The JSON objects that a command prints."""
        return [json.loads(line) for line in self.cli("-j", *words).stdout.splitlines()]

    def join(self, genesis=None):
        self.cli("channel", "join", genesis or self.cluster.genesis)

    def channel(self, name="power"):
        return next(iter(one for one in self.ask("channel", "list") if one["name"] == name), None)

    def height(self, name="power"):
        channel = self.channel(name)
        return channel.get("durable", -1) if channel else -1

    def ledger(self, name="power"):
        """The folder of a channel's ledger."""
        return os.path.join(self.folder, "state", "ledger", "channels", self.cluster.channel_id(name))

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, number=signal.SIGKILL):
        if self.running():
            self.process.send_signal(number)
            self.process.wait(PATIENCE)
        self.log.close()

    def stop(self):
        """SIGTERM; its exit status."""
        self.kill(signal.SIGTERM)
        return self.process.returncode

    def cut(self):
        run("ip", "-n", self.cluster.hub, "link", "set", f"w{self.index}", "down")

    def heal(self):
        run("ip", "-n", self.cluster.hub, "link", "set", f"w{self.index}", "up")


class Cluster:
    def __init__(self, count=4, organisations=("acme", "bolt", "city", "dyno"), netns=False, options=(), programs=None,
                 folder=None):
        self.netns, self.options, self.programs = netns, list(options), programs or {}
        self.prefix = f"vg-node-{os.getpid()}"
        self.hub = f"{self.prefix}-hub"
        self.organisations = list(organisations)
        self.folder = folder or tempfile.mkdtemp(prefix="vgn-")
        self.keep = folder is not None
        self.count, self.nodes, self.ids, self.clients = count, [], {}, {}
        self.genesis = os.path.join(self.folder, "power.genesis")

    def __enter__(self):
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self):
        if self.netns:
            run("ip", "netns", "add", self.hub)
            run("ip", "-n", self.hub, "link", "add", "br0", "type", "bridge")
            run("ip", "-n", self.hub, "addr", "add", "10.77.0.254/24", "dev", "br0")
            run("ip", "-n", self.hub, "link", "set", "br0", "up")
            run("ip", "-n", self.hub, "link", "set", "lo", "up")
        run(VOLTGATE, "org", "create", "regulator", self.org("regulator"))
        for name in self.organisations:
            run(VOLTGATE, "org", "create", name, self.org(name))
        for index in range(1, self.count + 1):
            self.add_node(self.organisations[(index - 1) % len(self.organisations)], program=self.programs.get(index))
        self.create("power", self.genesis, self.nodes, self.options)

    def __exit__(self, *_):
        for node in self.nodes:
            if node.running():
                with contextlib.suppress(Exception):
                    node.kill()
        if self.netns:
            for name in [self.hub] + [node.netns for node in self.nodes]:
                subprocess.run(["ip", "netns", "del", name], capture_output=True)
        if not self.keep and not os.environ.get("KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def org(self, name):
        return os.path.join(self.folder, f"org-{name}")

    def add_node(self, organisation, **more):
        self.nodes.append(Node(self, len(self.nodes) + 1, organisation, **more))
        return self.nodes[-1]

    def create(self, name, path, nodes, options=(), organisations=None):
        words = ["channel", "create", path, "--name", name, "--regulator", os.path.join(self.org("regulator"), "org.crt")]
        for one in organisations or self.organisations:
            words += ["--organisation", f"{one}={self.org(one)}/org.crt"]
        for node in nodes:
            words += ["--node", node.genesis_word]
        for option in options:
            words += list(option) if isinstance(option, tuple) else ["--set", option]
        self.ids[name] = json.loads(run(VOLTGATE, "-j", *words).stdout)["channel"]

    def channel_id(self, name="power"):
        return self.ids[name]

    def start(self, nodes=None):
        for node in nodes or self.nodes:
            node.start(wait=False)
        for node in nodes or self.nodes:
            wait_for(lambda: node.answers() or node.check(), f"{node.name} answers", node.patience)
            if not node.channel():
                node.join()
        wait_for(lambda: all(self.linked(node) for node in nodes or self.nodes), "all links are up",
                 max(node.patience for node in nodes or self.nodes))
        return self

    def linked(self, node):
        peers = node.ask("peer", "list")
        return len(peers) == len(self.nodes) - 1 and all(peer["state"] == "up" for peer in peers)

    def client(self, name="alice", organisation="acme", enrol=True, channel="power", genesis=None):
        """Certificate and key of a client, made and enrolled the first time it is asked for."""
        folder = os.path.join(self.folder, f"client-{name}")
        if name not in self.clients:
            run(VOLTGATE, "org", "issue", self.org(organisation), "--client", name, "--out", folder)
            self.clients[name] = organisation
            if enrol:
                self.enrol(name, channel, genesis)
        return folder

    def statement(self, verb, name, organisation, path, genesis, *more):
        run(VOLTGATE, "org", verb, self.org(organisation), "--genesis", genesis or self.genesis, "--key", path, "--out",
            os.path.join(self.folder, f"{verb}-{name}.tx"), *more)
        return os.path.join(self.folder, f"{verb}-{name}.tx")

    def enrol(self, name, channel="power", genesis=None):
        path = self.statement("enrol", f"{name}-{channel}", self.clients[name], os.path.join(self.folder, f"client-{name}", "client.crt"),
                              genesis)
        self.up().cli("tx", "submit", channel, path)

    def up(self):
        return next(node for node in self.nodes if node.running())

    def before(self):
        """How a client's command runs: in the hub, where there are namespaces."""
        return ["ip", "netns", "exec", self.hub] if self.netns else []

    def invoke_words(self, *words, client="alice", channel="power", genesis=None, verb="invoke", options=()):
        folder = self.client(client)
        return [*self.before(), VOLTGATE, "-j", "tx", verb, channel, "--certificate", os.path.join(folder, "client.crt"), "--key",
                os.path.join(folder, "client.key"), "--genesis", genesis or self.genesis, *options, *words]

    def invoke(self, *words, check=True, **more):
        done = run(*self.invoke_words(*words, **more), check=check)
        return json.loads(done.stdout) if done.stdout else {"trouble": done.stderr}

    def query(self, *words, **more):
        done = run(*self.invoke_words(*words, verb="query", **more), check=False)
        return bytes.fromhex(json.loads(done.stdout)["result"]).decode() if not done.returncode else None

    def level(self, nodes=None, channel="power", seconds=PATIENCE):
        """Waits until all are at one height with one head; returns the height."""
        nodes = nodes or [node for node in self.nodes if node.running()]

        def same():
            states = [node.channel(channel) for node in nodes]
            return all(states) and len({(state.get("durable"), state.get("head")) for state in states}) == 1 and states[0]["durable"]
        return wait_for(same, f"{', '.join(node.name for node in nodes)} have the same head", seconds)

    def level_within(self, nodes, blocks, channel="power", seconds=PATIENCE):
        """Waits until none of them is further behind another than that, under load."""
        def near():
            heights = [node.height(channel) for node in nodes]
            return max(heights) - min(heights) <= blocks
        wait_for(near, f"{', '.join(node.name for node in nodes)} are within {blocks} blocks", seconds)


class Load:
    """kv puts of one client, as fast as answers come, with the fate of each."""

    def __init__(self, cluster, count, flight=16, client="alice", prefix="k", options=(), value="v", **more):
        self.lines = [f"kv put {prefix}{number} {value}{number}" for number in range(count)]
        path = os.path.join(cluster.folder, f"load-{prefix}")
        with open(path, "w") as out:
            out.write("\n".join(self.lines) + "\n")
        words = cluster.invoke_words(client=client, options=["--batch", path, "--flight", str(flight), "--timeout", "60", *options],
                                     **more)
        self.out = open(path + ".out", "w+")
        self.err = open(path + ".err", "w+")
        self.process = subprocess.Popen(words, stdout=self.out, stderr=self.err, stdin=subprocess.DEVNULL)

    def results(self):
        self.out.flush()
        with open(self.out.name) as text:
            return [json.loads(line) for line in text if line.endswith("\n")]

    def wait_done(self, count, seconds=PATIENCE):
        wait_for(lambda: len(self.results()) >= count or self.process.poll() is not None, f"{count} results", seconds)

    def finish(self, seconds=90):
        self.process.wait(seconds)
        results = self.results()
        self.out.close()
        self.err.close()
        return results

# SPDX-License-Identifier: GPL-2.0
"""A consortium on loopback: authorities, nodes, a channel; real programs, TLS, fsync. Everything in one folder."""
import json
import os
import resource
import shutil
import signal
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "testbed"))
from program import VOLTGATE, VOLTGATED, Trouble, free_ports, run, wait_for  # noqa: E402

ORGANISATIONS = ("north", "south", "east", "west")


def call(*words):
    return run(VOLTGATE, *words).stdout


class Node:
    def __init__(self, folder, index, port):
        self.index, self.port = index, port
        self.organisation = ORGANISATIONS[index % len(ORGANISATIONS)]
        self.folder = os.path.join(folder, f"node{index}")
        self.address = f"127.0.0.1:{port}"
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, authority):
        call("org", "issue", authority, "--node", f"{self.organisation}-{self.index}", "--out", self.folder,
             "--address", self.address)
        os.makedirs(self.path("state"), mode=0o700)
        with open(self.path("conf"), "w") as conf:
            conf.write(f"""[agent]
name = node{self.index}
gate = no
user =
group =
syslog = no
state-dir = {self.path('state')}
control = {self.path('s')}
alarm-log = {self.path('alarms.json')}
[node]
listen = {self.address}
certificate = {self.path('node.crt')}
key = {self.path('node.key')}
""")

    def start(self, program=VOLTGATED):
        with open(self.path("log"), "a") as log:
            self.process = subprocess.Popen([program, "-c", self.path("conf")], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        wait_for(self.answers, f"node {self.index} answers", 30)

    def answers(self):
        if self.process.poll() is not None:
            raise Trouble(f"node {self.index} ended with {self.process.returncode}: {self.tail()}")
        return run(VOLTGATE, "-S", self.path("s"), "node", "status", check=False).returncode == 0

    def tail(self):
        with open(self.path("log"), errors="replace") as log:
            return log.read()[-600:]

    def ask(self, *words):
        return [json.loads(line) for line in run(VOLTGATE, "-S", self.path("s"), "-j", *words, timeout=30).stdout.splitlines()]

    def channel(self):
        """What this node says of its channel."""
        return self.ask("channel", "list")[0]

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def signal(self, number):
        self.process.send_signal(number)

    def usage(self):
        """CPU seconds (user, system) since the start, resident and highest resident MiB."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
        tick = os.sysconf("SC_CLK_TCK")
        memory = {}
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith(("VmRSS", "VmHWM")):
                    memory[line[:5]] = int(line.split()[1]) / 1024
        return {"user_s": int(words[11]) / tick, "system_s": int(words[12]) / tick, "rss_mib": memory.get("VmRSS", 0),
                "rss_most_mib": memory.get("VmHWM", 0)}

    def disk_bytes(self):
        total = 0
        for root, _, names in os.walk(self.path("state")):
            total += sum(os.path.getsize(os.path.join(root, name)) for name in names)
        return total


class Consortium:
    """With `with`: everything is stopped and removed at the end."""

    def __init__(self, base, count, settings=(), prepare=None):
        self.base, self.count, self.settings, self.prepare = base, count, settings, prepare
        self.nodes = []

    def file(self, name):
        return os.path.join(self.base, name)

    def __enter__(self):
        try:
            self.make()
            if self.prepare:
                self.prepare(self)
            for node in self.nodes:
                node.start()
            if not self.prepare:
                for node in self.nodes:
                    node.ask("channel", "join", self.file("genesis"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        shutil.rmtree(self.base, ignore_errors=True)
        os.makedirs(self.base, mode=0o700)
        for name in ORGANISATIONS + ("regulator",):
            call("org", "create", name, self.file(name))
        words = ["channel", "create", self.file("genesis"), "--name", "bench", "--regulator", self.file("regulator/org.crt")]
        for name in ORGANISATIONS:
            words += ["--organisation", f"{name}={self.file(name)}/org.crt"]
        for index, port in enumerate(free_ports(self.count)):
            node = Node(self.base, index, port)
            node.make(self.file(node.organisation))
            self.nodes.append(node)
            words += ["--node", f"{node.organisation}:{node.organisation}-{index}:{node.address}:replica,endorser="
                                f"{node.path('node.crt')}"]
        for name, value in self.settings:
            words += ["--set", f"{name}={value}"]
        self.id = json.loads(call("-j", *words))["channel"]
        call("org", "issue", self.file("north"), "--client", "loader", "--out", self.file("loader"))

    def __exit__(self, *_):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.kill()
                node.process.wait()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.base, ignore_errors=True)

    def primary(self):
        """The node whose turn it is, as the first that is alive says."""
        asked = next(node for node in self.nodes if node.process and node.process.poll() is None)
        name = asked.channel()["consensus"]["primary"]
        return next(node for node in self.nodes if f"{node.organisation}-{node.index}" == name)

    def load_words(self, loader, kind, nodes=None, **options):
        words = [loader, "--genesis", self.file("genesis"), "--certificate", self.file("loader/client.crt"), "--key",
                 self.file("loader/client.key"), "--kind", kind]
        if kind != "o":
            words += ["--authority", self.file("north/org.key"), "--endorser", self.nodes[0].path("node.key"),
                      "--endorser", self.nodes[1].path("node.key")]
        for node in nodes or self.nodes:
            words += ["--node", node.address]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        return words


def raise_limits():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))

# SPDX-License-Identifier: GPL-2.0
"""A gateway of the consortium in a virtual machine, because only there a module can be loaded: daemon, ledger and attested
gate are in the machine, its folder is shared with it, and its control socket is relayed (tools/demo/relay.c), so that it
is asked as its neighbours are. It is a node like them: who it admits is what its own ledger says."""
import os
import signal
import subprocess

from program import BUILD, Trouble, run, wait_for
from world import Gateway

RELAY = os.path.join(BUILD, "demo", "voltgate-relay")
RELAY_PORT = 7051
STALE_US = 10000000  # packets may have waited until the machine ran on


class GuestGateway(Gateway):
    patience = 180

    def __init__(self, world, index, organisation, machine, **more):
        self.machine, self.relay = machine, None
        super().__init__(world, index, organisation, **more)
        self.agent_extra["action-timeout-ms"] = 20000
        self.sections["gate"] |= {"grade": "attested", "stale-us": STALE_US, "max-sessions": 16384}

    mac = property(lambda self: self.machine.macs[1])

    def wire(self):
        self.plug("hub", self.cluster.hub, f"w{self.index}", "eth0", [f"{self.host}/24"])

    def pave(self):
        self.plug("street", self.world.street, f"s{self.index}", "street0", [f"{self.gate4}/16", f"{self.gate6}/64"])

    def plug(self, bridge, there, wire, interface, addresses):
        """A wire from the bridge named br0 in the namespace @there to the machine's own."""
        run("ip", "-n", there, "link", "add", wire, "type", "veth", "peer", "name", f"{bridge}-wire", "netns", self.netns)
        run("ip", "-n", there, "link", "set", wire, "master", "br0", "up")
        run("ip", "-n", self.netns, "link", "set", f"{bridge}-wire", "master", bridge, "up")
        self.machine.do(f"echo 0 >/proc/sys/net/ipv6/conf/{interface}/accept_dad")
        for address in addresses:
            self.machine.do(f"ip addr add {address} dev {interface}")
        self.machine.do(f"ip link set {interface} up")

    def configure(self):
        super().configure()
        path = os.path.join(self.folder, "conf")
        with open(path) as text:
            lines = text.read()
        for here, there in ((f"{self.folder}/state", "/run/state"), (f"{self.folder}/alarms.json", "/run/alarms.json"),
                            (f"{self.folder}/events.json", "/run/events.json"), (f"control = {self.socket}", "control = /run/control.sock"),
                            (f"{BUILD}/voltgate.bpf.o", "/vg/build/voltgate.bpf.o")):
            lines = lines.replace(here, there)
        with open(path, "w") as out:
            out.write(lines)

    def start(self, wait=True):
        self.configure()
        self.process = self.machine.process
        self.machine.do(f"/vg/build/voltgated -c {self.folder}/conf >>{self.folder}/log 2>&1 </dev/null & daemon=$!")
        if not self.relay:
            self.machine.do(f"/vg/build/demo/voltgate-relay tcp:{self.host}:{RELAY_PORT} unix:/run/control.sock </dev/null 2>/dev/null &")
            self.relay = subprocess.Popen(["ip", "netns", "exec", self.cluster.hub, RELAY, f"unix:{self.socket}", f"tcp:{self.host}:{RELAY_PORT}"])
            self.world.processes.append(self.relay)
        if wait:
            wait_for(lambda: self.answers() or self.check(), f"{self.name} answers from its virtual machine", self.patience)
        return self

    def check(self):
        super().check()
        if self.machine.do("kill -0 $daemon 2>/dev/null && echo up", check=False) != ["up"]:
            raise Trouble(f"{self.name} ended in its virtual machine:\n" + self.said()[-3000:])

    def kill(self, number=signal.SIGKILL):
        """The daemon ends by that signal; what it stored is brought into its folder. The machine stays."""
        self.status = None
        if self.running():
            code = self.machine.do(f"kill -{int(number)} $daemon; wait $daemon; echo $?; rm -rf {self.folder}/state; cp -a /run/state "
                                   f"/run/alarms.json /run/events.json {self.folder}", self.patience)
            self.status = int(code[-1])
            self.process = None

    def stop(self):
        self.kill(signal.SIGTERM)
        return self.status

# SPDX-License-Identifier: GPL-2.0
"""tests/charge/drive at a gateway of the testbed's world."""
import json
import os
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "testbed"))
from program import BUILD, Trouble  # noqa: E402


class Vehicle:
    """A vehicle that does one line after the other, also wrong ones."""

    def __init__(self, world, wallet, gate, address=None):
        self.world, self.wallet = world, wallet
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", world.street, os.path.join(BUILD, "tests/charge/drive"), "--wallet", wallet.folder, "--gateway",
             address or gate.gate4, "--key", gate.own("handshake")["key"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        world.processes.append(self.process)

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise Trouble("the vehicle ended")
        return json.loads(line)

    def do(self, *words):
        self.tell(*words)
        return self.hear()

    def act(self, kind, function, *arguments):
        """The contract's answer, from a committed and valid transaction."""
        said = self.do("act", kind, function, *arguments)
        if said["stage"] != 3 or said["outcome"] != "valid":
            raise Trouble(f"{function}: {said}")
        return {**said, "answer": json.loads(said["text"])}

    def charge(self, station, tariff=1, price=20000, energy=100000, charger=1):
        """Signs a mandate, plugs in, and starts."""
        mandate = self.do("mandate", station.id, tariff, price, energy)["mandate"]
        reading = station.reading(mandate)
        return self.act(17, "session.start", station.id, charger, tariff, price, energy, *reading[1:])

    def meter(self, station, session, kind=18, function="session.meter", **more):
        return self.act(kind, function, session, *station.reading(session, **more))

    def close(self):
        self.process.stdin.close()
        self.process.wait(5)

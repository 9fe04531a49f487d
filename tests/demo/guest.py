#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A gateway of four is in a virtual machine, as in make demo: its gate is attested, vehicles charge there, and its verdicts
hold against what was enrolled. KTAP; needs root, QEMU and the kernel that the module's tests boot (skipped aloud)."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed"), os.path.join(HERE, "..", "..", "tools", "demo")]
from ktap import Points, skip_all  # noqa: E402
from program import BUILD, VOLTGATE, Trouble, run  # noqa: E402
from world import Station, World, obstacle  # noqa: E402
from guest_gateway import GuestGateway  # noqa: E402
from machine import CLOCK_SECONDS, Image, Machine  # noqa: E402

GUEST = 2


class Street(World):
    def __init__(self, image, logs):
        super().__init__(options=("heartbeat-s=2",))
        self.machine = Machine(image, f"{self.prefix}-{GUEST}", GUEST, self.folder, logs)

    def add_node(self, organisation, **more):
        if len(self.nodes) + 1 != GUEST:
            return super().add_node(organisation, **more)
        self.nodes.append(GuestGateway(self, GUEST, organisation, self.machine))
        return self.nodes[-1]

    def __exit__(self, *words):
        self.machine.end()
        super().__exit__(*words)


def boots(points, street):
    with points.point("the machine boots, with the module"):
        street.machine.ready()
        assert street.machine.do("test -d /sys/module/voltgate && uname -r") == [street.machine.image.release]
    with points.point("it sees the shared folder, and tells how a command ended"):
        with open(os.path.join(street.folder, "word"), "w") as out:
            out.write("hello\n")
        assert street.machine.do(f"cat {street.folder}/word") == ["hello"]
        assert street.machine.do("false", check=False) == []
        try:
            street.machine.do("false")
            raise AssertionError("a failure passed")
        except Trouble:
            pass
    with points.point("its clock is this machine's"):
        ahead, unsure = street.machine.clock_error()
        assert abs(ahead) <= CLOCK_SECONDS + unsure, (ahead, unsure)


def charges(points, street):
    gate = street.gates[GUEST - 1]
    with points.point("its daemon is a node like the others, its gate attested and enrolled as that"):
        street.start()
        assert gate.ask("status")[0]["grade"] == "attested" and gate.attestors[-1]["grade"] == "attested"
    with points.point("a vehicle shakes hands there, charges, pays and rates"):
        station = Station(street, gate, "Harbour", speed=600)
        wallet = street.open_account("car")
        said = street.on_street(os.path.join(BUILD, "voltgate-vehicle"), "-j", "-g", gate.gate4, "-k", gate.own("handshake")["key"], "-w", wallet.folder,
                                "-s", station.id, "-t", "1", "-p", "1500000", "-e", "400000", "-C", station.cable(1), "-P", "60000", "hello", "beacon=2",
                                "reserve", "start", "meter", "stop", "rate=5", timeout=300).stdout
        steps = [json.loads(line) for line in said.splitlines()]
        assert all(one["outcome"] == "valid" for one in steps if one["do"] in ("reserve", "start", "meter", "stop", "rate")), said
        assert street.ask_as(wallet.folder, "bill", "show", wallet.key, "1")["state"] == "paid"
    with points.point("the verdict log it leaves is attested, and holds against its enrolled key and its anchors"):
        assert gate.stop() == 0
        street.nodes[0].stop()
        said = run(VOLTGATE, "-j", "verify", "--key", gate.attestors[0]["attestor"], "--ledger", street.nodes[0].ledger(), os.path.join(gate.folder, "state", "verdicts")).stdout
        assert json.loads(said.splitlines()[-1])["good"], said
    with points.point("a machine that ends is noticed"):
        gate.start()
        street.machine.process.kill()
        street.machine.process.wait(20)
        assert not gate.running()
        try:
            gate.check()
            raise AssertionError("it was not")
        except Trouble:
            pass


def main():
    skip_all(obstacle())
    with tempfile.TemporaryDirectory() as logs:
        try:
            image = Image(logs)
        except Trouble as wrong:
            skip_all(str(wrong))
        points = Points()
        street = Street(image, logs)
        try:
            boots(points, street)
            if not points.failed:
                street.__enter__()
                charges(points, street)
        finally:
            street.__exit__()
        left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
        points.ok(street.prefix not in left, "nothing is left", left)
        points.end()


main()

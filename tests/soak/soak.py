#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The whole under load and faults, for as long as it is told: make soak MINUTES=n [SEED=s].

Four nodes of four organisations, three of them gateways with a gate, the second in a virtual machine and attested (plain
where none can be booted); vehicles charge round the clock, attackers forge, and by a seeded dice nodes are killed,
stopped, cut off from the ledger, their streets flap, their disks fill, their clocks step, the module is reloaded. Continuously checked: nothing acknowledged is lost, heads agree, forgeries are dropped and counted, the
ledger goes on once a fault is healed, memory and file descriptors of daemons that are never restarted stay flat. At the
end every ledger is audited. KTAP; one line a second of what happens goes to standard error."""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed"), os.path.join(HERE, "..", "..", "tools", "demo")]
from ktap import Points, skip_all  # noqa: E402
from program import BUILD, VOLTGATE, Trouble, run, wait_for  # noqa: E402
from world import Station, World, obstacle  # noqa: E402
from guest_gateway import GuestGateway  # noqa: E402
from machine import Image, Machine  # noqa: E402

VEHICLE, SIM = os.path.join(BUILD, "voltgate-vehicle"), os.path.join(BUILD, "voltgate-sim")
CARS = 4
DISK = "256m"        # of a node's state folder
SPARED = (0, 3)      # nodes that are never restarted: whose memory is watched
GUEST = 2            # the gateway in a virtual machine
GUEST_DISK = "128m"
FLAT = 1.3           # the last third's memory over the first's
HEAL_SECONDS = 90    # for the ledger to go on after a fault


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Street(World):
    def __init__(self):
        super().__init__(options=("heartbeat-s=2", "transaction-life-s=86400", "reservation-s=30"), gateways=3)
        self.prefix = f"vg-soak-{os.getpid()}"
        self.hub, self.street = f"{self.prefix}-hub", f"{self.prefix}-street"
        self.mounts, self.machine = [], None

    def boot(self, logs):
        """A virtual machine for one of the gateways, if there can be one."""
        try:
            self.machine = Machine(Image(logs), f"{self.prefix}-{GUEST}", GUEST, self.folder, logs).ready()
            self.machine.do(f"mkdir -p /run/state && mount -t tmpfs -o size={GUEST_DISK} state /run/state")
        except Trouble as wrong:
            say(f"all gateways are plain, no module is reloaded: {wrong}")
            if self.machine:
                self.machine.end()
                self.machine = None
        return self

    def add_node(self, organisation, **more):
        if not self.machine or len(self.nodes) + 1 != GUEST:
            return super().add_node(organisation, **more)
        self.nodes.append(GuestGateway(self, GUEST, organisation, self.machine))
        return self.nodes[-1]

    def start(self, nodes=None):
        for node in self.nodes:
            if isinstance(node, GuestGateway):
                continue
            path = os.path.join(node.folder, "state")
            os.makedirs(path, exist_ok=True)
            run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "voltgate-soak", path)
            self.mounts.append(path)
        return super().start(nodes)

    def __exit__(self, *words):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait(5)
        if self.machine:
            self.machine.end()
        for node in self.nodes:
            if not isinstance(node, GuestGateway) and node.running():
                node.kill()
        for path in self.mounts:
            subprocess.run(["umount", "-l", path], capture_output=True)
        super().__exit__(*words)


class Car(threading.Thread):
    """Charges again and again, wherever a gateway answers; takes up what a fault interrupted."""

    def __init__(self, soak, number):
        super().__init__(daemon=True)
        self.soak, self.number = soak, number
        self.dice = random.Random(soak.seed * 100 + number)
        self.wallet = soak.world.open_account(f"car{number}", "acme", "100000")
        self.done, self.interrupted, self.committed, self.troubles = 0, 0, [], {}

    def drive(self, station, *steps, charging=None):
        gate = station.gate
        words = ["ip", "netns", "exec", self.soak.world.street, VEHICLE, "-j", "-g", gate.gate4, "-k", station.key, "-w", self.wallet.folder,
                 "-s", station.id, "-p", "1500000", "-e", "900000", "-C", station.cable(1), "-P", "12000", *(["-i", charging] if charging else [])]
        done = subprocess.run([*words, *steps], capture_output=True, text=True, timeout=200)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        for one in told:
            if one.get("stage") == "committed" and one.get("outcome") == "valid":
                self.committed.append((one["block"], one["index"]))
        if done.returncode:
            why = (done.stderr.strip() or str(told[-1:] and told[-1].get("result"))).split(": ", 2)[-1][:60]
            self.troubles[why] = self.troubles.get(why, 0) + 1
        return done.returncode == 0, told

    def charge(self, station):
        good, told = self.drive(station, "hello", "start", "meter", "meter", "stop", f"rate={self.dice.randint(1, 5)}")
        if good:
            self.done += 1
            return
        charging = next((one["charging"] for one in told if one["do"] == "start" and "charging" in one), None) or self.wallet.charging()
        if not charging:
            station.unplug()
            return
        self.interrupted += 1
        for _ in range(20):  # the charger still holds the session: it is ended there, whatever became of the start
            if self.soak.over.is_set():
                return
            self.drive(station, "hello", "again", charging=charging)
            good, told = self.drive(station, "hello", "stop", charging=charging)
            if good:
                self.done += 1
                return
            if "no charging session" in str(told[-1:]):  # its start never came to the ledger
                station.reading(charging, last=True)
                return
            time.sleep(1)

    def run(self):
        while not self.soak.over.is_set():
            station = self.soak.stations[self.number % len(self.soak.stations)]
            try:
                self.charge(station)
            except (Trouble, subprocess.TimeoutExpired, ValueError) as wrong:
                self.troubles[str(wrong)[:60]] = self.troubles.get(str(wrong)[:60], 0) + 1
            time.sleep(0.2)


class Soak:
    def __init__(self, minutes, seed):
        self.seconds, self.seed = minutes * 60, seed
        self.dice, self.over = random.Random(seed), threading.Event()
        self.faults, self.samples, self.forged, self.slow = {}, {}, [0, 0], []

    # --- what goes wrong on purpose ---
    def kill(self, node):
        node.kill()
        time.sleep(self.dice.uniform(0.2, 3))
        self.again(node)

    def stop(self, node):
        assert node.stop() == 0, f"{node.name} did not end as told: {node.said()[-300:]}"
        self.again(node)

    def clock(self, node):
        node.extra["clock-offset-us"] = self.dice.choice((-1200000, 0, 1200000))
        node.stop()
        self.again(node)

    def again(self, node):
        node.start()
        if node in self.world.gates:
            wait_for(lambda: self.enrolled(node), f"{node.name}'s new attestor is enrolled", HEAL_SECONDS)

    def enrolled(self, node):
        try:
            node.enrol_attestor()
            return True
        except Trouble:
            return False

    def cut(self, node):
        node.cut()
        time.sleep(self.dice.uniform(0.5, 6))
        node.heal()

    def flap(self, node):
        if node not in self.world.gates:
            return
        for state in ("down", "up"):
            run("ip", "-n", self.world.street, "link", "set", f"s{node.index}", state)
            time.sleep(self.dice.uniform(0.2, 2))

    def reload(self, node):
        """The module goes and comes: a new key, a new epoch, no sessions."""
        assert node.stop() == 0, f"{node.name} did not end as told: {node.said()[-300:]}"
        node.machine.do("modprobe -r voltgate && modprobe voltgate")
        self.again(node)

    def fill(self, node):
        if isinstance(node, GuestGateway):
            node.machine.do(f"dd if=/dev/zero of=/run/state/filler bs=64k 2>/dev/null; sleep {self.dice.uniform(1, 4):.1f}; rm /run/state/filler")
            return
        path = os.path.join(node.folder, "state", "filler")
        try:
            with open(path, "wb", buffering=0) as out:
                while out.write(b"\0" * 65536):
                    pass
        except OSError:  # full, as it should be
            pass
        time.sleep(self.dice.uniform(1, 4))
        os.unlink(path)

    def fault(self):
        node = self.dice.choice(self.world.nodes)
        kinds = [self.cut, self.flap, self.fill]
        if self.world.nodes.index(node) not in SPARED:
            kinds += [self.kill, self.stop, self.clock, self.kill]
        if isinstance(node, GuestGateway):
            kinds += [self.reload, self.reload]
        kind = self.dice.choice(kinds)
        say(f"{kind.__name__} {node.name}")
        kind(node)
        name = kind.__name__
        self.faults[name] = self.faults.get(name, 0) + 1
        self.goes_on(f"after {name} of {node.name}")

    # --- what must hold ---
    def goes_on(self, when):
        before = max(node.height() for node in self.world.nodes if node.running())
        begun = time.monotonic()
        wait_for(lambda: all(node.running() and node.height() > before for node in self.world.nodes), f"{when} every node has new blocks", HEAL_SECONDS)
        self.slow.append(time.monotonic() - begun)

    def heads_agree(self):
        height = min(node.height() for node in self.world.nodes if node.running())
        hashes = {node.ask("block", "get", "power", str(height))[0]["hash"] for node in self.world.nodes if node.running()}
        assert len(hashes) == 1, f"two blocks of number {height}: {hashes}"

    def forge(self):
        """Forged, replayed and misshapen packets at a gateway that is never restarted; each must be dropped and counted."""
        gate = self.world.nodes[SPARED[0]]
        mac = run("ip", "-n", gate.netns, "-br", "link", "show", "street0").stdout.split()[2]
        before = gate.counters()["packets"]
        done = run("ip", "netns", "exec", self.world.street, SIM, "-j", "-i", "br0", "-m", "accepted,forged:3,replay:2,bit-flip,stale,malformed",
                   "-t", gate.gate4, "-M", mac, "-f", "10.78.128.0/20", "-n", "10", "-L", "60s", "-g", gate.socket, "-c", "300", "-r", "300",
                   "-s", str(self.dice.randrange(1 << 30)), timeout=60, check=False)
        if "try again" in done.stderr:  # its disk was full a moment ago: a gate that cannot record admits nobody, as it must
            return
        assert done.returncode == 0, done.stderr
        expected = json.loads(done.stdout.splitlines()[-1])["expected"]
        after = gate.counters()["packets"]
        sent = sum(int(number) for reason, number in expected.items() if reason != "accepted")
        dropped = sum(min(int(number), int(after[reason]) - int(before[reason])) for reason, number in expected.items() if reason != "accepted")
        self.forged[0] += sent
        self.forged[1] += dropped

    def sample(self):
        for index in SPARED:
            pid = self.world.nodes[index].process.pid
            with open(f"/proc/{pid}/status") as status:
                rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
            self.samples.setdefault(index, []).append((rss, len(os.listdir(f"/proc/{pid}/fd"))))

    def flat(self):
        for index, points in self.samples.items():
            third = max(1, len(points) // 3)
            first, last = points[third // 2:third + third // 2 + 1], points[-third:]
            rss = statistics.median(one[0] for one in last) / statistics.median(one[0] for one in first)
            fds = statistics.median(one[1] for one in last) - statistics.median(one[1] for one in first)
            say(f"{self.world.nodes[index].name}: {points[0][0]} kB to {points[-1][0]} kB, {points[0][1]} to {points[-1][1]} descriptors")
            assert rss < FLAT and fds <= 4, f"{self.world.nodes[index].name}: memory times {rss:.2f}, {fds} descriptors more"

    def run(self, points):
        deadline = time.monotonic() + self.seconds
        turn = 0
        while time.monotonic() < deadline:
            self.sample()
            if turn % 2 == 0:
                self.fault()
            else:
                self.forge()
            self.heads_agree()
            if turn % 4 == 0:
                say(f"{sum(car.done for car in self.cars)} sessions, block {self.world.nodes[0].height()}, {self.forged[1]} of {self.forged[0]} forgeries dropped")
            turn += 1

    def story(self, points):
        with tempfile.TemporaryDirectory() as logs, Street().boot(logs) as world:
            self.world = world
            with points.point("the consortium, its stations and vehicles are there"):
                world.start()
                self.stations = []
                for gate in world.gates:
                    for number in range(2):
                        station = Station(world, gate, f"s{gate.index}-{number}", speed=60)
                        station.gate, station.key = gate, gate.own("handshake")["key"]
                        self.stations.append(station)
                self.cars = [Car(self, number) for number in range(CARS)]
                for car in self.cars:
                    car.start()
            with points.point(f"{self.seconds // 60} minutes of load and faults, seed {self.seed}: heads agree, the ledger goes on after each"):
                try:
                    self.run(points)
                finally:
                    self.over.set()
                    for car in self.cars:
                        car.join(240)
            with points.point("every forgery was dropped and counted"):
                assert self.forged[0] and self.forged[0] == self.forged[1], self.forged
            with points.point("vehicles charged all the while"):
                say(f"{sum(car.done for car in self.cars)} sessions, {sum(car.interrupted for car in self.cars)} of them interrupted and taken up; "
                    f"faults: {self.faults}; slowest to go on {max(self.slow):.1f} s; refusals: {[car.troubles for car in self.cars]}")
                assert all(car.done for car in self.cars), [car.done for car in self.cars]
            with points.point("memory and descriptors of those never restarted are flat"):
                self.flat()
            with points.point("nothing that a vehicle was told is missing, and every ledger passes its audit"):
                world.level(seconds=HEAL_SECONDS)
                self.kept()
                for node in world.nodes:
                    assert node.stop() == 0, node.said()[-300:]
                for node in world.nodes:
                    done = run(VOLTGATE, "ledger", "verify", node.ledger(), check=False, timeout=600)
                    assert done.returncode == 0, f"{node.name}: {done.stdout}{done.stderr}"

    def kept(self):
        for car in self.cars:
            for block, index in car.committed:
                shown = self.world.nodes[3].ask("block", "get", "power", str(block))
                text = json.dumps(shown)
                outcomes = [one for one in shown if one.get("index") == index] or shown[0].get("transactions_list", [])
                assert text and (not outcomes or outcomes[0].get("outcome") == "valid"), f"car{car.number}: block {block}, index {index}: {text[:300]}"


def main():
    skip_all(obstacle())
    points = Points()
    Soak(int(os.environ.get("MINUTES", "10")), int(os.environ.get("SEED", "1"))).story(points)
    points.end()


if __name__ == "__main__":
    sys.exit(main())

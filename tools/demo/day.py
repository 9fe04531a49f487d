#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make demo-day: a day in the life of a charging network, compressed. Twelve station gateways of four organisations, each a
node of one ledger and a gate in front of vehicles; a utility that schedules them over the paper's 36-node grid; thirteen
vehicles; attackers, a lying node, and a gateway that is killed. Says what happens, judges it, and leaves a report.

Gates are attested where this kernel takes the module; else --guests of them are, each in a virtual machine, and the rest are
plain; where no machine boots all are plain, and it says so.

    tools/demo/day.py [--out DIR] [--gateways N] [--vehicles N] [--guests N]

Exit 0: all as it must be; 1: it was not; 4: it cannot run here."""
import argparse
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tools", "testbed")]
from program import BUILD, VOLTGATE, Trouble, run, wait_for  # noqa: E402
from world import Station, Wallet, World, obstacle  # noqa: E402
import day_report  # noqa: E402
import day_verdict  # noqa: E402
from guest_gateway import GuestGateway  # noqa: E402
from day_verdict import LIAR  # noqa: E402
from machine import Image, Machine  # noqa: E402

VEHICLE = os.path.join(BUILD, "voltgate-vehicle")
SIM = os.path.join(BUILD, "voltgate-sim")
CASE = os.path.join("agent", "sched", "cases", "paper36")
ORGANISATIONS = ("acme", "bolt", "city", "grid")
UTILITY = "grid"
FORGERS = 3          # gateways that attackers choose
FORGED = 1500        # packets of each of them
STARTED = time.monotonic()


def since():
    return time.monotonic() - STARTED


def say(text):
    print(f"[{since():6.1f} s] {text}", flush=True)


def chapter(text):
    print(f"\n== {text}", flush=True)


class Day(World):
    """Twelve gateways along a street, one of them with a lying ledger node, and a namespace for each vehicle."""

    def __init__(self, options):
        super().__init__(options=("heartbeat-s=2", "transaction-life-s=86400", ("--collection", "vehicles:acme,bolt,city,grid")),
                         count=options.gateways, gateways=options.gateways, programs={options.gateways: LIAR})
        self.organisations = list(ORGANISATIONS)
        self.prefix = f"vg-day-{os.getpid()}"
        self.hub, self.street = f"{self.prefix}-hub", f"{self.prefix}-street"
        self.cars, self.stations, self.events, self.steps = [], [], [], []
        self.out, self.module, self.machines, self.why_plain = options.out, None, {}, "nobody asked for more"

    def native(self):
        """True: this machine's own kernel takes the module."""
        done = run(os.path.join(HERE, "module.sh"), "load", os.path.join(self.out, "module.log"), check=False, timeout=600)
        self.module = done.stdout.strip() if not done.returncode else None
        return bool(self.module)

    def boot(self, number):
        """Virtual machines for the gateways from the second on: the first is asked most, and answers fastest outside."""
        logs = os.path.join(self.out, "day-machines")
        os.makedirs(logs, exist_ok=True)
        try:
            image = Image(logs)
        except Trouble as wrong:
            self.why_plain = str(wrong)
            return
        for index in range(2, 2 + number):
            try:
                self.machines[index] = Machine(image, f"{self.prefix}-{index}", index, self.folder, logs)
            except Trouble as wrong:
                self.why_plain = str(wrong)
        for index, machine in list(self.machines.items()):
            try:
                machine.ready()
            except Trouble as wrong:
                self.machines.pop(index).end()
                self.why_plain = str(wrong)
        image.remove()

    def add_node(self, organisation, **more):
        index = len(self.nodes) + 1
        if index in self.machines:
            self.nodes.append(GuestGateway(self, index, organisation, self.machines[index]))
        else:
            super().add_node(organisation, **more)
            if self.module:
                self.nodes[-1].sections["gate"]["grade"] = "attested"
        return self.nodes[-1]

    def pave_car(self, number):
        """A vehicle's namespace with a wire to the street."""
        name, wire = f"{self.prefix}-car{number}", f"c{number}"
        run("ip", "netns", "add", name)
        self.cars.append(name)
        run("ip", "-n", self.street, "link", "add", wire, "type", "veth", "peer", "name", "car0", "netns", name)
        run("ip", "-n", self.street, "link", "set", wire, "master", "br0", "up")
        run("ip", "-n", name, "addr", "add", f"10.78.1.{number}/16", "dev", "car0")
        run("ip", "-n", name, "link", "set", "car0", "up")
        return name

    def __exit__(self, *words):
        for machine in self.machines.values():
            machine.end()
        super().__exit__(*words)
        if self.module == "loaded":
            run(os.path.join(HERE, "module.sh"), "unload", check=False)
        for name in self.cars:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def note(self, kind, text):
        self.events.append({"at": since(), "kind": kind, "text": text})
        say(text)


class Car:
    """One vehicle: its wallet, its namespace, and what its steps told."""

    def __init__(self, day, number):
        self.day, self.number = day, number
        self.netns = day.pave_car(number)
        self.organisation = ORGANISATIONS[number % 3]
        self.wallet = Wallet(day, f"car{number}", self.organisation)
        self.told, self.trouble = [], ""
        plate = os.path.join(day.folder, f"plate-{number}")
        with open(plate, "w") as out:
            out.write(f"EV-{number:04d}\n")
        day.ask_as(self.wallet.folder, "account", "register", "--private", plate)
        day.ask_as(day.admin(self.organisation), "account", "deposit", self.wallet.key, "5000")

    def drive(self, gate, station, *steps, charging=None, again=0):
        """The steps at a gateway; all told is kept. True: all were done."""
        words = ["ip", "netns", "exec", self.netns, VEHICLE, "-j", "-g", gate.gate4, "-k", gate.handshake_key, "-w", self.wallet.folder,
                 "-s", station.id, "-t", str(station.tariff), "-p", "1500000", "-e", "400000", "-C", station.cable(1), "-P", "40000"]
        if charging:
            words += ["-i", charging]
        done = subprocess.run([*words, *steps], capture_output=True, text=True, timeout=180)
        for line in done.stdout.splitlines():
            self.told.append({**json.loads(line), "gateway": gate.name, "at": since()})
        last = self.told[-1] if self.told else {}
        self.trouble = done.stderr.strip() or (f"{last.get('do')}: {last.get('outcome')}: {last.get('result')}" if done.returncode else "")
        return done.returncode == 0

    def settled(self):
        return any(one["do"] == "stop" and one.get("stage") == "committed" for one in self.told)


def prepare_grade(day, guests):
    """The module here, or machines that take it."""
    if day.native():
        day.note("grades", "gates are attested: this kernel takes the module")
    elif guests:
        say(f"this kernel takes no module of ours: {guests} gateways get virtual machines (kernel and module are made once; then they boot)")
        day.boot(guests)
        for index, machine in day.machines.items():
            say(f"the machine of n{index} runs Debian's {machine.image.release} and voltgate.ko after {machine.boot_seconds:.0f} s")
        if len(day.machines) < guests:
            day.note("grades", f"only {len(day.machines)} of {guests} machines run, the rest is plain: {day.why_plain}")


def where(day, gate):
    if gate.index in day.machines:
        return f"virtual machine, Linux {gate.machine.image.release}, a node of the ledger in it"
    return "network namespace" + (", module of this kernel" if day.module else "")


def build(day, options):
    chapter(f"{options.gateways} station gateways of four organisations make a consortium; a regulator signs its channel")
    prepare_grade(day, options.guests)
    day.__enter__()
    day.start()
    for gate in day.gates:
        gate.handshake_key = gate.own("handshake")["key"]
        gate.grade, gate.where = gate.ask("status")[0]["grade"], where(day, gate)
    attested = [gate.name for gate in day.gates if gate.grade == "attested"]
    liar = day.nodes[-1]
    day.note("ledger", f"{len(day.nodes)} daemons are up, each a ledger node and a gate; {liar.name} of {liar.organisation} will lie about its votes")
    day.note("grades", f"attested: {', '.join(attested) or 'none'}; plain: {len(day.gates) - len(attested)} of {len(day.gates)}")


def settle(day):
    chapter("Stations, prices, vehicles")
    for index, gate in enumerate(day.gates):
        station = Station(day, gate, f"Station {index + 1}", speed=600)
        station.grid, station.tariff, station.gate = f"EV{index % 3 + 1}", 1, gate
        day.stations.append(station)
    day.note("stations", f"{len(day.stations)} stations are registered, each with a charger whose meter signs")
    plan = json.loads(run(VOLTGATE, "-j", "plan", "congestion", CASE, cwd=TOP).stdout)
    guide = run(VOLTGATE, "-j", "plan", "guide", CASE, cwd=TOP).stdout
    path = os.path.join(day.folder, "guide.json")
    with open(path, "w") as out:
        out.write(guide)
    for name in sorted({station.gate.organisation for station in day.stations} - {UTILITY}):
        day.ask_as(day.admin(name), "station", "appoint", UTILITY)
    words = [f"{station.grid}={station.id}" for station in day.stations]
    day.ask_as(day.admin(UTILITY), "station", "guide", "--guide", path, "--start", "0s", *words)
    for station in day.stations:
        station.tariff = 2
    first, last = plan["stages"][0], plan["stages"][-1]
    day.note("prices", f"the utility {UTILITY} schedules the 36-node grid and posts plans and prices: {first['branches_over']} branches overloaded "
             f"before, {last['branches_over']} after; {last['limits_added']} limits added; the day costs {first['cost']:.0f} before, "
             f"{last['cost']:.0f} yuan after")
    return plan, json.loads(guide)


def best_station(day, car):
    """What the ledger recommends; its own pick among the free."""
    latitude, longitude = "52.1", "4.3"
    found = day.ask_as(car.wallet.folder, "station", "recommend", car.wallet.key, latitude, longitude, "12", "100km", check=False)
    offered = [one["station"] for one in found.get("stations", [])] if isinstance(found, dict) else []
    wanted = [station for station in day.stations if station.id in offered and not getattr(station, "taken", False)]
    free = wanted or [station for station in day.stations if not getattr(station, "taken", False)]
    chosen = min(free, key=lambda station: station.gate.grade != "attested")  # of what is offered, what is proved best
    chosen.taken = True
    return chosen, bool(wanted)


def forge(day, gate, number):
    """Attackers with one gateway in view: forged from correct identifiers, replayed, unknown, misshapen, and a flood of hellos."""
    mac = getattr(gate, "mac", None) or run("ip", "-n", gate.netns, "-br", "link", "show", "street0").stdout.split()[2]
    stale = str(gate.sections["gate"].get("stale-us", 2000000))
    tallies = []
    for modes, more in (("accepted,forged:4,replay:3,bit-flip:2,stale,unknown,malformed", ["-n", "20", "-g", gate.socket, "-c", str(FORGED), "-r", "700", "--stale-us", stale]),
                        ("hello-bad-mac1", ["--gateway-key", gate.handshake_key, "-c", "2000", "-r", "1000"])):
        done = run("ip", "netns", "exec", day.street, SIM, "-j", "-i", "br0", "-m", modes, "-t", gate.gate4, "-M", mac, "-f",
                   f"10.78.{64 + 16 * number}.0/20", *more, timeout=120, check=False)
        if done.returncode:
            raise Trouble(f"voltgate-sim {modes}: {done.stderr[-400:]}")
        tallies.append(json.loads(done.stdout.splitlines()[-1]))
    return tallies


def begin(day, car, station):
    """The charging session it begins there; it tries again where nobody answers it in time."""
    for _ in range(3):
        if car.drive(station.gate, station, "hello", "beacon=3", "start"):
            return car.told[-1]["charging"]
        charging = car.wallet.charging()
        if charging:
            return charging
        station.unplug()
    raise Trouble(f"car {car.number} could not start: {car.trouble}")


def resume(day, car, station):
    """A vehicle that was stopped goes on where the ledger says that it is. True: it charged, paid and rated."""
    for _ in range(3):
        charging = car.wallet.charging()
        if charging:  # the reading that was under way may have been counted, or not
            car.drive(station.gate, station, "hello", "again", charging=charging)
            good = car.drive(station.gate, station, "hello", "meter", "stop", "rate=4", charging=charging)
        elif car.settled():
            return True
        else:
            station.unplug()  # its start was lost, but the charger may have begun
            good = car.drive(station.gate, station, "hello", "start", "meter", "meter", "meter", "meter", "stop", "rate=4")
        day.note("vehicle", f"car {car.number} goes on at {station.gate.name}, its charging session " + ("kept" if charging else "begun anew") +
                 (": done" if good else f": {car.trouble[:160]}"))
        if good:
            return True
    return False


def clone(day, original, here, far):
    """A copy of a vehicle's key appears at another station while the vehicle charges. True: the copy got power."""
    charging = begin(day, original, here)
    twin = Car.__new__(Car)
    twin.day, twin.number, twin.wallet, twin.told, twin.trouble = day, 99, original.wallet, [], ""
    twin.netns = day.pave_car(99)
    cloned, tries = twin.drive(far.gate, far, "hello", "start"), 1
    while not cloned and "elsewhere" not in twin.trouble and tries < 3:  # something else refused it
        far.unplug()
        cloned, tries = twin.drive(far.gate, far, "hello", "start"), tries + 1
    day.note("attack", f"a copy of car {original.number}'s key at {far.name}, while the car charges at {here.name}: " +
             ("IT CHARGES" if cloned else "refused: " + twin.trouble[:200]))
    if (not original.drive(here.gate, here, "hello", "meter", "meter", "meter", "meter", "stop", "rate=5", charging=charging) and
            not resume(day, original, here)):
        raise Trouble(f"car {original.number} could not finish: {original.trouble}")
    return cloned


def charge_all(day, cars, pool):
    """Every vehicle goes the whole way at its station; while they charge, things go wrong around them."""
    jobs, picks = {}, {}
    for car in cars[1:]:
        station, recommended = best_station(day, car) if len(picks) < len(day.stations) - 2 else (None, False)
        if station:
            picks[car] = station
            station.recommended = recommended
            jobs[car] = pool.submit(car.drive, station.gate, station, "hello", "beacon=3", "reserve", "start", "meter", "wait=700", "meter",
                                    "wait=700", "meter", "wait=700", "meter", "stop", f"rate={3 + car.number % 3}")
    return jobs, picks


def trouble(day, cars, picks, pool):
    """What goes wrong on purpose; gives the attackers' tallies and what became of the clone."""
    free = [station for station in day.stations if station not in picks.values()][:2]
    chosen = [station.gate for station in picks.values() if station.gate.program != LIAR]
    victim = max(chosen, key=lambda gate: (gate.index not in day.machines, gate.index))
    day.attacked = [gate for gate in day.gates if gate is not victim][:FORGERS]
    attacks = [pool.submit(forge, day, gate, number) for number, gate in enumerate(day.attacked)]
    wait_for(lambda: victim.own("charge")["taken"] >= 2, "a vehicle charges there")
    victim.kill()
    day.note("fault", f"{victim.name} of {victim.organisation} is killed with kill -9, in the middle of it")
    cloned = clone(day, cars[0], *free)
    victim.start()
    epochs = len(victim.attestors)
    victim.enrol_attestor()
    victim.handshake_key = victim.own("handshake")["key"]
    day.note("fault", f"{victim.name} is back, its gate " + ("has the epoch of its module still" if len(victim.attestors) == epochs else
             f"has a new epoch, enrolled by {victim.organisation}'s administrator"))
    return cloned, [tally for attack in attacks for tally in attack.result()]


def late(day, cars, picks, jobs):
    """Who was at the killed gateway, or waited too long, goes on; who found no free station tries again."""
    for car, job in jobs.items():
        if not job.result():
            day.note("vehicle", f"car {car.number} was stopped at {picks[car].gate.name}: {car.trouble[:120]}")
    for car in cars[1:]:
        job = jobs.get(car)
        if job and not job.result():
            resume(day, car, picks[car])
        elif not job:
            station = picks[car] = day.stations[car.number % 3]
            good = car.drive(station.gate, station, "hello", "start", "meter", "meter", "meter", "meter", "stop", "rate=5")
            day.note("vehicle", f"car {car.number} waited for {station.name}" + (": done" if good else f": {car.trouble[:160]}"))
            if not good:
                resume(day, car, station)


def main():
    parser = argparse.ArgumentParser(description="A day in the life of a charging network.")
    parser.add_argument("--out", default=os.path.join(BUILD, "demo"), help="where the report goes")
    parser.add_argument("--gateways", type=int, default=12)
    parser.add_argument("--vehicles", type=int, default=13)
    parser.add_argument("--guests", type=int, default=2, help="attested gateways in virtual machines, where this kernel takes no module")
    options = parser.parse_args()
    why = obstacle()
    if why:
        print(f"The day cannot be run here: {why}.")
        return 4
    random.seed(1)
    os.makedirs(options.out, exist_ok=True)
    day = None
    try:
        day = Day(options)
        build(day, options)
        plan, guide = settle(day)
        cars = [Car(day, number) for number in range(1, options.vehicles + 1)]
        day.note("vehicles", f"{len(cars)} vehicles have wallets, accounts and 5,000 yuan each")
        chapter("The day: vehicles drive up, are admitted, charge, pay and rate; attackers are at work throughout")
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            jobs, picks = charge_all(day, cars, pool)
            cloned, tallies = trouble(day, cars, picks, pool)
            late(day, cars, picks, jobs)
        chapter("What came of it")
        say("all daemons end; then each ledger and verdict log is audited offline")
        verdict = day_verdict.judge(day, cars, plan, cloned, tallies)
        for sentence in day_verdict.sentences(verdict):
            say(sentence)
        path = os.path.join(options.out, "day.html")
        day_report.write(path, verdict, day.events, cars, plan, guide)
        say(f"report: {path}")
        return 0 if verdict["good"] else 1
    except Trouble as wrong:
        say(f"it went wrong: {wrong}")
        return 1
    finally:
        if day:
            day.__exit__()


if __name__ == "__main__":
    sys.exit(main())

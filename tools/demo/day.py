#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make demo-day: a day in the life of a charging network, compressed. Twelve station gateways of four organisations, each a
node of one ledger and a gate in front of vehicles; a utility that schedules them over the paper's 36-node grid; thirteen
vehicles; attackers, a lying node, and a gateway that is killed. Says what happens, judges it, and leaves a report.

    tools/demo/day.py [--out DIR] [--gateways N] [--vehicles N]

Exit 0: all as it must be; 1: it was not; 4: it cannot run here."""
import argparse
import concurrent.futures
import json
import os
import random
import socket
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

LIAR = os.path.join(BUILD, "demo", "voltgated-liar")
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
        super().__exit__(*words)
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
                 "-s", station.id, "-t", str(station.tariff), "-p", "1500000", "-e", "400000", "-C", station.cable(1), "-P", "20000"]
        if charging:
            words += ["-i", charging]
        done = subprocess.run([*words, *steps], capture_output=True, text=True, timeout=180)
        for line in done.stdout.splitlines():
            self.told.append({**json.loads(line), "gateway": gate.name, "at": since()})
        last = self.told[-1] if self.told else {}
        self.trouble = done.stderr.strip() or (f"{last.get('do')}: {last.get('outcome')}: {last.get('result')}" if done.returncode else "")
        return done.returncode == 0


def build(options):
    chapter(f"{options.gateways} station gateways of four organisations make a consortium; a regulator signs its channel")
    day = Day(options)
    day.__enter__()
    day.start()
    for gate in day.gates:
        gate.handshake_key = gate.own("handshake")["key"]
    grades = {gate.ask("status")[0]["grade"] for gate in day.gates}
    liar = day.nodes[-1]
    day.note("ledger", f"{len(day.nodes)} daemons are up, each a ledger node and a gate ({', '.join(sorted(grades))} grade, in network "
             f"namespaces); {liar.name} of {liar.organisation} will lie about its votes")
    return day


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
    chosen = (wanted or [station for station in day.stations if not getattr(station, "taken", False)])[0]
    chosen.taken = True
    return chosen, bool(wanted)


def forge(day, gate, number):
    """Attackers with one gateway in view: forged from correct identifiers, replayed, unknown, misshapen, and a flood of hellos."""
    mac = run("ip", "-n", gate.netns, "-br", "link", "show", "street0").stdout.split()[2]
    tallies = []
    for modes, more in (("accepted,forged:4,replay:3,bit-flip:2,stale,unknown,malformed", ["-n", "20", "-g", gate.socket, "-c", str(FORGED), "-r", "700"]),
                        ("hello-bad-mac1", ["--gateway-key", gate.handshake_key, "-c", "2000", "-r", "1000"])):
        done = run("ip", "netns", "exec", day.street, SIM, "-j", "-i", "br0", "-m", modes, "-t", gate.gate4, "-M", mac, "-f",
                   f"10.78.{64 + 16 * number}.0/20", *more, timeout=120, check=False)
        if done.returncode:
            raise Trouble(f"voltgate-sim {modes}: {done.stderr[-400:]}")
        tallies.append(json.loads(done.stdout.splitlines()[-1]))
    return tallies


def clone(day, original, here, far):
    """A copy of a vehicle's key appears at another station while the vehicle charges. True: the copy got power."""
    if not original.drive(here.gate, here, "hello", "beacon=3", "start"):
        raise Trouble(f"car {original.number} could not start: {original.trouble}")
    charging = original.told[-1]["charging"]
    twin = Car.__new__(Car)
    twin.day, twin.number, twin.wallet, twin.told, twin.trouble = day, 99, original.wallet, [], ""
    twin.netns = day.pave_car(99)
    cloned = twin.drive(far.gate, far, "hello", "start")
    day.note("attack", f"a copy of car {original.number}'s key at {far.name}, while the car charges at {here.name}: " +
             ("IT CHARGES" if cloned else "refused: " + twin.trouble[:200]))
    if not original.drive(here.gate, here, "hello", "meter", "meter", "meter", "meter", "stop", "rate=5", charging=charging):
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
    victim = max(chosen, key=lambda gate: gate.index)
    day.attacked = [gate for gate in day.gates if gate is not victim][:FORGERS]
    attacks = [pool.submit(forge, day, gate, number) for number, gate in enumerate(day.attacked)]
    wait_for(lambda: victim.own("charge")["taken"] >= 2, "a vehicle charges there")
    victim.kill()
    day.note("fault", f"{victim.name} of {victim.organisation} is killed with kill -9, in the middle of it")
    cloned = clone(day, cars[0], *free)
    victim.start()
    victim.enrol_attestor()
    victim.handshake_key = victim.own("handshake")["key"]
    day.note("fault", f"{victim.name} is back, its gate has a new epoch, enrolled by {victim.organisation}'s administrator")
    return victim, cloned, [tally for attack in attacks for tally in attack.result()]


def unplug(station):
    """Who leaves a charger ends what it holds."""
    with socket.socket(socket.AF_UNIX) as cable:
        cable.connect(station.cable(1))
        lines = cable.makefile("rw")

        def ask(**words):
            lines.write(json.dumps(words) + "\n")
            lines.flush()
            return json.loads(lines.readline())
        held = ask(do="charger").get("session")
        if held:
            ask(do="end", session=held)


def late(day, cars, picks, jobs, victim):
    """Who was at the killed gateway, or found no free station, tries again."""
    for car, job in jobs.items():
        if not job.result():
            day.note("vehicle", f"car {car.number} was stopped at {picks[car].gate.name}: {car.trouble[:120]}")
    for car in cars[1:]:
        job = jobs.get(car)
        if job and job.result():
            continue
        if job and picks[car].gate is victim:
            charging = next((one["charging"] for one in car.told if one["do"] == "start" and one.get("stage") == "committed"), None)
            if not charging:
                unplug(picks[car])  # its start was lost, but the charger had begun
            if charging:  # the reading that was under way may have been counted, or not
                car.drive(victim, picks[car], "hello", "again", charging=charging)
            steps = ("hello", "meter", "stop", "rate=4") if charging else ("hello", "start", "meter", "meter", "meter", "meter", "stop", "rate=4")
            good = car.drive(victim, picks[car], *steps, charging=charging)
            day.note("vehicle", f"car {car.number} goes on at {victim.name}, its charging session " + ("kept" if charging else "begun anew") +
                     (": done" if good else f": {car.trouble[:160]}"))
        elif not job:
            station = day.stations[car.number % 3]
            picks[car] = station
            good = car.drive(station.gate, station, "hello", "start", "meter", "meter", "meter", "meter", "stop", "rate=5")
            day.note("vehicle", f"car {car.number} waited for {station.name}" + (": done" if good else f": {car.trouble[:160]}"))


def count_attacks(day, tallies):
    """Sent and dropped by reason at the attacked gateways, and the alarms in their logs."""
    expected, alarms = {}, 0
    for tally in tallies:
        for reason, number in tally["expected"].items():
            expected[reason] = expected.get(reason, 0) + int(number)
    forged = {reason: number for reason, number in expected.items() if reason != "accepted" and number}
    counted = {}
    for gate in day.attacked:
        for reason, number in gate.counters()["packets"].items():
            counted[reason] = counted.get(reason, 0) + int(number)
        with open(os.path.join(gate.folder, "alarms.json")) as log:
            alarms += sum(1 for _ in log)
    return forged, counted, alarms


def judge(day, cars, plan, guide, cloned, tallies):
    chapter("What came of it")
    verdict = {}
    forged, counted, alarms = count_attacks(day, tallies)
    dropped = {reason: counted.get(reason, 0) for reason in forged}
    verdict["forgeries"] = {"sent": sum(forged.values()), "dropped": sum(min(dropped[reason], number) for reason, number in forged.items()),
                            "reasons": {reason: [number, dropped[reason]] for reason, number in forged.items()}, "alarm_lines": alarms}
    asked = [one for car in cars for one in car.told if one["do"] in ("reserve", "start", "meter", "stop", "rate")]
    committed = [one for one in asked if one.get("stage") == "committed" and one.get("outcome") == "valid"]
    bills = day.ask_as(day.admin("acme"), "account", "show", cars[0].wallet.key)
    lost = 0
    height = day.level([node for node in day.nodes if node.program != LIAR], seconds=60)
    for one in committed:
        block = day.nodes[0].ask("block", "get", "power", str(one["block"]))
        if not block:
            lost += 1
    verdict["transactions"] = {"submitted": len(asked), "committed": len(committed), "lost": lost, "height": height}
    verdict["sessions"] = sum(1 for car in cars if any(one["do"] == "stop" and one.get("stage") == "committed" for one in car.told))
    verdict["balance_of_first"] = bills.get("balance")
    for node in day.nodes:
        node.stop()
    audits = {}
    for node in day.nodes:
        done = run(VOLTGATE, "ledger", "verify", node.ledger(), check=False, timeout=180)
        audits[node.name] = [done.returncode, (done.stdout + done.stderr).strip()]
    verdict["audits"] = {name: code for name, (code, _) in audits.items()}
    verdict["money"] = next((line.strip() for line in audits["n1"][1].splitlines() if "yuan" in line or "money" in line.lower()), audits["n1"][1][-200:])
    stages = plan["stages"]
    verdict["grid"] = {"overloads": [stages[0]["branches_over"], stages[-1]["branches_over"]], "cost": [stages[0]["cost"], stages[-1]["cost"]],
                       "price": [stages[0]["price_mean"], stages[-1]["price_mean"]]}
    verdict["cloned_refused"] = not cloned
    good = (verdict["forgeries"]["dropped"] == verdict["forgeries"]["sent"] and alarms > 0 and lost == 0 and not cloned and
            not any(verdict["audits"].values()) and verdict["sessions"] == len(cars) and verdict["grid"]["overloads"][1] == 0)
    verdict["good"] = good
    return verdict


def tell(verdict):
    forgeries, transactions, grid = verdict["forgeries"], verdict["transactions"], verdict["grid"]
    say(f"forgeries: {forgeries['sent']} sent, {forgeries['dropped']} dropped, {forgeries['alarm_lines']} lines in the alarm logs")
    say(f"transactions of vehicles: {transactions['submitted']} submitted, {transactions['committed']} committed and valid, {transactions['lost']} lost; "
        f"block {transactions['height']}")
    say(f"charging sessions settled: {verdict['sessions']}; the copied vehicle was {'refused' if verdict['cloned_refused'] else 'NOT REFUSED'}")
    say(f"ledgers audited offline: {sum(code == 0 for code in verdict['audits'].values())} of {len(verdict['audits'])} right; {verdict['money']}")
    say(f"overloaded branches {grid['overloads'][0]} before, {grid['overloads'][1]} after; cost {grid['cost'][0]:.0f} before, {grid['cost'][1]:.0f} yuan after; "
        f"mean price {grid['price'][0]:.1f} before, {grid['price'][1]:.1f} yuan per MWh after")
    say("all as it must be" if verdict["good"] else "NOT as it must be: see above")


def main():
    parser = argparse.ArgumentParser(description="A day in the life of a charging network.")
    parser.add_argument("--out", default=os.path.join(BUILD, "demo"), help="where the report goes")
    parser.add_argument("--gateways", type=int, default=12)
    parser.add_argument("--vehicles", type=int, default=13)
    options = parser.parse_args()
    why = obstacle()
    if why:
        print(f"The day cannot be run here: {why}.")
        return 4
    random.seed(1)
    os.makedirs(options.out, exist_ok=True)
    day = None
    try:
        day = build(options)
        plan, guide = settle(day)
        cars = [Car(day, number) for number in range(1, options.vehicles + 1)]
        day.note("vehicles", f"{len(cars)} vehicles have wallets, accounts and 5,000 yuan each")
        chapter("The day: vehicles drive up, are admitted, charge, pay and rate; attackers are at work throughout")
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            jobs, picks = charge_all(day, cars, pool)
            victim, cloned, tallies = trouble(day, cars, picks, pool)
            late(day, cars, picks, jobs, victim)
        verdict = judge(day, cars, plan, guide, cloned, tallies)
        tell(verdict)
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

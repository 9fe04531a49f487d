#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate wallet, account, station, charge, bill and rate against four nodes of four organisations, with a charger
that signs its readings: a wallet opens an account, charges, is billed, rates, and asks for its bills."""
import json
import os
import signal
import subprocess
import sys
import urllib.request

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster  # noqa: E402
from ktap import Points  # noqa: E402
from program import BUILD, VOLTGATE, Trouble, free_ports, run, wait_for  # noqa: E402

STATION = os.path.join(BUILD, "voltgate-station")

class Desk:
    """The commands with one wallet."""

    def __init__(self, cluster, wallet):
        self.cluster, self.wallet = cluster, wallet

    def try_(self, command, verb, *words, **more):
        return run(VOLTGATE, "-j", command, verb, "power", "--wallet", self.wallet, "--genesis", self.cluster.genesis, *words,
                   check=False, **more)

    def __call__(self, command, verb, *words, **more):
        done = self.try_(command, verb, *words, **more)
        if done.returncode:
            raise Trouble(f"{command} {verb} {words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)["result"]


def make_wallet(cluster, name, organisation, role=None):
    folder = os.path.join(cluster.folder, f"wallet-{name}")
    told = json.loads(run(VOLTGATE, "-j", "wallet", "create", cluster.org(organisation), "--name", name, "--genesis",
                          cluster.genesis, "--out", folder).stdout)
    path = os.path.join(folder, "enrol.tx")
    if role:
        path = os.path.join(folder, f"{role}.tx")
        run(VOLTGATE, "org", "enrol", cluster.org(organisation), "--genesis", cluster.genesis, "--key",
            os.path.join(folder, "client.crt"), "--role", role, "--out", path)
    cluster.nodes[0].cli("tx", "submit", "power", path)
    return Desk(cluster, folder), told["key"]


def charger(cluster, station, number, meter, **more):
    path = os.path.join(cluster.folder, f"cable-{number}")
    process = subprocess.Popen([STATION, "--channel", cluster.channel_id(), "--station", station, "--charger", str(number),
                                "--meter", meter, "--cable", path, "--speed", str(more.get("speed", 3600)), "--power", "60000",
                                "--register", "5000000"], stdout=subprocess.DEVNULL)
    wait_for(lambda: os.path.exists(path), "the charger listens")
    return process, path


def refused(done, *words):
    return done.returncode == 2 and all(word in done.stderr for word in words)


def tour(points, cluster):
    owner, _ = make_wallet(cluster, "owner", "bolt", "administrator")
    bank, _ = make_wallet(cluster, "bank", "acme", "administrator")
    car, wallet = make_wallet(cluster, "car", "acme")
    meter = os.path.join(cluster.folder, "meter.key")
    public = run(STATION, "--new-meter", meter).stdout.strip()
    vehicle = os.path.join(cluster.folder, "ev")
    with open(vehicle, "w") as out:
        out.write("EV-0007\n")
    points.ok(refused(car.try_("account", "show", wallet), "account"), "a wallet without an account has none to show")
    points.ok(car("account", "register", "--private", vehicle)["state"] == "active", "a wallet opens its account with its EV number")
    points.ok(refused(car.try_("account", "deposit", wallet, "50"), "administrator"), "a wallet cannot book money in for itself")
    bank("account", "deposit", wallet, "100.5")
    points.ok(car("account", "show", wallet)["balance"] == 1005000, "100.5 yuan are booked in by an administrator")
    done = owner.try_("station", "register", "Harbour", cluster.nodes[1].certificate, "31.2304", "121.4737",
                      "00:00=0.32+0.20,08:00=0.68+0.40,22:00=0.32+0.20", f"{public}:60kW:5000kWh")
    if not points.ok(done.returncode == 0, "an administrator registers a station", done.stderr):
        return
    station = json.loads(done.stdout)["result"]["station"]
    guide(points, cluster, car, owner, station)
    process, cable = charger(cluster, station, 1, meter)
    try:
        charge(points, cluster, car, bank, owner, wallet, station, cable, vehicle)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def guide(points, cluster, car, owner, station):
    """A utility schedules the station once its operator has appointed it: energy prices and a plan, no service price."""
    utility, _ = make_wallet(cluster, "grid", "city", "administrator")
    path = os.path.join(cluster.folder, "guide.json")
    with open(path, "w") as out:
        json.dump({"stations": ["EV1", "EV2"], "tariff": [[0, 3000 + 100 * hour] for hour in range(24)],
                   "by_groups": {"power": [[0, 0.1 * hour] for hour in range(24)]}}, out)
    words = ("--guide", path, "--start", "0s", f"EV2={station}")
    points.ok(refused(utility.try_("station", "guide", *words), "appoint"), "a utility that nobody appointed sets no prices")
    owner("station", "appoint", "city")
    utility("station", "guide", *words)
    shown = car("station", "show", station)
    points.ok(shown["tariff"] == 2 and len(shown["periods"]) == 24 and [part["energy"] for part in shown["periods"][:2]] == [3000, 3100],
              "an appointed one sets the energy prices", shown["periods"])
    points.ok({part["service"] for part in shown["periods"][8:22]} == {4000} and {part["service"] for part in shown["periods"][:8]} == {2000},
              "the service prices stay the operator's", shown["periods"])
    points.ok(refused(utility.try_("station", "tariff", station, "3", "00:00=0.3+0.9"), "service"), "which it cannot change")
    planned = car("station", "plan", station)["plan"]
    points.ok(planned["organisation"] == "city" and len(planned["periods"]) == 24 and planned["periods"][3]["energy"] == 300000,
              "its plan is on the ledger", planned)
    points.ok(refused(car.try_("station", "observe", station, "7kW", "1")), "a vehicle cannot tell a station's load")
    node = cluster.nodes[1]
    path = cluster.statement("enrol", "n2-client", "bolt", node.certificate, None)
    node.cli("tx", "submit", "power", path)
    done = run(VOLTGATE, "-j", "station", "observe", "power", "--certificate", node.certificate, "--key",
               os.path.join(node.folder, "node.key"), "--genesis", cluster.genesis, station, "7kW", "1", check=False)
    points.ok(done.returncode == 0 and car("station", "plan", station)["observed"]["load"] == 7000, "its node can", done.stderr)
    owner("station", "appoint", "-")
    points.ok(refused(utility.try_("station", "guide", *words), "appoint"), "an appointment can be taken back")
    owner("station", "tariff", station, "3", "00:00=0.32+0.20,08:00=0.68+0.40,22:00=0.32+0.20")


def charge(points, cluster, car, bank, owner, wallet, station, cable, vehicle):
    points.ok(any(one["station"] == station for one in car("station", "list")["stations"]) and car("station", "show", station)["name"] == "Harbour",
       "the station is listed and shown")
    shown = wait_for(lambda: json.load(urllib.request.urlopen(cluster.page))["stations"], "the live page has the station")
    points.ok(shown[0]["name"] == "Harbour" and shown[0]["free"] == 1 and shown[0]["price"] in (5200, 10800),
              "the live page shows station and price", shown)
    found = car.try_("station", "recommend", wallet, "31.23", "121.47")
    points.ok(found.returncode == 0 and station in found.stdout, "the station is recommended nearby", found.stderr + found.stdout)
    car("charge", "reserve", station, "1")
    points.ok(refused(bank.try_("charge", "reserve", station, "1")), "a reserved charger is not for another")
    points.ok(refused(car.try_("charge", "start", "--cable", cable, station, "1", "3", "0.1", "50kWh"), "PRICE"),
       "a start below the tariff's price is refused")
    session = car("charge", "start", "--cable", cable, station, "1", "3", "2", "50kWh")["session"]
    points.ok(len(session) == 64, "the wallet starts charging with the meter's first reading")
    for _ in range(3):
        car("charge", "meter", "--cable", cable, session)
    shown = car("charge", "show", session)
    points.ok(shown["state"] == "charging", "the session is under way", shown)
    ended = car("charge", "stop", "--cable", cable, session)
    points.ok(ended["state"] == "paid", "it stops, is billed and paid", ended)
    bill = car("bill", "show", wallet, "1")
    lines = bill["lines"]
    points.ok(sum(line["cost"] for line in lines) == bill["cost"] and sum(line["energy"] for line in lines) == bill["energy"],
       "the bill's lines add up", bill)
    points.ok(car("account", "show", wallet)["balance"] == 1005000 - bill["cost"], "the balance is less by the bill")
    points.ok(car("station", "show", station)["account"] == bill["cost"], "the station's account is more by the bill")
    points.ok(refused(car.try_("charge", "stop", "--cable", cable, session)), "a second stop is refused")
    points.ok(car("rate", "give", session, "5") is not None and refused(car.try_("rate", "give", session, "5")),
       "the wallet rates the station, once")
    points.ok(car("rate", "show", station)["rating"] > 0, "the station has a rating", car("rate", "show", station))
    found = car.try_("bill", "vehicle", "EV-0007")
    points.ok(found.returncode == 0 and session in found.stdout, "bills by EV number", found.stderr + found.stdout)
    found = owner.try_("bill", "organisation", "bolt")
    points.ok(found.returncode == 0 and session in found.stdout, "bills by organisation", found.stderr + found.stdout)
    owner("bill", "note", wallet, "1", "0.5", "a faulty plug")
    points.ok(car("account", "show", wallet)["balance"] == 1005000 - bill["cost"] + 5000, "a credit note gives money back")
    points.ok(car("account", "credit", wallet)["credit"] == 1000000, "one correct payment: credit 1", car("account", "credit", wallet))
    text = run(VOLTGATE, "bill", "show", "power", "--wallet", car.wallet, "--genesis", cluster.genesis, wallet, "1").stdout
    points.ok("yuan" in text and "Wh" in text and "Harbour" in text, "for people: money and energy have units", text)
    cluster.level()
    for node in cluster.nodes:
        node.stop()
    audits = [run(VOLTGATE, "ledger", "verify", node.ledger(), check=False) for node in cluster.nodes]
    points.ok(all(not audit.returncode for audit in audits), "all four ledgers are found right offline, money conserved",
       audits[0].stdout + audits[0].stderr)
    raw = b"".join(open(os.path.join(path, name), "rb").read() for node in cluster.nodes[:1]
                   for path, _, names in os.walk(os.path.join(node.ledger(), "blocks")) for name in names)
    points.ok(b"EV-0007" not in raw, "the chain holds no EV number")


def main():
    points = Points()
    with Cluster(4, options=[("--collection", "vehicles:acme,bolt,city,dyno"), "transaction-life-s=86400"]) as cluster:
        port = free_ports(1)[0]
        cluster.nodes[2].agent_extra = {"page": f"127.0.0.1:{port}"}
        cluster.start()
        cluster.page = f"http://127.0.0.1:{port}/state.json"
        tour(points, cluster)
    points.end()


main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A hot station: many vehicles at one, at two gateways at once; two at one charger; a wallet whose credit is gone; and the
vehicle of the vehicle library (voltgate-vehicle) doing all of it by itself. KTAP."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Load  # noqa: E402
from ktap import Points, skip_all  # noqa: E402
from program import BUILD, run, wait_for  # noqa: E402
from vehicle import Vehicle  # noqa: E402
from world import Station, World, obstacle  # noqa: E402

CROWD = 6


def hot(points, world):
    """Vehicles at both gateways, one charger each, every step of all at the same time."""
    gate = world.gates[0]
    wallets = [world.open_account(f"hot{number}", gate.organisation) for number in range(CROWD)]
    station = Station(world, gate, "hot", chargers=CROWD)
    cars = [Vehicle(world, wallet, world.gates[number % 2]) for number, wallet in enumerate(wallets)]
    sessions = []

    def together(words_of):
        """The same step of all; answers in order."""
        for number, car in enumerate(cars):
            car.tell(*words_of(number))
        answers = [car.hear() for car in cars]
        for said in answers:
            assert said["stage"] == 3 and said["outcome"] == "valid", said
        return [json.loads(said["text"]) for said in answers]

    def begin(number):
        mandate = cars[number].do("mandate", station.id, 1, 20000, 100000)["mandate"]
        return ("act", 17, "session.start", station.id, number + 1, 1, 20000, 100000, *station.reading(mandate, number + 1)[1:])

    with points.point(f"{CROWD} vehicles of one station start at once at two gateways"):
        for car in cars:
            assert car.do("hello")["welcomed"]
        sessions = [one["session"] for one in together(begin)]
        assert len(set(sessions)) == CROWD
    with points.point("two readings each"):
        for _ in range(2):
            together(lambda number: ("act", 18, "session.meter", sessions[number], *station.reading(sessions[number], number + 1)))
    with points.point("all stop and are billed at once: no settlement disturbs another"):
        bills = together(lambda number: ("act", 19, "session.stop", sessions[number], *station.reading(sessions[number], number + 1, last=True)))
        assert all(bill["state"] == "paid" for bill in bills), bills
    with points.point("all rate it at once"):
        together(lambda number: ("act", 20, "rating.rate", sessions[number], 1 + number % 5))
        shown = world.ask_as(wallets[0].folder, "station", "rating", station.id)
        assert shown["scores"] == CROWD, shown
    with points.point("none of them was invalid, at either gateway"):
        assert not any(gate.own("charge")["invalid"] for gate in world.gates), [gate.own("charge") for gate in world.gates]
        earned = world.ask_as(wallets[0].folder, "station", "show", station.id)
        assert earned["account"] == sum(bill["cost"] for bill in bills), (earned, bills)
    return cars


def one_charger(points, world, cars):
    with points.point("two vehicles want one charger: one gets it, the other is told"):
        station = Station(world, world.gates[0], "narrow")
        words = []
        for car in cars[:2]:
            mandate = car.do("mandate", station.id, 1, 20000, 100000)["mandate"]
            reading = station.reading(mandate)
            station.reading(mandate, last=True)
            words.append(("act", 17, "session.start", station.id, 1, 1, 20000, 100000, *reading[1:]))
        for car, line in zip(cars, words):
            car.tell(*line)
        said = [car.hear() for car in cars[:2]]
        won = [one for one in said if one["stage"] == 3 and one["outcome"] == "valid"]
        lost = [one for one in said if one not in won]
        assert len(won) == 1 and (lost[0]["stage"] == 1 or lost[0]["outcome"] == "conflict"), said


def credit(points, world):
    gate = world.gates[1]
    station = Station(world, gate, "costly", speed=40)
    poor = world.open_account("poor", gate.organisation, money=None)
    car = Vehicle(world, poor, gate)
    with points.point("a bill that the balance does not cover stays unpaid and costs credit"):
        assert car.do("hello")["welcomed"]
        session = car.charge(station)["answer"]["session"]
        last = car.meter(station, session, 19, "session.stop", last=True)["answer"]
        assert last["state"] == "unpaid" and last["cost"], last
    with points.point("whose credit is below the threshold keeps its session: it may finish, and starts nothing"):
        said = car.do("act", 20, "rating.rate", session, 5)
        assert said["stage"] == 1 and "credit" in said["text"], said
        assert not gate.own("charge")["sessions-revoked"]
    with points.point("and gets no new one"):
        refused = gate.own("handshake")["refused"]["low-credit"]
        again = Vehicle(world, poor, gate)
        assert not again.do("hello", 1)["welcomed"]
        wait_for(lambda: gate.own("handshake")["refused"]["low-credit"] > refused, "it was refused for its credit")
    with points.point("who pays the debt by the wallet's own signature is admitted again"):
        world.ask_as(world.admin(gate.organisation), "account", "deposit", poor.key, "10")
        world.ask_as(poor.folder, "charge", "pay", session)
        world.level()
        assert again.do("hello")["welcomed"], gate.own("handshake")["refused"]


def library(points, world):
    gate = world.gates[0]
    wallet = world.open_account("lib", gate.organisation)
    station = Station(world, gate, "quiet")
    with points.point("voltgate-vehicle goes the whole way: hello, reserve, start, four meters, stop, rate"):
        done = subprocess.run(
            ["ip", "netns", "exec", world.street, os.path.join(BUILD, "voltgate-vehicle"), "-j", "-g", f"{gate.gate4}", "-k",
             gate.own("handshake")["key"], "-w", wallet.folder, "-s", station.id, "-C", station.cable(1), "hello", "reserve", "start",
             "meter", "meter", "meter", "meter", "stop", "rate=5"], capture_output=True, text=True, timeout=60)
        assert not done.returncode, done.stdout[-1500:] + done.stderr[-500:]
        bill = world.ask_as(wallet.folder, "bill", "show", wallet.key, "1")
        assert bill["state"] == "paid" and bill["station"] == station.id, bill


def clients(points, world):
    with points.point("two programs of one client at once: none refuses the other's nonce"):
        loads = [Load(world, 60, prefix=f"n{number}x", flight=8) for number in range(2)]
        results = [load.finish() for load in loads]
        wrong = [one for result in results for one in result if not one["committed"] or one["outcome"] != "valid"]
        assert [len(result) for result in results] == [60, 60] and not wrong, wrong[:3]


def main():
    skip_all(obstacle())
    points = Points()
    with World() as world:
        world.start()
        cars = hot(points, world)
        one_charger(points, world, cars)
        credit(points, world)
        clients(points, world)
        library(points, world)
        with points.point("every ledger is right: money was made by nobody"):
            for node in world.nodes:
                node.stop()
            for node in world.nodes:
                run(os.path.join(BUILD, "voltgate"), "ledger", "verify", node.ledger())
    points.end()


if __name__ == "__main__":
    sys.exit(main())

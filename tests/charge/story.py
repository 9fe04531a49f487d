#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A vehicle drives up to a gateway of a consortium of four, charges, pays, rates and asks; the same requests forged,
replayed, foreign and revoked reach no contract. KTAP."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import Points, Station, Vehicle, World, needs, wait_for  # noqa: E402


def main():
    needs()
    points = Points()
    with World() as world:
        with points.point("four daemons, two of them with a gate on a street, and their attestors are enrolled"):
            world.start()
            for gate in world.gates:
                assert gate.ask("status")[0]["grade"] == "plain"
            world.level()
        gate = world.gates[0]
        with points.point("an account, a station with a meter that signs"):
            wallet = world.open_account("car1")
            station = Station(world, gate, "corner")
        with points.point("a vehicle drives up and is admitted"):
            car = Vehicle(world, wallet, gate)
            said = car.do("hello")
            assert said["welcomed"], f"{said} {gate.own('handshake')} {gate.own('admission')}"
        with points.point("it starts to charge"):
            session = car.charge(station)["answer"]["session"]
        with points.point("four meter readings"):
            for _ in range(4):
                last = car.meter(station, session)["answer"]
            assert last["energy"] > 0, last
        with points.point("it stops: the bill is paid"):
            last = car.meter(station, session, 19, "session.stop", last=True)["answer"]
            assert last["state"] == "paid" and last["bill"] == 1, last
        with points.point("it rates the station"):
            print("#", car.act(20, "rating.rate", session, 5)["answer"])
        with points.point("and asks for its bill and its balance"):
            bill = world.ask_as(wallet.folder, "bill", "show", wallet.key, "1")
            print("#", bill)
            print("#", world.ask_as(wallet.folder, "account", "show", wallet.key))
        print("#", gate.own("charge"))
    return points.finish()


if __name__ == "__main__":
    sys.exit(main())

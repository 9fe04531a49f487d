#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A vehicle drives up to a gateway of a consortium of four, charges, pays, rates and asks; the same requests forged,
replayed, foreign and revoked reach no contract. KTAP."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points, skip_all  # noqa: E402
from program import VOLTGATE, run, wait_for  # noqa: E402
from vehicle import Vehicle  # noqa: E402
from world import Station, World, obstacle  # noqa: E402


def anchors(points, world, gate):
    """The chain's head and what was refused at the gate are known to all."""
    reader = world.admin("dyno")
    with points.point("the gateway anchors the head of its verdict chain, again and again"):
        first = gate.own("charge")["anchored"]
        assert first or wait_for(lambda: gate.own("charge")["anchored"], "a first head")
        anchor = world.query("charging", "anchor.show", client="admin-dyno")
        assert gate.ask("key")[0]["attestor"] in anchor, anchor
    with points.point("its alarms are told on the channel, without anybody's address"):
        wait_for(lambda: gate.own("charge")["reported"], "an alarm on the ledger")
        shown = world.query("charging", "misbehaviour.gates", client="admin-dyno")
        assert "forged" in shown and "10.78" not in shown, shown
    return reader


def truncation(points, world, gate):
    """A chain that is anchored cannot lose its end."""
    verify = [VOLTGATE, "-j", "verify", os.path.join(gate.folder, "state", "verdicts"), "--ledger", gate.ledger()]
    gate.stop()
    with points.point("the verdict chain and the ledger agree"):
        run(*verify)
    with points.point("a verdict chain that was cut short is found by the ledger"):
        folder = os.path.join(gate.folder, "state", "verdicts")
        segment = os.path.join(folder, sorted(os.listdir(folder))[0])
        with open(segment, "r+b") as log:  # the first batch alone is left
            log.seek(16)
            first = int.from_bytes(log.read(4), "big")
            log.truncate(16 + 8 + first)
        done = run(*verify, check=False)
        assert done.returncode == 2, (done.returncode, done.stdout[-600:], done.stderr[-600:])
        print("#", done.stderr.strip()[:300])


def main():
    skip_all(obstacle())
    points = Points()
    with World(options=("heartbeat-s=1",)) as world:
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
            assert car.act(20, "rating.rate", session, 5)["answer"]["score"] == 5
        with points.point("and asks for its bill and its balance"):
            bill = world.ask_as(wallet.folder, "bill", "show", wallet.key, "1")
            assert bill["state"] == "paid" and bill["energy"] == last["energy"] and bill["cost"] == last["cost"], bill
            account = world.ask_as(wallet.folder, "account", "show", wallet.key)
            assert account["balance"] == 1000000 - bill["cost"] and account["doing"] == "nothing", account
        for _ in range(3):
            car.do("twist", "tag")
            car.do("send", 16 + 2, "session.meter", session, "1", "1", "1", "00" * 64)
        anchors(points, world, gate)
        truncation(points, world, gate)
    points.end()


if __name__ == "__main__":
    sys.exit(main())

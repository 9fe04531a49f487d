#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The scheduler meets the ledger: a utility posts prices and a plan for a station; the station's gateway shows the plan and
tells its load while a vehicle charges, and that it is over. KTAP."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points, skip_all  # noqa: E402
from program import TOP, VOLTGATE, run, wait_for  # noqa: E402
from vehicle import Vehicle  # noqa: E402
from world import Station, World, obstacle  # noqa: E402


def settle(world, gate, station):
    """The gateway learns whose station it is, and asks with its node's own key, which is a client of the channel."""
    path = world.statement("enrol", "gate-client", gate.organisation, gate.certificate, None)
    world.up().cli("tx", "submit", "power", path)
    gate.sections["handshake"] = {"station": station.id}
    gate.sections["charge"] = {"certificate": gate.certificate, "key": os.path.join(gate.folder, "node.key")}
    gate.agent_extra["page"] = f"{gate.host}:8470"
    gate.stop()
    gate.start()
    gate.enrol_attestor()


def page(world, gate):
    fetch = f"import urllib.request as r; print(r.urlopen('http://{gate.host}:8470/state.json', timeout=10).read().decode())"
    done = run("ip", "netns", "exec", world.hub, sys.executable, "-c", fetch, check=False)
    return json.loads(done.stdout) if not done.returncode else {}


def main():
    skip_all(obstacle())
    points = Points()
    with World(options=("heartbeat-s=1", "transaction-life-s=86400")) as world:
        world.start()
        gate = world.gates[0]
        wallet = world.open_account("car1")
        station = Station(world, gate, "corner")
        owner, utility = world.admin(gate.organisation), world.admin("city")
        with points.point("a gateway with a station of its own starts again"):
            settle(world, gate, station)
        with points.point("the utility posts what voltgate plan guide found of the paper's day"):
            case = os.path.join(TOP, "agent", "sched", "cases", "paper36")
            path = os.path.join(world.folder, "guide.json")
            with open(path, "w") as out:
                out.write(run(VOLTGATE, "-j", "plan", "guide", case, cwd=TOP).stdout)
            world.ask_as(owner, "station", "appoint", "city")
            posted = world.ask_as(utility, "station", "guide", "--guide", path, "--start", "0s", f"EV1={station.id}")
            assert posted[0]["tariff"] == 2, posted
        with points.point("the gateway's page shows the plan"):
            plan = wait_for(lambda: page(world, gate).get("plan"), "a plan on the page")
            assert len(plan["periods"]) == 24 and plan["organisation"] == "city", plan
        car = Vehicle(world, wallet, gate)
        with points.point("a vehicle charges at the utility's price"):
            assert car.do("hello")["welcomed"], gate.own("admission")
            session = car.charge(station, tariff=2, price=1100000)["answer"]["session"]
            for _ in range(2):
                car.meter(station, session)

        def observed():
            return world.ask_as(owner, "station", "plan", station.id).get("observed", {})
        with points.point("the gateway tells the load"):
            told = wait_for(lambda: observed() if observed().get("busy") == 1 and observed().get("load", 0) > 0 else None,
                            "one busy charger, and its load")
            assert 30000 < told["load"] < 90000, told
        with points.point("and that it is over"):
            car.meter(station, session, 19, "session.stop", last=True)
            wait_for(lambda: observed().get("busy") == 0 and observed().get("load") == 0, "no busy charger")
        print("#", gate.own("charge"))
    points.end()


if __name__ == "__main__":
    sys.exit(main())

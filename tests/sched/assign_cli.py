#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate assign as a person or a script uses it: plan, check, conflicts, replay, compare, bad input, Ctrl-C."""
import json
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import VOLTGATE  # noqa: E402

TOWN = """[settings]
period_s,periods,speed_m_h
900,96,40000
[stations]
name,bus,x_m,y_m,chargers,power_w,rating
North,1,0,2000,1,22000,450
South,2,0,-2000,1,11000,300
[prices]
station,from,price
*,0,9000
*,24,4000
*,48,12000
[vehicles]
name,x_m,y_m,battery_wh,energy_wh,need_wh,arrival_s,deadline_s,power_w
"""
VEHICLES = [f"V{i},{100 * i},{50 * i},60000,9000,{16000 + 900 * i},{600 * i},{30000 + 600 * i},11000" for i in range(8)]


def voltgate(*words, timeout=120):
    done = subprocess.run([VOLTGATE, *words], capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def written(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write(text)
    return path


def town(folder, vehicles, change=lambda text: text):
    return written(folder, "town.csv", change(TOWN + "\n".join(vehicles) + "\n"))


def plans(points, folder):
    fleet = town(folder, VEHICLES)
    code, out, err = voltgate("-j", "assign", fleet)
    plan = json.loads(out) if not code else {}
    points.ok(not code and plan["served"] == 8 and plan["proven"] and plan["bound_e7"] <= plan["cost_e7"],
              "a town is planned, everybody served", err)
    points.ok(plan["load_factor"] > 0 and len(plan["sessions"]) == 8, "with load factor and sessions")
    path = written(folder, "plan.json", out)
    code, out, err = voltgate("-j", "assign", "check", path, fleet)
    points.ok(not code and json.loads(out)["good"], "its plan passes the check", err)
    points.ok(json.loads(voltgate("-j", "assign", fleet)[1]) == plan, "the same fleet gives the same plan")
    for name, change, word in [("earlier", {"start": 0}, "begins"), ("shorter", {"energy_wh": 1000}, "needs"),
                               ("elsewhere", {"station": "West"}, "names no vehicle and station")]:
        bad = json.loads(json.dumps(plan))
        bad["sessions"][7].update(change)
        code, out, err = voltgate("assign", "check", written(folder, "bad.json", json.dumps(bad)), fleet)
        points.ok(code == 2 and word in err and err.count("\n") == 1, f"a session {name} is refused", err)
    bad = dict(plan, cost_e7=plan["cost_e7"] - 1)
    code, out, err = voltgate("assign", "check", written(folder, "bad.json", json.dumps(bad)), fleet)
    points.ok(code == 2 and "cost" in err, "a cost that is not the plan's is refused", err)
    code, out, err = voltgate("assign", fleet)
    points.ok(not code and "8 served" in out and "load factor" in out, "people get a table", err)
    near = json.loads(voltgate("-j", "assign", "--nearest", fleet)[1])
    points.ok(near["cost_e7"] >= plan["cost_e7"], "drivers by themselves are not cheaper")


def conflicts(points, folder):
    crowd = [f"V{i},0,0,60000,9000,19000,0,4600,11000" for i in range(4)]
    code, out, err = voltgate("assign", town(folder, crowd))
    points.ok(code == 2 and "cannot all be served" in err and "has 1 charger" in err and "without any one" in err,
              "too many at once: a conflict in words", err)
    code, out, err = voltgate("assign", town(folder, ["A,0,0,60000,9000,30000,0,3000,11000", "B,900000,0,60000,9000,30000,0,40000,11000"]))
    points.ok(code == 2 and "vehicle A" in err and "in time" in err and "vehicle B reaches no station" in err,
              "who cannot be served even alone is told why", err)


def days(points, folder):
    fleet = town(folder, VEHICLES)
    first = voltgate("-j", "assign", "replay", "--seed", "5", "--broken", "0", fleet)
    day = json.loads(first[1])
    again = json.loads(voltgate("-j", "assign", "replay", "--seed", "5", "--broken", "0", fleet)[1])
    day["slowest_s"] = again["slowest_s"] = 0
    points.ok(not first[0] and day == again and day["plans"] > 20 and day["broken_by_failures"] == 0,
              "a day is replayed, the same by seed", first[2])
    points.ok(day["cost"] >= day["clairvoyant_bound"] - 1e-9, "foresight is never dearer")
    code, out, err = voltgate("-j", "assign", "compare", fleet)
    methods = [m for s in json.loads(out)["stations"] for m in s["methods"]]
    points.ok(not code and len(methods) == 14 and all(m["overload_wh"] == 0 for m in methods if m["method"] != "uncontrolled"),
              "methods are compared", err)


def grids(points, folder):
    case = os.path.join(os.environ.get("SHARED", "../shared"), "data", "matpower", "case14.m")
    if not os.path.exists(case):
        points.skip("dispatch with a fleet", "no $SHARED/data/matpower; set SHARED to the folder with the shared data")
        return
    code, out, err = voltgate("-j", "plan", case, "--periods", "24", "--fleet", town(folder, VEHICLES))
    plan = json.loads(out) if not code else {"fleet": {"served": 0}}
    alone = json.loads(voltgate("-j", "plan", case, "--periods", "24")[1])
    points.ok(not code and plan["fleet"]["served"] == 8 and plan["cost"] > alone["cost"] and plan["certificate"],
              "a case is dispatched with its vehicles", err)
    code, out, err = voltgate("plan", case, "--fleet", town(folder, VEHICLES))
    points.ok(code == 2 and "--periods" in err, "a case shorter than the fleet's plan is refused", err)
    code, out, err = voltgate("plan", case, "--periods", "24", "--fleet", town(folder, VEHICLES, lambda t: t.replace("North,1,", "North,x,")))
    points.ok(code == 2 and 'bus "x"' in err, "a station at no bus is refused", err)


def bad_input(points, folder):
    for old, new, word in [("battery_wh", "battery", "no unit"), ("North,1,0,2000,1", "North,1,0,2000,-1", ":6: chargers is -1"),
                           ("900,96", "900,nan", "whole number"), ("[prices]", "[price]", "table [prices]"),
                           ("V0,0,0,60000,9000,16000,0,30000", "V0,0,0,60000,9000,16000,30000,0", "before it can set out")]:
        code, out, err = voltgate("assign", town(folder, VEHICLES, lambda text: text.replace(old, new, 1)))
        points.ok(code == 2 and word in err and "town.csv:" in err, f"bad input ({new[:30]}) has its sentence", err)
    code, out, err = voltgate("assign", os.path.join(folder, "nothing"))
    points.ok(code == 2 and "No such file" in err, "a file that is not there is said to be", err)
    fleet = town(folder, VEHICLES)
    for words in (["assign"], ["assign", "--time", "0", fleet], ["assign", "--fast", fleet], ["assign", fleet, fleet],
                  ["assign", "check", fleet], ["assign", "replay", "--late", "101", fleet], ["assign", "compare"],
                  ["plan", "case", "--fleet"]):
        code, out, err = voltgate(*words)
        points.ok(code == 1, "wrong usage: " + " ".join("FILE" if w == fleet else w for w in words), err)


def stops(points, folder):
    many = [f"V{i},{i * 37 % 9000},{i * 91 % 9000},60000,9000,{15000 + i % 9000},{i * 13 % 40000},{i * 13 % 40000 + 40000},11000"
            for i in range(40000)]
    fleet = town(folder, many)
    run = subprocess.Popen([VOLTGATE, "-j", "assign", "--time", "3600", fleet], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
    try:
        out = run.communicate(timeout=1.0)[0]
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGINT)
        out = run.communicate(timeout=60)[0]
    plan = json.loads(out)
    points.ok(plan["bound_e7"] <= plan["cost_e7"] and plan["vehicles"] == 40000, "Ctrl-C leaves the best plan so far")


def main():
    points = Points()
    with tempfile.TemporaryDirectory() as folder:
        for part in (plans, conflicts, days, grids, bad_input, stops):
            part(points, folder)
    points.end()


if __name__ == "__main__":
    main()

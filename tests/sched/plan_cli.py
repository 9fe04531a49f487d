#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate plan as a person or a script uses it: solve, check, bad input with its sentence."""
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import TOP, VOLTGATE  # noqa: E402

CASE = os.path.join(TOP, "tests", "fuzz", "corpus", "sched-matpower", "three")

# What is changed in a good case, and what the sentence must say.
BAD = [
    ("mpc.version = '2'", "mpc.version = '1'", "version 2"),
    ("	1	2	0.01	0.1	0	60", "	1	9	0.01	0.1	0	60", "bus 9"),
    ("	1	2	0.01	0.1	0	60", "	1	2	0.01	0	0	60", "reactance"),
    ("	1	2	0.01	0.1	0	60", "	1	2	0.01	0.1	0	-60", "negative limit"),
    ("140	0;", "140	150;", "least output"),
    ("140	0;", "14	0;", "units give"),
    ("3	0.02	12", "3	-0.02	12", "negative"),
    ("2	0	0	80	2400", "2	80	0	0	2400", "corners"),
    ("	3	1	70", "	3	1	NaN", "NaN"),
    ("	3	1	70", "	3	1	seventy", "no number"),
    ("	3	1	70", "	2	1	70", "twice"),
    ("mpc.gencost = [", "mpc.other = [", "no mpc.gencost"),
    ("	2	0	0	2	3	0	0	0;", "", "only 2 costs"),
    ("55	0", "1	0", "branch 3 (1-3) carries -1 to 1 MW"),
]


def plan(*words):
    done = subprocess.run([VOLTGATE, *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def mesh(side):
    """A square of buses whose limits bind in many places: long to solve for many periods."""
    draw, count = random.Random(1), side * side
    tables = {"bus": [], "gen": [], "branch": [], "gencost": []}
    for i in range(count):
        tables["bus"].append(f"{i + 1} {1 if i else 3} {draw.uniform(2, 30):.2f} 0 0 0 1 1 0 230 1 1.1 0.9;")
        for to in ([i + 1] if i % side + 1 < side else []) + ([i + side] if i + side < count else []):
            tables["branch"].append(f"{i + 1} {to + 1} 0 {draw.uniform(0.01, 0.06):.4f} 0 150 0 0 0 0 1 -360 360;")
        if i % 4 == 0:
            tables["gen"].append(f"{i + 1} 0 0 0 0 1 100 1 {draw.uniform(100, 300):.1f} 0" + " 0" * 11 + ";")
            tables["gencost"].append(f"2 0 0 3 {draw.uniform(0.005, 0.05):.4f} {draw.uniform(10, 40):.3f} 0;")
    return "function mpc = mesh\nmpc.version = '2';\nmpc.baseMVA = 100;\n" + "".join(
        f"mpc.{name} = [\n" + "\n".join(rows) + "\n];\n" for name, rows in tables.items())


def check_tables(points, folder, answer):
    """What --csv writes is what -j prints, and to standard output it stands alone."""
    path = os.path.join(folder, "plan.csv")
    code, out, err = plan("plan", "--csv", path, CASE)
    rows = list(csv.DictReader(open(path)))
    told = {(row["quantity"], row["name"]): float(row["value"]) for row in rows if row["period"] == "1"}
    prices = [value for (quantity, _), value in told.items() if quantity == "price"]
    points.ok(not code and "certificate: optimal" in out and
              all(abs(a - b) < 1e-6 for a, b in zip(prices, answer["price"][0])) and len(prices) == len(answer["price"][0]) and
              abs(sum(v for (quantity, _), v in told.items() if quantity == "output") - 121.5) < 1e-6,
              "--csv writes outputs and prices", err or rows[:5])
    code, out, err = plan("plan", "--csv", "-", "--periods", "2", CASE)
    points.ok(not code and out.splitlines()[0] == "period,quantity,name,value" and len(out.splitlines()) == 2 * len(rows) + 1 and
              all(len(line.split(",")) == 4 for line in out.splitlines()), "--csv - is the table alone", err or out[:300])
    code, _, err = plan("plan", "--csv", os.path.join(folder, "no", "where.csv"), CASE)
    points.ok(code == 2 and "where.csv" in err, "a table that cannot be written is said", err)


def check_ended(points, folder):
    path = os.path.join(folder, "mesh.m")
    open(path, "w").write(mesh(44))
    code, out, err = plan("plan", "--time", "0.05", "--periods", "200", path)
    points.ok(code == 2 and not out and "there is no plan yet" in err and len(err.splitlines()) == 1, "--time ends the search, and says so",
              err or out[:200])
    child = subprocess.Popen([VOLTGATE, "plan", "--periods", "200", path], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    line = child.stderr.readline()
    child.send_signal(signal.SIGINT)
    try:
        out, err = child.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
    points.ok("round" in line and "limits" in line, "a search that takes more than two seconds tells how far it is", line)
    points.ok(child.returncode == 2 and not out and "there is no plan yet" in err and "at least" in err,
              "Ctrl-C ends it with what is known", f"{child.returncode} {err}")


def main():
    points = Points()
    with tempfile.TemporaryDirectory() as folder:
        code, out, err = plan("-j", "plan", CASE)
        answer = json.loads(out) if not code else {}
        points.ok(not code and answer["certificate"]["good"] and answer["cut_short"] is False and abs(sum(answer["output"][0]) - 121.5) < 1e-6,
                  "a case is dispatched: load and shunt are served", err)
        check_tables(points, folder, answer)
        check_ended(points, folder)
        path = os.path.join(folder, "plan.json")
        open(path, "w").write(out)
        code, _, err = plan("plan", "check", path, CASE)
        points.ok(not code, "its plan passes the check", err)
        answer["output"][0][0] += 0.5
        answer["output"][0][1] -= 0.5
        json.dump(answer, open(path, "w"))
        code, _, err = plan("plan", "check", path, CASE)
        points.ok(code == 2 and "not the optimum" in err, "an altered plan does not", err)
        answer["output"] = []
        json.dump(answer, open(path, "w"))
        code, _, err = plan("plan", "check", path, CASE)
        points.ok(code == 2 and "output" in err, "a plan of another shape is refused by name", err)
        code, out, err = plan("plan", "--periods", "3", "--full", CASE)
        points.ok(not code and "over 3 periods" in out and "certificate: optimal" in out, "people get lines", err)
        good = open(CASE).read()
        points.ok(all(old in good for old, _, _ in BAD), "each fault changes something")
        for old, new, word in BAD:
            altered = os.path.join(folder, "altered.m")
            open(altered, "w").write(good.replace(old, new))
            code, out, err = plan("plan", altered)
            sentences = [line for line in err.splitlines() if "warning" not in line]
            points.ok(code == 2 and len(sentences) == 1 and word in err, f"bad input ({word}) has its sentence", f"{code}: {err}")
        code, _, err = plan("plan", "--reserve", "5", CASE)
        points.ok(code == 2 and "period 1 asks for a reserve of" in err, "a reserve that nobody can keep is named", err)
        code, _, err = plan("plan", "--outage-scale", "0.05", CASE)
        points.ok(code == 2 and "after the outage of branch" in err, "so is an outage that the grid does not survive", err)
        tables = os.path.join(folder, "tables")
        os.mkdir(tables)
        code, _, err = plan("plan", tables)
        points.ok(code == 2 and "generators.csv" in err, "a folder without tables is refused by the file it lacks", err)
        open(os.path.join(tables, "generators.csv"), "w").write(
            "unit,side,bus,p_min_mw,p_max_mw,a_yuan,b_yuan_per_mw,c_yuan_per_mw2,kind\n"
            "A,x,1,0,100,0,10,0,thermal\nB,x,2,0,100,0,30,0,thermal\nW,x,2,0,50,0,0,0,wind\n")
        open(os.path.join(tables, "branches.csv"), "w").write("branch,from_node,to_node,limit_mw\nL,1,2,40\n")
        open(os.path.join(tables, "load.csv"), "w").write("period,bus,load_mw\n1,2,80\n2,2,80\n")
        open(os.path.join(tables, "wind.csv"), "w").write("period,unit,available_mw\n1,W,20\n2,W,0\n")
        code, out, err = plan("-j", "plan", tables)
        points.ok(not code and abs(json.loads(out)["cost"] - (40 * 10 + 20 * 30 + 40 * 10 + 40 * 30)) < 1e-6,
                  "wind, a full line and two periods by hand", err or out)
        open(os.path.join(tables, "stations.csv"), "w").write(
            "station,bus,charge_mw,discharge_mw,charge_efficiency,discharge_efficiency\nEV2,2,30,10,0.9,0.9\n")
        energy = os.path.join(tables, "station_energy.csv")
        open(energy, "w").write("period,station,least_mwh,most_mwh\n2,EV2,18,40\n")
        code, out, err = plan("-j", "plan", tables)
        answer = json.loads(out) if not code else {}
        points.ok(not code and abs(answer["stock"][1][0] - 18) < 1e-6 and answer["certificate"]["good"],
                  "a station's vehicles have what they need when they need it", err)
        open(path, "w").write(out)
        code, _, err = plan("plan", "check", path, tables)
        points.ok(not code, "and the plan passes the check", err)
        open(energy, "w").write("period,station,least_mwh,most_mwh\n1,EV2,0,40\n2,EV2,40,60\n")
        open(os.path.join(tables, "generators.csv"), "w").write(
            "unit,side,bus,p_min_mw,p_max_mw,a_yuan,b_yuan_per_mw,c_yuan_per_mw2\nA,x,1,0,300,0,10,0\nB,x,2,0,60,0,30,0\n")
        os.remove(os.path.join(tables, "wind.csv"))
        code, _, err = plan("plan", tables)
        points.ok(code == 2 and "station EV2 needs 40 MWh by the end of period 2" in err and "branch L (1-2) carries -40 to 40 MW" in err,
                  "what cannot be charged is told with what is in the way", err)
        open(os.path.join(tables, "load.csv"), "a").write("3,7,80\n")
        code, _, err = plan("plan", tables)
        points.ok(code == 2 and "load.csv:4" in err, "a load at no bus is named with its line", err)
    points.end()


if __name__ == "__main__":
    main()

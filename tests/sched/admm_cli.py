#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Areas as processes: agreement with the central optimum, messages lost and doubled, a process killed and started again;
an area that answers at an address of its own; congestion and guidance as a script sees them."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import TOP, VOLTGATE  # noqa: E402

CASE = os.path.join(TOP, "agent", "sched", "cases", "paper36")
HOURS = ["--periods", "4", "--limits-scale", "0.6"]  # without vehicles: quick


def plan(*words, timeout=120):
    done = subprocess.run([VOLTGATE, "-j", "plan", *words], capture_output=True, text=True, timeout=timeout)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def agrees(answer):
    return answer and abs(answer["gap"]) < 1e-4 and answer["mismatch_mw"] <= 1e-4 and answer["over_mw"] < 1e-3


def kill_one(case):
    """Starts the areas, kills the second once all are there, and hands back the answer."""
    areas = subprocess.Popen([VOLTGATE, "-j", "plan", "areas", "--drill", "0.1", *case], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 30
    while len(children(areas.pid)) < 3 and areas.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    found = children(areas.pid)
    if len(found) == 3:
        os.kill(found[1], signal.SIGKILL)
    out, _ = areas.communicate(timeout=120)
    return json.loads(out) if out.strip() else {}


def small_case(folder):
    """Two areas of a bus each, tied by a line of 50 MW."""
    os.mkdir(folder)
    tables = {
        "generators.csv": "unit,side,p_min_mw,p_max_mw,a_yuan,b_yuan_per_mw,c_yuan_per_mw2\nA,west,0,200,0,10,0.1\n"
                          "B,east,0,200,0,30,0.2\n",
        "branches.csv": "branch,from_node,to_node,limit_mw\nL,1,2,50\n",
        "load.csv": "period,bus,load_mw\n1,2,80\n2,2,30\n",
        "assumptions.csv": "what,name,node,period,until,value,energy_kwh,power_kw,why\nunit,A,1,,,,,,\nunit,B,2,,,,,,\n"
                           "area,west,1,,,,,,\narea,east,2,,,,,,\n",
    }
    for name, text in tables.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)


def main():
    points = Points()
    code, answer, err = plan("areas", *HOURS, CASE)
    points.ok(not code and agrees(answer) and answer["rounds"] > 5 and answer["bytes"] > 0 and len(answer["parts"]) == 3,
              "three processes agree, and say with how much talk", err or answer)
    answer = kill_one([CASE])
    points.ok(agrees(answer) and answer["deaths"] == 1, "a day with a tenth of the messages lost, a tenth doubled, and a "
              "process killed", answer and {key: value for key, value in answer.items() if key != "parts"})
    with tempfile.TemporaryDirectory() as folder:
        case = os.path.join(folder, "small")
        small_case(case)
        code, whole, err = plan(case)
        addresses = ",".join(os.path.join(folder, name) for name in ("west", "east"))
        running = [subprocess.Popen([VOLTGATE, "plan", "area", str(index + 1), addresses, case],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                   for index in range(2)]
        parts = [json.loads(area.stdout.readline()) for area in running]
        ends = []
        for area in running:
            area.stdin.close()
            ends.append(area.wait(30))
        total = sum(part["cost"] for part in parts)
        points.ok(not code and abs(total - whole["cost"]) < 1e-4 * whole["cost"] and ends == [0, 0],
                  "two areas by hand, each started by itself, cost what the whole does", f"{total} {whole.get('cost')} {ends} {err}")
    code, _, err = plan("areas", "--secure", CASE)
    points.ok(code == 1 and "N-1" in err, "N-1 over areas is refused with a sentence", err)
    code, answer, err = plan("congestion", CASE)
    stages = answer.get("stages", [{}] * 4)
    over = {entry["branch"] for entry in stages[0].get("overloads", [])}
    points.ok(not code and {"15", "16", "17"} <= over and not stages[3]["overloads"] and stages[3]["limits_added"] > 0
              and stages[3]["certified"] and not stages[1]["possible"], "congestion: overloads before, none after", err or answer)
    code, answer, err = plan("guide", "--groups", "12", CASE)
    points.ok(not code and answer["by_groups"]["gap"] < 0.2 * answer["one_tariff"]["gap"] and
              all(isinstance(price, int) for row in answer["tariff"] for price in row) and len(answer["group_tariffs"]) == 12,
              "guidance: whole-number tariffs, and groups that close most of the gap", err)
    code, _, err = plan("guide", os.path.join(TOP, "tests", "fuzz", "corpus", "sched-matpower", "three"))
    points.ok(code == 2 and "no vehicles" in err, "a case without vehicles has nobody to guide", err)
    points.end()


if __name__ == "__main__":
    main()

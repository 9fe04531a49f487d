#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate route as a person or a script uses it: solve, check, bad input, Ctrl-C."""
import json
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import TOP, VOLTGATE  # noqa: E402

TINY = os.path.join(TOP, "tests", "fuzz", "corpus", "sched-evrptw", "tiny")


def route(*words):
    done = subprocess.run([VOLTGATE, *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def altered(folder, old, new):
    path = os.path.join(folder, "altered.txt")
    with open(TINY) as good, open(path, "w") as bad:
        bad.write(good.read().replace(old, new))
    return path


BAD = [  # what is changed in a good instance, and what the sentence must say
    ("1,c,20,55,3,7,35,207,9", "1,c,20,55,3,7,207,35,9", "closes"),
    ("1,c,20,55,3,7,35,207,9", "1,c,20,55,3,nan,35,207,9", "pickup"),
    ("1,c,20,55,3,7,35,207,9", "1,c,20,55,30,70,35,207,9", "carries 50"),
    ("1,c,20,55,3,7,35,207,9", "1,c,20,55,3,7,0,1,9", "cannot be served"),
    ("ELECTRIC_POWER : 90.0", "ELECTRIC_POWER : 9.0", "cannot be served"),
    ("ELECTRIC_POWER : 90.0\n", "", "missing"),
    ("ELECTRIC_POWER : 90.0", "ELECTRIC_POWER : -1", "between"),
    ("DIMENSION : 5", "DIMENSION : 7", "DIMENSION"),
    ("4,f,", "4,x,", "type"),
    ("CAPACITY : 50.0", "VEHICLES : 1\nCAPACITY : 20.5", "1 vehicles of the instance"),
]


def main():
    points = Points()
    with tempfile.TemporaryDirectory() as folder:
        code, out, err = route("-j", "route", TINY, "--seed", "3", "--time", "0.2")
        plan = json.loads(out) if not code else {}
        points.ok(not code and sorted(c for r in plan["routes"] for c in r if c <= 3) == [1, 2, 3],
                  "an instance is solved, everybody served", err)
        solution = os.path.join(folder, "solution.json")
        open(solution, "w").write(out)
        code, out, err = route("-j", "route", "check", solution, TINY)
        points.ok(not code and json.loads(out)["good"], "its solution passes the check", err)
        for seconds in ("0.2", "0.05", "0.01"):  # a loaded machine may cut a search short; a shorter one it will not
            once, again = (json.loads(route("-j", "route", TINY, "--seed", "3", "--time", seconds)[1]) for _ in range(2))
            if not once["cut_short"] and not again["cut_short"]:
                break
        if once["cut_short"] or again["cut_short"]:
            points.skip("the same seed and time give the same plan", "the machine is too busy for any search to end; try again")
        else:
            points.ok(once == again, "the same seed and time give the same plan")
        plan["routes"][0] = plan["routes"][0][1:]
        json.dump(plan, open(solution, "w"))
        code, out, err = route("route", "check", solution, TINY)
        points.ok(code == 2 and err.count("\n") == 1 and "voltgate: " in err, "a plan with a stop less is refused", err)
        code, out, err = route("route", TINY, "--time", "0.2")
        points.ok(not code and "vehicles, distance" in out, "people get lines", err)
        code, out, err = route("-j", "route", TINY, "--partial", "--time", "0.2")
        plan = json.loads(out) if not code else {}
        points.ok(not code and [len(r) for r in plan["routes"]] == [len(c) for c in plan["charges"]],
                  "--partial says what is taken at each stop", err)
        open(solution, "w").write(out)
        code, out, err = route("route", "check", solution, TINY)
        points.ok(not code and out.startswith("good"), "its solution passes the check", err)
        plan["charges"][0] = plan["charges"][0][1:]
        json.dump(plan, open(solution, "w"))
        code, out, err = route("route", "check", solution, TINY)
        points.ok(code == 2 and "charges" in err, "a charge less than there are stops is refused", err)
        for old, new, word in BAD:
            code, out, err = route("route", altered(folder, old, new), "--time", "0.2")
            points.ok(code == 2 and word in err and err.count("\n") == 1, f"bad input ({new.strip()[:40]}) has its sentence",
                      f"{code}: {err}")
        code, out, err = route("route", os.path.join(folder, "nothing"))
        points.ok(code == 2 and "No such file" in err, "a file that is not there is said to be", err)
        for words in (["route"], ["route", "--time", "0", TINY], ["route", "--seed", "x", TINY], ["route", "check", TINY],
                      ["route", TINY, TINY], ["route", "--fast", "1", TINY]):
            code, out, err = route(*words)
            points.ok(code == 1, "wrong usage: " + " ".join(w if w != TINY else "FILE" for w in words), err)
        long = subprocess.Popen([VOLTGATE, "-j", "route", TINY, "--time", "3600"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True)
        try:
            out = long.communicate(timeout=1.5)[0]
        except subprocess.TimeoutExpired:
            long.send_signal(signal.SIGINT)
            out = long.communicate(timeout=30)[0]
        points.ok(not long.returncode and json.loads(out)["cut_short"], "Ctrl-C leaves the best plan so far")
    points.end()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Routes on the 29 large E-VRPTW instances c1, r1, rc1 ($SHARED/data/evrptw) against the tabulated bests.

Each run is one `voltgate -j route --seed N --time S INSTANCE`, its routes judged by `voltgate route check`. The quick
form (default) takes three instances, two seeds, 10 seconds; --full all of them, seeds 1 to 10, 60 seconds. Runs done
with the same time are kept in $B/bench/route.json and not done again, so an interrupted run goes on where it was.
"""
import argparse
import concurrent.futures
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "testbed"))
from program import BUILD, TOP, VOLTGATE  # noqa: E402

SHARED = os.environ.get("SHARED", "../shared")
DATA = os.path.join(TOP, SHARED, "data", "evrptw")
RAW = os.path.join(BUILD, "bench", "route.json")
QUICK = ["c101", "r105", "rc106"]


def table():
    with open(os.path.join(DATA, "schneider_large_bks2012.csv")) as text:
        return {row["instance"]: (int(row["vehicles"]), float(row["distance"])) for row in csv.DictReader(text)
                if re.fullmatch(r"(c|r|rc)1\d\d", row["instance"])}


def run(name, seed, seconds):
    path = os.path.join(DATA, name + "_21.txt")
    began = time.monotonic()
    done = subprocess.run([VOLTGATE, "-j", "route", "--seed", str(seed), "--time", str(seconds), path],
                          capture_output=True, text=True)
    took = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(f"{name}, seed {seed}: {done.stderr.strip()}")
    plan = json.loads(done.stdout)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as solution:
        solution.write(done.stdout)
        solution.flush()
        check = subprocess.run([VOLTGATE, "route", "check", solution.name, path], capture_output=True, text=True)
    return {"instance": name, "seed": seed, "time": seconds, "vehicles": plan["vehicles"],
            "distance": plan["distance"], "rounds": plan["rounds"], "cut_short": plan["cut_short"],
            "seconds": round(took, 2), "good": check.returncode == 0, "fault": check.stderr.strip()}


def keep(runs):
    os.makedirs(os.path.dirname(RAW), exist_ok=True)
    with open(RAW + ".new", "w") as out:
        json.dump({"runs": runs, "summary": summary(runs)}, out, indent=1)
    os.replace(RAW + ".new", RAW)


def kept():
    try:
        return json.load(open(RAW))["runs"]
    except (OSError, ValueError, KeyError):
        return []


def summary(runs):
    """What the goals ask for, by the length of the runs."""
    best, out = table(), {}
    for seconds in sorted({r["time"] for r in runs}):
        mine = [r for r in runs if r["time"] == seconds]
        reached = [r for r in mine if r["good"] and r["vehicles"] <= best[r["instance"]][0]]
        equal = [r for r in reached if r["vehicles"] == best[r["instance"]][0]]
        gaps = [r["distance"] / best[r["instance"]][1] - 1 for r in equal]
        names = sorted({r["instance"] for r in mine})
        at_best = [n for n in names if any(
            (r["vehicles"], round(r["distance"], 2)) <= best[n] for r in mine if r["instance"] == n and r["good"])]
        out[str(seconds)] = {"runs": len(mine), "good": sum(r["good"] for r in mine),
                             "vehicles_reached": len(reached) / len(mine),
                             "mean_gap": sum(gaps) / len(gaps) if gaps else None,
                             "instances": len(names), "best_at_or_below_table": len(at_best),
                             "cut_short": sum(r["cut_short"] for r in mine)}
    return out


def show(runs, seconds):
    best = table()
    print(f"{'instance':9} {'table':>14}   {'best of ours':>14} {'gap':>8} {'mean gap':>9} {'reached':>8} {'seconds':>8}")
    for name in sorted({r["instance"] for r in runs if r["time"] == seconds}):
        mine = [r for r in runs if r["instance"] == name and r["time"] == seconds]
        first = min(mine, key=lambda r: (r["vehicles"], r["distance"]))
        equal = [r for r in mine if r["vehicles"] == best[name][0]]
        mean = sum(r["distance"] for r in equal) / len(equal) / best[name][1] - 1 if equal else None
        gap = f"{100 * (first['distance'] / best[name][1] - 1):+.2f} %" if first["vehicles"] == best[name][0] else \
            f"{first['vehicles'] - best[name][0]:+d} veh."
        print(f"{name:9} {best[name][0]:3} {best[name][1]:10.2f}   {first['vehicles']:3} {first['distance']:10.2f} "
              f"{gap:>8} {'-' if mean is None else f'{100 * mean:+.2f} %':>9} "
              f"{sum(r['vehicles'] <= best[name][0] for r in mine):4}/{len(mine):<3} "
              f"{sum(r['seconds'] for r in mine) / len(mine):8.1f}")
    for key, value in summary([r for r in runs if r["time"] == seconds])[str(seconds)].items():
        print(f"{key:24} {value:.4f}" if isinstance(value, float) else f"{key:24} {value}")


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--full", action="store_true", help="29 instances, 10 seeds, 60 seconds")
    words.add_argument("--jobs", type=int, default=1, help="runs at once (1)")
    words.add_argument("--instances", help="instead, comma between")
    words.add_argument("--seeds", type=int, help="instead, from 1 on")
    words.add_argument("--seconds", type=int, help="instead")
    asked = words.parse_args()
    if not os.path.isdir(DATA):
        print(f"bench-route: no {DATA}; set SHARED to the folder with the shared data", file=sys.stderr)
        return 2
    names = asked.instances.split(",") if asked.instances else sorted(table()) if asked.full else QUICK
    seconds = asked.seconds or (60 if asked.full else 10)
    seeds = range(1, (asked.seeds or (10 if asked.full else 2)) + 1)
    runs = kept()
    have = {(r["instance"], r["seed"], r["time"]) for r in runs}
    todo = [(n, s, seconds) for s in seeds for n in names if (n, s, seconds) not in have]
    print(f"{len(todo)} runs of {seconds} s to do, {len(names) * len(seeds) - len(todo)} were done before", flush=True)
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        for result in pool.map(lambda work: run(*work), todo):
            runs.append(result)
            keep(runs)
            print(f"  {result['instance']} seed {result['seed']}: {result['vehicles']} vehicles, {result['distance']:.2f}"
                  f"{'' if result['good'] else '  FAULT: ' + result['fault']}", flush=True)
    keep(runs)
    show(runs, seconds)
    return 0 if all(r["good"] for r in runs) else 1


if __name__ == "__main__":
    sys.exit(main())

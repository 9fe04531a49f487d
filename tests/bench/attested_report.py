#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Table and JSON of what attested_bench.c wrote in its guest.

    attested_report.py KERNEL KTAP-FILE JSON-FILE
"""
import json
import re
import sys
import time

GOAL = 0.7
FIGURE = re.compile(r"figure (\S+) (\d+) plain ([\d.]+) attested ([\d.]+) ratio ([\d.]+)")
EMPTY = re.compile(r"empty program ([\d.]+)")


def main():
    kernel, ktap_path, json_path = sys.argv[1:]
    series, goals = [], []
    failed = False
    print(f"Instructions per packet on Linux {kernel} (QEMU -icount), plain and attested grade, 1,000 sessions:")
    print(f"{'verdict':10} {'payload':>7} {'plain':>8} {'attested':>9} {'ratio':>6}")
    for line in open(ktap_path, errors="replace"):
        failed = failed or line.startswith("not ok")
        if line.startswith("not ok"):
            print(line.rstrip())
        empty = EMPTY.search(line)
        if empty:
            series.append({"name": "empty", "unit": "instructions", "median": float(empty[1]), "values": [float(empty[1])]})
        figure = FIGURE.search(line)
        if not figure:
            continue
        verdict, payload, plain, attested, ratio = figure[1], int(figure[2]), *(float(x) for x in figure.groups()[2:])
        print(f"{verdict:10} {payload:5} B {plain:8.0f} {attested:9.0f} {ratio:6.2f}")
        for grade, value in (("plain", plain), ("attested", attested)):
            series.append({"name": f"{grade} {verdict} {payload} B", "unit": "instructions", "median": value, "values": [value]})
        if verdict == "accepted" and payload == 64:
            goals.append({"goal": "attested / plain, instructions of an accepted packet with 64 B", "figure": ratio,
                          "relation": "at most", "limit": GOAL, "reached": ratio <= GOAL})
    for goal in goals:
        word = "reached" if goal["reached"] else "NOT REACHED"
        print(f"goal  {word:11} {goal['goal']:72} {goal['figure']:10.2f} (at most {GOAL:.2f})")
    with open(json_path, "w", encoding="ascii") as file:
        json.dump({"bench": "attested", "unix_time": int(time.time()), "kernel": kernel, "goals": goals, "series": series},
                  file, indent=1)
    print(f"raw numbers: {json_path}")
    if failed or not goals:
        sys.exit(f"attested_report.py: the guest did not measure it all; see {ktap_path}")


if __name__ == "__main__":
    main()

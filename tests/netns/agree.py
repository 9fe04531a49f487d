#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Compares a gate's counters with tallies of voltgate-sim.

    agree.py BEFORE AFTER TALLY...

BEFORE and AFTER are `voltgate counters -j`. Each reason must have grown by
exactly what the tallies expect. Prints every difference; exit 1 if there is one.
"""
import json
import sys


def load(path):
    with open(path) as file:
        return json.loads(file.readline())


def main():
    before, after = load(sys.argv[1])["packets"], load(sys.argv[2])["packets"]
    tallies = [load(path) for path in sys.argv[3:]]
    differ = 0
    for reason in after:
        counted = after[reason] - before[reason]
        sent = sum(tally["expected"][reason] for tally in tallies)
        if counted != sent:
            print(f"{reason}: sent {sent}, counted {counted}")
            differ = 1
    return differ


if __name__ == "__main__":
    sys.exit(main())

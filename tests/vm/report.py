#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Reads what a guest of tests/vm writes and turns it into one KTAP of ours.

    tests/vm/boot.sh ... | tests/vm/report.py NAME LOG

NAME stands before every test point; LOG is the guest's console. The guest's
lines (tests/vm/init.sh):
    #VM begin TEST      its KTAP follows
    #VM end CODE        exit code of the test
    #VM fault TEXT      something that must not be
    #VM kmemleak TEXT   leaked memory, as the kernel lists it
    #VM done            the guest got to its end
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from ktap import Points  # noqa: E402

POINT = re.compile(r"^(ok|not ok)\b(?: +\d+)?(?: -)?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")
# What the kernel says when something is wrong, whoever is at fault.
BAD = re.compile(r"WARNING: |\bBUG: |\bBUG at|Oops|general protection|KASAN: |KFENCE: |UBSAN: |kmemleak: \d+ new|INFO: possible|"
                 r"INFO: task .* blocked|suspicious RCU|rcu.*self-detected stall|detected stalls|soft lockup|Call Trace|refcount_t|"
                 r"unregister_netdevice: waiting|leaked reference|Kernel panic|scheduling while atomic|"
                 r"Unable to handle|inconsistent lock|circular locking|failed to validate module|\bleaked |DEBUG_LOCKS_WARN")


class Report:
    def __init__(self, name):
        self.name = name
        self.points = Points()
        self.test = None
        self.plan = None
        self.test_points = self.test_failed = 0
        self.done = False
        self.faults = []

    def point(self, good, text):
        self.points.ok(good, f"{self.name}: {text}")

    def begin(self, test):
        self.test, self.plan = test, None
        self.test_points = self.test_failed = 0
        print(f"# {test}", flush=True)

    def end(self, code):
        """Says what the points themselves do not: no plan, too few points, an exit code that does not fit."""
        wrong = None
        if self.plan is None:
            wrong = f"ended with exit code {code} before it printed a plan"
        elif self.plan != self.test_points and not (self.plan == 0 and code == 4):
            wrong = f"planned {self.plan} test points and reported {self.test_points}"
        elif (code not in (0, 4)) != bool(self.test_failed):
            wrong = f"ended with exit code {code} though {self.test_failed} test points failed"
        if wrong:
            self.point(False, f"{self.test} {wrong}")
        self.test = None

    def command(self, line):
        word, _, rest = line[4:].partition(" ")
        if word == "begin":
            self.begin(rest)
        elif word == "end":
            self.end(int(rest))
        elif word in ("fault", "kmemleak"):
            self.faults.append(rest)
            print(f"# {word}: {rest}", flush=True)
        elif word == "done":
            self.done = True

    def line(self, line):
        if line.startswith("#VM "):
            self.command(line)
            return
        plan, point = PLAN.match(line), POINT.match(line)
        if plan and self.test:
            self.plan = int(plan.group(1))
            if self.plan == 0:
                self.point(True, f"{self.test} # SKIP{line.split('SKIP', 1)[-1]}")
        elif point and self.test:
            self.test_points += 1
            self.test_failed += point.group(1) != "ok"
            self.point(point.group(1) == "ok", point.group(2).strip())
        elif line and not line.startswith("KTAP"):
            print(f"# | {line}", flush=True)

    def finish(self, log_path):
        with open(log_path, errors="replace") as log:
            lines = [line.rstrip() for line in log]
        if self.test:
            self.point(False, f"{self.test} did not end: the guest stopped or its time was up")
        self.point(self.done, "the guest ran to its end")
        self.point(not self.faults, "the module can be unloaded, no memory leaked")
        bad = [number for number, line in enumerate(lines) if BAD.search(line)]
        self.point(not bad, "the kernel's log is clean")
        for number in bad[:3]:
            for line in lines[max(0, number - 2):number + 25]:
                print(f"# kernel: {line}")
        if not self.done:
            for line in lines[-25:]:
                print(f"# kernel: {line}")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: tests/vm/report.py NAME LOG")
    report = Report(sys.argv[1])
    for line in sys.stdin.buffer:
        report.line(line.decode(errors="replace").rstrip("\r\n"))
    report.finish(sys.argv[2])
    report.points.end()


if __name__ == "__main__":
    main()

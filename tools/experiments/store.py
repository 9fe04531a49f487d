# SPDX-License-Identifier: GPL-2.0
"""
The runs of an experiment on disk, a JSON line each, so that a session that was ended goes on where it was; and their figures.

The first line says what made the rows (a digest of the experiment and of the programs it ran): rows of others are never mixed in.
"""
import csv
import json
import math
import os

from experiment import Trouble

HEAD = ("point", "arm", "measure", "unit", "runs", "mean", "standard_deviation", "least", "most")


class Wrong(Trouble):
    """A file of runs that cannot be relied on, as a sentence."""


def key(row):
    return (json.dumps(row["point"]), row["seed"], row["arm"])


class Store:
    """@made: digest of what makes the rows. @look: only look, change nothing. said: sentences for the user about what was found in the file."""

    def __init__(self, path, experiment, made, look=False):
        self.path, self.experiment, self.made = path, experiment, made
        self.rows, self.known, self.said, self.out = [], set(), [], None
        for number, line in enumerate(self.read(look), 2):
            self.take(number, self.parse(number, line))
        if not look:
            self.out = open(path, "a", encoding="utf-8")

    def read(self, look):
        """The lines after the first, of a file that can be gone on with."""
        try:
            with open(self.path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            data = b""
        whole = data.rfind(b"\n") + 1
        lines = data[:whole].decode("utf-8", "replace").splitlines()
        others = bool(lines) and self.parse(1, lines[0]).get("made") != self.made
        if look:
            return [] if others else lines[1:]
        if others:
            os.replace(self.path, self.path + ".old")
            self.said.append(f"{self.path}: made by another version; kept as {self.path}.old, begun anew")
            lines = []
        if not lines:
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(json.dumps({"experiment": self.experiment.name, "made": self.made}) + "\n")
        elif whole < len(data):
            self.said.append(f"{self.path}: the last line was torn and is cut off; its run is done again")
            os.truncate(self.path, whole)
        return lines[1:]

    def parse(self, number, line):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise Wrong(f"{self.path}:{number}: this is no run; take the line out, or the file to begin anew")
        return row

    def take(self, number, row):
        why = self.wrong(row)
        if not why and key(row) in self.known:
            why = "this run stands there twice"
        if why:
            raise Wrong(f"{self.path}:{number}: {why}; take the line out, or the file to begin anew")
        self.rows.append(row)
        self.known.add(key(row))

    def wrong(self, row):
        """None, or what is wrong with a row."""
        if set(row) != {"point", "seed", "arm", "result"} or not isinstance(row["result"], dict):
            return "a run has point, seed, arm and result"
        if row["arm"] not in self.experiment.arms:
            return f"{self.experiment.name} has no arm \"{row['arm']}\""
        if not isinstance(row["seed"], int) or isinstance(row["seed"], bool) or row["seed"] < 0:
            return "a seed is a whole number from 0 on"
        known = {measure.key for measure in self.experiment.measures}
        for name, value in row["result"].items():
            if name not in known:
                return f"{self.experiment.name} measures no \"{name}\""
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                return f"{name} is no number"
        return None

    def has(self, point, seed, arm):
        return (json.dumps(point), seed, arm) in self.known

    def add(self, point, seed, arm, result):
        row = {"point": point, "seed": seed, "arm": arm, "result": result}
        why = self.wrong(row)
        if why:
            raise Wrong(f"the run at {point}, seed {seed}, {arm}: {why} (a fault of {self.experiment.name})")
        self.out.write(json.dumps(row) + "\n")
        self.out.flush()
        self.rows.append(json.loads(json.dumps(row)))
        self.known.add(key(row))

    def close(self):
        if self.out:
            self.out.close()


# --- figures ---

def values(rows, arm, measure, point=None):
    """What the runs of @arm (at @point, or at all) gave for a measure's key, those that have it."""
    return [row["result"][measure] for row in rows
            if row["arm"] == arm and (point is None or row["point"] == point) and measure in row["result"]]


def paired(rows, arms, measure, point):
    """{arm: values} of the seeds of @point that all of @arms have a value for: what may be compared where some runs have none."""
    by_arm = {arm: {row["seed"]: row["result"][measure] for row in rows
                    if row["arm"] == arm and row["point"] == point and measure in row["result"]} for arm in arms}
    seeds = sorted(set.intersection(*(set(one) for one in by_arm.values())))
    return {arm: [by_arm[arm][seed] for seed in seeds] for arm in arms}


def mean(numbers):
    return sum(numbers) / len(numbers) if numbers else math.nan


def deviation(numbers):
    """Standard deviation of a sample; 0 for one number."""
    if len(numbers) < 2:
        return 0.0
    middle = mean(numbers)
    return math.sqrt(sum((one - middle) ** 2 for one in numbers) / (len(numbers) - 1))


def figures(experiment, rows, points):
    """For each measure, arm and point with runs: {"point", "arm", "measure" (a Measure), "runs", "mean", "deviation", "least", "most"}."""
    found = []
    for measure in experiment.measures:
        for arm in experiment.arms:
            for point in points:
                numbers = values(rows, arm, measure.key, point)
                if numbers:
                    found.append({"point": point, "arm": arm, "measure": measure, "runs": len(numbers), "mean": mean(numbers),
                                  "deviation": deviation(numbers), "least": min(numbers), "most": max(numbers)})
    return found


def figure(number):
    """A number as people read it, the same in tables, pages and drawings."""
    return f"{number:.6g}"


def cells(one):
    """A figure as a row of the CSV, under HEAD."""
    return (str(one["point"]), one["arm"], one["measure"].key, one["measure"].unit, str(one["runs"]),
            *(figure(one[name]) for name in ("mean", "deviation", "least", "most")))


def write_csv(path, found):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(cells(one) for one in found)

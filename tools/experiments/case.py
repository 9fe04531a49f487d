# SPDX-License-Identifier: GPL-2.0
"""The paper's case (agent/sched/cases/paper36) as tables that an experiment changes and writes to a folder of its own."""
import csv
import os

from program import TOP

PAPER = os.path.join(TOP, "agent", "sched", "cases", "paper36")
TABLES = ("generators", "branches", "dispatch_table2", "assumptions")
AREAS = {"transmission": ("G1", "G2"), "ADN1": ("DG3",), "ADN2": ("DG1", "DG2")}  # whose load is what these units give
UNITS = ("G1", "G2", "DG1", "DG2", "DG3")


def read():
    """{table: its rows as dictionaries}, the caller's to change."""
    tables = {}
    for name in TABLES:
        with open(os.path.join(PAPER, name + ".csv"), encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    return tables


def write(folder, tables):
    """A case folder of @tables; those without rows are not written."""
    os.makedirs(folder, exist_ok=True)
    for name, rows in tables.items():
        if not rows:
            continue
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def change_demand(tables, factor):
    """Each hour's load of each area times factor(hour, area). An area's load is what its units give in the dispatch, so they give it; no unit
    passes its most but the others of its area take over, as far as they go."""
    most = {row["unit"]: float(row["p_max_mw"]) for row in tables["generators"]}
    for row in tables["dispatch_table2"]:
        for area, units in AREAS.items():
            by = factor(int(row["hour"]), area)
            wanted = {unit: float(row[unit + "_mw"]) * by for unit in units}
            over = sum(max(0.0, wanted[unit] - most[unit]) for unit in units)
            wanted = {unit: min(wanted[unit], most[unit]) for unit in units}
            for unit in units:
                more = min(over, most[unit] - wanted[unit])
                wanted[unit] += more
                over -= more
                row[unit + "_mw"] = f"{wanted[unit]:.6f}"

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What the experiments' arms are given, and what is worked out of their answers, by hand and against numbers that anyone can redo."""
import collections
import csv
import os
import sys
import tempfile

import results  # noqa: F401: paths

import case
import congestion
import dispatch
import scheduling
from ask import ask
from ktap import Points

TABLE2 = 2670678.2   # yuan: Table 2 by Table 1's costs
CHEAPEST = 2459823.5  # yuan: with no network, each hour's total as demand
AREAS_SAVE = 2.978    # percent of TABLE2, each area keeping its total


def fleets(points):
    one, more = (scheduling.fleet(count, 7).splitlines() for count in (13, 50))
    points.ok(one == scheduling.fleet(13, 7).splitlines() and one == more[:len(one)] and one != scheduling.fleet(13, 8).splitlines(),
              "a seed's fleet is the same each time; more vehicles come on top of it")
    for seed in range(5):
        with tempfile.NamedTemporaryFile("w", suffix=".fleet") as file:
            file.write(scheduling.fleet(50, seed))
            file.flush()
            queue(points, seed, ask("assign", "--nearest", file.name, codes=(0, 2))[0], scheduling.fleet(50, seed))


def places(text, table):
    part = text.split(table + "\n")[1].split("\n[")[0].splitlines()
    rows = [dict(zip(part[0].split(","), line.split(","))) for line in part[1:]]
    return {row["name"]: row for row in rows}


def queue(points, seed, plan, text):
    """The baseline is a queue: the nearest station, nobody before its arrival, one vehicle a charger, nobody later who came earlier and fits."""
    stations, vehicles = places(text, "[stations]"), places(text, "[vehicles]")
    far, busy, begins, waited = [], collections.Counter(), collections.defaultdict(list), 0
    for one in plan["sessions"]:
        car = vehicles[one["vehicle"]]
        ways = {name: ((int(car["x_m"]) - int(at["x_m"])) ** 2 + (int(car["y_m"]) - int(at["y_m"])) ** 2) ** 0.5 for name, at in stations.items()}
        there = int(car["arrival_s"]) + 1.3 * ways[one["station"]] / 30000 * 3600
        far.append(ways[one["station"]] > min(ways.values()) + 1)
        waited += max(0, one["begins_s"] - there)
        begins[one["station"]].append((there, one["begins_s"], one["periods"], one["vehicle"]))
        for period in range(one["start"], one["start"] + one["periods"]):
            busy[one["station"], period] += 1
    # A later comer may begin before an earlier one only in a gap that was too short for that one.
    overtaken = [(early, late) for line in begins.values() for early in line for late in line
                 if early[0] < late[0] - 1 and late[1] < early[1] and late[1] >= early[0] and late[2] >= early[2]]
    right = sum(far) <= 2 and max(busy.values()) == 1 and not overtaken and abs(waited - plan["waiting_s"]) < 0.01 * plan["waiting_s"] + 60
    points.ok(right, f"seed {seed}: the baseline is a queue at the nearest station, in order of arrival, waiting counted in full",
              f"{sum(far)} elsewhere, {max(busy.values())} at once, overtaken {overtaken[:3]}, waited {waited} and {plan['waiting_s']}")


def table2(points):
    outputs, tables = dispatch.day(0)
    costs = {arm: sum(dispatch.unit_costs(tables, one)) for arm, one in outputs.items()}
    points.ok(abs(costs["table2"] - TABLE2) < 0.1, "Table 2's dispatch costs what anyone can redo", costs)
    points.ok(abs(costs["ours"] - CHEAPEST) < 0.1, "ours is the cheapest dispatch", costs)
    points.ok(abs(100 * (1 - costs["alone"] / costs["table2"]) - AREAS_SAVE) < 0.001, "areas alone save what they can", costs)
    changed = dispatch.day(3)
    demand = [[sum(hour) for hour in changed[0][arm]] for arm in ("table2", "ours", "alone")]
    most = {row["unit"]: float(row["p_max_mw"]) for row in tables["generators"]}
    points.ok(all(max(hours) - min(hours) < 1e-4 for hours in zip(*demand)) and changed[0]["table2"] != outputs["table2"],
              "all arms meet the same changed demand", demand)
    points.ok(all(mw <= most[unit] + 1e-9 for hour in changed[0]["table2"] for unit, mw in zip(case.UNITS, hour)), "and no unit passes its limit for it")


def demand(points):
    """An area's load grows as asked; a unit at its limit leaves the rest to the area's others."""
    before, after = case.read()["dispatch_table2"][0], case.read()
    case.change_demand(after, lambda hour, area: 1.1 if area == "ADN2" and hour == 1 else 1)
    after = after["dispatch_table2"][0]
    told = [float(after[unit + "_mw"]) for unit in ("DG1", "DG2")]
    points.ok(abs(told[1] - 30) < 1e-6 and abs(told[0] - (1.1 * (25.6 + 29.8) - 30)) < 1e-6, "demand changes by what it was asked to", told)
    points.ok(all(float(before[unit + "_mw"]) == float(after[unit + "_mw"]) for unit in ("G1", "G2", "DG3")), "other areas' does not", after)


def charging_price(points):
    """By the plan's table of charge and prices, instead of by `plan congestion`."""
    node = {row["name"]: row["node"] for row in case.read()["assumptions"] if row["what"] == "station"}
    with tempfile.TemporaryDirectory(prefix="voltgate-case-") as folder:
        case.write(folder, case.read())
        stage = ask("plan", "congestion", folder)[0]["stages"][congestion.STAGES["ours"]]
        ask("plan", "--csv", os.path.join(folder, "plan.out"), folder)
        with open(os.path.join(folder, "plan.out"), encoding="utf-8", newline="") as file:
            plan = {(row["period"], row["quantity"], row["name"]): float(row["value"]) for row in csv.DictReader(file)}
    drawn = {(period, name): mw for (period, quantity, name), mw in plan.items() if quantity == "charge"}
    paid = sum(mw * plan[period, "price", node[name.split("/")[0]]] for (period, name), mw in drawn.items())
    right = paid / sum(drawn.values())
    points.ok(abs(stage["price_charging"] / right - 1) < 1e-6 and right > 100, "the price of charging is what vehicles draw times what it costs there",
              (stage["price_charging"], right))
    points.ok(congestion.run(100, 0, "baseline")["branches"] > 0 and len(congestion.stages(100, 0)) == 4, "charging on arrival overloads branches")


def rest_of_day(points):
    tables = case.read()
    whole = sum(float(row["value"]) for row in tables["assumptions"] if row["what"] == "vehicles")
    dispatch.left_of(tables, 13)
    vehicles = [row for row in tables["assumptions"] if row["what"] == "vehicles"]
    points.ok([int(row["hour"]) for row in tables["dispatch_table2"]] == list(range(1, 13)), "what is left of the day begins anew at hour 1")
    points.ok(0 < sum(float(row["value"]) for row in vehicles) < whole and all(1 <= int(row["period"]) <= int(row["until"]) <= 12 for row in vehicles),
              "vehicles that are gone are left out, the others stay as long as they did")
    vans = next(row for row in vehicles if row["name"] == "EV1" and row["power_kw"] == "50")  # 8 to 16, 120 kWh: 4 of 9 hours are left
    points.ok((vans["period"], vans["until"], float(vans["energy_kwh"])) == ("1", "4", 53.333), "and want what is left of their charge", vans)


def main():
    os.chdir(results.TOP)
    points = Points()
    fleets(points)
    table2(points)
    demand(points)
    charging_price(points)
    rest_of_day(points)
    points.end()


if __name__ == "__main__":
    sys.exit(main())

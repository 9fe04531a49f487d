# SPDX-License-Identifier: GPL-2.0
"""Table 3 and its text: vehicles that charge when they come overload branches; charging that waits and limits added where passed."""
import functools
import math
import random
import tempfile

import case
import store
from ask import ask
from experiment import Experiment, Measure, Size

STAGES = {"baseline": 0, "limits": 1, "ours": 3}  # of what `plan congestion` prints
HOURS = 24
LOSS = 1.1  # a charger's, with room: a class must be able to charge what it wants in its stay


def perturb_vehicles(tables, share, dice):
    """Classes of vehicles: more or fewer, hungrier or not, their stay an hour earlier or later."""
    for row in tables["assumptions"]:
        if row["what"] != "vehicles":
            continue
        arrive, leave = int(row["period"]), int(row["until"])
        by = max(1 - arrive, min(HOURS - leave, dice.choice((-1, 0, 0, 1))))
        arrive, leave = arrive + by, leave + by
        stay = leave - arrive + 1
        energy = float(row["energy_kwh"]) * dice.uniform(0.9, 1.1)
        row["period"], row["until"] = str(arrive), str(leave)
        row["energy_kwh"] = f"{min(energy, stay * float(row['power_kw']) / LOSS):.3f}"
        row["value"] = str(max(1, round(float(row["value"]) * share * dice.uniform(0.9, 1.1))))


@functools.lru_cache(maxsize=2)
def stages(point, seed):
    """All arms' figures of one case: one call gives them."""
    tables, dice = case.read(), random.Random(f"congestion {seed}")
    perturb_vehicles(tables, point / 100, dice)
    change = {(hour, area): max(0.8, dice.gauss(1, 0.03)) for hour in range(1, HOURS + 1) for area in case.AREAS}
    case.change_demand(tables, lambda hour, area: change[hour, area])
    with tempfile.TemporaryDirectory(prefix="voltgate-case-") as folder:
        case.write(folder, tables)
        return ask("plan", "congestion", folder)[0]["stages"]


def run(point, seed, arm):
    stage = stages(point, seed)[STAGES[arm]]
    if not stage["possible"]:
        return {"possible": 0}
    named = {over["branch"] for over in stage["overloads"]} & {"15", "16", "17"}
    return {"possible": 100, "branches": stage["branches_over"], "named": len(named), "hours": len(stage["overloads"]), "worst": stage["worst_mw"],
            "added": stage["limits_added"], "charging": stage["price_charging"] / 1000, "price": stage["price_mean"] / 1000,
            "cost": stage["cost"] / 1000}


def told(point, rows):
    """What there is to say of one point, in sentences."""
    possible = {arm: store.mean(store.values(rows, arm, "possible", point)) for arm in STAGES}
    means = {key: {arm: store.mean(values) for arm, values in store.paired(rows, ("baseline", "ours"), key, point).items()}
             for key in ("branches", "named", "worst", "added", "charging", "price", "cost")}
    before, after = ({key: means[key][arm] for key in means} for arm in ("baseline", "ours"))
    sentences = [f"{point} % of the vehicles: ours has a plan in {possible['ours']:.0f} % of the runs (limits without waiting: {possible['limits']:.0f} %)."]
    if possible["ours"] < 100:
        sentences.append("In the other runs nothing within the limits gives all vehicles what they want by when they leave; ours then says so and plans nothing.")
    if not math.isfinite(after["cost"]):
        return sentences
    sentences[0] += (f" In those, charging on arrival overloads {before['branches']:.1f} branches ({before['named']:.1f} of 15, 16 and 17), by up to "
                     f"{before['worst']:.1f} MW, ours {after['branches']:.1f}, with {after['added']:.1f} limits added. Charging costs "
                     f"{before['charging']:.3f} yuan per kWh before and {after['charging']:.3f} after, other load {before['price']:.3f} and "
                     f"{after['price']:.3f}, the day {before['cost']:.0f} and {after['cost']:.0f} thousand yuan.")
    dearer = [name for name, key in (("charging", "charging"), ("other load", "price")) if after[key] > before[key]]
    if dearer:
        sentences.append(f"With {point} % of the vehicles {' and '.join(dearer)} is dearer after than before, against the paper's claim: the prices before "
                         "are those of a plan that ignores the limits, and lines at their limits make dear what lies behind them.")
    return sentences


def finding(rows):
    return [sentence for point in sorted({row["point"] for row in rows}) for sentence in told(point, rows)]


EXPERIMENTS = (Experiment(
    name="congestion",
    title="Table 3: overloaded branches of the 36-node grid, before and after",
    varied="vehicles, % of the case's 4,690",
    claim="Before, power flow overloads branches such as 15, 16 and 17; three constraints are added to the constraint set; after the optimisation no "
          "overload is left, and the price of charging is lower than without optimisation (section 4.3, Table 3).",
    caveat="Table 3 gives the branches and their limits only. Loads, reactances, places of units, wind and vehicles are this project's assumptions "
           "(agent/sched/cases/paper36/assumptions.csv), and they were sized so that charging on arrival overloads the branches that the paper names: that "
           "it does so here confirms nothing. Each seed shifts the stays of classes of vehicles by up to an hour, their number and energy by up to 10 %, and each area's "
           "load in each hour by 3 % (one standard deviation). Before: dispatch without branch limits, every vehicle charging at full power from its arrival. "
           "A third arm adds the limits but lets no vehicle wait. Prices are nodal prices; flows are of the linear (DC) model. The sentences compare "
           "the seeds for which both arms have a plan; tables and drawings show all that each arm has.",
    time="simulated: a day of 24 hours",
    arms={"ours": "vehicles wait as it suits the grid, limits added where passed (voltgate plan)",
          "limits": "charging on arrival, limits added where passed",
          "baseline": "charging on arrival, dispatch without limits"},
    measures=(Measure("possible", "runs with a plan that meets all demand (the baseline's passes limits)", "%", False),
              Measure("branches", "overloaded branches", "branches", True),
              Measure("named", "of them 15, 16 and 17", "branches", True),
              Measure("hours", "overloads, by branch and hour", "branch hours", True),
              Measure("worst", "largest overload", "MW", True),
              Measure("added", "limits added", "limits", None),
              Measure("charging", "price of charging", "yuan/kWh", True),
              Measure("price", "price of all other load", "yuan/kWh", True),
              Measure("cost", "cost of the day", "1000 yuan", True)),
    full=Size((50, 75, 100, 125), 150, 60),
    quick=Size((50, 100), 10, 5),
    run=run,
    finding=finding),)

# SPDX-License-Identifier: GPL-2.0
"""Fig. 6: vehicles that need a charge, sent by the scheduler or by themselves to the nearest station to queue there."""
import functools
import os
import random
import tempfile

import store
from ask import ask
from experiment import Experiment, Measure, Size

STATIONS = 12
PERIOD, PERIODS = 900, 40 # seconds; 10 hours, 08:00 to 18:00
SPAN = 20000              # metres: stations and vehicles lie in a square of so much
UNSERVED = 10000000       # 1/10000 yuan: a vehicle without its charge counts 1,000 yuan in the scheduler's goal
HOUR = 200000             # 1/10000 yuan: an hour of a vehicle and its driver, 20 yuan
POWER = 60000             # W of each charger; a station has one
SECONDS = "5"             # the search of one fleet ends then, with the best so far


def stations(dice):
    lines = ["[stations]", "name,bus,x_m,y_m,chargers,power_w,limit_w,rating"]
    lines += [f"S{i + 1},,{dice.randint(0, SPAN)},{dice.randint(0, SPAN)},1,{POWER},0,{dice.randint(250, 500)}" for i in range(STATIONS)]
    lines += ["[prices]", "station,from,price"]
    for i in range(STATIONS): # a tariff of three steps (morning peak, midday, afternoon peak) and each station's own service price
        service = dice.randint(2000, 5000)
        lines += [f"S{i + 1},{start},{energy + service}" for start, energy in ((0, 9000), (12, 6000), (28, 10000))]
    return lines


def vehicles(dice, count):
    lines = ["[vehicles]", "name,x_m,y_m,battery_wh,energy_wh,need_wh,arrival_s,deadline_s,power_w,use_wh_km,v2g,"
             "weight_price_pct,weight_time_hour,weight_rating_unit"]
    for i in range(count):
        battery = dice.choice((40000, 60000, 80000))
        arrival = dice.randint(0, 6 * 3600)
        lines.append(f"V{i + 1},{dice.randint(0, SPAN)},{dice.randint(0, SPAN)},{battery},{battery * dice.randint(20, 45) // 100},"
                     f"{battery * dice.randint(75, 90) // 100},{arrival},{arrival + dice.randint(2 * 3600, 4 * 3600)},{dice.choice((40000, 60000))},"
                     f"{dice.randint(180, 300)},no,100,{HOUR},0")
    return lines


def fleet(count, seed):
    """A fleet file's text. The stations of a seed are the same for every number of vehicles, and the first vehicles too."""
    lines = ["[settings]", "period_s,periods,speed_m_h,detour_pct,choices,unserved", f"{PERIOD},{PERIODS},30000,130,{STATIONS},{UNSERVED}"]
    return "\n".join(lines + stations(random.Random(f"stations {seed}")) + vehicles(random.Random(f"vehicles {seed}"), count)) + "\n"


def judge(plan):
    served = plan["served"] or 1
    return {"unserved": 100 * (plan["vehicles"] - plan["served"]) / plan["vehicles"], "waiting": plan["waiting_s"] / 60 / served,
            "distance": plan["distance_m"] / 1000 / served, "price": plan["money"] / (plan["energy_wh"] / 1000) if plan["energy_wh"] else 0,
            "goal": plan["cost_e7"] / 1e7 / plan["vehicles"], "load": plan["load_factor"]}


@functools.lru_cache(maxsize=4)
def folder():
    return tempfile.TemporaryDirectory(prefix="voltgate-fleets-")


def run(point, seed, arm):
    file = os.path.join(folder().name, f"{point}-{seed}.fleet")
    with open(file, "w", encoding="utf-8") as out:
        out.write(fleet(point, seed))
    words = ("--time", SECONDS) if arm == "ours" else ("--nearest",)
    plan, took = ask("assign", *words, file, codes=(0, 2)) # 2: somebody cannot be served, which is what is counted
    os.unlink(file)
    result = judge(plan)
    result["seconds"] = took
    return result


def finding(rows):
    sentences = []
    for point in sorted({row["point"] for row in rows}):
        ours, theirs = ({key: store.mean(store.values(rows, arm, key, point)) for key in ("unserved", "waiting", "distance", "price", "goal")}
                        for arm in ("ours", "nearest"))
        sentences.append(
            f"{point} vehicles: {ours['unserved']:.1f} % are left without their charge ({theirs['unserved']:.1f} % in queues at the nearest station); "
            f"those served wait {ours['waiting']:.1f} min ({theirs['waiting']:.1f}), pay {ours['price']:.3f} yuan per kWh ({theirs['price']:.3f}) and drive "
            f"{ours['distance']:.1f} km to charge ({theirs['distance']:.1f}).")
        worse = [name for name, key in (("unserved demand", "unserved"), ("waiting", "waiting"), ("distance", "distance"), ("price", "price"),
                                        ("cost in all", "goal")) if ours[key] > theirs[key]]
        if worse:
            sentences.append(f"With {point} vehicles ours is the worse one in: {', '.join(worse)}.")
    return sentences


EXPERIMENTS = (Experiment(
    name="scheduling",
    title="Fig. 6: scheduling vehicles, by their number",
    varied="vehicles (12 stations)",
    claim="With 13 vehicles and other numbers of them, 150 runs each, the paper's scheduling has better data than the traditional algorithm for every "
          "number of vehicles (section 4.2, Fig. 6; the figure's axis is a scheduling index tied to eq. (6), and no numbers are printed).",
    caveat="The paper prints neither its map nor its requests nor what \"traditional\" does. Ours: 12 stations with one 60 kW charger each and the "
           "vehicles, drawn anew for each seed in a square of 20 km; everybody must have a charge within 2 to 4 hours; an hour counts 20 yuan, a vehicle "
           "left 1,000. The baseline goes to the nearest station where it could be served alone, and takes there, in order of arrival, the first time "
           "that the charger is free long enough before its deadline: it waits as well, but does not look elsewhere. The nearest station is the "
           "least distance by definition, so no plan can drive less for the same vehicles. Waiting is from reaching the station to the beginning of the "
           "session; both arms begin sessions at quarters of an hour. Eq. (6) is read for charging: what the stations can give over the batteries of those served, so it falls as more are served.",
    time="simulated (waiting, distance, money); real: the search's seconds",
    arms={"ours": "voltgate assign, to the proven optimum or the best within 5 s", "nearest": "voltgate assign --nearest: nearest station, first come first served"},
    measures=(Measure("unserved", "vehicles left without their charge", "%", True),
              Measure("waiting", "waiting at the station, per vehicle served", "min", True),
              Measure("distance", "driven to the station, per vehicle served", "km", True),
              Measure("price", "paid for energy", "yuan/kWh", True),
              Measure("goal", "money, time and vehicles left, per vehicle", "yuan", True),
              Measure("load", "load factor, eq. (6)", "1", None),
              Measure("seconds", "real time of the search", "s", True)),
    full=Size((13, 25, 50, 100), 150, 700),
    quick=Size((13, 50), 10, 15),
    run=run,
    finding=finding),)

# SPDX-License-Identifier: GPL-2.0
"""What came of tools/demo/day.py's day: counts of the gates against what attackers sent, answers to vehicles against the
ledger, and the offline audits of every ledger and every verdict log."""
import concurrent.futures
import os

from program import BUILD, VOLTGATE, run, wait, wait_for

LIAR = os.path.join(BUILD, "demo", "voltgated-liar")


def count_attacks(day, tallies):
    """What was sent to the attacked gateways that must not get in, and what they dropped, by reason."""
    expected = {}
    for tally in tallies:
        for reason, number in tally["expected"].items():
            expected[reason] = expected.get(reason, 0) + int(number)
    forged = {reason: number for reason, number in expected.items() if reason != "accepted" and number}

    def count():
        counted = dict.fromkeys(forged, 0)
        for gate in day.attacked:
            packets = gate.counters()["packets"]
            for reason in forged:
                counted[reason] += int(packets[reason])
        return counted
    wait(lambda: all(count()[reason] >= number for reason, number in forged.items()), 60)  # a machine may have to catch up
    return forged, count()


def count_alarms(day):
    """Lines in the attacked gateways' alarm logs; after they ended."""
    lines = 0
    for gate in day.attacked:
        with open(os.path.join(gate.folder, "alarms.json")) as log:
            lines += sum(1 for _ in log)
    return lines


def check_verdicts(day, gate):
    """Its verdict log against the keys that were enrolled and the heads that another node's ledger holds."""
    keys = [word for key in gate.attestors for word in ("--key", key["attestor"])]
    done = run(VOLTGATE, "verify", *keys, "--ledger", day.nodes[0].ledger(), os.path.join(gate.folder, "state", "verdicts"), check=False,
               timeout=300)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def audit(node):
    done = run(VOLTGATE, "ledger", "verify", node.ledger(), check=False, timeout=300)
    return done.returncode, (done.stdout + done.stderr).strip()


def judge_gateway(day, gate, cars):
    """What it is and did; after the daemons ended."""
    settled = sum(1 for car in cars for one in car.told if one["do"] == "stop" and one.get("stage") == "committed" and one["gateway"] == gate.name)
    right, said = check_verdicts(day, gate)
    return {"name": gate.name, "organisation": gate.organisation, "grade": gate.grade, "where": gate.where, "sessions": settled,
            "verdicts_right": right and all(key["grade"] == gate.grade for key in gate.attestors), "verdicts": said[-300:]}


def judge_transactions(day, cars):
    """What the vehicles were told is committed, sought in the ledger, once all correct nodes have it."""
    asked = [one for car in cars for one in car.told if one["do"] in ("reserve", "start", "meter", "stop", "rate")]
    committed = [one for one in asked if one.get("stage") == "committed" and one.get("outcome") == "valid"]
    height = day.nodes[0].height()
    for node in day.nodes:
        if node.program != LIAR:
            wait_for(lambda node=node: node.height() >= height, f"{node.name} has block {height}", 120)
    lost = sum(1 for one in committed if not day.nodes[0].ask("block", "get", "power", str(one["block"])))
    return {"submitted": len(asked), "committed": len(committed), "lost": lost, "height": height}


def is_good(day, cars, verdict):
    forgeries = verdict["forgeries"]
    in_machines = {gate.name for gate in day.gates if gate.index in day.machines}
    return (forgeries["dropped"] == forgeries["sent"] and forgeries["alarm_lines"] > 0 and verdict["transactions"]["lost"] == 0 and
            verdict["cloned_refused"] and not any(verdict["audits"].values()) and verdict["sessions"] == len(cars) and
            verdict["grid"]["overloads"][1] == 0 and
            all(one["verdicts_right"] and (one["sessions"] or one["name"] not in in_machines) for one in verdict["gateways"]))


def judge(day, cars, plan, cloned, tallies):
    """Ends the daemons, audits what they leave, and says what is so; "good": all as it must be."""
    forged, dropped = count_attacks(day, tallies)
    verdict = {"transactions": judge_transactions(day, cars), "sessions": sum(1 for car in cars if car.settled()), "cloned_refused": not cloned}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda node: node.stop(), day.nodes))
        audits = dict(zip([node.name for node in day.nodes], pool.map(audit, day.nodes)))
        verdict["gateways"] = list(pool.map(lambda gate: judge_gateway(day, gate, cars), day.gates))
    verdict["forgeries"] = {"sent": sum(forged.values()), "dropped": sum(min(dropped[reason], number) for reason, number in forged.items()),
                            "reasons": {reason: [number, dropped[reason]] for reason, number in forged.items()}, "alarm_lines": count_alarms(day)}
    verdict["audits"] = {name: code for name, (code, _) in audits.items()}
    verdict["money"] = next((line.strip() for line in audits["n1"][1].splitlines() if "yuan" in line or "money" in line.lower()), audits["n1"][1][-200:])
    first, last = plan["stages"][0], plan["stages"][-1]
    verdict["grid"] = {"overloads": [first["branches_over"], last["branches_over"]], "cost": [first["cost"], last["cost"]],
                       "price": [first["price_mean"], last["price_mean"]]}
    verdict["good"] = is_good(day, cars, verdict)
    return verdict


def sentences(verdict):
    forgeries, transactions, grid = verdict["forgeries"], verdict["transactions"], verdict["grid"]
    yield f"forgeries: {forgeries['sent']} sent, {forgeries['dropped']} dropped, {forgeries['alarm_lines']} lines in the alarm logs"
    yield (f"transactions of vehicles: {transactions['submitted']} submitted, {transactions['committed']} committed and valid, {transactions['lost']} lost; "
           f"block {transactions['height']}")
    yield f"charging sessions settled: {verdict['sessions']}; the copied vehicle was {'refused' if verdict['cloned_refused'] else 'NOT REFUSED'}"
    yield f"ledgers audited offline: {sum(code == 0 for code in verdict['audits'].values())} of {len(verdict['audits'])} right; {verdict['money']}"
    for grade in ("attested", "plain"):
        ones = [one for one in verdict["gateways"] if one["grade"] == grade]
        if ones:
            yield (f"{grade} gateways: " + ", ".join(f"{one['name']} ({one['sessions']} settled)" for one in ones) +
                   f"; their verdict logs verified offline against enrolled keys and anchors: {sum(one['verdicts_right'] for one in ones)} of {len(ones)} right")
    for one in verdict["gateways"]:
        if not one["verdicts_right"]:
            yield f"verdict log of {one['name']}: {one['verdicts']}"
    yield (f"overloaded branches {grid['overloads'][0]} before, {grid['overloads'][1]} after; cost {grid['cost'][0]:.0f} before, {grid['cost'][1]:.0f} yuan after; "
           f"mean price {grid['price'][0]:.1f} before, {grid['price'][1]:.1f} yuan per MWh after")
    yield "all as it must be" if verdict["good"] else "NOT as it must be: see above"

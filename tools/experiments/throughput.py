# SPDX-License-Identifier: GPL-2.0
"""Fig. 4 and Fig. 5: a consortium on loopback, loaded by vehicles that wait for their answers; transactions/s and response time."""
import os
import subprocess
import sys

import store
from experiment import Experiment, Measure, Size, Trouble
from program import BUILD

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "bench-ledger"))
import consortium  # noqa: E402
import measures  # noqa: E402

NODES, VEHICLES = 4, 100 # where they are not varied
PAYLOAD = 100            # bytes of the value that a transaction puts
SECONDS, WARM = 2, 2     # measured; at least so long before that, and until each vehicle was answered once: then queues are as long as they get
PATIENCE_S = 180         # with one run of the loader
# Of both arms. Patience: many nodes share few processors here, so a slow primary is no fault. Made beforehand: old evidence must do.
CHANNEL = (("evidence", 1), ("evidence-age-s", 3600), ("transaction-life-s", 3600), ("request-timeout-ms", 2000), ("view-timeout-ms", 4000))
TRADITIONAL = (("batch-transactions", 1), ("batch-wait-us", 0)) # the window stays: rounds overlap in both arms
KINDS = {"ours": "b", "baseline": "A"} # of tests/bench-ledger/deal.h
# Made beforehand for each second: more than two cores commit. A vehicle waits for its answer, at least about this long.
MOST_PER_SECOND = {"ours": 20000, "baseline": 1500}
ANSWER_S = {"ours": 0.004, "baseline": 0.01}


def folder():
    """On the disk of the build, because a folder in memory would make fsync free."""
    return os.path.join(BUILD, "experiments", f"consortium-{os.getpid()}")


def load(group, vehicles, seed, arm):
    """One run of the loader."""
    per_second = min(MOST_PER_SECOND[arm] * NODES / group.count, vehicles / ANSWER_S[arm])
    count = int(per_second * (SECONDS + WARM)) + 4 * vehicles
    words = group.load_words(measures.LOAD, KINDS[arm], payload=PAYLOAD, count=count, seconds=SECONDS, warm=WARM, clients=vehicles,
                             inflight=vehicles, batch=1, together=vehicles, settle=vehicles, seed=seed + 1)
    run = measures.run_load(words, timeout=PATIENCE_S)
    if run["exhausted"]:
        raise store.Wrong(f"All {count:,} transactions made for a run were committed before its time was over; raise MOST_PER_SECOND of throughput.py.")
    return run


def measure(nodes, vehicles, seed, arm):
    """A fresh consortium for every run, so that no run pays for the state of another."""
    if not os.path.exists(measures.LOAD):
        raise Trouble(f"The loader {measures.LOAD} is not built; run `make experiments`.")
    settings = CHANNEL + (TRADITIONAL if arm == "baseline" else ())
    try:
        consortium.raise_limits()
        os.makedirs(os.path.dirname(folder()), exist_ok=True)
        with consortium.Consortium(folder(), nodes, settings) as group:
            run = load(group, vehicles, seed, arm)
    except (consortium.Trouble, OSError, subprocess.SubprocessError) as trouble:
        raise store.Wrong(f"A consortium of {nodes} nodes with {vehicles} vehicles did not run: {trouble}.") from trouble
    wrong = {word: count for word, count in run["outcomes"].items() if word != "valid"}
    if wrong or run["refused"] or run["lost"] or not run["committed"]:
        raise store.Wrong(f"Of {nodes} nodes and {vehicles} vehicles {run['committed']} transactions were committed, {run['refused']} refused, "
                      f"{run['lost']} lost, others ended as {wrong}; the run measures nothing.")
    return {key: run[key] for key in ("per_second", "p50_ms", "p99_ms")}


def compare(rows, varied):
    sentences = []
    for point in sorted({row["point"] for row in rows}):
        ours, theirs = ({key: store.mean(store.values(rows, arm, key, point)) for key in ("per_second", "p50_ms", "p99_ms")}
                        for arm in ("ours", "baseline"))
        if any(number != number for number in (*ours.values(), *theirs.values())):
            continue # one arm of it has not run yet
        sentences.append(
            f"{point} {varied}: {ours['per_second']:,.0f} transactions/s ({theirs['per_second']:,.0f} one by one, {ours['per_second'] / theirs['per_second']:.1f} "
            f"times as many); response p50 {ours['p50_ms']:.0f} ms ({theirs['p50_ms']:.0f}), p99 {ours['p99_ms']:.0f} ms ({theirs['p99_ms']:.0f}).")
        worse = [name for name, bad in (("throughput", ours["per_second"] < theirs["per_second"]), ("p50", ours["p50_ms"] > theirs["p50_ms"]),
                                        ("p99", ours["p99_ms"] > theirs["p99_ms"])) if bad]
        if worse:
            sentences.append(f"With {point} {varied} ours is the worse one in: {', '.join(worse)}.")
    return sentences


CLAIM = ("{}, the paper's model has a higher data throughput, a shorter response time and a lower delay than the traditional model (section 4.2, "
         "{}; the figure's numbers are not printed).")
CAVEAT = ("The paper says neither what its traditional model is nor what it ran on (12 charging nodes, laptops, servers). Here all nodes and the vehicles "
          "share this one machine, so more nodes mean less processor for each, which is most of what Fig. 5 can show here; a network between them would add "
          "its delay to every round. "
          "Real daemons, TLS, fsync of every block, four organisations of which two endorse; each vehicle has a key and an account of its own, sends one "
          "transaction (one value of 100 bytes put by contract kv), and the next when the node says that it is committed and on its disk; each was "
          "answered once before anything is measured. One process plays the vehicles. Transactions are signed and endorsed beforehand in both arms: making them is not measured. Ours is endorsed, and its "
          "verdicts sealed, in batches of as many as there are vehicles, and no more, because no more can wait at once. The baseline's rounds overlap "
          "within the same window as ours, which is more than \"one after the other\" and in its favour; with a window of 4 it was slower. 12 seeds in place of 150: a "
          "run is some seconds of real time and a new consortium, and 150 would take more than six hours. A seed gives the vehicles' keys and the values.")
ARMS = {"ours": "blocks of up to 2,000 transactions, a verdict of a sealed batch for the client's signature, endorsements in Merkle batches",
        "baseline": "traditional: a block for each transaction, its client's and both endorsers' signatures each by itself, no verdicts"}
MEASURES = (Measure("per_second", "transactions committed", "1/s", False),
            Measure("p50_ms", "response time, median", "ms", True),
            Measure("p99_ms", "response time, 99th percentile", "ms", True))

EXPERIMENTS = (
    Experiment(
        name="throughput-vehicles",
        title="Fig. 4: throughput and response time, by the number of vehicles",
        varied=f"vehicles ({NODES} nodes)",
        claim=CLAIM.format("With the same number of nodes", "Fig. 4"),
        caveat=CAVEAT, time="real", arms=ARMS, measures=MEASURES,
        full=Size((13, 50, 100, 250, 1000), 12, 960),
        quick=Size((13, 100), 1, 28),
        run=lambda point, seed, arm: measure(NODES, point, seed, arm),
        finding=lambda rows: compare(rows, "vehicles")),
    Experiment(
        name="throughput-nodes",
        title="Fig. 5: throughput and response time, by the number of nodes",
        varied=f"nodes ({VEHICLES} vehicles)",
        claim=CLAIM.format("With the same number of vehicles, nodes being added", "Fig. 5"),
        caveat=CAVEAT, time="real", arms=ARMS, measures=MEASURES,
        full=Size((4, 7, 10, 13), 12, 1000),
        quick=Size((4, 7), 1, 32),
        run=lambda point, seed, arm: measure(point, VEHICLES, seed, arm),
        finding=lambda rows: compare(rows, "nodes")))

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""
Runs the paper's experiments and writes their tables, drawings and one page.

    tools/experiments/run.py [--quick] [--only NAME,...] [--out FOLDER]

Every run is on disk as soon as it is done: a session that was ended, by Ctrl-C or worse, goes on where it was. Exit 0: all is done;
1: something is wrong; 4: an experiment cannot be run on this machine, the page says which and why; 130: Ctrl-C.
"""
import argparse
import dataclasses
import fcntl
import hashlib
import importlib
import os
import signal
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "testbed")]
sys.dont_write_bytecode = True

import page  # noqa: E402
import plot  # noqa: E402
import store  # noqa: E402
from experiment import Experiment, Trouble  # noqa: E402
from program import BUILD  # noqa: E402

MODULES = ("throughput", "scheduling", "alarms", "congestion", "dispatch")  # in the paper's order
PROGRAMS = ("voltgate", "voltgated", "voltgate-sim", "voltgate-vehicle", "voltgate-station", "voltgate.bpf.o",
            "tests/bench-ledger/load", "experiments/listcheck", "libvoltgate-vehicle.so")  # of which rows depend


@dataclasses.dataclass
class Outcome:
    """What is known of one experiment, for the page."""
    experiment: Experiment
    points: tuple
    seeds: int
    wanted: int
    rows: list = dataclasses.field(default_factory=list)
    trouble: str = ""
    wrong: bool = False # the trouble is no matter of the machine

    @property
    def done(self):
        return len(self.rows)

    @property
    def figures(self):
        return store.figures(self.experiment, self.rows, self.points)

    @property
    def findings(self):
        return self.experiment.finding(self.rows)


def load(only):
    """(experiment, file of its module, whether it is to be run) of all modules that are there; @only: names, or none for all."""
    found = []
    for name in MODULES:
        file = os.path.join(HERE, name + ".py")
        if os.path.exists(file):
            found += [(one, file, not only or one.name in only) for one in importlib.import_module(name).EXPERIMENTS]
    names = [one.name for one, _, _ in found]
    for name in only:
        if name not in names:
            raise Trouble(f"there is no experiment \"{name}\"; there are {', '.join(names)}")
    return found


def digest(experiment, file):
    """Of all that makes rows: the module, what it shares with others, and the programs."""
    made = hashlib.sha256(experiment.name.encode())
    shared = [os.path.join(HERE, name + ".py") for name in ("ask", "case", "alarm_train", "alarm_run")]
    for name in [file] + shared + [os.path.join(BUILD, name) for name in PROGRAMS]:
        if os.path.exists(name):
            with open(name, "rb") as data:
                made.update(hashlib.sha256(data.read()).digest())
    return made.hexdigest()


def plan(experiment, size):
    """All runs in their order: seed by seed, so that ending early leaves whole seeds; arms take turns in being first."""
    arms = list(experiment.arms)
    for seed in range(size.seeds):
        for at, point in enumerate(size.points):
            turn = (seed + at) % len(arms)
            for arm in arms[turn:] + arms[:turn]:
                yield point, seed, arm


def clock(seconds):
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


class Progress:
    """One line on a terminal, a line at each tenth elsewhere."""

    def __init__(self, name, total, done):
        self.name, self.total, self.first, self.begun = name, total, done, time.monotonic()
        self.told = done * 10 // max(1, total)

    def show(self, done):
        took = time.monotonic() - self.begun
        left = took / max(1, done - self.first) * (self.total - done)
        line = f"{self.name}: {done} of {self.total} runs, {clock(left)} left"
        if sys.stdout.isatty():
            print(f"\r{line}\033[K", end="\n" if done == self.total else "", flush=True)
        elif done * 10 // self.total > self.told:
            self.told = done * 10 // self.total
            print(line, flush=True)


def run_rest(experiment, size, rows):
    """Runs what the store does not have yet."""
    todo = [one for one in plan(experiment, size) if not rows.has(*one)]
    if not todo:
        return
    total = len(size.points) * size.seeds * len(experiment.arms)
    progress = Progress(experiment.name, total, total - len(todo))
    if experiment.begin:
        experiment.begin()
    try:
        for at, (point, seed, arm) in enumerate(todo):
            rows.add(point, seed, arm, experiment.run(point, seed, arm))
            progress.show(total - len(todo) + at + 1)
    finally:
        if experiment.end:
            experiment.end()


def run_one(experiment, size, file, out, outcome, wanted):
    """Fills @outcome, whatever happens; not @wanted: with what earlier sessions left."""
    rows = None
    try:
        rows = store.Store(os.path.join(out, experiment.name + ".jsonl"), experiment, digest(experiment, file), look=not wanted)
        for sentence in rows.said:
            print(sentence)
        if wanted:
            run_rest(experiment, size, rows)
    except Trouble as trouble:
        outcome.trouble, outcome.wrong = str(trouble), isinstance(trouble, store.Wrong)
        print(f"{experiment.name}: {trouble}", file=sys.stderr)
    except Exception as fault:  # of one experiment; the others are run all the same
        outcome.trouble, outcome.wrong = f"a fault of its program, {type(fault).__name__}: {fault}", True
        traceback.print_exc()
    finally:
        if rows:
            rows.close()
            all_runs = set(plan(experiment, size))
            outcome.rows = [row for row in rows.rows if (row["point"], row["seed"], row["arm"]) in all_runs]


def write(out, outcomes, quick):
    """Tables, drawings, page; experiments without a run yet are on none, unless they were tried."""
    outcomes = [one for one in outcomes if one.rows or one.trouble]
    for outcome in outcomes:
        name, found = os.path.join(out, outcome.experiment.name), outcome.figures
        store.write_csv(name + ".csv", found)
        for measure in outcome.experiment.measures:
            drawing = plot.draw(outcome.experiment, measure, found, outcome.points)
            if drawing:
                with open(f"{name}-{measure.key}.svg", "w", encoding="utf-8") as file:
                    file.write(drawing + "\n")
    page.write(os.path.join(out, "index.html"), outcomes, quick)


def run_all(todo, quick, out):
    """(outcomes, whether Ctrl-C ended it)."""
    outcomes = []
    for experiment, _, _ in todo:
        size = experiment.quick if quick else experiment.full
        outcomes.append(Outcome(experiment, size.points, size.seeds, len(size.points) * size.seeds * len(experiment.arms)))
    try:
        for (experiment, file, wanted), outcome in zip(todo, outcomes):
            run_one(experiment, experiment.quick if quick else experiment.full, file, out, outcome, wanted)
    except KeyboardInterrupt:
        return outcomes, True
    return outcomes, False


def claim(out):
    """The folder @out, for this session alone; as long as what is returned is open."""
    os.makedirs(out, exist_ok=True)
    folder = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Trouble(f"another session is at work in {out}; wait for it, or give --out another folder") from None
    return folder


def main():
    parser = argparse.ArgumentParser(description="Run the paper's experiments: tables, drawings and a page.")
    parser.add_argument("--quick", action="store_true", help="fewer points and seeds: a check that all of it works, in minutes")
    parser.add_argument("--only", default="", metavar="NAME,...", help="these experiments alone")
    parser.add_argument("--out", metavar="FOLDER", help="where results go and are looked for (below $B if not said)")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    out = words.out or os.path.join(BUILD, "experiments-quick" if words.quick else "experiments")
    todo = load([name for name in words.only.split(",") if name])
    folder = claim(out)
    chosen = [experiment for experiment, _, wanted in todo if wanted]
    for experiment in chosen:
        size = experiment.quick if words.quick else experiment.full
        print(f"{experiment.name}: {experiment.title}; {len(size.points)} points x {size.seeds} seeds x {len(experiment.arms)} arms, "
              f"about {clock(size.seconds)}; time: {experiment.time}")
    seconds = sum((one.quick if words.quick else one.full).seconds for one in chosen)
    print(f"All together about {clock(seconds)} on a quiet machine; Ctrl-C keeps everything, the same command goes on.", flush=True)
    outcomes, ended = run_all(todo, words.quick, out)
    write(out, outcomes, words.quick)
    os.close(folder)
    print(f"{os.path.join(out, 'index.html')} holds claims, measurements and caveats; tables and drawings lie beside it.")
    if ended:
        return 130
    if any(one.wrong for one in outcomes):
        return 1
    return 4 if any(one.trouble for one in outcomes) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        sys.exit(f"experiments: {trouble}")

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Takes the rules of PROTOCOL.md section 9 out of the code one by one and demands that somebody notices. KTAP.

    tests/cluster/mutants.py --out DIR --compile "CC FLAGS" --objects "A.o B.o" --libs "..." [--sim] [NAME...]

A mutant is made in a copy under DIR: the changed files alone are compiled and linked with the other objects of
tests/pbft or of the simulator; these run until the first failure. mutants.txt lists them: name | rule | change | what
finds it, quickest first. `make check` asks the first finder alone; --sim (`make sim-mutants`) those of the simulator.
A change is `flag RULE.PART` (agent/pbft/rule.h: the condition of that rule holds always) or `edit FILE` with the old
and the new text on the lines after it (`-` and `+`); a text that is not in the file exactly once fails the test, so
that the list cannot rot. Finders: `seeds A..B` and `scenario NAME [A..B]` of the simulator, `unit NAME` for
tests/pbft/NAME_test.c, `nobody` for what changes nothing that could be seen (the list says why); it only has to build.
"""
import argparse
import glob
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import TOP  # noqa: E402

LIMIT_SECONDS = 900  # for one finder, whatever else the machine does; a seed that hangs ends by itself
WIRED = ["wired", "wired_shell"]  # what tests of several cores share
QUICK = ["-w", "-O1", "-g0"]  # these objects live for one run


class Mutant:
    def __init__(self, name, rule, change, finders):
        self.name, self.rule, self.change = name, rule, change
        self.finders = [finder.strip() for finder in finders.split(",") if finder.strip()]
        self.edits = []

    def finders_by(self, sim):
        return [finder for finder in self.finders if not finder.startswith("unit ")] if sim else self.finders[:1]

    def sources(self):
        """Path -> text of the files that this mutant changes, and flags for the compiler."""
        word, what = self.change.split(" ", 1)
        if word == "flag":
            rule, part = what.split(".")
            pattern = rf"RULE\(\w+, {rule}," if part == "0" else rf"RULE_PART\(\w+, {rule}, {part},"
            files = [name for name in glob.glob(os.path.join(TOP, "agent/pbft/*.c"))
                     if re.search(pattern, open(name).read())]
            if not files:
                raise ValueError(f"no file keeps rule {rule}, part {part}")
            return {os.path.relpath(name, TOP): open(name).read() for name in files}, [
                f"-DPBFT_MUTANT={rule}", f"-DPBFT_MUTANT_PART={part}"]
        text = open(os.path.join(TOP, what)).read()
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"{what} has {text.count(old)} places that read: {old.strip()}")
            text = text.replace(old, new)
        return {what: text}, []


def read_list(path):
    mutants = []
    for line in open(path):
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in "-+":
            edits = mutants[-1].edits
            text = line[1:].rstrip("\n").replace("\\n", "\n").replace("\\t", "\t")
            if line[0] == "-":
                edits.append((text, ""))
            else:
                edits[-1] = (edits[-1][0], text)
            continue
        parts = [part.strip() for part in line.split("|")]
        mutants.append(Mutant(*parts))
    return mutants


def run_tool(command, what):
    run = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    if run.returncode:
        raise ValueError(f"{what} does not build: " + run.stderr.strip()[-300:])


def changed_objects(mutant, args):
    """The simulator's objects with those of the mutant in the place of the files it changes."""
    folder = os.path.join(args.out, mutant.name)
    sources, flags = mutant.sources()
    objects = args.objects.split()
    for name, text in sources.items():
        copy = os.path.join(folder, name)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(copy, "w") as file:
            file.write(text)
        made, tail = copy[:-2] + ".o", "/" + name[:-2] + ".o"
        run_tool(shlex.split(args.compile) + [*QUICK, *flags, "-c", "-o", made, copy], name)
        if not any(item.endswith(tail) for item in objects):
            raise ValueError(f"the simulator does not link {name}")
        objects = [made if item.endswith(tail) else item for item in objects]
    return objects


def build(mutant, objects, args):
    program = os.path.join(args.out, mutant.name, "sim")
    run_tool(shlex.split(args.compile)[:1] + ["-o", program, *objects, *args.libs.split()], "the simulator")
    return program


def unit_objects(args, names, pool):
    """tests/pbft's own objects, made once: name -> file."""
    folder = os.path.join(args.out, "unit")
    os.makedirs(folder, exist_ok=True)

    def make(name):
        source, made = f"tests/pbft/{name}.c", os.path.join(folder, name + ".o")
        if os.path.exists(os.path.join(TOP, source)):
            run_tool(shlex.split(args.compile) + [*QUICK, "-c", "-o", made, source], source)
            return name, made
        return name, None

    return {name: made for name, made in pool.map(make, sorted(names)) if made}


def unit(mutant, name, objects, args):
    """tests/pbft/NAME_test.c with the mutant's core: its program."""
    parts = [name + "_test", *WIRED]
    if any(part not in args.units for part in parts):
        raise ValueError(f"tests/pbft has no {name}_test.c")
    core = [item for item in objects if "/agent/pbft/" in item or item.endswith(
        ("/ledger/block.o", "/ledger/cursor.o", "/ledger/hash.o", "/ledger/merkle.o"))]
    program = os.path.join(args.out, mutant.name, name)
    run_tool(shlex.split(args.compile)[:1] + ["-o", program, *(args.units[part] for part in parts), *core, "-lsodium"],
             f"tests/pbft/{name}_test.c")
    return program


def hunt(mutant, objects, args):
    """Who noticed: a sentence, or None."""
    for finder in mutant.finders_by(args.sim):
        kind, what = finder.split(" ", 1)
        if kind == "unit":
            command = [unit(mutant, what, objects, args)]
        else:
            command = [build(mutant, objects, args), "-x", "-T", "40"]
            command += [what] if kind == "seeds" else ["-s", *(what.split() + ["1..4"])[:2]]
        try:
            run = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if run.returncode:
            for line in run.stdout.splitlines():
                if line.startswith(("seed ", "not ok")):
                    return f"{finder}: {line[:160]}"
            return finder
    return None


def try_one(mutant, args):
    try:
        if mutant.finders == ["nobody"]:
            changed_objects(mutant, args)
            return True, "nothing to see: it builds"
        if not mutant.finders_by(args.sim):
            return True, "# SKIP only tests/pbft notices it, see `make check`"
        found = hunt(mutant, changed_objects(mutant, args), args)
    except ValueError as error:
        return False, f"does not apply: {error}"
    return bool(found), found or "nobody noticed"


def report(points, mutants, results):
    """The rules of which a mutant was caught."""
    caught = set()
    for mutant, (passed, word) in zip(mutants, results):
        skipped = word.startswith("# SKIP")
        if passed and not skipped and mutant.finders != ["nobody"]:
            caught.add(mutant.rule)
        points.ok(passed, f"{mutant.rule} {mutant.name} {word if skipped else ''}".rstrip())
        points.note(word)
    return caught


def main():
    parser = argparse.ArgumentParser(description="Mutants of the consensus code and who catches them.")
    for name in ("out", "compile", "objects", "libs"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--sim", action="store_true", help="the simulator's finders alone, all of them")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    mutants = read_list(os.path.join(TOP, "tests/cluster/mutants.txt"))
    if args.names:
        mutants = [mutant for mutant in mutants if mutant.name in args.names]
    whole = not args.names and not args.sim
    points = Points()
    with ThreadPoolExecutor(args.jobs) as pool:
        units = {finder.split()[1] + "_test" for mutant in mutants for finder in mutant.finders
                 if finder.startswith("unit ")}
        args.units = {} if args.sim else unit_objects(args, units | set(WIRED), pool)
        caught = report(points, mutants, pool.map(lambda mutant: try_one(mutant, args), mutants))
    if whole:
        missing = [f"C{rule}" for rule in range(1, 25) if f"C{rule}" not in caught]
        points.ok(not missing, "every rule has a mutant that is caught", "not " + " ".join(missing))
    points.end()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Takes the rules of PROTOCOL.md section 9 out of the code one by one and demands that somebody notices. KTAP.

    tests/cluster/mutants.py --out DIR --compile "CC FLAGS" --objects "A.o B.o" --libs "..." [NAME...]

A mutant is made in a copy under DIR: the changed files alone are compiled and linked with the simulator's other
objects; then seeds run until the first failure. mutants.txt lists them: name | rule | change | what finds it first.
A change is `flag RULE.PART` (agent/pbft/rule.h: the condition of that rule holds always) or `edit FILE` with the old
and the new text on the lines after it (`-` and `+`); a text that is not in the file exactly once fails the test, so
that the list cannot rot. `nobody`: a gap, known and reported as skipped. "Finds it first": `seeds A..B` and `scenario NAME [A..B]` of the simulator, `unit NAME` for tests/pbft/NAME_test.c.
"""
import argparse
import glob
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT_SECONDS = 60  # for all runs of one mutant


class Mutant:
    def __init__(self, name, rule, change, finders):
        self.name, self.rule, self.change = name, rule, change
        self.finders = [finder.strip() for finder in finders.split(",") if finder.strip()]
        self.edits = []

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
        run_tool(shlex.split(args.compile) + ["-w", *flags, "-c", "-o", made, copy], name)
        if not any(item.endswith(tail) for item in objects):
            raise ValueError(f"the simulator does not link {name}")
        objects = [made if item.endswith(tail) else item for item in objects]
    return objects


def build(mutant, objects, args):
    program = os.path.join(args.out, mutant.name, "sim")
    run_tool(shlex.split(args.compile)[:1] + ["-o", program, *objects, *args.libs.split()], "the simulator")
    return program


def unit_objects(args):
    """tests/pbft's own objects, made once."""
    made = {}
    os.makedirs(os.path.join(args.out, "unit"), exist_ok=True)
    for source in glob.glob(os.path.join(TOP, "tests/pbft/*.c")):
        name = os.path.basename(source)[:-2]
        made[name] = os.path.join(args.out, "unit", name + ".o")
        if not name.endswith("_fuzz"):
            run_tool(shlex.split(args.compile) + ["-w", "-c", "-o", made[name], source], name)
    return made


def unit(mutant, name, objects, args):
    """tests/pbft/NAME_test.c with the mutant's core: its program."""
    parts = [name + "_test"] + ([] if name == "transcript" else ["wired", "wired_shell"])
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
    for finder in mutant.finders:
        kind, what = finder.split(" ", 1)
        if kind == "unit":
            command = [unit(mutant, what, objects, args)]
        else:
            command = [build(mutant, objects, args), "-x", "-T", "40"]
        command += [] if kind == "unit" else [what] if kind == "seeds" else ["-s", what.split()[0], (what.split() + ["1..4"])[1]]
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
            return True, "# SKIP nobody notices it yet"
        found = hunt(mutant, changed_objects(mutant, args), args)
    except ValueError as error:
        return False, f"does not apply: {error}"
    return bool(found), found or "nobody noticed"


def main():
    parser = argparse.ArgumentParser(description="Mutants of the consensus code and who catches them.")
    for name in ("out", "compile", "objects", "libs"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    mutants = read_list(os.path.join(TOP, "tests/cluster/mutants.txt"))
    if args.names:
        mutants = [mutant for mutant in mutants if mutant.name in args.names]
    args.units = unit_objects(args)
    print("KTAP version 1")
    print(f"1..{len(mutants) + 1}", flush=True)
    failed = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for number, (mutant, (passed, word)) in enumerate(
                zip(mutants, pool.map(lambda mutant: try_one(mutant, args), mutants)), 1):
            failed += not passed
            print(f"{'ok' if passed else 'not ok'} {number} {mutant.rule} {mutant.name} "
                  f"{word if word.startswith('# SKIP') else ''}", flush=True)
            print(f"# {word}", flush=True)
    rules = {mutant.rule for mutant in mutants}
    missing = [f"C{rule}" for rule in range(1, 25) if f"C{rule}" not in rules]
    whole = bool(args.names) or not missing
    failed += not whole
    print(f"{'ok' if whole else 'not ok'} {len(mutants) + 1} every rule has a mutant {' '.join(missing)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

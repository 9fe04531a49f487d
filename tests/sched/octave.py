#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Random cases with random tighter limits, solved live by MATPOWER in Octave and by voltgate plan: the same cost and the same
nodal prices, or both say that there is no dispatch. MATPOWER is looked for in the folder $MATPOWER, then in Octave's path."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points, skip_all  # noqa: E402
from program import VOLTGATE  # noqa: E402

CASES = 40
COST, PRICE = 1e-6, 1e-4  # relative; MATPOWER's own solver is an interior point method
OCTAVE = """
for name = strsplit(getenv("VG_MATPOWER_PATH"), ":"); if !isempty(name{1}); addpath(genpath(name{1})); end; end
if !exist("rundcopf"); printf("NONE\\n"); exit(0); end
more off; warning("off", "all");
options = mpoption("verbose", 0, "out.all", 0, "opf.dc.solver", "MIPS", "mips.feastol", 1e-9, "mips.gradtol", 1e-9, ...
                   "mips.comptol", 1e-10, "mips.costtol", 1e-10, "mips.max_it", 150);
for k = 1:%d
  result = rundcopf(sprintf("%%s/random%%d.m", getenv("VG_CASES"), k), options);
  if !result.success; result = rundcopf(sprintf("%%s/random%%d.m", getenv("VG_CASES"), k), mpoption(options, ...
    "mips.feastol", 1e-6, "mips.gradtol", 1e-6, "mips.comptol", 1e-6, "mips.costtol", 1e-6)); end
  printf("CASE %%d %%d %%.12g", k, result.success, result.f); printf(" %%.10g", result.bus(:, 14)); printf("\\n");
end
"""


def grid(draw):
    """A connected network: its branches, loads, units, as rows of a MATPOWER case."""
    buses = draw.randint(4, 30)
    load = [round(draw.uniform(0, 90), 1) if draw.random() < 0.7 else 0 for _ in range(buses)]
    pairs = [(draw.randrange(i), i) for i in range(1, buses)] + [tuple(draw.sample(range(buses), 2)) for _ in range(buses)]
    branches = [[a + 1, b + 1, 0, round(draw.uniform(0.01, 0.3), 4), 0, 0] for a, b in pairs]
    units = []
    for _ in range(max(2, buses // 3)):
        most = round(draw.uniform(1, 2.5) * (sum(load) + 30) * 3 / buses, 1)
        units.append((draw.randrange(buses) + 1, most, round(draw.uniform(0, 0.2) * most, 1), round(draw.uniform(0.005, 0.2), 4),
                      round(draw.uniform(5, 60), 2)))
    return load, branches, units


def text(name, load, branches, units):
    def rows(lines):
        return "".join("\t" + "\t".join(str(value) for value in line) + ";\n" for line in lines)
    return (f"function mpc = {name}\nmpc.version = '2';\nmpc.baseMVA = 100;\nmpc.bus = [\n" +
            rows([i + 1, 3 if not i else 1, mw, 0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9] for i, mw in enumerate(load)) +
            "];\nmpc.gen = [\n" + rows([bus, 0, 0, 0, 0, 1, 100, 1, most, least] + [0] * 11 for bus, most, least, _, _ in units) +
            "];\nmpc.branch = [\n" + rows(branch + [0, 0, 0, 0, 1, -360, 360] for branch in branches) +
            "];\nmpc.gencost = [\n" + rows([2, 0, 0, 3, square, line, 0] for *_, square, line in units) + "];\n")


def plan(path):
    done = subprocess.run([VOLTGATE, "-j", "plan", path], capture_output=True, text=True, timeout=60)
    return (json.loads(done.stdout) if done.stdout.strip() else None), done


def make(draw, folder, number):
    """A case, its limits drawn tighter around what flows without them. What voltgate makes of it."""
    path, (load, branches, units) = os.path.join(folder, f"random{number}.m"), grid(draw)
    for again in range(2):
        with open(path, "w") as file:
            file.write(text(f"random{number}", load, branches, units))
        answer, done = plan(path)
        if again or not answer:
            return answer, done
        for branch, flow in draw.sample(list(zip(branches, answer["flow"][0])), draw.randint(1, 4)):
            branch[5] = round(max(1, abs(flow) * draw.uniform(0.75, 1.1)), 2)


def solve_live(folder):
    """MATPOWER's word on each case: (success, cost, prices)."""
    script = os.path.join(folder, "live.m")
    with open(script, "w") as file:
        file.write("1;\n" + OCTAVE % CASES)
    env = {**os.environ, "VG_CASES": folder, "VG_MATPOWER_PATH": os.environ.get("MATPOWER", "")}
    done = subprocess.run(["octave-cli", "--no-init-file", "--quiet", script], capture_output=True, text=True, timeout=300, env=env)
    if done.stdout.startswith("NONE"):
        return None
    found = {}
    for line in done.stdout.splitlines():
        if line.startswith("CASE "):
            word = line.split()[1:]
            found[int(word[0])] = (word[1] == "1", float(word[2]), [float(price) for price in word[3:]])
    if len(found) != CASES:
        raise RuntimeError(f"MATPOWER solved {len(found)} of {CASES}: {done.stderr[-800:]}{done.stdout[-400:]}")
    return found


def main():
    if not shutil.which("octave-cli"):
        skip_all("Octave is not installed: apt install octave; and set MATPOWER to the folder of MATPOWER")
    draw, points = random.Random(int(os.environ.get("SEED", "1"))), Points()
    with tempfile.TemporaryDirectory(prefix="vg-octave-") as folder:
        ours = {number: make(draw, folder, number) for number in range(1, CASES + 1)}
        theirs = solve_live(folder)
        if theirs is None:
            skip_all("MATPOWER is neither in $MATPOWER nor in Octave's path: set MATPOWER to its folder")
    wrong, apart, dear, binding, none, gave_up = [], 0, 0, 0, 0, 0
    for number, (answer, done) in ours.items():
        solved, cost, prices = theirs[number]
        if answer and not solved and answer["certificate"]["good"]:
            gave_up += 1  # its solver stops with "Numerically Failed" now and then; the certificate says that there is one
        elif solved != bool(answer) or (not answer and done.returncode != 2):
            wrong.append(f"{number}: MATPOWER {'found' if solved else 'finds no'} dispatch; {done.returncode}: {done.stderr[-300:]}")
        elif answer:
            binding += len(answer["binding"])
            apart = max(apart, abs(answer["cost"] - cost) / abs(cost))
            mine = answer["price"][0]
            dear = max([dear] + [abs(a - b) / max(1, abs(b)) for a, b in zip(mine, prices)])
        else:
            none += 1
    points.ok(not wrong and gave_up <= CASES / 8, f"{CASES} random cases: a dispatch or none, as MATPOWER says ({none} have none; "
              f"MATPOWER gave up on {gave_up} that have one)", "\n".join(wrong))
    points.ok(apart < COST and none < CASES / 2, f"the same costs: {apart:.1e} apart at most", apart)
    points.ok(dear < PRICE and binding > CASES / 4, f"the same nodal prices: {dear:.1e} apart at most; {binding} limits bind", dear)
    points.end()


if __name__ == "__main__":
    main()

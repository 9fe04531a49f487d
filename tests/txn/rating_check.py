#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The fixed-point exp and eq. (3) against decimal arithmetic of 60 digits, over the whole range: the bounds that
ledger/rating.c proves hold for every one of some 40,000 inputs drawn and chosen. KTAP."""
import os
import random
import subprocess
import sys
from decimal import Decimal, getcontext

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import BUILD  # noqa: E402

ONE, MOST = 1 << 32, 6 << 32
getcontext().prec = 60


def evaluate(lines):
    run = subprocess.run([f"{BUILD}/tests/txn_rating_eval"], input="\n".join(lines) + "\n", capture_output=True,
                         text=True, check=True)
    return [int(line) for line in run.stdout.split()]


def exponents():
    top = 60 * (1 << 60) // 7
    wanted = {0, 1, 2, top, top - 1} | {n << 60 for n in range(9)} | {(n << 60) - 1 for n in range(1, 9)}
    wanted |= {n * top // 12000 for n in range(12001)}
    while len(wanted) < 14000:
        wanted.add(random.randrange(top + 1))
    return sorted(wanted)


def check_exp():
    inputs = exponents()
    worst = Decimal(0)
    for given, got in zip(inputs, evaluate([f"e {value}" for value in inputs])):
        exact = (-Decimal(given) / (1 << 60)).exp() * (1 << 60)
        worst = max(worst, abs(exact - got))
    return worst, len(inputs)


def exact_next(rating, score, credibility, experience, alpha, scaled):
    """Paper eq. (3), and within 0 and 6."""
    r = Decimal(rating) / ONE
    phi = 1 - 1 / (1 + (-(r - 6) / Decimal("0.7")).exp())
    w = Decimal(score) / 5 if scaled else Decimal(score)
    change = (Decimal(1000) / alpha * (1 + Decimal(experience) / 1000000) * phi * Decimal(credibility) / 1000000 *
              (w - r / 6))
    return min(max(r + change, Decimal(0)), Decimal(6)) * ONE


def ratings():
    edges = [0, 1, ONE, MOST - 1, MOST, 5 * ONE, 6 * MOST // 7]
    for rating in edges:
        for score in range(1, 6):
            for credibility in (-1000000, -1, 0, 1, 333333, 1000000):
                for experience in (0, 1, 250000, 1000000000):
                    for alpha in (1001, 10000, 1000000):
                        yield rating, score, credibility, experience, alpha, random.randrange(2)
    for _ in range(14000):
        yield (random.randrange(MOST + 1), random.randint(1, 5), random.randint(-1000000, 1000000),
               random.choice((random.randrange(1000001), random.randrange(1000000001))),
               random.choice((random.randint(1001, 20000), random.randint(1001, 1000000))), random.randrange(2))


def check_ratings():
    inputs = list(ratings())
    worst = Decimal(0)
    outside = 0
    for given, got in zip(inputs, evaluate(["r " + " ".join(map(str, value)) for value in inputs])):
        worst = max(worst, abs(exact_next(*given) - got))
        outside += not 0 <= got <= MOST
    return worst, outside, len(inputs)


def check_paths():
    """Thousands of scores one after the other: each step as exact as one, and where the paper says it goes."""
    worst = Decimal(0)
    ends = []
    for scaled in (0, 1):
        rating = 0
        for _ in range(300):
            given = (rating, 5 if not scaled else 1, 1000000, 200000, 10000, scaled)
            rating = evaluate(["r " + " ".join(map(str, given))])[0]
            worst = max(worst, abs(exact_next(*given) - rating))
        ends.append(rating / ONE)
    return worst, ends


def main():
    random.seed(1)
    points = Points()
    worst, count = check_exp()
    points.ok(worst < 8, f"exp(-y) at {count} points from 0 to 60/7: off by at most {worst:.3f} of 2^-60, "
                          "less than 2^-57")
    worst, outside, count = check_ratings()
    bound = Decimal(2) ** -1 + Decimal(2) ** -20  # of 2^-32: 2^-33 + 2^-52
    points.ok(worst <= bound, f"eq. (3) for {count} inputs: off by at most {worst:.9f} of 2^-32")
    points.ok(outside == 0, "never below 0 or above 6")
    worst, ends = check_paths()
    points.ok(worst <= bound and ends[0] > 5.5,
              f"300 scores of 5 as printed end at {ends[0]:.3f}, each step as exact")
    points.ok(abs(ends[1] - 1.2) < 0.01, f"scaled, 300 scores of 1 settle at W D / 5 = 1.2: {ends[1]:.3f}")
    points.end()


main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A vehicle drives up to a gateway of a consortium of four, charges, pays, rates and asks; the same requests forged,
replayed, foreign and revoked reach no contract. KTAP."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import Points, World, needs  # noqa: E402


def main():
    needs()
    points = Points()
    with World() as world:
        with points.point("four daemons, two of them with a gate on a street, and their attestors are enrolled"):
            world.start()
            for gate in world.gates:
                assert gate.ask("status")[0]["grade"] == "plain"
            world.level()
    return points.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Four nodes in network namespaces under load: primary and backup killed with -9, wires cut, a quorum lost and found.
What was acknowledged is in every ledger, once; the ledgers are the same, block by block; the audit passes. KTAP."""
import collections
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster, Load  # noqa: E402
from ktap import Points  # noqa: E402
from program import VOLTGATE, run, wait_for  # noqa: E402

TRANSACTIONS = int(os.environ.get("TRANSACTIONS", "2400"))
STEP = TRANSACTIONS // 40  # far fewer in all than are there, so that load lasts to the last fault on a fast machine too


def primary(cluster):
    """The node that most running nodes name as primary."""
    names = collections.Counter()
    for node in cluster.nodes:
        if node.running():
            names[node.ask("channel", "show", "power")[0]["consensus"]["primary"]] += 1
    name = names.most_common(1)[0][0]
    return next(node for node in cluster.nodes if node.name == name)


class Pace:
    """Waits until so many more results are there, so that each fault meets load."""

    def __init__(self, load):
        self.load, self.at = load, 0

    def step(self, count=STEP, seconds=30):
        before = len(self.load.results())
        wait_for(lambda: len(self.load.results()) >= min(before + count, TRANSACTIONS), f"{count} more results", seconds)


def faults(points, cluster, load):
    pace = Pace(load)
    pace.step()
    first = primary(cluster)
    first.kill()
    pace.step()
    points.ok(True, f"load goes on after kill -9 of the primary ({first.name})")
    first.start()
    pace.step()
    backup = next(node for node in cluster.nodes if node is not primary(cluster))
    backup.kill()
    pace.step()
    backup.start()
    points.ok(True, f"and of a backup ({backup.name}); both came back")
    wait_for(lambda: all(cluster.linked(node) for node in cluster.nodes), "links are up again")
    cluster.level_within(cluster.nodes, 100)
    alone = primary(cluster)
    alone.cut()
    pace.step()
    points.ok(True, f"and while the primary ({alone.name}) is cut off")
    stuck = alone.height()
    alone.heal()
    wait_for(lambda: alone.height() > stuck, f"{alone.name} catches up")
    points.ok(True, "which catches up when its wire is back")
    quorum(points, cluster, load, pace)


def quorum(points, cluster, load, pace):
    cluster.level_within(cluster.nodes, 100)
    cluster.nodes[0].cut()
    cluster.nodes[1].cut()
    heights = []

    def still():
        heights.append(tuple(node.height() for node in cluster.nodes[2:]))
        return len(heights) > 40 and len(set(heights[-30:])) == 1
    wait_for(still, "two of four commit nothing")
    points.ok(True, "two of four commit nothing")
    cluster.nodes[0].heal()
    pace.step(seconds=60)
    cluster.nodes[1].heal()
    points.ok(True, "three of four do again")


def block_hashes(node, height):
    blocks = []
    for start in range(0, height + 1, 1000):
        blocks += node.ask("block", "list", "power", "--from", str(start), "-c", "1000")
    return [block["hash"] for block in blocks]


def judge(points, cluster, results):
    height = cluster.level(seconds=40)
    chains = [block_hashes(node, height) for node in cluster.nodes]
    points.ok(all(chain == chains[0] for chain in chains) and len(chains[0]) == height + 1,
              f"all {height + 1} blocks are the same on all nodes", [len(chain) for chain in chains])
    seen = collections.Counter()
    for number in range(height + 1):
        for one in cluster.nodes[number % 4].ask("block", "get", "power", str(number))[1:]:
            if one["outcome"] == "valid" and one.get("proposal"):
                seen[one["proposal"]] += 1
    lost = [one["proposal"] for one in results if one["committed"] and one["outcome"] == "valid" and one["proposal"] not in seen]
    points.ok(not lost, "no acknowledged transaction is lost", lost)
    points.ok(max(seen.values()) == 1, "and none is in the chain twice", [one for one in seen if seen[one] > 1])
    committed = [one for one in results if one["committed"] and one["outcome"] == "valid"]
    points.ok(len(committed) == TRANSACTIONS == len(results), f"each of {TRANSACTIONS} was committed",
              [one for one in results if one not in committed][:5])
    value = cluster.query("kv", "get", f"k{TRANSACTIONS - 1}")
    points.ok(value == f"v{TRANSACTIONS - 1}", "and the state has them", value)


def audit(points, cluster):
    codes = [node.stop() for node in cluster.nodes]
    points.ok(codes == [0] * len(codes), "SIGTERM ends each node with 0", codes)
    answers = [run(VOLTGATE, "-j", "ledger", "verify", node.ledger(), check=False) for node in cluster.nodes]
    points.ok(all(answer.returncode == 0 for answer in answers), "voltgate ledger verify passes on each",
              "\n".join(answer.stdout + answer.stderr for answer in answers))


def main():
    points = Points()
    with Cluster(4, netns=True) as cluster:
        cluster.start()
        cluster.client()
        load = Load(cluster, TRANSACTIONS, flight=16)
        faults(points, cluster, load)
        results = load.finish(300)
        judge(points, cluster, results)
        audit(points, cluster)
    points.end()


if __name__ == "__main__":
    main()

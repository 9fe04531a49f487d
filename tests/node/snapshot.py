#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A node that comes late takes a snapshot of the state instead of the blocks before it, checked against the chain's
certificates, goes on with blocks, and is the same after kill -9. KTAP."""
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster, Load  # noqa: E402
from ktap import Points  # noqa: E402
from program import wait_for  # noqa: E402


def show(node):
    return node.ask("channel", "show", "power")[0]


def main():
    points = Points()
    with Cluster() as cluster:
        cluster.start()
        cluster.client()
        late = cluster.add_node("bolt", roles="keeper")
        late.extra["snapshot-after"] = 5
        done = cluster.nodes[0].cli("channel", "update", "power", "--key", os.path.join(cluster.org("regulator"), "org.key"),
                                    "--node", late.genesis_word)
        points.ok("valid" in done.stdout, "a fifth node is to keep the ledger", done.stdout + done.stderr)
        points.ok(all(one["committed"] for one in Load(cluster, 60, flight=2).finish()), "many blocks come before it starts")
        late.start()
        late.join()
        wait_for(lambda: show(late).get("snapshots") == 1, "it takes a snapshot")
        points.ok(show(late)["first"] > 1, "it takes a snapshot and begins where that ends", show(late))
        points.ok(cluster.invoke("kv", "put", "after", "1")["outcome"] == "valid", "the others go on")
        cluster.level()
        points.ok(True, "and it follows them, block by block")
        first = show(late)["first"]
        late.kill()
        late.start()
        cluster.invoke("kv", "put", "again", "2")
        cluster.level()
        shown = show(late)
        points.ok(shown["first"] == first and not shown["snapshots"], "after kill -9 it goes on from there", shown)
        roots = {show(node)["root"] for node in cluster.nodes}
        points.ok(len(roots) == 1, "all have the same state", roots)
    points.end()


if __name__ == "__main__":
    main()

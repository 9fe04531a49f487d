#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A client, and then a member node that has gone mad, flood one node as fast as TCP takes it: another client's
transactions go on, memory stays bounded. Sent by npm's @grpc/grpc-js. KTAP."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
import npm  # noqa: E402
from cluster import Cluster, Load  # noqa: E402
from ktap import Points, skip_all  # noqa: E402
from program import TOP  # noqa: E402

SECONDS = 6
MEMORY_MAX = 900 << 20  # bytes of one node: pool, queues, LevelDB's caches


def memory(node):
    with open(f"/proc/{node.process.pid}/status") as text:
        return int(re.search(r"VmRSS:\s*(\d+)", text.read()).group(1)) << 10


def pour(cluster, node, what, folder, name):
    world = {"channel": cluster.channel_id(), "address": node.address, "ca": f"{cluster.org(node.organisation)}/org.crt",
             "key": f"{folder}/{name}.key", "certificate": f"{folder}/{name}.crt"}
    path = os.path.join(cluster.folder, f"flood-{what}.json")
    with open(path, "w") as out:
        json.dump(world, out)
    return subprocess.Popen(["node", os.path.join(HERE, "flood.js"), os.path.join(TOP, "agent/node/voltgate.proto"), path, str(SECONDS), what],
                            stdout=subprocess.PIPE, text=True, env=npm.ENVIRONMENT)


def flood(points, cluster, node, what, folder, name):
    child = pour(cluster, node, what, folder, name)
    results = Load(cluster, 40, flight=4, prefix=what, client="bob", options=["--node", node.name]).finish(60)
    sent = int(child.communicate(timeout=60)[0] or 0)
    points.ok(sent > 500, f"{what}: {sent} were poured into {node.name} in {SECONDS} s")
    took = sorted(one["took_us"] / 1e6 for one in results)
    points.ok(len(results) == 40 and all(one["committed"] and one["outcome"] == "valid" for one in results),
              f"{what}: another client's 40 transactions through the same node are committed (half within {took[len(took) // 2]:.2f} s, "
              f"all within {took[-1]:.2f} s)", [one for one in results if not one["committed"]][:3])
    used = max(memory(one) for one in cluster.nodes if one.running())
    points.ok(used < MEMORY_MAX, f"{what}: memory is bounded ({used >> 20} MiB at most)", used)
    cluster.level(seconds=60)


def main():
    skip_all(npm.obstacle())
    points = Points()
    with Cluster(4, options=["open-requests=1"]) as cluster:
        cluster.start()
        cluster.client("bob", "bolt")
        flood(points, cluster, cluster.nodes[0], "submit", cluster.client("alice"), "client")
        mad = cluster.nodes[3]
        mad.stop()
        flood(points, cluster, cluster.nodes[0], "parcels", mad.folder, "node")
        mad.start()
        cluster.level()
        points.ok(True, "all nodes agree at the end")
    points.end()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""npm's @grpc/grpc-js, as anybody gets it, against four nodes: stock_client.js. KTAP."""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
import npm  # noqa: E402
from cluster import Cluster  # noqa: E402
from ktap import Points, skip_all  # noqa: E402
from program import TOP, VOLTGATE, run  # noqa: E402

CHECKS = 20  # of stock_client.js, at least


def main():
    skip_all(npm.obstacle())
    with Cluster(4) as cluster:
        cluster.start()
        folder = cluster.client("alice")
        run(VOLTGATE, "org", "create", "nobody", cluster.org("nobody"))
        cluster.clients["mallory"] = "nobody"
        stranger = os.path.join(cluster.folder, "client-mallory")
        run(VOLTGATE, "org", "issue", cluster.org("nobody"), "--client", "mallory", "--out", stranger)
        world = {
            "channel": cluster.channel_id(),
            "nodes": [{"address": node.address, "name": node.name, "ca": f"{cluster.org(node.organisation)}/org.crt"}
                      for node in cluster.nodes],
            "client": {"certificate": f"{folder}/client.crt", "key": f"{folder}/client.key"},
            "stranger": {"certificate": f"{stranger}/client.crt", "key": f"{stranger}/client.key"},
        }
        path = os.path.join(cluster.folder, "world.json")
        with open(path, "w") as out:
            json.dump(world, out)
        done = subprocess.run(["node", os.path.join(HERE, "stock_client.js"), os.path.join(TOP, "agent/node/voltgate.proto"), path],
                              capture_output=True, text=True, timeout=100, env=npm.ENVIRONMENT)
    points = Points()
    for line in done.stdout.splitlines():
        if line.startswith(("ok ", "not ok ")):
            points.ok(line.startswith("ok "), line.split("ok ", 1)[1])
        else:
            print(line)
    points.note(done.stderr, 20)
    points.ok(not done.returncode and points.count >= CHECKS, "the stock client made its checks and ended in order")
    points.end()


if __name__ == "__main__":
    main()

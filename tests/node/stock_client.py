#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""npm's @grpc/grpc-js, as anybody gets it, against four nodes: stock_client.js. KTAP."""
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster  # noqa: E402
from program import BUILD, TOP, run  # noqa: E402

NPM = os.path.join(BUILD, "npm")
PACKAGES = ["@grpc/grpc-js", "@grpc/proto-loader"]


def skip_all(why):
    print(f"KTAP version 1\n1..0 # SKIP {why}")
    sys.exit(4)


def packages_are_there():
    if all(os.path.isdir(os.path.join(NPM, "node_modules", package)) for package in PACKAGES):
        return True
    os.makedirs(NPM, exist_ok=True)
    done = subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", NPM, *PACKAGES],
                          capture_output=True, timeout=120)
    return done.returncode == 0


def main():
    if not shutil.which("node") or not shutil.which("npm"):
        skip_all("node or npm is missing; apt-get install nodejs npm")
    if not packages_are_there():
        skip_all(f"npm could not install {' '.join(PACKAGES)}: it needs a registry")
    with Cluster(4) as cluster:
        cluster.start()
        folder = cluster.client("alice")
        run(os.path.join(BUILD, "voltgate"), "org", "create", "nobody", cluster.org("nobody"))
        cluster.clients["mallory"] = "nobody"
        stranger = os.path.join(cluster.folder, "client-mallory")
        run(os.path.join(BUILD, "voltgate"), "org", "issue", cluster.org("nobody"), "--client", "mallory", "--out", stranger)
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
                              capture_output=True, text=True, timeout=100,
                              env={**os.environ, "NODE_PATH": os.path.join(NPM, "node_modules")})
    print("KTAP version 1")
    count = failed = 0
    for line in done.stdout.splitlines():
        if line.startswith(("ok ", "not ok ")):
            count += 1
            failed += line.startswith("not")
            word = "ok" if line.startswith("ok ") else "not ok"
            line = f"{word} {count} {line[len(word) + 1:]}"
        print(line)
    for line in done.stderr.splitlines()[-20:]:
        print(f"# {line}")
    print(f"1..{count}")
    sys.exit(1 if failed or done.returncode or count < 20 else 0)


if __name__ == "__main__":
    main()

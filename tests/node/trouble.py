#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Clocks that are wrong and disks that are full: what a node may then do, and that it recovers. KTAP."""
import os
import subprocess
import sys
import urllib.request

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster, Load  # noqa: E402
from ktap import Points  # noqa: E402
from program import VOLTGATE, run, wait_for  # noqa: E402

SMALL = "26m"


def consensus(node):
    return node.ask("channel", "show", "power")[0]["consensus"]


def clocks(points, cluster):
    name = consensus(cluster.nodes[0])["primary"]
    first = next(node for node in cluster.nodes if node.name == name)
    other = next(node for node in cluster.nodes if node is not first)
    view = consensus(other)["view"]
    first.stop()
    first.extra["clock-offset-us"] = 60000000
    first.start()
    wait_for(lambda: cluster.linked(first), "links are up")
    results = Load(cluster, 60, prefix="ahead").finish()
    points.ok(len(results) == 60 and all(one["committed"] for one in results), "a primary whose clock is a minute ahead stops nothing", results[:2])
    points.ok(consensus(other)["view"] > view or not first.running(), "it is voted out", consensus(other))
    status = first.ask("node", "status")[0]
    points.ok(status["clock_offset_us"] == 60000000, "status shows the offset")
    points.ok("TEST CLOCK" in first.cli("node", "status").stdout, "also for people")
    cluster.level()
    times = [block["time"] for block in other.ask("block", "list", "power", "-c", "1000")]
    points.ok(times == sorted(set(times)), "block times rise all the same")
    first.stop()
    first.extra["clock-offset-us"] = 900000
    first.start()
    late = next(node for node in cluster.nodes if node not in (first, other))
    late.stop()
    late.extra["clock-offset-us"] = -900000
    late.start()
    wait_for(lambda: all(cluster.linked(node) for node in cluster.nodes), "links are up")
    before = consensus(other)["view"]
    results = Load(cluster, 60, prefix="skew").finish()
    points.ok(all(one["committed"] for one in results), "clocks 1.8 s apart are within the channel's bounds")
    points.ok(consensus(other)["view"] <= before + 1, "and no reason to change the view", consensus(other))
    for node in (first, late):
        node.stop()
        node.extra.clear()
        node.start()
    wait_for(lambda: all(cluster.linked(node) for node in cluster.nodes), "links are up")


def stopped(node):
    channel = node.channel() or {}
    return channel.get("stopped")


def metric(node, name):
    with urllib.request.urlopen(f"http://{node.host}:{node.metrics}/metrics", timeout=5) as page:
        for line in page.read().decode().splitlines():
            if line.startswith(name + "{") or line.startswith(name + " "):
                return float(line.split()[-1])
    return None


def one_disk(points, cluster, node):
    """A node's disk fills while the others have room."""
    filler = os.path.join(node.folder, "state", "filler")
    with open(filler, "wb") as out:
        try:
            while True:
                out.write(b"\0" * 65536)
                out.flush()
        except OSError:
            pass
    load = Load(cluster, 300, prefix="full", value="x" * 2000)
    wait_for(lambda: stopped(node), "the node with the full disk has stopped", 40)
    points.ok("space" in stopped(node).lower() or "full" in stopped(node).lower(), "a full disk stops the channel and is named", stopped(node))
    points.ok(metric(node, "voltgate_channel_stopped") == 1, "metrics show it")
    answer = node.cli("tx", "submit", "power", cluster.genesis, check=False)
    points.ok(answer.returncode != 0 and not answer.stdout, "nothing is acknowledged there", answer.stderr)
    results = load.finish()
    points.ok(len(results) == 300 and all(one["committed"] for one in results), "the other three go on")
    os.unlink(filler)
    wait_for(lambda: not stopped(node), "the channel goes on", 30)
    cluster.level(seconds=40)
    points.ok(metric(node, "voltgate_channel_stopped") == 0, "with room again it goes on by itself and catches up")


def all_disks(points, cluster):
    """Every disk fills: nobody can acknowledge."""
    fillers = [os.path.join(node.folder, "state", "filler") for node in cluster.nodes]
    for filler in fillers:
        subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], capture_output=True)
    load = Load(cluster, 200, prefix="none", value="y" * 2000)
    wait_for(lambda: sum(bool(stopped(node)) for node in cluster.nodes) >= 2, "two of four have stopped", 40)
    heights = []

    def still():
        heights.append(len(load.results()))
        return len(heights) > 20 and len(set(heights[-20:])) == 1
    wait_for(still, "acknowledgements stop")
    points.ok(load.process.poll() is None, f"with all disks full acknowledgements stop, after {len(load.results())}")
    for filler in fillers:
        os.unlink(filler)
    results = load.finish()
    points.ok(len(results) == 200 and all(one["committed"] and one["outcome"] == "valid" for one in results),
              "with room again all is committed", [one for one in results if not one["committed"]][:3])
    cluster.level(seconds=40)


def main():
    points = Points()
    with Cluster(4) as cluster:
        mounts = []
        try:
            for node in cluster.nodes:
                state = os.path.join(node.folder, "state")
                os.mkdir(state)
                run("mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", state)
                mounts.append(state)
            cluster.start()
            cluster.client()
            clocks(points, cluster)
            one_disk(points, cluster, cluster.nodes[2])
            all_disks(points, cluster)
            for node in cluster.nodes:
                node.stop()
            answers = [run(VOLTGATE, "ledger", "verify", node.ledger(), check=False) for node in cluster.nodes]
            points.ok(all(answer.returncode == 0 for answer in answers), "every ledger passes its audit",
                      "\n".join(answer.stdout + answer.stderr for answer in answers))
        finally:
            for node in cluster.nodes:
                if node.running():
                    node.kill()
            for state in mounts:
                subprocess.run(["umount", state], capture_output=True)
    points.end()


if __name__ == "__main__":
    main()

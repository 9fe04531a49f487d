#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A channel's members change while it runs, by the command line and the regulator's key: a fifth node comes, one goes,
a client and a node are revoked, a parameter changes; and who has no right to change anything cannot. KTAP."""
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster, Load  # noqa: E402
from ktap import Points  # noqa: E402
from program import VOLTGATE, run, wait_for  # noqa: E402


def regulator(cluster):
    return os.path.join(cluster.org("regulator"), "org.key")


def update(node, key, *words, check=True):
    return node.cli("channel", "update", "power", "--key", key, *words, check=check)


def show(node):
    return node.ask("channel", "show", "power")[0]


def add(points, cluster):
    load = Load(cluster, 150, prefix="add")
    fifth = cluster.add_node("bolt")
    done = update(cluster.nodes[0], regulator(cluster), "--node", fifth.genesis_word)
    points.ok("valid" in done.stdout, "the regulator adds a fifth node", done.stdout + done.stderr)
    fifth.start()
    fifth.join()
    points.ok(all(one["committed"] for one in load.finish()), "under load, which goes on")
    wait_for(lambda: show(fifth).get("replica") and show(fifth)["epoch"] == 1, "the fifth node orders")
    cluster.level()
    shown = show(cluster.nodes[1])
    points.ok(len(shown["nodes"]) == 5 and shown["sequence"] == 1 and shown["epoch"] == 1, "all have the new configuration", shown["nodes"])
    cluster.nodes[3].kill()
    points.ok(cluster.invoke("kv", "put", "five", "5")["outcome"] == "valid", "with it, one of the first four can be spared")
    cluster.nodes[3].start()
    return fifth


def remove(points, cluster):
    gone = cluster.nodes[1]
    wait_for(lambda: all(cluster.linked(node) for node in cluster.nodes), "all links are up")
    done = update(cluster.nodes[0], regulator(cluster), "--remove-node", gone.name)
    points.ok("valid" in done.stdout, "the regulator removes a node", done.stdout + done.stderr)
    rest = [node for node in cluster.nodes if node is not gone]
    for number in range(3):
        cluster.invoke("kv", "put", f"after{number}", "x")
    height = cluster.level(rest)
    points.ok(gone.height() < height, "it gets no block after that", f"{gone.height()} of {height}")
    wait_for(lambda: all(peer["name"] != gone.name for node in rest for peer in node.ask("peer", "list")), "links to it are gone")
    points.ok(True, "and nobody keeps a link to it")


def refuse(points, cluster):
    node = cluster.nodes[0]
    done = update(node, os.path.join(cluster.org("acme"), "org.key"), "--set", "window=64", check=False)
    points.ok(done.returncode == 2 and "regulator" in done.stderr, "another key than a regulator's changes nothing", done.stderr)
    done = update(node, regulator(cluster), "--set", "checkpoint-blocks=128", check=False)
    points.ok(done.returncode != 0, "nor does a configuration that contradicts itself", done.stderr)
    done = update(node, regulator(cluster), "--remove-node", "n9", check=False)
    points.ok(done.returncode == 2 and "n9" in done.stderr, "nor one that takes away who is not there", done.stderr)
    path = os.path.join(cluster.folder, "late.tx")
    update(node, regulator(cluster), "--set", "evidence-age-s=61", "--out", path)
    update(node, regulator(cluster), "--set", "evidence-age-s=62")
    done = node.cli("tx", "submit", "power", path, check=False)
    points.ok(done.returncode == 2 and "bad-config" in done.stdout + done.stderr, "an update of an older configuration comes too late",
              done.stdout + done.stderr)
    points.ok(show(node)["parameters"]["evidence-age-s"] == 62, "and the later one counts")


def revoke(points, cluster):
    node = cluster.nodes[0]
    cluster.client("bob", "city")
    points.ok(cluster.invoke("kv", "put", "bob", "1", client="bob")["outcome"] == "valid", "a client of another organisation")
    path = cluster.statement("revoke", "bob", "city", os.path.join(cluster.folder, "client-bob", "client.crt"), None)
    node.cli("tx", "submit", "power", path)
    made = cluster.invoke("kv", "put", "bob", "2", client="bob", check=False, options=["--timeout", "3"])
    points.ok(not made.get("committed"), "is refused once its organisation has revoked it", made)
    points.ok(cluster.query("kv", "get", "bob", client="bob", options=["--timeout", "3"]) is None, "and nothing is told to it any more")
    points.ok(cluster.invoke("kv", "put", "alice", "1")["outcome"] == "valid", "others are not")
    bad = cluster.nodes[2]
    path = cluster.statement("revoke", "n3", bad.organisation, bad.certificate, None, "--role", "node")
    node.cli("tx", "submit", "power", path)
    rest = [one for one in cluster.nodes if one not in (bad, cluster.nodes[1])]
    wait_for(lambda: all(peer["name"] != bad.name for one in rest for peer in one.ask("peer", "list")), "links to it are gone")
    height = bad.height()
    for number in range(3):
        cluster.invoke("kv", "put", f"without{number}", "x")
    points.ok(cluster.level(rest) > height and bad.height() <= height + 1, "a revoked node is cut off, the others go on",
              f"{bad.height()} {height}")


def main():
    points = Points()
    with Cluster(4) as cluster:
        cluster.start()
        cluster.client()
        add(points, cluster)
        remove(points, cluster)
        refuse(points, cluster)
        revoke(points, cluster)
        for node in cluster.nodes:
            node.stop()
        answers = [run(VOLTGATE, "ledger", "verify", node.ledger(), check=False) for node in cluster.nodes]
        points.ok(all(answer.returncode == 0 for answer in answers), "every ledger passes its audit through three replica sets",
                  "\n".join(answer.stdout + answer.stderr for answer in answers))
    points.end()


if __name__ == "__main__":
    main()

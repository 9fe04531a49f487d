#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Who is outside gets nothing: a node that shares one channel with the others and not the second, and nodes of
organisations that a private collection does not name. Searched for markers: every packet that reaches the node, its
disk, its memory; and its wire carries no more while the other channel is busy. KTAP."""
import os
import re
import secrets
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster, Load  # noqa: E402
from ktap import Points  # noqa: E402
from program import run, wait_for  # noqa: E402

CAPTURE = """
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("eth0", 0))
with open(sys.argv[1], "wb", buffering=0) as out:
    while True:
        out.write(wire.recv(65536))
"""


def disk_has(folder, marker):
    return subprocess.run(["grep", "-rqaF", marker, folder]).returncode == 0


def memory_has(process, marker):
    """Everything the process holds that can be written to."""
    found = False
    with open(f"/proc/{process.pid}/maps") as maps, open(f"/proc/{process.pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            start, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if "rw" not in mode:
                continue
            try:
                memory.seek(int(start, 16))
                found = found or marker.encode() in memory.read(int(end, 16) - int(start, 16))
            except (OSError, OverflowError, ValueError):
                continue
    return found


def received(node):
    with open("/proc/self/mounts"):
        return int(run("ip", "netns", "exec", node.netns, "cat", "/sys/class/net/eth0/statistics/rx_bytes").stdout)


def channels(points, cluster, outsider):
    marker = "SECRET" + secrets.token_hex(12)
    path = os.path.join(cluster.folder, "capture")
    capture = subprocess.Popen(["ip", "netns", "exec", outsider.netns, sys.executable, "-c", CAPTURE, path])
    wait_for(lambda: os.path.exists(path), "the capture runs")
    for number in range(5):
        cluster.invoke("kv", "put", f"{marker}{number}", marker, channel="secret", genesis=cluster.secret, client="sid")
    begun, before = time.monotonic(), received(outsider)
    quiet_s = 1.5
    wait_for(lambda: time.monotonic() > begun + quiet_s, "a quiet while has passed")
    quiet = received(outsider) - before
    load = Load(cluster, 150, client="sid", prefix=marker, channel="secret", genesis=cluster.secret, value=marker * 40)
    begun, before = time.monotonic(), received(outsider)
    results = load.finish()
    took, busy = time.monotonic() - begun, received(outsider) - before
    points.ok(all(one["committed"] for one in results), "150 transactions in the channel it is not in")
    points.ok(busy < 40000 + quiet * took / quiet_s * 3, f"its wire carries no more meanwhile ({busy} bytes, {quiet} in {quiet_s} quiet seconds)")
    cluster.level(cluster.nodes[:4], "secret")
    capture.terminate()
    capture.wait()
    with open(path, "rb") as packets:
        points.ok(marker.encode() not in packets.read(), "no packet that reached it holds the marker")
    points.ok(not disk_has(outsider.folder, marker), "its disk does not")
    points.ok(not memory_has(outsider.process, marker), "its memory does not")
    inside = cluster.nodes[1]
    points.ok(disk_has(inside.folder, marker) and memory_has(inside.process, marker), "a member's disk and memory do (the search can find)")
    foreign = cluster.invoke("kv", "get", "x", client="eve", check=False, channel="secret", genesis=cluster.secret,
                             options=["--timeout", "3"])
    points.ok("trouble" in foreign or not foreign["committed"], "a client of no member organisation is served nothing", foreign)
    words = {"channel": "secret", "genesis": cluster.secret, "options": ["--node", "n1", "--timeout", "3"]}
    points.ok(cluster.query("kv", "get", f"{marker}0", client="sid", **words) == marker * 40 + "0", "a member's client can ask")
    points.ok(cluster.query("kv", "get", f"{marker}0", client="eve", **words) is None, "it cannot, though its organisation is in another channel of the node")
    answer = outsider.cli("channel", "show", "secret", check=False)
    points.ok(answer.returncode == 2, "the node knows no such channel", answer.stderr)


def collection(points, cluster):
    marker = "PRIVATE" + secrets.token_hex(12)
    path = os.path.join(cluster.folder, "private")
    with open(path, "w") as out:
        out.write(marker)
    words = {"channel": "secret", "genesis": cluster.secret, "client": "sid"}
    made = cluster.invoke("kv", "put-private", "deal", "price", options=["--private", f"deal={path}"], **words)
    points.ok(made.get("outcome") == "valid", "a private value is committed by its hash", made)
    height = cluster.level(cluster.nodes[:4], "secret")
    inside, outside = cluster.nodes[:2], cluster.nodes[2:4]
    for node in inside:
        wait_for(lambda: cluster.query("kv", "get-private", "deal", "price", options=["--node", node.name], **words) == marker,
                 f"{node.name} of {node.organisation} has the value")
    points.ok(True, "both organisations of the collection have it, also the one that endorsed last")
    points.ok(all(not disk_has(node.folder, marker) for node in outside), "no disk of the others")
    points.ok(all(not memory_has(node.process, marker) for node in outside), "no memory of the others")
    points.ok(all(disk_has(node.folder, marker) for node in inside), "those entitled keep it on disk")
    refused = cluster.query("kv", "get-private", "deal", "price", options=["--node", outside[0].name], **words)
    points.ok(refused is None, "a node that is not entitled cannot answer", refused)
    for number in range(12):
        cluster.invoke("kv", "put", f"later{number}", "x", **words)
    height = cluster.level(cluster.nodes[:4], "secret")
    gone = wait_for(lambda: cluster.query("kv", "get-private", "deal", "price", options=["--node", "n1"], **words) is None,
                    "it is purged")
    points.ok(gone, f"purged after its ten blocks (height {height})")


def main():
    points = Points()
    organisations = ("acme", "bolt", "city", "dyno", "eddy")
    with Cluster(5, organisations, netns=True) as cluster:
        cluster.secret = os.path.join(cluster.folder, "secret.genesis")
        cluster.create("secret", cluster.secret, cluster.nodes[:4], [("--collection", "deal:acme,bolt:10")], organisations[:4])
        cluster.start()
        for node in cluster.nodes[:4]:
            node.join(cluster.secret)
        cluster.client("sid", "acme", channel="secret", genesis=cluster.secret)
        cluster.client("eve", "eddy", enrol=False)
        channels(points, cluster, cluster.nodes[4])
        collection(points, cluster)
    points.end()


if __name__ == "__main__":
    main()

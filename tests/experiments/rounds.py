#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Fig. 4's arms are what their titles say: each of the baseline's transactions has a block of its own, ours share them; and nothing of a
run is left. About 15 seconds."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(TOP, "tools", "experiments"), os.path.join(TOP, "tools", "testbed")]
sys.dont_write_bytecode = True

import throughput  # noqa: E402
from ktap import Points, skip_all  # noqa: E402

VEHICLES = 13
points = Points()
load = throughput.load


def seen(arm):
    """(result, what was seen of the nodes while they were there) of one run."""
    looked = {}

    def look(group, *rest):
        looked["run"] = load(group, *rest)
        node = group.nodes[0]
        looked["blocks"] = node.ask("block", "list", "bench", "-c", "200")
        looked["processes"] = [each.process for each in group.nodes]
        return looked["run"]

    throughput.load = look
    return throughput.measure(4, VEHICLES, 1, arm), looked


if not os.path.exists(throughput.measures.LOAD):
    skip_all(f"{throughput.measures.LOAD} is not built; run `make tests`")

for arm in ("ours", "baseline"):
    with points.point(f"{arm}: a run on a consortium of four"):
        result, looked = seen(arm)
    sizes = [block["transactions"] for block in looked["blocks"]]
    points.ok(set(result) == {measure.key for measure in throughput.MEASURES} and result["per_second"] > 0 and 0 < result["p50_ms"] <= result["p99_ms"],
              f"{arm}: numbers for each measure", result)
    if arm == "ours":
        points.ok(sum(sizes) > 2 * len(sizes) and max(sizes) <= VEHICLES + 1, "ours: blocks are shared, by no more than there are vehicles", sizes)
    else:
        points.ok(len(sizes) == 200 and set(sizes) == {1}, "baseline: a block for each transaction", sizes)
    points.ok(all(block["valid"] == block["transactions"] for block in looked["blocks"]), f"{arm}: all of them valid", looked["blocks"])
    points.ok(not os.path.exists(throughput.folder()) and all(process.returncode is not None for process in looked["processes"]),
              f"{arm}: no node and no folder is left")
points.end()

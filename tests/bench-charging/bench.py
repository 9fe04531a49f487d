#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make bench-charging: whole charging sessions (start, four meters, stop, rating) on four replicas with a real gate.

    bench.py [--quick] [--out FILE] [--vehicles N] [--seconds S] [--only evidence,signed]

By verdicts (packet in, kernel, evidence, committed) against proposals signed by their wallets (gRPC to the same nodes), at
peak and at half of it. Raw numbers go to FILE (default build/bench/charging.json). A missed goal is told, never an error.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import skip_all  # noqa: E402
from program import BUILD, Trouble, run  # noqa: E402
from world import World, node_key, obstacle  # noqa: E402

STEPS = 7  # transactions of a session
FLEET = os.path.join(BUILD, "tests/bench-charging/fleet")


def cpu_seconds(node):
    with open(f"/proc/{node.process.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def listen(fleet, said, awaited):
    """Until the fleet says that, or has ended: then its end is told later."""
    while not said or not said[-1].startswith(awaited):
        line = fleet.stderr.readline()
        if not line:
            return
        said.append(line)


def measure(words, path, vehicles, courses, rate=0.0):
    """One run on a fresh consortium, so that no run pays for the state of another."""
    with World(options=("heartbeat-s=10", *words.options)) as world:
        for gate in world.gates:
            gate.sections["ingress"] = {"hello-rate": 100000, "hello-burst": 1000}
            gate.sections["handshake"] = {"hellos": 2000}
        world.start()
        gate = world.gates[0]
        run("ip", "-n", world.street, "route", "add", "local", "10.78.128.0/17", "dev", "lo")
        admin = world.admin(gate.organisation)
        more = ["--gateway", gate.gate4, "--gateway-key", gate.own("handshake")["key"]] if path == "evidence" else []
        # In the vehicles' namespace; the nodes' addresses are reached through a wire to the hub.
        world.wire_street_to_hub()
        fleet = subprocess.Popen(
            ["ip", "netns", "exec", world.street, FLEET, "--genesis", world.genesis, "--certificate", f"{admin}/client.crt", "--key",
             f"{admin}/client.key", "--authority", f"{world.org(gate.organisation)}/org.key", "--node", node_key(gate), "--vehicles",
             str(vehicles), "--courses", str(courses), "--rate", str(rate), "--warm", str(words.warm), "--seconds", str(words.seconds),
             *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        world.processes.append(fleet)
        said = []
        listen(fleet, said, "fleet: measuring")
        heights = world.nodes[0].height()
        began = [cpu_seconds(node) for node in world.nodes]
        if words.profile:
            profile = subprocess.Popen([*words.profile.split(), ",".join(str(node.process.pid) for node in world.nodes)])
        listen(fleet, said, "fleet: measured")
        spent = [cpu_seconds(node) - before for node, before in zip(world.nodes, began)]
        if words.profile:
            profile.wait()
        out, err = fleet.communicate(timeout=600)
        if fleet.returncode:
            raise Trouble("".join(said) + err[-2000:])
        result = json.loads(out)
        result["stderr"] = err.splitlines()[-6:]
        result["blocks"] = world.nodes[0].height() - heights
        result["node_cpu_s"] = [round(one, 2) for one in spent]
        done = result["transactions_per_second"] * result["seconds"] / STEPS or 1
        result["node_cpu_ms_per_session"] = round(1e3 * sum(spent) / done, 3)
        result["vehicle_cpu_ms_per_session"] = round(1e3 * result["own_cpu"] * result["seconds"] / done, 3)
        result["charge"] = gate.own("charge")
        if words.verify:
            for node in world.nodes:
                node.stop()
            run(os.path.join(BUILD, "voltgate"), "ledger", "verify", world.nodes[3].ledger())
        return result


def tell(row):
    print(f"{row['path']:9} {'peak' if not row['rate'] else 'half load':9} {row['sessions_per_second']:7.1f} sessions/s "
          f"{row['transactions_per_second']:7.0f} tx/s   start p50 {row['start']['p50_ms']:6.1f} p99 {row['start']['p99_ms']:6.1f} ms   "
          f"any step p50 {row['step']['p50_ms']:6.1f} p99 {row['step']['p99_ms']:6.1f} ms   invalid {row['invalid']} refused "
          f"{row['refused']} again {row['again']}   {row['node_cpu_ms_per_session']:.2f} ms of CPU a session on all nodes, {row['vehicle_cpu_ms_per_session']:.2f} ms "
          f"on the vehicles' side, {row['blocks']} blocks", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", default=os.path.join(BUILD, "bench", "charging.json"))
    parser.add_argument("--vehicles", type=int, default=0)
    parser.add_argument("--courses", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--only", default="evidence,signed")
    parser.add_argument("--profile", default="", help="a command that is given the nodes' process ids while it is measured")
    parser.add_argument("--options", nargs="*", default=[], help="parameters of the channel, NAME=VALUE")
    parser.add_argument("--peak-only", action="store_true")
    words = parser.parse_args()
    skip_all(obstacle())
    words.seconds = words.seconds or (5 if words.quick else 15)
    words.warm = 2
    words.verify = not words.quick
    vehicles = words.vehicles or (192 if words.quick else 480)
    result = {"machine": platform.processor() or platform.machine(), "cpus": os.cpu_count(), "kernel": platform.release(),
              "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "runs": []}
    peaks = {}
    for path in words.only.split(","):
        courses = words.courses or int((words.seconds + words.warm) * (400 if path == "evidence" else 150) / vehicles) + 2
        peak = measure(words, path, vehicles, courses)
        result["runs"].append(peak)
        tell(peak)
        peaks[path] = peak["sessions_per_second"]
        if not words.peak_only:
            result["runs"].append(measure(words, path, vehicles, courses, rate=peaks[path] / 2))
            tell(result["runs"][-1])
    if len(peaks) == 2:
        result["ratio"] = peaks["evidence"] / peaks["signed"]
        half = next((row for row in result["runs"] if row["path"] == "evidence" and row["rate"]), None)
        print(f"evidence path over signed path: {result['ratio']:.2f} (goal 3)")
        costs = {row["path"]: row["node_cpu_ms_per_session"] for row in result["runs"] if not row["rate"]}
        result["cpu_ratio"] = costs["signed"] / costs["evidence"]
        print(f"CPU of the nodes for a session, signed path over evidence path: {result['cpu_ratio']:.2f}; where other programs share the "
              "processors, this is the one to look at")
        if half:
            print(f"packet to committed start at half load: p50 {half['start']['p50_ms']:.1f} ms (goal 100)")
    os.makedirs(os.path.dirname(words.out), exist_ok=True)
    with open(words.out, "w") as out:
        json.dump(result, out, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())

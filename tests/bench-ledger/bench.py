#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make bench-ledger: measures a consortium on loopback (TLS, fsync on) and holds it against the goals.

    bench.py [--quick] [--resume] [--only MEASURE,...] [--out FILE] [--folder FOLDER]

Raw numbers go to FILE (default build/bench/ledger.json), after every case; --resume keeps the cases that FILE has. A
missed goal is told, never an error; a case that fails is told, and the others go on.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import measures  # noqa: E402
from consortium import raise_limits  # noqa: E402
from program import BUILD, Trouble  # noqa: E402

MEASURES = ("cap", "throughput", "light", "dead_primary", "faulty", "catch_up", "snapshot", "state", "profile")


SECONDS = {True: {"cap": 1, "throughput": 25, "light": 16, "dead_primary": 12, "faulty": 40, "catch_up": 25, "snapshot": 4,
                  "state": 30, "profile": 12},
           False: {"cap": 1, "throughput": 700, "light": 30, "dead_primary": 40, "faulty": 70, "catch_up": 240,
                   "snapshot": 15, "state": 150, "profile": 25}}  # on a quiet machine of 2 cores


class Bench:
    def __init__(self, quick, folder, out):
        self.quick, self.base, self.out = quick, folder, out
        self.result = {"quick": quick, "machine": platform.processor() or platform.machine(), "cpus": os.cpu_count(),
                       "kernel": platform.release(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                       "settings": dict(measures.OPEN), "failed": []}
        self.kept = {}
        self.seconds, self.warm, self.runs = (3, 1, 1) if quick else (5, 2, 3)
        sizes = (4,) if quick else (4, 7, 10)
        payloads = (100,) if quick else (100, 1024)
        self.grid = [(n, kind, payload) for n in sizes for payload in payloads for kind in "oaAb"
                     if n == 4 or kind in "ob" or payload == 100]
        self.catch_up = ((2000, 1), (400, 200)) if quick else ((100000, 1), (1500, 200))
        self.states = (1000, 100000) if quick else (1000, 30000, 1000000)
        self.started = time.monotonic()

    def resume(self):
        """Takes over the cases that an earlier run of the same form finished."""
        try:
            with open(self.out) as text:
                before = json.load(text)
        except (OSError, ValueError):
            return
        if before.get("quick") != self.quick:
            return
        for rows in before.values():
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, dict) and "case" in row and "error" not in row:
                    self.kept[row["case"]] = row

    def case(self, measure, name, run):
        """One row of @measure: what run() gives, or an earlier run gave."""
        row = self.kept.get(name)
        if row:
            self.say(f"{name}: kept from before")
        else:
            self.say(name)
            started = time.monotonic()
            try:
                row = {"case": name, **run(), "case_s": round(time.monotonic() - started, 1)}
            except (Trouble, OSError, subprocess.SubprocessError, ValueError, LookupError) as trouble:
                self.say(f"    FAILED: {trouble}")
                self.result["failed"].append({"case": name, "error": str(trouble)})
                self.save()
                return
        self.result.setdefault(measure, []).append(row)
        self.save()

    def save(self):
        self.result["goals"] = [{"goal": text, "figure": figure, "limit": limit, "at_most": at_most}
                                for text, figure, limit, at_most in goals(self.result)]
        self.result["seconds"] = time.monotonic() - self.started
        with open(self.out + ".part", "w") as out:
            json.dump(self.result, out, indent=1)
        os.replace(self.out + ".part", self.out)

    def folder(self):
        return os.path.join(self.base, "consortium")

    def say(self, text):
        print(f"[{time.monotonic() - self.started:5.0f} s] {text}", flush=True)


def goals(result):
    """(text, figure, limit, at most) for each goal of the issue that was measured."""
    rows = []
    by = {(row["replicas"], row["kind"], row["payload"]): row for row in result.get("throughput") or []}
    verify = (result.get("cap") or {}).get("verify_us")
    if (4, "o", 100) in by:
        rows.append(("(o) transactions/s, 4 replicas", by[4, "o", 100]["per_second"], 41000, False))
        rows.append(("(o) p50 at saturation, ms", by[4, "o", 100]["p50_ms"], 40, True))
    for run in result.get("light") or []:
        if run["kind"] == "o":
            rows.append(("(o) p50 at light load, ms", run["p50_ms"], 5, True))
    for kind, name, signatures in (("a", "(a)", 1 + 2 / 256), ("A", "(a')", 3)):
        if (4, kind, 100) in by and verify:
            limit = result["cpus"] / (4 * signatures * verify * 1e-6)
            rows.append((f"{name} share of the Ed25519 cap of {limit:,.0f}/s, %",
                         by[4, kind, 100]["per_second"] / limit * 100, 50, False))
    if (4, "b", 100) in by:
        rows.append(("(b) transactions/s, 4 replicas (stretch 20,000)", by[4, "b", 100]["per_second"], 10000, False))
    if result.get("dead_primary"):
        rows.append(("dead primary, s without commits", statistics.median(run["gap_s"] for run in result["dead_primary"]), 1,
                     True))
    for row in result.get("faulty") or []:
        rows.append((f"{row['fault']}, % of peak", row["share"] * 100, 30, False))
    for row in result.get("catch_up") or []:
        if row["per_block"] > 1 and row["done"] and (4, "b", 100) in by:
            rows.append(("catching up, times the saturated rate of (b)", row["per_second"] / by[4, "b", 100]["per_second"], 3,
                         False))
    if len(result.get("state") or []) > 1:
        first, last = result["state"][0], result["state"][-1]
        rows.append((f"p50 at {last['keys']:,} keys / at {first['keys']:,}", last["p50_ms"] / first["p50_ms"], 1.25, True))
    return rows


def table(result):
    if result.get("throughput"):
        print("\nreplicas  kind  payload      tx/s   p50 ms   p99 ms  us CPU/tx/replica  MiB")
        for row in result["throughput"]:
            kind = {"A": "a'"}.get(row["kind"], row["kind"])
            print(f"{row['replicas']:8d}  {kind:4s}  {row['payload']:7d}  {row['per_second']:8,.0f}  {row['p50_ms']:7.1f}  "
                  f"{row['p99_ms']:7.1f}  {row['cpu_us_per_transaction_and_replica']:17.1f}  {row['rss_most_mib']:3.0f}")
    print()
    for text, figure, limit, at_most in goals(result):
        reached = figure <= limit if at_most else figure >= limit
        print(f"{'reached' if reached else 'MISSED ':7s}  {text}: {figure:,.2f} (goal {'at most' if at_most else 'at least'} "
              f"{limit:,})")


def main():
    parser = argparse.ArgumentParser(description="Measures the ledger.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--resume", action="store_true", help="keep the cases that FILE has")
    parser.add_argument("--only", default=",".join(MEASURES))
    parser.add_argument("--out", default=os.path.join(BUILD, "bench", "ledger.json"))
    parser.add_argument("--folder", help="where the nodes' folders are made (default: below the build folder)")
    args = parser.parse_args()
    raise_limits()
    os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=args.folder or BUILD) as folder:
        bench = Bench(args.quick, folder, args.out)
        if args.resume:
            bench.resume()
        names = args.only.split(",")
        bench.say(f"this takes about {max(1, round(sum(SECONDS[args.quick][name] for name in names) / 60))} minutes on two quiet "
                  f"cores{f', less for {len(bench.kept)} cases that are kept' if bench.kept else ''}")
        for name in names:
            getattr(measures, name)(bench)
        bench.save()
        table(bench.result)
        for failed in bench.result["failed"]:
            print(f"FAILED   {failed['case']}: {failed['error']}")
        print(f"\n{bench.result['seconds'] / 60:.1f} minutes; raw numbers: {args.out}")
        return 1 if bench.result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())

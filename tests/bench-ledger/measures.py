# SPDX-License-Identifier: GPL-2.0
"""The measures of the ledger's benchmark: each gets a bench and puts raw numbers into bench.result."""
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from consortium import BUILD, Consortium, Trouble

LOAD = os.path.join(BUILD, "tests/bench-ledger/load")
GROW = os.path.join(BUILD, "tests/bench-ledger/grow")
OPEN = (("open-requests", 1), ("evidence", 1), ("evidence-age-s", 3600), ("transaction-life-s", 3600))
KINDS = {"o": "(o) ordered only", "a": "(a) signed, endorsed in batches", "A": "(a') signed, endorsed singly",
         "b": "(b) verdicts, endorsed in batches"}
# Transactions made beforehand for a second of load: somewhat more than can be committed.
PER_SECOND = {"o": 90000, "a": 9000, "A": 4000, "b": 40000}
CLIENTS = 64  # whose requests are mixed; each costs a block that holds some of its requests a write of its window
INFLIGHT = {"o": 2400, "a": 1000, "A": 500, "b": 2000}
LAYERS = (  # by symbol, then by library: first match counts
    ("signatures", r"ge25519|ed25519|sc25519|fe25519|crypto_sign|ge_"),
    ("hashing", r"blake2b|sha256|sha512|siphash|shorthash|crc32c|generichash|merkle|ledger_hash|blake2s"),
    ("tls", r"libcrypto|libssl|aes|gcm|tls_pipe|ssl"),
    ("leveldb", r"libleveldb|leveldb|libsnappy|store_"),
    ("http2, grpc", r"nghttp2|grpc_|http2|protobuf|voltgate__v1|rpc_|hpack"),
    ("disk", r"ext4|jbd2|fdatasync|blk_|submit_bio|fsync|xfs|block_write|generic_perform_write|filemap|writeback|virtio|nvme"),
    ("sockets", r"tcp_|inet|sock|skb|net_rx|ip_|loopback|epoll|__dev_queue|ep_|sk_|lo_"),
    ("consensus", r"core_|pbft|message_|pool_|timers_|room_|votes?_|vc_|nv_"),
    ("channel, node", r"channel|parcel|requests?_|bodies|outbox|candidates?_|seat_|submit|stream_|service_|node_|peers?_"),
    ("execution, state", r"execute|overlay|state_|bucket|rwset|transaction|proposal|endorsement|evidence|outcome|block_|candidate|"
                         r"ledger_|reader_|writer_|verifier|membership"),
)


def run_load(words, beside=None, timeout=600):
    """Runs the loader; @beside(started) runs in a thread once measuring has begun."""
    ready = tempfile.mktemp(prefix="vg-bench-")
    process = subprocess.Popen([*words, "--ready", ready], stdout=subprocess.PIPE, text=True)
    try:
        if beside:
            while not os.path.exists(ready) and process.poll() is None:
                time.sleep(0.01)
            beside(time.monotonic())
        out, _ = process.communicate(timeout=timeout)
    finally:
        if process.poll() is None:
            process.kill()
        if os.path.exists(ready):
            os.unlink(ready)
    if process.returncode:
        raise Trouble("the loader failed")
    return json.loads(out)


def load(bench, group, kind, seconds=None, rate=0, payload=100, nodes=None, beside=None, warm=None, **options):
    seconds = seconds or bench.seconds
    warm = bench.warm if warm is None else warm
    count = int((rate or PER_SECOND[kind]) * (seconds + warm)) + 500
    options.setdefault("inflight", INFLIGHT[kind])
    options.setdefault("clients", CLIENTS)
    options.setdefault("batch", 1 if rate else min(100, max(1, options["inflight"] // 8)))
    words = group.load_words(LOAD, kind, nodes, payload=payload, count=count, seconds=seconds, warm=warm, rate=rate, **options)
    return run_load(words, beside)


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def usages(group):
    return [node.usage() for node in group.nodes if node.process]


def cpu_between(before, after):
    return sum(b["user_s"] + b["system_s"] - a["user_s"] - a["system_s"] for a, b in zip(before, after))


# --- throughput and latency ---

def saturate(bench, replicas, kind, payload, runs):
    """Medians of several runs on one consortium each, at saturation."""
    results = []
    with Consortium(bench.folder(), replicas, OPEN) as group:
        for _ in range(runs):
            before = {}

            def begin(_started):
                before["usage"] = usages(group)

            run = load(bench, group, kind, payload=payload, beside=begin)
            after = usages(group)
            run["nodes_cpu_s"] = cpu_between(before["usage"], after)
            run["rss_most_mib"] = max(usage["rss_most_mib"] for usage in after)
            results.append(run)
        heights = [node.channel()["height"] for node in group.nodes]
    return {"replicas": replicas, "kind": kind, "payload": payload, "runs": results, "heights": heights,
            "per_second": median(results, "per_second"), "p50_ms": median(results, "p50_ms"),
            "p99_ms": median(results, "p99_ms"), "rss_most_mib": max(run["rss_most_mib"] for run in results),
            "cpu_us_per_transaction_and_replica":
                statistics.median(run["nodes_cpu_s"] / max(1, run["committed"]) / replicas * 1e6 for run in results)}


def throughput(bench):
    table = []
    for replicas, kind, payload in bench.grid:
        bench.say(f"{replicas} replicas, {KINDS[kind]}, {payload} B")
        row = saturate(bench, replicas, kind, payload, bench.runs)
        bench.say(f"    {row['per_second']:,.0f}/s, p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms, "
                  f"{row['rss_most_mib']:.0f} MiB")
        table.append(row)
    bench.result["throughput"] = table


def light(bench):
    """Requests one by one, at a rate that leaves the machine nearly idle."""
    table = []
    with Consortium(bench.folder(), 4, OPEN) as group:
        for kind in "oab":
            run = load(bench, group, kind, rate=100, seconds=bench.seconds)
            table.append({"kind": kind, "rate": 100, **run})
            bench.say(f"light load, {KINDS[kind]}: p50 {run['p50_ms']:.2f} ms, p99 {run['p99_ms']:.2f} ms")
    bench.result["light"] = table


def cap(bench):
    """Ed25519 verifications a second of one core, and what that allows (FACTS: 2 / (replicas * signatures * time))."""
    done = subprocess.run([os.path.join(BUILD, "tests/bench-ledger/cap")], capture_output=True, text=True, check=True)
    bench.result["cap"] = json.loads(done.stdout)
    bench.say(f"Ed25519: verify {bench.result['cap']['verify_us']:.1f} us, sign {bench.result['cap']['sign_us']:.1f} us")


# --- trouble ---

def longest_gap(run, after=0.0):
    """Longest stretch without a commit from @after seconds on, by bins of 10 ms."""
    longest = current = 0
    for at, count in enumerate(run["bins_10ms"]):
        current = 0 if count or at * 0.01 < after else current + 1
        longest = max(longest, current)
    return longest * 0.01


def share(run, from_s, to_s):
    bins = run["bins_10ms"][int(from_s * 100):int(to_s * 100)]
    return sum(bins) / max(0.01, len(bins) * 0.01)


def dead_primary(bench):
    gaps = []
    for _ in range(bench.runs):
        with Consortium(bench.folder(), 4, OPEN) as group:
            primary = group.primary()
            others = [node for node in group.nodes if node is not primary]

            def kill(_started):
                time.sleep(2)
                primary.stop(signal.SIGKILL)

            run = load(bench, group, "o", seconds=7, nodes=others, beside=kill, inflight=1200)
            gaps.append({"gap_s": longest_gap(run, 1.5), "before_per_second": share(run, 0, 1.9),
                         "after_per_second": share(run, 4, 7), "lost": run["lost"], "outcomes": run["outcomes"]})
            bench.say(f"primary killed: {gaps[-1]['gap_s']:.2f} s without commits")
    bench.result["dead_primary"] = {"runs": gaps, "gap_s": statistics.median(gap["gap_s"] for gap in gaps)}


def faulty(bench):
    """Share of the peak that is left with one replica of four at fault."""
    table = []
    for name, of_primary in (("silent backup", False), ("silent primary", True)):
        with Consortium(bench.folder(), 4, OPEN) as group:
            victim = group.primary() if of_primary else [node for node in group.nodes if node is not group.primary()][0]
            others = [node for node in group.nodes if node is not victim]
            peak = load(bench, group, "o", nodes=others)
            victim.signal(signal.SIGSTOP)
            try:
                time.sleep(1.5)
                run = load(bench, group, "o", nodes=others, warm=bench.warm + 2)
            finally:
                victim.signal(signal.SIGCONT)
            table.append({"fault": name, "peak_per_second": peak["per_second"], "per_second": run["per_second"],
                          "share": run["per_second"] / peak["per_second"], "p99_ms": run["p99_ms"]})
            bench.say(f"{name}: {table[-1]['share'] * 100:.0f} % of {peak['per_second']:,.0f}/s")
    liar(bench, table)
    bench.result["faulty"] = table


def liar(bench, table):
    """A replica that votes for other things than it says, every second second (tools/demo/liar.c)."""
    program = os.path.join(BUILD, "demo/voltgated-liar")
    if not os.path.exists(program):
        bench.say(f"lying replica: {program} is not built; left out")
        return
    with Consortium(bench.folder(), 4, OPEN) as group:
        victim = [node for node in group.nodes if node is not group.primary()][0]
        others = [node for node in group.nodes if node is not victim]
        peak = load(bench, group, "o", nodes=others)
        victim.stop()
        victim.start(program)
        run = load(bench, group, "o", nodes=others, warm=bench.warm + 2)
    table.append({"fault": "lying backup", "peak_per_second": peak["per_second"], "per_second": run["per_second"],
                  "share": run["per_second"] / peak["per_second"], "p99_ms": run["p99_ms"]})
    bench.say(f"lying backup: {table[-1]['share'] * 100:.0f} % of {peak['per_second']:,.0f}/s")


# --- long chains and large states ---

def grow_words(group, out, kind="b", **options):
    words = [GROW, "--genesis", group.file("genesis"), "--out", out, "--kind", kind, "--authority",
             group.file("north/org.key"), "--endorser", group.nodes[0].path("node.key"), "--endorser",
             group.nodes[1].path("node.key")]
    for node in group.nodes:
        words += ["--node-key", node.path("node.key")]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    return words


def place(group, node, grown):
    """Gives a node a grown ledger instead of the one it joined with. It has no votes for it, so it only serves it."""
    home = node.path(f"state/ledger/channels/{group.id}")
    for name in ("blocks", "state"):
        shutil.rmtree(os.path.join(home, name))
        shutil.copytree(os.path.join(grown, name), os.path.join(home, name))


def prepared(bench, grown_nodes, **options):
    """A consortium whose first @grown_nodes nodes begin with a grown ledger; the others at the genesis."""
    def prepare(group):
        for node in group.nodes:
            node.start()
            node.ask("channel", "join", group.file("genesis"))
            node.stop()
        grown = group.file("grown")
        started = time.monotonic()
        subprocess.run(grow_words(group, grown, **options), check=True, stdout=subprocess.DEVNULL)
        bench.say(f"    ledger grown in {time.monotonic() - started:.0f} s")
        for node in group.nodes[:grown_nodes]:
            place(group, node, grown)
        shutil.rmtree(grown)
    return Consortium(bench.folder(), 4, OPEN, prepare)


def follow(late, goal, seconds_most):
    """Waits until the node has block @goal; its height and the seconds."""
    started = time.monotonic()
    height = late.channel()["height"]
    while height < goal and time.monotonic() - started < seconds_most:
        time.sleep(0.05)
        height = late.channel()["height"]
    return height, time.monotonic() - started


def catch_up(bench):
    """A node that has the genesis only: many small blocks, and fewer of the size that saturation makes."""
    table = []
    for blocks, per_block in bench.catch_up:
        bench.say(f"catching up {blocks:,} blocks of {per_block} transactions")
        with prepared(bench, 3, kind="b", blocks=blocks, per_block=per_block, clients=64) as group:
            goal, late = group.nodes[0].channel()["height"], group.nodes[3]
            first = late.channel()["height"]
            height, seconds = follow(late, goal, 600)
            usage = late.usage()
        table.append({"blocks": height - first, "per_block": per_block, "seconds": seconds, "done": height >= goal,
                      "blocks_per_second": (height - first) / seconds,
                      "per_second": (height - first) * per_block / seconds, "usage": usage})
        bench.say(f"    {table[-1]['blocks_per_second']:,.0f} blocks/s, {table[-1]['per_second']:,.0f} transactions/s, "
                  f"{usage['user_s'] + usage['system_s']:.1f} s of CPU")
    bench.result["catch_up"] = table


def state(bench):
    """Latency at a modest rate, from a thousand to a million keys; they are put by transactions of 500 writes."""
    table = []
    for keys in bench.states:
        with Consortium(bench.folder(), 4, OPEN) as group:
            writes = min(500, keys)
            words = group.load_words(LOAD, "b", payload=20, writes=writes, count=keys // writes, batch=1, inflight=32,
                                     warm=0, seconds=300, clients=16)
            filled = run_load(words)
            if filled["committed"] * writes < keys:
                raise Trouble(f"only {filled['committed'] * writes:,} of {keys:,} keys could be put")
            runs = [load(bench, group, "b", rate=500, batch=5) for _ in range(bench.runs)]
            rss = max(usage["rss_most_mib"] for usage in usages(group))
        table.append({"keys": keys, "p50_ms": median(runs, "p50_ms"), "p99_ms": median(runs, "p99_ms"),
                      "rss_most_mib": rss, "filled": filled, "runs": runs})
        bench.say(f"{keys:,} keys: p50 {table[-1]['p50_ms']:.1f} ms, p99 {table[-1]['p99_ms']:.1f} ms, {rss:.0f} MiB")
    bench.result["state"] = table


def snapshot(bench):
    """A state of many keys, exported and imported within one process."""
    with Consortium(bench.folder(), 4, OPEN, lambda group: None) as group:
        keys = bench.states[-1]
        done = subprocess.run(grow_words(group, group.file("grown"), payload=20, writes=500, per_block=20, clients=16,
                                         blocks=max(1, keys // 10000), snapshot=group.file("taken")),
                              check=True, capture_output=True, text=True)
    bench.result["snapshot"] = {"keys": keys, **json.loads(done.stdout.splitlines()[-1])}
    bench.say(f"snapshot of {keys:,} keys: {bench.result['snapshot']['seconds']:.2f} s, "
              f"{bench.result['snapshot']['bytes'] / 1e6:.0f} MB")


# --- where the time goes ---

def report_lines(data):
    """(share, library, symbol or address) of a profile."""
    done = subprocess.run(["perf", "report", "-i", data, "--no-children", "-g", "none", "--stdio", "-F",
                           "overhead,dso,sym"], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        found = re.match(r"\s*([\d.]+)%\s+(\S+)\s+(?:\[\S\]\s*)?(.*\S)", line)
        if found:
            yield float(found.group(1)), found.group(2), found.group(3)


def learn_pages(bench):
    """libsodium comes without symbols: which of its pages hash and which sign is seen in two runs that do only that."""
    pages = {}
    for what, layer in (("hash", "hashing"), ("sign", "signatures")):
        data = os.path.join(bench.base, "learn.data")
        subprocess.run(["perf", "record", "-q", "-F", "999", "-o", data, os.path.join(BUILD, "tests/bench-ledger/cap"), what],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        for part, library, symbol in report_lines(data):
            if library.startswith("libsodium") and symbol.startswith("0x") and part > 0.2:
                pages.setdefault(int(symbol, 16) >> 12, layer)
    return pages


def layer_of(library, symbol, pages):
    if library.startswith("libsodium") and symbol.startswith("0x"):
        return pages.get(int(symbol, 16) >> 12, "hashing")
    for name, pattern in LAYERS:
        if re.search(pattern, symbol) or re.search(pattern, library):
            return name
    if library.startswith("libc"):
        return "memory"
    return "kernel, rest" if "kernel" in library else "rest"


def profile(bench):
    if not shutil.which("perf"):
        bench.say("profile: perf is not installed (apt install linux-perf); left out")
        bench.result["profile"] = None
        return
    table, pages = [], learn_pages(bench)
    for kind in "ob":
        with Consortium(bench.folder(), 4, OPEN) as group:
            data = group.file("perf.data")
            pids = ",".join(str(node.process.pid) for node in group.nodes)

            def record(_started):
                subprocess.run(["perf", "record", "-q", "-F", "499", "-g", "-o", data, "-p", pids, "--", "sleep",
                                str(max(1, bench.seconds - 1))], stderr=subprocess.DEVNULL, check=False)

            run = load(bench, group, kind, beside=record)
            lines = list(report_lines(data))
        layers = {}
        for part, library, symbol in lines:
            name = layer_of(library, symbol, pages)
            layers[name] = layers.get(name, 0) + part
        table.append({"kind": kind, "per_second": run["per_second"], "layers": layers, "symbols": lines[:80]})
        ordered = sorted(layers.items(), key=lambda item: -item[1])
        bench.say(f"profile {KINDS[kind]}: " + ", ".join(f"{name} {part:.0f} %" for name, part in ordered))
    bench.result["profile"] = table


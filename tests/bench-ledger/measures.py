# SPDX-License-Identifier: GPL-2.0
"""The measures of the ledger's benchmark: each gets a bench, goes through its cases and puts raw numbers into
bench.result. A case that fails is told and left out; one that an earlier run finished is kept (bench.case())."""
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from consortium import Consortium
from program import BUILD, Trouble

LOAD = os.path.join(BUILD, "tests/bench-ledger/load")
GROW = os.path.join(BUILD, "tests/bench-ledger/grow")
OPEN = (("open-requests", 1), ("evidence", 1), ("evidence-age-s", 3600), ("transaction-life-s", 3600),
        ("batch-wait-us", 4000))  # half as many blocks as with 2,000 under load; a lone request does not wait
KINDS = {"o": "(o) ordered only", "a": "(a) signed, endorsed in batches", "A": "(a') signed, endorsed singly",
         "b": "(b) verdicts, endorsed in batches"}
# Transactions made beforehand for a second of load on four replicas: somewhat more than can be committed.
PER_SECOND = {"o": 110000, "a": 12000, "A": 5000, "b": 20000}
CLIENTS = 64  # whose requests are mixed; each costs a block that holds some of its requests a write of its window
INFLIGHT = {"o": 2400, "a": 1000, "A": 500, "b": 2000}
LAYERS = (  # by symbol, then by library: first match counts
    ("signatures", r"ge25519|ed25519|sc25519|fe25519|crypto_sign|ge_"),
    ("hashing", r"blake2b|sha256|sha512|siphash|shorthash|crc32c|generichash|merkle|ledger_hash|blake2s|lanes?_|proven_|way_"),
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


def load(bench, group, kind, seconds=None, rate=0, payload=100, nodes=None, beside=None, warm=None, expected=0, **options):
    """@expected: transactions a second, if that is known from a run before."""
    seconds = seconds or bench.seconds
    warm = bench.warm if warm is None else warm
    per_second = rate or (expected * 1.6 if expected else PER_SECOND[kind] * 4 / group.count)
    count = int(per_second * (seconds + warm)) + 500
    options.setdefault("inflight", INFLIGHT[kind] * 4 // group.count)
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

def saturate(bench, replicas, kind, payload):
    """Medians of several runs on one consortium, at saturation."""
    results = []
    with Consortium(bench.folder(), replicas, OPEN) as group:
        for _ in range(bench.runs):
            before = {}

            def begin(_started):
                before["usage"] = usages(group)

            run = load(bench, group, kind, payload=payload, beside=begin, expected=results[-1]["per_second"] if results else 0)
            after = usages(group)
            run["nodes_cpu_s"] = cpu_between(before["usage"], after)
            run["rss_most_mib"] = max(usage["rss_most_mib"] for usage in after)
            results.append(run)
        heights = [node.channel()["height"] for node in group.nodes]
    row = {"replicas": replicas, "kind": kind, "payload": payload, "runs": results, "heights": heights,
           "per_second": median(results, "per_second"), "p50_ms": median(results, "p50_ms"),
           "p99_ms": median(results, "p99_ms"), "rss_most_mib": max(run["rss_most_mib"] for run in results),
           "cpu_us_per_transaction_and_replica":
               statistics.median(run["nodes_cpu_s"] / max(1, run["committed"]) / replicas * 1e6 for run in results)}
    bench.say(f"    {row['per_second']:,.0f}/s, p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms, "
              f"{row['rss_most_mib']:.0f} MiB")
    return row


def throughput(bench):
    for replicas, kind, payload in bench.grid:
        bench.case("throughput", f"{replicas} replicas, {KINDS[kind]}, {payload} B",
                   lambda: saturate(bench, replicas, kind, payload))


def light(bench):
    """Requests one by one, at a rate that leaves the machine nearly idle."""
    def run(kind):
        with Consortium(bench.folder(), 4, OPEN) as group:
            row = {"kind": kind, "rate": 100, **load(bench, group, kind, rate=100)}
        bench.say(f"    p50 {row['p50_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms")
        return row

    for kind in "oab":
        bench.case("light", f"light load, {KINDS[kind]}", lambda: run(kind))


def cap(bench):
    """Ed25519 verifications a second of one core, and what that allows (2 / (replicas * signatures * time))."""
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


def kill_primary(bench):
    with Consortium(bench.folder(), 4, OPEN) as group:
        primary = group.primary()
        others = [node for node in group.nodes if node is not primary]

        def kill(_started):
            time.sleep(2)
            primary.stop(signal.SIGKILL)

        run = load(bench, group, "o", seconds=7, nodes=others, beside=kill, inflight=1200)
    row = {"gap_s": longest_gap(run, 1.5), "before_per_second": share(run, 0, 1.9), "after_per_second": share(run, 4, 7),
           "lost": run["lost"], "outcomes": run["outcomes"]}
    bench.say(f"    {row['gap_s']:.2f} s without commits")
    return row


def dead_primary(bench):
    for turn in range(bench.runs):
        bench.case("dead_primary", f"primary killed, {turn + 1}", lambda: kill_primary(bench))


def with_fault(bench, fault, of_primary, begin, end):
    """Share of the peak that is left with one replica of four at fault, from begin(victim) to end(victim)."""
    with Consortium(bench.folder(), 4, OPEN) as group:
        victim = group.primary() if of_primary else [node for node in group.nodes if node is not group.primary()][0]
        others = [node for node in group.nodes if node is not victim]
        peak = load(bench, group, "o", nodes=others)
        begin(victim)
        try:
            run = load(bench, group, "o", nodes=others, warm=bench.warm + 2, expected=peak["per_second"])
        finally:
            end(victim)
    row = {"fault": fault, "peak_per_second": peak["per_second"], "per_second": run["per_second"],
           "share": run["per_second"] / peak["per_second"], "p99_ms": run["p99_ms"]}
    bench.say(f"    {row['share'] * 100:.0f} % of {peak['per_second']:,.0f}/s")
    return row


def faulty(bench):
    """Silent ones are stopped; a liar votes for other things than it says, every second second (tools/demo/liar.c)."""
    liar = os.path.join(BUILD, "demo/voltgated-liar")

    def silence(victim):
        victim.signal(signal.SIGSTOP)
        time.sleep(1.5)

    def release(victim):
        victim.signal(signal.SIGCONT)

    def lie(victim):
        victim.stop()
        victim.start(liar)

    for fault, of_primary in (("silent backup", False), ("silent primary", True)):
        bench.case("faulty", fault, lambda: with_fault(bench, fault, of_primary, silence, release))
    if os.path.exists(liar):
        bench.case("faulty", "lying backup", lambda: with_fault(bench, "lying backup", False, lie, lambda victim: None))
    else:
        bench.say(f"lying replica: {liar} is not built; left out")


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


def caught_up(bench, blocks, per_block):
    with prepared(bench, 3, kind="b", blocks=blocks, per_block=per_block, clients=CLIENTS) as group:
        goal, late = group.nodes[0].channel()["height"], group.nodes[3]
        first = late.channel()["height"]
        height, seconds = follow(late, goal, 600)
        usage = late.usage()
    row = {"blocks": height - first, "per_block": per_block, "seconds": seconds, "done": height >= goal,
           "blocks_per_second": (height - first) / seconds, "per_second": (height - first) * per_block / seconds,
           "usage": usage}
    bench.say(f"    {row['blocks_per_second']:,.0f} blocks/s, {row['per_second']:,.0f} transactions/s, "
              f"{usage['user_s'] + usage['system_s']:.1f} s of CPU{'' if row['done'] else ', NOT to the end'}")
    return row


def catch_up(bench):
    """A node that has the genesis only: many small blocks, and fewer of the size that saturation makes."""
    for blocks, per_block in bench.catch_up:
        bench.case("catch_up", f"catching up {blocks:,} blocks of {per_block}", lambda: caught_up(bench, blocks, per_block))


def latency_at(bench, keys):
    """Latency at a modest rate with @keys in the state; they are put by transactions of 500 writes."""
    with Consortium(bench.folder(), 4, OPEN) as group:
        writes = min(500, keys)
        words = group.load_words(LOAD, "b", payload=20, writes=writes, count=keys // writes, batch=1, inflight=32,
                                 warm=0, seconds=300, clients=16)
        filled = run_load(words)
        put = filled["outcomes"].get("valid", 0) * writes
        if put < 0.99 * keys:
            raise Trouble(f"only {put:,} of {keys:,} keys could be put: {filled['outcomes']}")
        time.sleep(2)  # what LevelDB still sorts is not the blocks' to pay
        runs = [load(bench, group, "b", rate=500, batch=5) for _ in range(bench.runs)]
        rss = max(usage["rss_most_mib"] for usage in usages(group))
    row = {"keys": put, "p50_ms": median(runs, "p50_ms"), "p99_ms": median(runs, "p99_ms"), "rss_most_mib": rss,
           "filled": filled, "runs": runs}
    bench.say(f"    p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms, {rss:.0f} MiB")
    return row


def state(bench):
    for keys in bench.states:
        bench.case("state", f"latency at {keys:,} keys", lambda: latency_at(bench, keys))


def snapshot_of(bench, keys):
    """A state of many keys, exported and imported within one process."""
    with Consortium(bench.folder(), 4, OPEN, lambda group: None) as group:
        done = subprocess.run(grow_words(group, group.file("grown"), payload=20, writes=500, per_block=20, clients=16,
                                         blocks=max(1, keys // 10000), snapshot=group.file("taken")),
                              check=True, capture_output=True, text=True)
    row = {"keys": keys, **json.loads(done.stdout.splitlines()[-1])}
    bench.say(f"    {row['seconds']:.2f} s, {row['bytes'] / 1e6:.0f} MB")
    return row


def snapshot(bench):
    bench.case("snapshot", f"snapshot of {bench.states[-1]:,} keys", lambda: snapshot_of(bench, bench.states[-1]))


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


def profile_of(bench, kind, pages):
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
    ordered = sorted(layers.items(), key=lambda item: -item[1])
    bench.say("    " + ", ".join(f"{name} {part:.0f} %" for name, part in ordered))
    return {"kind": kind, "per_second": run["per_second"], "layers": layers, "symbols": lines[:80]}


def profile(bench):
    if not shutil.which("perf"):
        bench.say("profile: perf is not installed (apt install linux-perf); left out")
        return
    pages = learn_pages(bench)
    for kind in "ob":
        bench.case("profile", f"profile {KINDS[kind]}", lambda: profile_of(bench, kind, pages))

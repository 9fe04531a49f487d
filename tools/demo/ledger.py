#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make demo-ledger: four organisations run one ledger on this machine. One node is killed with -9, one lies about its
votes, and at the end every ledger is audited from its genesis. Says what happens as it happens; exit 0 if all went well."""
import collections
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools", "testbed"))
from cluster import Cluster, Load  # noqa: E402
from program import BUILD, VOLTGATE, Trouble, run, wait_for  # noqa: E402

LIAR = os.path.join(BUILD, "demo", "voltgated-liar")
STARTED = time.monotonic()


def say(text, *more):
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", *more, flush=True)


def chapter(text):
    print(f"\n== {text}", flush=True)


def table(cluster):
    for node in cluster.nodes:
        if not node.running():
            print(f"      {node.name} of {node.organisation}: not running")
            continue
        shown = node.ask("channel", "show", "power")[0]
        consensus = shown["consensus"]
        print(f"      {node.name} of {node.organisation}: block {shown['durable']}, head {shown['head'][:12]}, view {consensus['view']}, "
              f"primary {consensus['primary']}{', catching up' if shown['behind'] else ''}")


def pace(load, count, seconds):
    """Waits for so many more results and says how fast they came."""
    before, begun = len(load.results()), time.monotonic()
    wait_for(lambda: len(load.results()) >= before + count or load.process.poll() is not None, f"{count} more transactions", seconds)
    took = time.monotonic() - begun
    return (len(load.results()) - before) / took


def build(cluster):
    chapter("Four organisations make a consortium")
    for node in cluster.nodes:
        liar = " (this one will lie)" if node.program == LIAR else ""
        say(f"{node.organisation} runs {node.name} at {node.address}{liar}")
    say(f"the regulator signs the channel \"power\", id {cluster.channel_id()[:16]}...")
    cluster.start()
    say("four daemons are up, each with the genesis; every pair is linked by TLS 1.3 with certificates on both sides")
    cluster.client("alice", "acme")
    say("acme enrols its client alice: the first transaction, ordered by all")
    table(cluster)


def show_load(cluster, load):
    chapter("Load: alice puts values; each is endorsed by two organisations, ordered by four, and on disk before she is told")
    say(f"{pace(load, 150, 60):.0f} transactions a second, one command-line client")
    table(cluster)


def show_kill(cluster, load):
    chapter("A node is killed with kill -9, in the middle of it")
    victim = cluster.nodes[1]
    begun = time.monotonic()
    victim.kill(signal.SIGKILL)
    say(f"{victim.name} of {victim.organisation} is dead")
    rate = pace(load, 150, 60)
    say(f"the other three go on: {rate:.0f} transactions a second, the first 150 within {time.monotonic() - begun:.1f} s")
    table(cluster)
    victim.start()
    wait_for(lambda: victim.height() >= cluster.nodes[0].height() - 20, f"{victim.name} catches up")
    say(f"{victim.name} was started again, read its votes from its disk and caught up")
    table(cluster)


def show_liar(cluster, load):
    chapter("A node lies: it signs one vote for some and another for others")
    liar = next(node for node in cluster.nodes if node.program == LIAR)
    pace(load, 200, 60)
    said = [line for node in cluster.nodes if node is not liar for line in node.said().splitlines() if "Channel power" in line and
            ("two " in line.lower() or "lie" in line.lower() or "differ" in line.lower() or "misbehav" in line.lower() or "C24" in line)]
    say(f"{liar.name} of {liar.organisation} says of itself: " + next((line for line in reversed(liar.said().splitlines())
                                                                   if "lies told" in line), "nothing yet"))
    for line in list(dict.fromkeys(said))[:4]:
        print(f"      {line}")
    say("the others commit all the same: three of four agree, and a signed vote cannot be taken back")
    table(cluster)
    return bool(said)


def judge(cluster, load, count):
    chapter("What came of it")
    results = load.finish(120)
    fates = collections.Counter(one["outcome"] if one["committed"] else "not committed" for one in results)
    say(f"{len(results)} of {count} transactions answered: {dict(fates)}")
    took = sorted(one["took_us"] / 1000 for one in results)
    if took:
        say(f"latency of a transaction, endorsing included: half within {took[len(took) // 2]:.0f} ms, 99 % within "
            f"{took[len(took) * 99 // 100]:.0f} ms, all within {took[-1]:.0f} ms")
    honest = [node for node in cluster.nodes if node.program != LIAR]
    height = cluster.level(honest, seconds=40)
    say(f"the honest nodes stand at block {height} with the same head")
    for node in cluster.nodes:
        node.stop()
    good = len(results) == count and fates == {"valid": count}
    for node in cluster.nodes:
        answer = run(VOLTGATE, "ledger", "verify", node.ledger(), check=False)
        print("      " + f"{node.name}: " + (answer.stdout + answer.stderr).strip().replace("\n", "\n          "))
        good = good and answer.returncode == 0
    return good


def main():
    count = 1200
    try:
        with Cluster(4, programs={4: LIAR}) as cluster:
            build(cluster)
            load = Load(cluster, count, flight=24)
            show_load(cluster, load)
            show_kill(cluster, load)
            seen = show_liar(cluster, load)
            good = judge(cluster, load, count)
    except Trouble as trouble:
        say(f"it went wrong: {trouble}")
        return 1
    print()
    say("nothing acknowledged was lost, nothing is there twice, every ledger passes its audit" if good else "something is missing: see above")
    if not seen:
        say("but nobody noticed the liar")
    return 0 if good and seen else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The node's verbs and commands: what they say, what they refuse, and that no request harms the node; metrics by
Prometheus' rules; the log; joining, leaving, formats; a graceful stop. KTAP."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster, Load  # noqa: E402
from ktap import Points  # noqa: E402
from program import VOLTGATE, VOLTGATED, run, wait_for  # noqa: E402

VERBS = ["node-status", "channels", "channel-show", "channel-join", "channel-leave", "peers", "block-get", "block-list", "tx-get",
         "tx-submit", "state-get"]
BAD = [{}, {"channel": 7}, {"channel": None}, {"channel": "nowhere"}, {"channel": "power", "number": -1}, {"channel": "power", "number": "x"},
       {"channel": "power", "number": 99999999}, {"channel": "power", "number": 1.5}, {"channel": "power", "hash": "12"},
       {"channel": "power", "hash": "zz" * 32}, {"channel": "power", "hash": "00" * 32}, {"channel": "power", "transaction": "0"},
       {"channel": "power", "transaction": ""}, {"channel": "power", "transaction": "00" * 20000}, {"channel": "power", "transaction": "02ff"},
       {"channel": "power", "key": ""}, {"channel": "power", "key": "00" * 600}, {"channel": "power", "key": []}, {"genesis": "00"},
       {"genesis": "00" * 30000}, {"genesis": 5}, {"path": "relative"}, {"path": "/nonexistent"}, {"path": "/"}, {"path": "/dev/zero"},
       {"channel": "power", "count": 0}, {"channel": "power", "count": 5000}, {"channel": "power", "from": -5}, {"channel": "x" * 5000}]
NEVER_FAIL = {"node-status", "channels", "peers"}


def ask_raw(node, *requests):
    """Each request's answer lines, on one connection."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(10)
        wire.connect(node.socket)
        text = wire.makefile("rw")
        answers = []
        for request in requests:
            text.write(json.dumps(request) + "\n")
            text.flush()
            lines = []
            while not lines or not ({"end", "error"} & lines[-1].keys()):
                lines.append(json.loads(text.readline()))
            answers.append(lines)
        return answers


def bad_verbs(points, cluster):
    node, wrong, leavers = cluster.nodes[0], [], {"channel-leave"}
    for verb in VERBS:
        for request in BAD:
            if verb in leavers and request.get("channel") == "power" or verb in leavers and not request.get("channel"):
                continue
            if verb in ("channel-show", "block-list", "block-get", "state-get") and set(request) <= {"channel"} and request.get("channel") is None:
                continue
            answer = ask_raw(node, {"do": verb, **request})[0][-1]
            good = verb in NEVER_FAIL or "end" in answer or (answer.get("error", "").endswith(".") or len(answer.get("error", "")) > 10) and answer["errno"] > 0
            if not good:
                wrong.append((verb, str(request)[:80], answer))
    points.ok(not wrong, f"{len(VERBS)} verbs with {len(BAD)} wrong requests: an answer or a sentence with an errno", wrong)
    refused = [("block-get", {"channel": "power", "number": 99999999}, "holds"), ("tx-get", {"channel": "power", "hash": "00" * 32}, "hash"),
               ("channel-join", {"path": "relative"}, "absolute"), ("channel-join", {"genesis": "00"}, "genesis"),
               ("tx-submit", {"channel": "power", "transaction": "02ff"}, "malformed"), ("channel-show", {"channel": "nowhere"}, "channel list")]
    bad = [(verb, answer) for verb, request, word in refused
           for answer in ask_raw(node, {"do": verb, **request})[0][-1:] if word not in answer.get("error", "")]
    points.ok(not bad, "refusals say what is wrong", bad)
    answers = ask_raw(node, *[{"do": "node-status"}, {"do": "tx-submit", "channel": "power", "transaction": "ff"}, {"do": "channels"}])
    points.ok([sorted(answer[-1]) for answer in answers] == [["end"], ["errno", "error"], ["end"]], "requests on one connection keep their order", answers)
    points.ok(node.running() and node.answers(), "the node lives")


def commands(points, cluster):
    node = cluster.nodes[0]
    made = cluster.invoke("kv", "put", "word", "value")
    status = node.ask("node", "status")[0]
    points.ok(status["name"] == "n1" and status["organisation"] == "acme" and status["channels"] == 1, "node status", status)
    peers = node.ask("peer", "list")
    points.ok(sorted(peer["name"] for peer in peers) == ["n2", "n3", "n4"] and all(peer["channels"] == ["power"] for peer in peers), "peer list", peers)
    block = node.ask("block", "get", "power", str(made["block"]))
    points.ok(block[0]["number"] == made["block"] and block[1 + made["index"]]["proposal"] == made["proposal"], "block get", block)
    found = node.ask("tx", "get", "power", made["proposal"])[0]
    points.ok(found["outcome"] == "valid" and found["function"] == "put" and found["arguments"] == ["word", "value"] and
              len(found["endorsements"]) == 2, "tx get by the proposal's hash", found)
    points.ok(node.ask("tx", "get", "power", found["hash"])[0] == found, "and by the transaction's")
    state = ask_raw(node, {"do": "state-get", "channel": "power", "key": b"kkv\0word".hex(), "history": True})[0][0]
    points.ok(bytes.fromhex(state["value"]) == b"value" and state["history"][0]["block"] == made["block"], "state-get with history", state)
    for words in (["node", "status"], ["peer", "list"], ["channel", "list"], ["channel", "show", cluster.channel_id()[:8]], ["block", "list", "power"],
                  ["block", "get", "power", "0"], ["tx", "get", "power", found["hash"]]):
        answer = node.cli(*words)
        points.ok(answer.stdout.strip() and "{" not in answer.stdout, f"{' '.join(words)[:40]}: for people", answer.stdout)
    for words, code in ((["block", "get", "power", "99999"], 2), (["tx", "get", "power", "0" * 64], 2), (["channel", "show", "other"], 2),
                        (["channel", "join", cluster.genesis], 2), (["channel", "join", "/etc/hostname"], 2), (["channel", "leave", "x"], 2)):
        answer = node.cli(*words, check=False)
        points.ok(answer.returncode == code and answer.stderr.count("\n") == 1 and not answer.stdout, f"{' '.join(words)[:40]}...: exit {code}, one sentence",
                  answer.stderr)
    alone = run(VOLTGATE, "-S", node.socket, "-j", "status")
    points.ok(json.loads(alone.stdout)["gate"] is False, "voltgate status without a gate", alone.stdout)
    points.ok("no gate" in node.cli("status").stdout, "for people too")
    points.ok(node.cli("session", "list", check=False).returncode == 2, "the gate's commands are refused where there is none")


def follow(points, cluster):
    node = cluster.nodes[1]
    child = subprocess.Popen([VOLTGATE, "-S", node.socket, "-j", "block", "follow", "-c", "2"], stdout=subprocess.PIPE, text=True)
    seen = []
    while child.poll() is None and len(seen) < 40:
        seen.append(cluster.invoke("kv", "put", f"f{len(seen)}", "x")["block"])
    blocks = [json.loads(line) for line in child.communicate(timeout=20)[0].splitlines()]
    points.ok(len(blocks) == 2 and all(block["channel"] == "power" and block["transactions"] for block in blocks), "block follow shows blocks as they come",
              blocks)


def metrics_text(node):
    with urllib.request.urlopen(f"http://{node.host}:{node.metrics}/metrics", timeout=5) as page:
        return page.headers["Content-Type"], page.read().decode()


def metrics(points, cluster):
    kind, text = metrics_text(cluster.nodes[0])
    helps, types, wrong, labels = set(), {}, [], set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helps.add(line.split()[2])
        elif line.startswith("# TYPE "):
            types[line.split()[2]] = line.split()[3]
        else:
            match = re.fullmatch(r'(voltgate_[a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? (\d+)', line)
            if not match or match.group(1) not in helps or match.group(1) not in types:
                wrong.append(line)
                continue
            labels.update(re.findall(r"[{,]([a-z]+)=", match.group(2) or ""))
            if (types[match.group(1)] == "counter") != match.group(1).endswith("_total"):
                wrong.append(line)
            if re.search(r"_(ms|us|kb|mb|milliseconds|microseconds)(_total)?$", match.group(1)):
                wrong.append(line)
    points.ok(not wrong and len(types) > 30, f"{len(types)} metrics by Prometheus' rules: HELP, TYPE, base units, counters end in _total", wrong[:10])
    points.ok(labels == {"channel", "outcome", "version"}, "labels are bounded sets", labels)
    points.ok(kind.startswith("text/plain; version=0.0.4"), "content type", kind)
    valid = re.search(r'channel_transactions_total\{channel="power",outcome="valid"\} (\d+)', text)
    points.ok(valid and int(valid.group(1)) > 0, "committed transactions are counted")
    codes = []
    for path, method in (("/", "GET"), ("/metrics", "POST"), ("/metrics/../etc/passwd", "GET")):
        try:
            urllib.request.urlopen(urllib.request.Request(f"http://{cluster.nodes[0].host}:{cluster.nodes[0].metrics}{path}", method=method,
                                                          data=b"" if method == "POST" else None), timeout=5)
            codes.append(200)
        except urllib.error.HTTPError as error:
            codes.append(error.code)
    points.ok(all(code >= 400 for code in codes), "nothing else is served there", codes)


def log(points, cluster):
    node = cluster.nodes[0]
    path = os.path.join(node.folder, "events.json")
    with open(path) as text:
        lines = [json.loads(line) for line in text]
    blocks = [line for line in lines if line["event"] == "block"]
    points.ok(blocks and [line["number"] for line in blocks] == list(range(1, len(blocks) + 1)), "the log has each block once, in order", lines[:3])
    points.ok(all({"time", "channel", "id"} <= set(line) for line in lines), "each line says when and which channel")
    os.rename(path, path + ".1")
    node.process.send_signal(signal.SIGHUP)
    wait_for(lambda: os.path.exists(path), "a new log begins")
    points.ok(True, "SIGHUP begins a new file")


def leaving(points, cluster):
    node = cluster.nodes[3]
    height = cluster.level()
    node.cli("channel", "leave", "power")
    points.ok(node.ask("channel", "list") == [] and not os.path.exists(node.ledger()), "channel leave takes it out")
    points.ok(os.path.isdir(node.ledger().replace("/channels/", "/left/")), "its data is kept under left")
    wait_for(lambda: node.ask("peer", "list") == [], "it has no link to anybody")
    points.ok(cluster.invoke("kv", "put", "three", "3")["outcome"] == "valid", "the other three go on")
    node.join()
    points.ok(node.height() >= height, "joining again takes the data back")
    cluster.level()
    points.ok(True, "and it catches up")


def formats(points, cluster):
    node = cluster.nodes[3]
    node.stop()
    path = os.path.join(node.ledger(), "FORMAT")
    with open(path) as text:
        before = text.read()
    with open(path, "w") as text:
        text.write("voltgate ledger 9\n")
    node.start()
    stopped = node.ask("channel", "list")[0]["stopped"]
    points.ok("voltgate ledger 9" in stopped, "a ledger of another format is refused by name, and the node runs", stopped)
    node.stop()
    with open(path, "w") as text:
        text.write(before)
    top = os.path.join(node.folder, "state", "ledger", "FORMAT")
    with open(top, "w") as text:
        text.write("voltgate node 9\n")
    done = run(VOLTGATED, "-c", os.path.join(node.folder, "conf"), check=False, timeout=20)
    points.ok(done.returncode == 2 and "voltgate node 9" in done.stderr, "so is a folder of another format: exit 2", done.stderr)
    with open(top, "w") as text:
        text.write("voltgate node 1\n")
    for key, value in (("listen", "nowhere"), ("certificate", "/nonexistent"), ("metrics", "x"), ("key", node.certificate)):
        node.extra = {key: value}
        node.configure()
        done = run(VOLTGATED, "-c", os.path.join(node.folder, "conf"), check=False, timeout=20)
        points.ok(done.returncode == 2 and len(done.stderr.splitlines()[0]) > 20, f"[node] {key} = {value[:14]}: exit 2 and a sentence", done.stderr)
    node.extra = {}
    node.start()
    cluster.level()


def graceful(points, cluster):
    node = cluster.nodes[0]
    load = Load(cluster, 400, prefix="stop", options=["--node", "n1"])
    load.wait_done(50)
    code = node.stop()
    points.ok(code == 0, "SIGTERM under load: exit 0", code)
    results = load.finish()
    points.ok(len(results) == 400 and all(one["committed"] and one["outcome"] == "valid" for one in results), "its clients went to other nodes, nothing is lost",
              [one for one in results if not one["committed"]][:3])
    points.ok("Channel power" not in "".join(line for line in node.said().splitlines() if "damaged" in line), "nothing is damaged")
    node.start()
    cluster.level()
    points.ok(True, "and it comes back")


def ordinary(points, cluster):
    """Without a gate no privilege is needed."""
    with open(f"/proc/{cluster.nodes[0].process.pid}/status") as text:
        caps = re.search(r"CapEff:\s*([0-9a-f]+)", text.read()).group(1)
    points.ok(int(caps, 16) == 0, "a node without a gate keeps no capability", caps)


def main():
    points = Points()
    with Cluster(4) as cluster:
        cluster.start()
        cluster.client()
        for part in (bad_verbs, commands, follow, metrics, log, ordinary, leaving, formats, graceful):
            part(points, cluster)
    points.end()


if __name__ == "__main__":
    main()

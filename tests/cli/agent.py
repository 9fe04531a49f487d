#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate against a running voltgated (plain grade) between two network namespaces, with real packets."""
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed"), os.path.join(HERE, "..", "agent")]
from command import Answer, voltgate  # noqa: E402
from gateway import Gateway, Session, need, time64  # noqa: E402
from ktap import Points  # noqa: E402
from program import VOLTGATE, wait  # noqa: E402

points = Points()
ok = points.ok

BEACON, CHARGE_REQUEST = 16, 17


class Desk:
    """An administrator's terminal: voltgate at this gateway's socket."""

    def __init__(self, gate):
        self.gate = gate

    def __call__(self, *words, **more):
        return voltgate("-S", self.gate.control, *words, **more)

    def follow(self, words, act):
        """Runs a command that ends by its own -c, and acts again and again until it has."""
        running = subprocess.Popen([VOLTGATE, "-S", self.gate.control, *words], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 15
        while running.poll() is None and time.monotonic() < end:
            act()
            time.sleep(0.05)
        if running.poll() is None:
            running.kill()
        out, err = running.communicate()
        return Answer(words, subprocess.CompletedProcess(words, running.returncode, out, err))


def admit(desk, session, *more):
    return desk("-j", "session", "add", "id", f"{session.id:016x}", "key", "-", *more, stdin=session.key.hex() + "\n")


def counted(desk, reason):
    return desk("-j", "counters").objects()[-1]["packets"][reason]


def send_until(desk, gate, reason, make):
    """Sends packets until one more is counted as @reason."""
    before = counted(desk, reason)
    gate.packets.send(make())
    return wait(lambda: counted(desk, reason) == before + 1)


def check_status(desk):
    answer = desk("-j", "status")
    found = answer.objects()
    ok(answer.status == 0 and len(found) == 1 and found[0]["grade"] == "plain" and found[0]["agent"]["pid"] > 0
       and found[0]["interfaces"][0]["interface"] == "gw0", "status: gate, agent and interfaces in one object", answer)
    text = desk("status")
    ok(text.status == 0 and "gate        plain" in text.out and "gw0" in text.out, "status as text", text)


def check_sessions(desk, gate):
    first = Session(1)
    answer = admit(desk, first, "expires", "1h", "commitment", "22" * 32)
    ok(answer.status == 0 and answer.objects()[0]["id"] == f"{first.id:016x}", "session add, key from standard input", answer)
    ok(send_until(desk, gate, "accepted", lambda: first.vid(BEACON, b"here")), "its packets are accepted: the key arrived as it was")
    again = admit(desk, first)
    ok(again.status == 2 and again.sentence(), "the same id again is refused with a sentence", again)
    shown = desk("-j", "session", "show", f"{first.id:016x}")
    ok(shown.status == 0 and shown.objects()[0]["commitment"] == "22" * 32 and shown.objects()[0]["accepted"] == 1
       and shown.objects()[0]["head"] == 1 and "key" not in shown.objects()[0], "session show has all but the key", shown)
    left = shown.objects()[0]["expires"] - time64()
    ok(3500e6 < left <= 3600e6, "it expires in an hour")
    with tempfile.TemporaryDirectory(prefix="vg-cli-") as folder:
        check_key_files(desk, gate, folder)
    listed = desk("-j", "session", "list")
    ok(listed.status == 0 and len(listed.objects()) == 4, "session list has the four", listed)
    ok(desk("session", "list").out.count("expires") == 4, "as text too", "")
    return first


def check_key_files(desk, gate, folder):
    made, path = Session(2), os.path.join(folder, "made.key")
    answer = desk("session", "add", "key-out", path)
    made.id = int(answer.out.split()[1], 16) if answer.status == 0 else 0
    made.key = bytes.fromhex(open(path).read().strip())
    ok(answer.status == 0 and made.key.hex() not in answer.out and path in answer.out
       and stat.S_IMODE(os.stat(path).st_mode) == 0o600, "session add draws id and key, the key in a file of mode 0600", answer)
    ok(send_until(desk, gate, "accepted", lambda: made.vid(BEACON, b"")), "and that key is the session's")
    answer = desk("session", "add", "key-out", path)
    ok(answer.status == 2 and answer.sentence() and open(path).read().strip() == made.key.hex(),
       "a key file is never overwritten", answer)
    left = os.path.join(folder, "left.key")
    answer = desk("session", "add", "id", f"{made.id:016x}", "key-out", left)
    ok(answer.status == 2 and not os.path.exists(left), "a session that is refused leaves no key file", answer)
    raw = os.path.join(folder, "raw.key")
    with open(raw, "wb") as file:
        file.write(bytes(range(16)))
    ok(desk("session", "add", "id", "00000000000000aa", "key", raw).status == 0, "a raw key from a file", "")
    with open(raw, "rb") as file:
        answer = desk("session", "add", "id", "00000000000000ab", "key", f"fd:{file.fileno()}", pass_fds=[file.fileno()])
        ok(answer.status == 0, "a key from a file descriptor", answer)
    for bad in ("", "00", "zz" * 16, "00" * 17):
        answer = desk("session", "add", "key", "-", stdin=bad)
        ok(answer.status == 2 and answer.sentence() and (not bad or bad not in answer.err),
           f"a key of {len(bad)} characters that is none is refused and not repeated", answer)


def check_refusals(desk, gate, first):
    ok(send_until(desk, gate, "forged", lambda: first.vid(BEACON, b"x", forged=True)), "a forgery is counted")
    per_cpu = desk("-j", "-s", "counters").objects()
    sums = {reason: sum(one["packets"][reason] for one in per_cpu[:-1]) for reason in per_cpu[-1]["packets"]}
    ok(len(per_cpu) > 1 and all("cpu" in one for one in per_cpu[:-1]) and sums == per_cpu[-1]["packets"]
       and per_cpu[-1]["total"] == sum(sums.values()), "counters -s: the CPUs add up to the whole")
    text = desk("counters")
    ok("forged" in text.out and "total" in text.out and "replayed" not in text.out, "counters as text: only what happened", text)
    answer = desk("-j", "counters", "--watch", "-c", "2")
    ok(answer.status == 0 and len(answer.objects()) == 2, "counters --watch -c 2 ends after two", answer)
    answer = desk("revoke", f"{first.id:016x}")
    ok(answer.status == 0, "revoke", answer)
    ok(send_until(desk, gate, "revoked", lambda: first.vid(BEACON, b"")), "its packets are refused as revoked")
    for words in (["revoke", "00000000000000ff"], ["session", "remove", "00000000000000ff"], ["session", "show", "00000000000000ff"]):
        answer = desk(*words)
        ok(answer.status == 2 and answer.sentence(), f"{' '.join(words[:-1])} of no session is refused with a sentence", answer)
    ok(desk("session", "remove", "00000000000000aa").status == 0, "session remove", "")


def check_policy(desk, gate, other):
    before = desk("-j", "policy").objects()[0]
    ok(before["session-rate"] == 0 and before["under-load"] == 0, "policy shows settings of both rooms", before)
    ok(desk("policy", "set", "stale-us", "50000").status == 0, "policy set of a gate setting", "")
    ok(send_until(desk, gate, "stale", lambda: other.vid(BEACON, b"", generated=time64() - 100000)), "and it holds")
    desk("policy", "set", "stale-us", "2000000")
    ok(desk("policy", "set", "under-load", "1").status == 0
       and desk("-j", "policy", "show", "under-load").objects()[0]["value"] == 1, "policy set of an ingress setting", "")
    text = desk("policy", "show", "stale-us")
    ok("2000000" in text.out and "default" in text.out, "policy show of one setting", text)


def check_deny(desk, gate, other):
    ok(desk("deny", "add", "10.7.0.0/28").status == 0, "deny add", "")
    ok(send_until(desk, gate, "denied", lambda: other.vid(BEACON, b"")), "packets from there are denied")
    ok([one["prefix"] for one in desk("-j", "deny", "list").objects()] == ["10.7.0.0/28"], "deny list", "")
    ok(desk("deny", "remove", "10.7.0.0/28").status == 0, "deny remove", "")
    ok(send_until(desk, gate, "accepted", lambda: other.vid(BEACON, b"")), "and they are accepted again")
    answer = desk("deny", "remove", "10.7.0.0/28")
    ok(answer.status == 2 and answer.sentence(), "what is not denied cannot be removed", answer)


def check_events(desk, gate, other):
    forge = lambda: gate.packets.send(other.vid(BEACON, b"", forged=True))  # noqa: E731
    answer = desk.follow(["-j", "alarms", "-f", "-c", "1"], forge)
    ok(answer.status == 0 and answer.objects()[0]["event_type"] == "alarm" and answer.objects()[0]["reason"] in gate.counters()
       and answer.objects()[0]["sentence"].endswith("."), "alarms -f shows one as it comes, in the log's form", answer)
    answer = desk.follow(["alarms", "-f", "-c", "1"], forge)
    ok(answer.status == 0 and "Refused" in answer.out, "as text: a sentence", answer)
    forge()
    # A new aggregate each time round: the one before may have been closed by silence in between.
    opened = wait(lambda: (forge(), [one for one in desk("-j", "alarms").objects() if one["reason"] == "forged"])[1])
    ok(bool(opened) and opened[0]["state"] == "open" and opened[0]["session"] == f"{other.id:016x}"
       and opened[0]["src_ip"] == "10.7.0.2" and len(opened[0]["sample"]) == 2 * min(160, opened[0]["frame_len"]),
       "alarms shows the open aggregates", opened)
    ask = lambda: gate.packets.send(other.vid(CHARGE_REQUEST, b"7kWh please"))  # noqa: E731
    answer = desk.follow(["-j", "actions", "-f", "-c", "2"], ask)
    ok(answer.status == 0 and all(bytes.fromhex(one["payload"]) == b"7kWh please" and one["type"] == "charge-request"
                                  and one["session"] == f"{other.id:016x}" for one in answer.objects())
       and len(answer.objects()) == 2, "actions -f shows what the agent acts on", answer)
    answer = desk.follow(["-j", "verdicts", "-f", "-c", "3"], ask)
    ok(answer.status == 0 and len(answer.objects()) == 3 and all(len(one["digest"]) == 64 for one in answer.objects()),
       "verdicts -f shows records as they are stored", answer)
    answer = desk.follow(["verdicts", "-f", "-c", "1"], ask)
    ok(answer.status == 0 and "batch" in answer.out, "as text too", answer)


def check_evidence(desk, gate):
    key = desk("-j", "key").objects()[0]
    ok(key["attestor"] == desk("-j", "status").objects()[0]["attestor"] and key["epoch"] > 0, "key names the attestor", key)
    wait(lambda: desk("-j", "status").objects()[0]["pending_batches"] == 0)
    key = desk("-j", "key").objects()[0]
    answer = voltgate("-j", "verify", "--key", key["attestor"], "--head", key["head_hash"], gate.verdicts)
    ok(answer.status == 0 and answer.objects()[0]["records"] > 3, "verify of the agent's own log, its key and head pinned", answer)
    kinds = {one["kind"] for one in voltgate("-j", "verdicts", gate.verdicts).objects()}
    ok({"epoch", "session-add", "session-remove", "action"} <= kinds, "the log has the records of what was done", kinds)


def check_interfaces(desk, gate):
    gate.link("gw1", "car1", "10.8.0")
    answer = desk("-j", "attach", "gw1", "native")
    ok(answer.status == 0 and answer.objects()[0]["interface"] == "gw1" and answer.objects()[0]["mode"] == "native", "attach", answer)
    ok({one["interface"] for one in desk("-j", "status").objects()[0]["interfaces"]} == {"gw0", "gw1"}, "status shows both", "")
    for words in (["attach", "gw1"], ["attach", "gw9"], ["detach", "gw9"]):
        answer = desk(*words)
        ok(answer.status == 2 and answer.sentence(), f"{' '.join(words)}: refused with a sentence", answer)
    ok(desk("detach", "gw1").status == 0, "detach", "")


def check_rights(gate):
    if not shutil.which("setpriv"):
        ok(True, "without rights # SKIP needs setpriv; apt install util-linux")
        return
    copy = os.path.join(gate.dir, "voltgate")
    shutil.copy(VOLTGATE, copy)
    done = subprocess.run(["setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups", copy, "-S", gate.control,
                           "session", "list"], capture_output=True, text=True, timeout=30)
    ok(done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "group" in done.stderr,
       "a user without rights is refused and told what to run: " + done.stderr.strip())


def check_end(desk, gate):
    answer = desk("its", "reload")
    ok(answer.status == 2 and answer.sentence(), "its reload where ITS is off: refused with a sentence", answer)
    ok(desk("flush").status == 0 and not desk("-j", "session", "list").objects(), "flush leaves no session", "")
    running = subprocess.Popen([VOLTGATE, "-S", gate.control, "verdicts", "-f"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    wait(lambda: desk("-j", "status").objects()[0]["agent"]["peers"] >= 2)
    gate.stop()
    err = running.communicate(timeout=20)[1]
    ok(running.returncode == 3 and len(err.splitlines()) == 1, "a follower is told that the agent has gone: " + err.strip())
    answer = desk("status")
    ok(answer.status == 3 and answer.sentence(), "afterwards status says that nobody answers", answer)


def main():
    need(["voltgate", "voltgated", "voltgate.bpf.o"])
    gate = Gateway("cli")
    try:
        gate.start()
        if not ok(wait(lambda: "Ready:" in gate.said() or gate.agent.poll() is not None) and gate.agent.poll() is None,
                  "voltgated runs"):
            print("# " + gate.said().replace("\n", "\n# "))
            points.end()
        desk, other = Desk(gate), Session(9)
        check_status(desk)
        first = check_sessions(desk, gate)
        admit(desk, other)
        check_refusals(desk, gate, first)
        check_policy(desk, gate, other)
        check_deny(desk, gate, other)
        check_events(desk, gate, other)
        check_evidence(desk, gate)
        check_interfaces(desk, gate)
        check_rights(gate)
        check_end(desk, gate)
    finally:
        gate.close()
    points.end()


main()

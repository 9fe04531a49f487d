#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate verify --ledger: a verdict log that was cut off, forked or rewritten below an anchored head is found.
voltgate record: one record of it shown by itself."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from command import voltgate  # noqa: E402
from ktap import Points  # noqa: E402
from program import BUILD  # noqa: E402

MAKER = os.path.join(BUILD, "tests", "anchored_maker")


class Case:
    def __init__(self, folder):
        self.folder = folder
        done = subprocess.run([MAKER, folder], capture_output=True, text=True)
        if done.returncode:
            print(f"Bail out! anchored_maker: {done.stderr}")
            sys.exit(1)
        self.made = json.loads(done.stdout)

    def verify(self, log, ledger, *words):
        ledger_words = ["--ledger", os.path.join(self.folder, ledger)] if ledger else []
        return voltgate("-j", "verify", *ledger_words, *words, os.path.join(self.folder, log))


def fault_of(answer):
    return answer.objects()[0].get("first_fault", {}) if answer.status == 2 and answer.out else {}


def named(case, answer, word, epoch, number):
    fault = fault_of(answer)
    return (fault.get("fault") == word and fault.get("epoch") == case.made["epochs"][epoch]
            and fault.get("number") == number)


def check_good(points, case):
    answer = case.verify("good", "ledger")
    anchored = answer.objects()[0].get("anchored", {}) if answer.out else {}
    points.ok(answer.status == 0 and anchored.get("anchors") == 2 and anchored.get("met") == 2,
              "a whole log meets both anchors of the ledger", answer)
    points.ok("2 of the ledger's 2 chain heads" in voltgate(
        "verify", "--ledger", os.path.join(case.folder, "ledger"), os.path.join(case.folder, "good")).out, "as text too")
    answer = case.verify("good", "empty", "--key", case.made["key"])
    points.ok(answer.status == 0 and answer.objects()[0]["anchored"]["anchors"] == 0,
              "a ledger without anchors says nothing against it", answer)
    answer = case.verify("late", "ledger")
    points.ok(answer.status == 0 and answer.objects()[0]["from_start"] is False,
              "a log whose beginning was archived is not blamed for it", answer)


def check_faults(points, case):
    points.ok(case.verify("cut", None).status == 0, "a tail cut off at a batch cannot be seen in the log alone")
    answer = case.verify("cut", "ledger")
    points.ok(named(case, answer, "truncated", 1, 3) and "ends this epoch with batch 2" in answer.err,
              "truncated: the anchored batch is named, and where the log ends", answer)
    points.ok(answer.sentence(), "in one sentence", answer)
    points.ok(case.verify("rewritten", None, "--key", case.made["key"]).status == 0,
              "a rewritten history cannot be seen in the log alone")
    answer = case.verify("rewritten", "ledger")
    points.ok(named(case, answer, "forked", 1, 3) and fault_of(answer).get("file", "").endswith(".vgl")
              and answer.objects()[0]["batches"] == 8,
              "forked: the batch that the ledger anchors is another, good up to there", answer)
    points.ok(case.verify("epochless", "ledger").status == 0, "an epoch that the log has nothing of is not asked for")
    answer = case.verify("epochless", "ledger", "--key", case.made["key"])
    points.ok(named(case, answer, "truncated", 1, 3) and "nothing of this epoch" in answer.err,
              "unless --key names its attestor: truncated", answer)
    answer = case.verify("good", "forked")
    points.ok(named(case, answer, "forked", 1, 3) and "two heads" in answer.err,
              "an attestor that signed two chains is found with either log", answer)


def check_money(points, case):
    answer = voltgate("-j", "ledger", "verify", os.path.join(case.folder, "ledger"))
    shown = answer.objects()[0] if answer.out else {}
    points.ok(answer.status == 0 and shown.get("charging", {}).get("balances") == 0,
              "ledger verify judges the charging contract too", answer)
    answer = voltgate("-j", "ledger", "verify", os.path.join(case.folder, "minted"))
    shown = answer.objects()[0] if answer.out else {}
    points.ok(answer.status == 1 and shown.get("first_fault", {}).get("file") == "state" and "money of station" in answer.err
              and answer.sentence(), "money out of nothing, endorsed as it should be, is found and named", answer)


def check_ledger(points, case):
    blocks = os.path.join(case.folder, "ledger", "blocks")
    name = sorted(os.listdir(blocks))[0]
    with open(os.path.join(blocks, name), "r+b") as file:
        file.seek(3000)
        byte = file.read(1)[0]
        file.seek(3000)
        file.write(bytes([byte ^ 1]))
    answer = case.verify("good", "ledger")
    points.ok(answer.status == 2 and "no witness" in answer.err and answer.sentence(),
              "a damaged ledger is no witness, and says why", answer)
    answer = case.verify("good", "nowhere")
    points.ok(answer.status == 2 and "no witness" in answer.err, "nor is a folder without one", answer)
    answer = voltgate("verify", "--ledger")
    points.ok(answer.status == 1 and "needs a value" in answer.err, "a word without its value", answer)


def check_record(points, case):
    """One record of the log, shown by itself."""
    log, key = os.path.join(case.folder, "good"), case.made["key"]
    wrong = 0
    for number, count in ((0, 3), (1, 4), (4, 7)):
        for index in range(count):
            made = voltgate("-j", "record", "prove", f"{number}.{index}", "--epoch", str(case.made["epochs"][0]), log)
            shown = made.objects()[0] if made.out else {}
            answer = voltgate("-j", "record", "check", "-", "--key", key, stdin=shown.get("proof", ""))
            got = answer.objects()[0] if answer.out else {}
            wrong += not (answer.status == 0 and got.get("good") and got.get("number") == number
                          and got.get("index") == index and got.get("digest") == shown.get("digest"))
    points.ok(not wrong, "each record of three batches is proved and checked")
    text = voltgate("record", "prove", "4.1", log)
    points.ok(text.status == 0 and len(text.out.split()) == 1, "without --epoch the last epoch's; text is one line", text)
    answer = voltgate("record", "check", "-", "--key", key, stdin=text.out)
    points.ok(answer.status == 0 and "good: action" in answer.out and "batch 4.1" in answer.out, "checked as text", answer)
    answer = voltgate("record", "check", "-", stdin=text.out)
    points.ok(answer.status == 0 and "no key was given" in answer.out, "without a key it says so", answer)
    check_record_packet(points, case, text.out)
    passed = 0
    for at in range(0, len(text.out.strip()), 7):
        spoiled = text.out[:at] + ("1" if text.out[at] == "0" else "0") + text.out[at + 1:]
        passed += voltgate("record", "check", "-", "--key", key, stdin=spoiled).status == 0
    points.ok(not passed, "a digit changed anywhere: refused")
    answer = voltgate("record", "check", "-", "--key", "00" * 32, stdin=text.out)
    points.ok(answer.status == 2 and "another key" in answer.err and answer.sentence(), "another key: refused", answer)
    for words, sentence in ((("4.99",), "records"), (("9.0",), "no batch"), (("4",), "BATCH.INDEX"), ((), "which record")):
        answer = voltgate("record", "prove", *words, *([log] if words else []))
        points.ok(answer.status in (1, 2) and sentence in answer.err, f"record prove {' '.join(words)}: {sentence}", answer)
    for given in ("", "zz", "00", text.out.strip() + "00"):
        answer = voltgate("record", "check", "-", stdin=given)
        points.ok(answer.status == 2 and "no proof" in answer.err, f"{given[:4]!r} is no proof", answer)


def check_record_packet(points, case, proof):
    for packet, status in ((case.made["packet"], 0), (case.made["packet"] + "!", 2), ("", 2)):
        path = os.path.join(case.folder, "packet")
        with open(path, "w") as file:
            file.write(packet)
        answer = voltgate("record", "check", "-", "--packet", path, stdin=proof)
        points.ok(answer.status == status and (not status or "another packet" in answer.err),
                  f"the packet {packet!r}: {'admitted' if not status else 'refused'}", answer)


def main():
    points = Points()
    with tempfile.TemporaryDirectory(prefix="vg-cli-") as folder:
        case = Case(folder)
        check_good(points, case)
        check_faults(points, case)
        check_record(points, case)
        check_money(points, case)
        check_ledger(points, case)
    points.end()


main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate verify on logs with one fault each: what is wrong is named, and where."""
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

MAKER = os.path.join(BUILD, "tests", "log_maker")
A, B = 0, 1

# fault: (word, epoch, number of the batch that is named, index of the frame whose place is named)
FAULTS = {
    "record": ("bad-root", A, 2, 2),
    "salt": ("bad-root", A, 2, 2),
    "head": ("bad-signature", A, 2, 2),
    "signature": ("bad-signature", A, 2, 2),
    "reserved": ("malformed", A, 2, 2),
    "missing": ("missing", A, 2, 3),
    "missing-first": ("missing", B, 0, 6),
    "missing-end": ("bad-epoch", B, 0, 5),
    "reordered": ("reordered", A, 2, 3),
    "repeated": ("reordered", A, 2, None),
    "forked": ("forked", A, 2, 2),
    "resigned": ("unknown-attestor", A, 2, 2),
    "torn-bytes": ("damaged", A, 2, 2),
    "torn-tail": ("truncated", B, 4, 9),
}


def make(folder, fault):
    log = os.path.join(folder, fault)
    done = subprocess.run([MAKER, log, fault], capture_output=True, text=True, check=True)
    return log, json.loads(done.stdout)


def check_good(points, folder):
    log, made = make(folder, "good")
    answer = voltgate("-j", "verify", log)
    points.ok(answer.status == 0 and not answer.err, "a good log passes", answer)
    found = answer.objects()
    expected = {"good": True, "epochs": 2, "batches": 10, "records": made["records"], "plain": made["records"],
                "attested": 0, "test_clock": 0, "from_start": True, "pinned": False}
    points.ok(len(found) == 1 and all(found[0].get(name) == value for name, value in expected.items()),
              "its summary counts what is in it", f"{found}\nexpected {expected}")
    points.ok(sum(found[0]["kinds"].values()) == made["records"] and found[0]["kinds"]["epoch"] == 2,
              "kinds add up", found)
    points.ok(voltgate("verify", log).status == 0, "as text too")
    points.ok(voltgate("verify", "--key", made["key"], log).status == 0, "the right key pinned")
    with open(os.path.join(folder, "key"), "w") as file:
        file.write(made["key"] + "\n")
    points.ok(voltgate("verify", "--key", made["other"], "--key-file", os.path.join(folder, "key"), log).status == 0,
              "among other keys, from a file")
    answer = voltgate("-j", "verify", "--key", made["other"], log)
    fault = answer.objects()[0].get("first_fault", {})
    points.ok(answer.status == 2 and fault.get("fault") == "unknown-attestor" and fault.get("number") == 0,
              "another key pinned: refused at the first batch", answer)
    points.ok(voltgate("verify", "--head", made["head"], log).status == 0, "the head given is found")
    segment = voltgate("-j", "verify", os.path.join(log, "0000000001.vgl"))
    points.ok(segment.status == 0 and segment.objects()[0]["from_start"] is False and segment.objects()[0]["batches"] == 4,
              "one segment alone, said not to begin at the start", segment)


def check_fault(points, folder, fault):
    word, epoch, number, index = FAULTS[fault]
    log, made = make(folder, fault)
    answer = voltgate("-j", "verify", log)
    found = answer.objects()[0].get("first_fault", {}) if answer.status == 2 else {}
    points.ok(found.get("fault") == word and found.get("epoch") == made["epochs"][epoch] and found.get("number") == number,
              f"{fault}: named as {word}, batch {number} of epoch {'AB'[epoch]}", answer)
    if index is not None:
        place = next(frame for frame in made["frames"] if frame["index"] == index)
        points.ok(os.path.basename(found.get("file", "")) == place["file"] and found.get("offset") == place["offset"],
                  f"{fault}: file and offset are right", f"{found}\n{place}")
    text = voltgate("verify", log)
    points.ok(text.status == 2 and text.sentence() and word in text.err and f"batch {number} of epoch" in text.err,
              f"{fault}: one sentence says it", text)


def check_others(points, folder):
    log, made = make(folder, "lost-tail")
    points.ok(voltgate("verify", log).status == 0, "a tail cut off at a batch cannot be seen without its head")
    answer = voltgate("-j", "verify", "--head", made["head"], log)
    points.ok(answer.status == 2 and answer.objects()[0]["first_fault"]["fault"] == "truncated",
              "with --head it is found", answer)
    log, made = make(folder, "lost-segment")
    answer = voltgate("-j", "verify", log)
    points.ok(answer.status == 2 and answer.objects()[0]["first_fault"]["fault"] == "damaged" and "egment" in answer.err,
              "a missing segment is named", answer)
    log, made = make(folder, "late-start")
    answer = voltgate("-j", "verify", log)
    points.ok(answer.status == 0 and answer.objects()[0]["from_start"] is False, "a log without its start says so", answer)
    log, made = make(folder, "test-clock")
    answer = voltgate("-j", "verify", log)
    points.ok(answer.status == 0 and answer.objects()[0]["test_clock"] == 1, "a test clock is counted", answer)
    answer = voltgate("verify", os.path.join(folder, "nowhere"))
    points.ok(answer.status == 2 and answer.sentence(), "a log that is not there: one sentence", answer)
    answer = voltgate("verify", os.path.join(folder, "key"))
    points.ok(answer.status == 2 and answer.sentence(), "a file that is no log: one sentence", answer)


def check_verdicts(points, folder):
    log, made = make(folder, "good")
    answer = voltgate("-j", "verdicts", log)
    records = answer.objects()
    points.ok(answer.status == 0 and len(records) == made["records"], "verdicts shows every record", answer.err)
    first = records[0]
    points.ok(first["kind"] == "epoch" and first["epoch"] == made["epochs"][A] and first["number"] == 0
              and first["epoch_utc"].endswith("Z"), "with its fields", first)
    points.ok(len(voltgate("verdicts", log, "-c", "3").out.splitlines()) == 3, "-c ends after as many")


def main():
    points = Points()
    with tempfile.TemporaryDirectory(prefix="vg-cli-") as folder:
        check_good(points, folder)
        for fault in FAULTS:
            check_fault(points, folder, fault)
        check_others(points, folder)
        check_verdicts(points, folder)
    points.end()


main()

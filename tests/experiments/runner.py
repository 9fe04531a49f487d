#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The experiments' runner: ended in the middle it goes on to the same tables, and rows that are wrong are noticed, not used."""
import json
import os
import shutil
import signal
import sys
import tempfile

import results

from program import wait  # noqa: E402, isort: skip
from ktap import Points  # noqa: E402, isort: skip

NAME = "congestion"  # quick, and simulated: the same to the last digit each time


def path(folder, ending=".jsonl"):
    return os.path.join(folder, NAME + ending)


def lines(folder):
    try:
        with open(path(folder), encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def interrupted(points, folder):
    """Ctrl-C in the middle."""
    process = results.start("--quick", "--only", NAME, "--out", folder)
    wait(lambda: len(lines(folder)) > 6 or process.poll() is not None, 60)
    status, _, err = results.run("--quick", "--only", NAME, "--out", folder)
    points.ok(status == 1 and "another session is at work" in err or process.poll() is not None, "two sessions do not share a folder", err)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    runs = len(lines(folder)) - 1
    points.ok(process.returncode == 130 and 5 <= runs < 60, f"Ctrl-C ends it with 130, {runs} of 60 runs are kept")
    said = results.Page(results.text(folder, "index.html")).sections[NAME]["said"]
    points.ok(any(one.startswith(f"{runs} of 60 runs are done") for one in said), "the page says how many of its runs are done", said)


def torn(points, folder, whole):
    """A line half written: cut off and done again."""
    with open(path(folder), "r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 7)
    before = len(lines(folder)) - 2
    status, out, err = results.run("--quick", "--only", NAME, "--out", folder)
    points.ok(status == 0 and "torn" in out, "a torn last line is cut off, and it says so", out + err)
    points.ok(len(lines(folder)) == 61 and lines(folder)[1:before] == lines(whole)[1:before], "what was whole is kept, the rest is run")
    points.ok(all(results.text(folder, name) == results.text(whole, name) for name in os.listdir(whole) if name.endswith((".csv", ".svg"))),
              "tables and drawings equal those of a run at one go")


def nothing_again(points, folder):
    before = os.stat(path(folder)).st_mtime_ns, results.text(folder, NAME + ".csv")
    status, out, _ = results.run("--quick", "--only", NAME, "--out", folder)
    points.ok(status == 0 and before == (os.stat(path(folder)).st_mtime_ns, results.text(folder, NAME + ".csv")), "what is done is not run again", out)


def wrong_rows(points, whole):
    """Each is put in place of the store's fourth line."""
    row = json.loads(lines(whole)[3])
    wrongs = {"no JSON": "{\"point\": 50, ", "another arm": json.dumps(dict(row, arm="theirs")), "a missing key": json.dumps({"point": 50, "seed": 1}),
              "a measure that there is none of": json.dumps(dict(row, result={"joy": 1})), "a word for a number": json.dumps(dict(row, result={"worst": "1"})),
              "no number": json.dumps(dict(row, result={"worst": float("nan")})), "a negative seed": json.dumps(dict(row, seed=-1)),
              "a run twice": lines(whole)[1]}
    for name, line in wrongs.items():
        with tempfile.TemporaryDirectory(prefix="voltgate-rows-") as folder:
            every = lines(whole)
            every[3] = line
            with open(path(folder), "w", encoding="utf-8") as file:
                file.write("\n".join(every) + "\n")
            status, _, err = results.run("--quick", "--only", NAME, "--out", folder)
            points.ok(status == 1 and f"{NAME}.jsonl:4: " in err and lines(folder) == every, f"a wrong row ({name}) is named with its line and left alone", err)


def other_version(points, whole):
    with tempfile.TemporaryDirectory(prefix="voltgate-rows-") as folder:
        every = lines(whole)
        every[0] = json.dumps(dict(json.loads(every[0]), made="other"))
        with open(path(folder), "w", encoding="utf-8") as file:
            file.write("\n".join(every[:5]) + "\n")
        status, out, err = results.run("--quick", "--only", NAME, "--out", folder)
        points.ok(status == 0 and "another version" in out and len(lines(folder)) == 61 and os.path.exists(path(folder, ".jsonl.old")),
                  "rows of another version are set aside, not mixed in", out + err)


def others_alone(points, folder):
    """What a session is not asked to run, it does not touch."""
    other = os.path.join(folder, "dispatch.jsonl")
    with open(other, "w", encoding="utf-8") as file:
        file.write('{"experiment": "dispatch", "made": "other"}\n{"torn')
    before = results.text(folder, "dispatch.jsonl")
    status, _, err = results.run("--quick", "--only", NAME, "--out", folder)
    points.ok(status == 0 and results.text(folder, "dispatch.jsonl") == before and not os.path.exists(other + ".old"),
              "a session leaves the runs of experiments that it is not asked for alone", err)


def main():
    points = Points()
    with tempfile.TemporaryDirectory(prefix="voltgate-experiments-") as top:
        whole, broken = (os.path.join(top, name) for name in ("whole", "broken"))
        status, out, err = results.run("--quick", "--only", NAME, "--out", whole)
        points.ok(status == 0 and len(lines(whole)) == 61, "a run at one go ends with 0", out + err)
        interrupted(points, broken)
        torn(points, broken, whole)
        nothing_again(points, broken)
        wrong_rows(points, whole)
        other_version(points, whole)
        status, _, err = results.run("--only", "nothing", "--out", whole)
        points.ok(status == 1 and "there is no experiment \"nothing\"" in err, "an unknown name is refused, with those there are", err)
        shutil.rmtree(broken)
        status, _, err = results.run("--quick", "--only", "dispatch", "--out", whole)
        sections = list(results.Page(results.text(whole, "index.html")).sections)
        points.ok(status == 0 and sections == [NAME, "dispatch"], "a session of one experiment leaves the others on the page", err + str(sections))
        others_alone(points, whole)
    points.end()


if __name__ == "__main__":
    sys.exit(main())

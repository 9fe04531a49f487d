#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate doctor runs anywhere: as root, as nobody, without capabilities, with an interface that is not there."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from command import Answer, voltgate  # noqa: E402
from ktap import Points  # noqa: E402
from program import VOLTGATE  # noqa: E402

NOWHERE = "/nonexistent/control.sock"


def well_formed(answer):
    found = answer.objects()
    checks, last = found[:-1], found[-1]
    return (len(checks) >= 8 and not answer.err
            and all(set(one) <= {"check", "state", "text", "remedy"} and one["state"] in ("ok", "warn", "fail")
                    and one["text"] for one in checks)
            and all("remedy" in one for one in checks if one["state"] != "ok")
            and last["check"] == "grade" and last["grade"] in ("attested", "plain", "none")
            and last["warnings"] == sum(one["state"] == "warn" for one in checks)
            and last["failures"] == sum(one["state"] == "fail" for one in checks)
            and answer.status == (2 if last["grade"] == "none" else 0))


def states(answer):
    return {one["check"]: one["state"] for one in answer.objects()}


def check_here(points):
    answer = voltgate("-j", "-S", NOWHERE, "doctor", "lo")
    points.ok(well_formed(answer), "as we are: every check is an object, what is not ok has a remedy", answer)
    text = voltgate("-S", NOWHERE, "doctor", "lo")
    lines = text.out.splitlines()
    points.ok(text.status == answer.status and len(lines) == len(answer.objects()) + 1, "as text: one line a check", text)
    found = states(answer)
    points.ok(found["btf"] == ("ok" if os.access("/sys/kernel/btf/vmlinux", os.R_OK) else "fail"), "BTF is told right", found)
    points.ok(found["modules"] == ("ok" if os.path.exists("/proc/modules") else "warn"), "module support is told right", found)
    points.ok(found["agent"] == "warn", "an agent that is not there is told", found)
    missing = voltgate("-j", "-S", NOWHERE, "doctor", "vg-not-there")
    points.ok(well_formed(missing) and states(missing)["if vg-not-there"] == "fail", "an interface that is gone is told", missing)


def check_less(points):
    if os.geteuid() or not shutil.which("setpriv"):
        points.skip("with fewer rights", "needs root and setpriv (apt install util-linux)")
        return
    # A copy that any user may run, wherever the tree lies.
    with tempfile.TemporaryDirectory(prefix="vg-cli-") as folder:
        os.chmod(folder, 0o755)
        copy = shutil.copy(VOLTGATE, folder)
        words = ["-j", "-S", NOWHERE, "doctor", "lo"]
        run = lambda before: Answer(words, subprocess.run([*before, copy, *words], capture_output=True, text=True))  # noqa: E731
        nobody = run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"])
        points.ok(well_formed(nobody) and states(nobody)["privileges"] == "warn", "as nobody: told, and not refused", nobody)
        bare = run(["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"])
        points.ok(well_formed(bare) and states(bare)["privileges"] == "fail" and bare.status == 2,
                  "root without capabilities: the gate cannot run, and why", bare)
        again = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", copy, "session", "list"],
                               capture_output=True, text=True)
        points.ok(again.returncode in (2, 3) and len(again.stderr.splitlines()) == 1, "as nobody a command says what to run",
                  again.stderr)


def main():
    points = Points()
    check_here(points)
    check_less(points)
    points.end()


main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Areas as processes of an MPI job: agreement with the central optimum on published cases that are cut into areas, a
process that is killed, one that falls silent, words that are wrong."""
import json
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points, skip_all  # noqa: E402
from program import BUILD, TOP, VOLTGATE, wait  # noqa: E402

PROGRAM = os.path.join(BUILD, "voltgate-areas-mpi")
CASES = os.path.join(os.environ.get("SHARED", os.path.join(TOP, "..", "shared")), "data", "matpower")
PAPER = os.path.join(TOP, "agent", "sched", "cases", "paper36")
MAN = os.path.join(TOP, "tools", "areas", "voltgate-areas-mpi.1")
# Loopback and shared memory alone; more processes than processors; root of a container or a build machine.
ENV = {**os.environ, "OMPI_MCA_btl": "self,vader", "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
       "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_mpi_yield_when_idle": "1"}


def start(processes, *words):
    return subprocess.Popen(["mpirun", "-n", str(processes), PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env=ENV)


def areas(processes, *words):
    job = start(processes, "-j", *words)
    out, err = job.communicate(timeout=240)
    return job.returncode, json.loads(out) if out.strip() else {}, err


def brief(answer):
    return {key: value for key, value in answer.items() if key != "parts"}


def agrees(answer, count):
    return (answer and answer["areas"] == count == len(answer["parts"]) and abs(answer["gap"]) < 1e-4 and
            answer["mismatch_mw"] <= 1e-4 and answer["over_mw"] < 1e-3 and answer["rounds"] > 5 and answer["bytes"] > 0)


def processes_of(job):
    """The areas' processes, which mpirun started."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/comm") as comm:
                if int(stat.read().rsplit(")", 1)[1].split()[1]) == job.pid and comm.read().startswith("voltgate-areas"):
                    found.append(int(pid))
        except OSError:
            pass
    return sorted(found)


def lose(how, *words):
    """A job whose third process is killed or stopped once all are there: status, what was said."""
    job = start(3, "--periods", "24", *words, PAPER)
    found = wait(lambda: len(processes_of(job)) == 3 and processes_of(job), 30)
    if not found:
        job.kill()
        return 0, f"never three processes: {job.communicate()}"
    wait(lambda: all(int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[11]) > 15 for pid in found), 30)
    os.kill(found[-1], how)
    _, err = job.communicate(timeout=120)
    return job.returncode, err


def main():
    if not os.path.exists(PROGRAM):
        skip_all("voltgate-areas-mpi is not built: apt install libopenmpi-dev, then make")
    if not shutil.which("mpirun"):
        skip_all("there is no mpirun: apt install openmpi-bin")
    points = Points()
    for name, count, scale in (("case118", 4, "1"), ("case30", 3, "0.9"), ("case39", 5, "1")):
        case = os.path.join(CASES, name + ".m")
        if not os.path.exists(case):
            points.skip(name, "no $SHARED/data/matpower; set SHARED to the folder with the shared data")
            continue
        code, answer, err = areas(count, "--limits-scale", scale, case)
        if points.ok(not code and agrees(answer, count), f"{name} in {count} areas agrees with the central optimum",
                     f"{brief(answer)}\n{err[-800:]}"):
            points.note(brief(answer))
    code, answer, err = areas(3, "--periods", "4", "--limits-scale", "0.6", PAPER)
    points.ok(not code and agrees(answer, 3), "the paper's three areas are taken as they are", f"{brief(answer)}\n{err[-800:]}")
    done = subprocess.run([VOLTGATE, "-j", "plan", "areas", "--periods", "4", "--limits-scale", "0.6", PAPER],
                          capture_output=True, text=True, timeout=120)
    points.ok(answer and abs(answer["cost"] - json.loads(done.stdout)["cost"]) < 1e-6 * answer["cost"],
              "and cost what they do over sockets", done.stdout[:200])
    code, answer, err = areas(2, "--apart", "--periods", "2", PAPER)
    points.ok(not code and answer.get("areas") == 2 and "gap" not in answer, "--apart: another number of areas, nothing to compare with", err)
    code, err = lose(signal.SIGKILL)
    points.ok(code and "signal 9" in err and "there is no plan" in err, "a process that is killed ends the job, with a sentence",
              f"{code}\n{err}")
    code, err = lose(signal.SIGSTOP, "--patience", "2")
    points.ok(code == 2 and "is lost: there is no plan" in err, "and so does one that falls silent", f"{code}\n{err}")
    code, answer, err = areas(2, "--fast", PAPER)
    points.ok(code == 1 and err.count("voltgate: ") == 1 and not answer, "a wrong word is told once", err)
    code, answer, err = areas(2, "--secure", PAPER)
    points.ok(code == 1 and err.count("no N-1") == 1, "N-1 over areas is refused with a sentence, once", err)
    code, answer, err = areas(2, "/nonexistent.m")
    points.ok(code == 2 and "nonexistent" in err and err.count("voltgate: ") == 1, "no such case: told once", err)
    told = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True).stdout
    with open(MAN) as file, open(os.path.join(TOP, "tools", "areas", "voltgate-areas-mpi.bash-completion")) as other:
        man, completion = file.read().replace("Fl -", "Fl --"), other.read()
    options = {word.strip("[]") for word in told.split() if word.startswith("[-")} - {"-j"}
    points.ok(len(options) > 4 and all(option in man and option in completion for option in options),
              "help, manual page and completion have the same options", options)
    points.end()


if __name__ == "__main__":
    main()

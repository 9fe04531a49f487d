# SPDX-License-Identifier: GPL-2.0
"""KTAP and the ways in which these tests call voltgate."""
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("B", "build"))
VOLTGATE = os.path.join(BUILD, "voltgate")
SANITIZED = os.path.join(BUILD, "tests", "voltgate")  # the same with sanitizers; a finding is an exit status of its own


class Ktap:
    def __init__(self):
        self.done = self.failed = self.skipped = 0
        print("KTAP version 1", flush=True)

    def ok(self, passed, name, why=""):
        self.done += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.done} {name}", flush=True)
        if not passed and why:
            for line in str(why).splitlines()[:30]:
                print(f"# {line}", flush=True)
        return bool(passed)

    def skip(self, name, why):
        self.done += 1
        self.skipped += 1
        print(f"ok {self.done} {name} # SKIP {why}", flush=True)

    def end(self):
        print(f"1..{self.done}")
        sys.exit(1 if self.failed else 4 if self.done and self.skipped == self.done else 0)


class Answer:
    """What one run of the program left: status, lines of both outputs, JSON objects."""

    def __init__(self, words, done):
        self.words, self.status = words, done.returncode
        self.out, self.err = done.stdout, done.stderr

    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def sentence(self):
        """True if standard error holds exactly one sentence of ours."""
        lines = self.err.splitlines()
        return len(lines) == 1 and lines[0].startswith("voltgate: ") and lines[0].endswith(".") and len(lines[0]) > 20

    def __str__(self):
        return f"voltgate {' '.join(self.words)}\nstatus {self.status}\n{self.out}{self.err}"


def voltgate(*words, stdin="", timeout=60, before=(), env=None, pass_fds=()):
    program = SANITIZED if os.path.exists(SANITIZED) else VOLTGATE
    done = subprocess.run([*before, program, *words], input=stdin, capture_output=True, text=True, timeout=timeout,
                          env=env, pass_fds=pass_fds)
    return Answer(words, done)

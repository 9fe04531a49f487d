# SPDX-License-Identifier: GPL-2.0
"""The program voltgate as these tests call it, and what it answered."""
import json
import os
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "testbed"))
from program import BUILD, VOLTGATE  # noqa: E402

SANITIZED = os.path.join(BUILD, "tests", "voltgate")  # the same with sanitizers; a finding is an exit status of its own


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

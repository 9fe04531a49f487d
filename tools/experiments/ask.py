# SPDX-License-Identifier: GPL-2.0
"""The program voltgate asked by experiments: words in, its JSON and the time it took out."""
import json
import os
import subprocess
import time

from experiment import Trouble
from program import VOLTGATE

DEADLINE = 600  # seconds for one call; far more than any takes, so that a hang ends


def ask(*words, codes=(0,)):
    """(what `voltgate -j WORDS` printed, seconds from its start to its end). An exit code outside @codes is Trouble."""
    if not os.access(VOLTGATE, os.X_OK):
        raise Trouble(f"{VOLTGATE} is not there: run make all first, and name its folder in B")
    begun = time.monotonic()
    try:
        done = subprocess.run([VOLTGATE, "-j", *words], capture_output=True, text=True, timeout=DEADLINE, check=False)
    except subprocess.TimeoutExpired:
        raise Trouble(f"voltgate {' '.join(words)} did not end in {DEADLINE} s") from None
    took = time.monotonic() - begun
    if done.returncode not in codes:
        last = (done.stderr.strip().splitlines() or ["nothing on standard error"])[-1]
        raise Trouble(f"voltgate {' '.join(words)} ended with {done.returncode}: {last}")
    try:
        return json.loads(done.stdout), took
    except ValueError:
        raise Trouble(f"voltgate {' '.join(words)} did not print JSON") from None

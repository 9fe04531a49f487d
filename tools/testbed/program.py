# SPDX-License-Identifier: GPL-2.0
"""The programs of this tree, as the demos and the tests run them: where they are built, one run to its end, ports to give
them, and waiting for what they do, which is always for a condition with a deadline and never for time."""
import os
import socket
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("B", "build"))
VOLTGATE = os.path.join(BUILD, "voltgate")
VOLTGATED = os.path.join(BUILD, "voltgated")
PATIENCE = 20  # seconds, for what should come at once


class Trouble(Exception):
    pass


def run(*words, check=True, **more):
    """A command run to its end, outputs as text; Trouble with what it said if it fails and @check."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=more.pop("timeout", 60), **more)
    if check and done.returncode:
        raise Trouble(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait(condition, seconds=10):
    """The first true value of condition(), or its last when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.03)


def wait_for(condition, what, seconds=PATIENCE):
    """The first true value of condition(); Trouble when the time is up."""
    value = wait(condition, seconds)
    if not value:
        raise Trouble(f"after {seconds} s still not: {what}")
    return value


def free_ports(count):
    """Ports of loopback that nobody has now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The relay that carries a control socket out of a virtual machine: bytes both ways, ends one after the other, many at once."""
import os
import socket
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import BUILD, free_ports, run, wait_for  # noqa: E402

RELAY = os.path.join(BUILD, "demo", "voltgate-relay")
SIZES = (0, 1, 100, 70000, 3000000) * 4


def read_all(one):
    got = b""
    while True:
        some = one.recv(65536)
        if not some:
            return got
        got += some


def echo(listener):
    """Each connection gets back what it sent, once it has said its last."""
    def answer(one):
        with one:
            one.sendall(read_all(one))
    while True:
        try:
            one = listener.accept()[0]
        except OSError:
            return
        threading.Thread(target=answer, args=(one,), daemon=True).start()


def ask(path, sent):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(60)
        one.connect(path)

        def say():
            one.sendall(sent)
            one.shutdown(socket.SHUT_WR)
        saying = threading.Thread(target=say)
        saying.start()
        got = read_all(one)
        saying.join()
        return got


def all_at_once(path):
    right = []

    def one(size):
        sent = os.urandom(size)
        right.append(ask(path, sent) == sent)
    threads = [threading.Thread(target=one, args=(size,)) for size in SIZES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return right


def answers(path):
    try:
        return ask(path, b"x") == b"x"
    except OSError:
        return False


def main():
    points = Points()
    with tempfile.TemporaryDirectory() as folder:
        inner, outer, port = os.path.join(folder, "inner"), os.path.join(folder, "outer"), free_ports(1)[0]
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(inner)
        listener.listen(64)
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        pair = [subprocess.Popen([RELAY, f"tcp:127.0.0.1:{port}", f"unix:{inner}"]), subprocess.Popen([RELAY, f"unix:{outer}", f"tcp:127.0.0.1:{port}"])]
        try:
            wait_for(lambda: answers(outer), "two relays carry a byte")
            right = all_at_once(outer)
            points.ok(len(right) == len(SIZES) and all(right), f"{len(SIZES)} connections of up to {max(SIZES)} bytes come back whole", str(right))
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            os.unlink(inner)
            points.ok(not answers(outer), "where nobody listens a connection ends")
            files = [wait_for(lambda one=one: len(os.listdir(f"/proc/{one.pid}/fd")) <= 9, "its descriptors are given back") for one in pair]
            points.ok(all(files) and all(one.poll() is None for one in pair), "both relays go on, and hold no connection")
        finally:
            for one in pair:
                one.kill()
                one.wait(10)
        done = run(RELAY, "unix:" + "x" * 200, "tcp:1", check=False)
        points.ok(done.returncode == 1 and "usage" in done.stderr, "wrong words are refused", done.stderr)
    points.end()


main()

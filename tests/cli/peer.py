#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate against something at the socket that is no voltgated: whatever it answers, one sentence and the right status."""
import json
import os
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..")]
from command import voltgate  # noqa: E402
from ktap import Points  # noqa: E402

END = b'{"end":true}\n'
STATUS = json.dumps({"grade": "plain", "version": "0.1.0", "epoch": 1, "attestor": "00" * 32, "next_number": 1,
                     "head_hash": "00" * 32, "acknowledged": 0, "pending_batches": 0, "open_records": 0, "sessions": 0,
                     "session_bytes": 320, "alarm_entries": 0, "test_clock": False, "time": 1}).encode() + b"\n"
DEEP = b"[" * 30000 + b"]" * 30000

# name, words, bytes it answers, status
CASES = [
    ("nothing", ["key"], b"", 3),
    ("half a line", ["key"], b'{"grade":"pl', 3),
    ("no JSON", ["key"], b"220 mail ready\n", 3),
    ("no object", ["key"], b"[1,2]\n", 3),
    ("deep nesting", ["key"], DEEP + b"\n", 3),
    ("an endless line", ["key"], b"x" * 200000, 3),
    ("a line one too long", ["key"], b'{"a":"' + b"y" * 65536 + b'"}\n', 3),
    ("a NUL", ["key"], b'{"a":"\x00"}\n', 3),
    ("one key twice", ["key"], b'{"a":1,"a":2}\n', 3),
    ("an end without an object", ["key"], END, 3),
    ("an object without its fields", ["key"], b'{"grade":"plain"}\n' + END, 2),
    ("a field of the wrong type", ["key"], STATUS.replace(b'"epoch": 1', b'"epoch": "soon"') + END, 2),
    ("a refusal", ["key"], b'{"error":"The gate is shut.","errno":1}\n', 2),
    ("a refusal, unasked and closed", ["key"], b'{"error":"You are not of the group.","errno":13}\n', 2),
    ("a refusal in many lines", ["key"], b'{"error":"one\\ntwo\\u001b[31mthree","errno":22}\n', 2),
    ("a refusal without a reason", ["key"], b'{"error":7}\n', 2),
    ("a refusal with a strange number", ["key"], b'{"error":"It is early.","errno":99999999999}\n', 2),
    ("an error number of 0", ["session", "list"], b'{"error":"It is late.","errno":0}\n', 2),
    ("a good answer", ["key"], STATUS + END, 0),
    ("counters that are none", ["counters"], b'{"packets":5}\n' + END, 2),
    ("counters beyond 64 bits", ["counters"], b'{"packets":{"accepted":"99999999999999999999"}}\n' + END, 2),
    ("a session without an id", ["session", "list"], b"{}\n" + END, 2),
    ("a session with a key", ["session", "list"], b'{"id":"0123456789abcdef","key":"' + b"00" * 16 + b'"}\n' + END, 2),
    ("an alarm with a sample too long", ["alarms"], b'{"state":"new","reason":"forged","count":1,"first":1,"last":1,'
     b'"ifindex":1,"frame_len":60,"sample":"' + b"00" * 161 + b'"}\n' + END, 2),
    ("an entry that is no prefix", ["deny"], b'{"prefix":"' + b"1" * 60000 + b'"}\n' + END, 2),
    ("a policy out of range", ["policy"], b'{"stale-us":-5}\n' + END, 2),
    ("a follow that ends", ["alarms", "-f"], b"", 3),
    ("a follow that is refused", ["verdicts", "-f"], b'{"error":"You may not follow.","errno":13}\n', 2),
    ("events of any form", ["actions", "-f", "-c", "2"], b'{"a":[]}\n{"payload":5,"sequence":"x"}\n', 0),
]


class Peer:
    """Answers one connection with fixed bytes, whatever it is asked."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "control.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)

    def serve(self, answer, read_first):
        """Each connection of one run gets the answer: the command may ask more than one."""
        def work():
            while not self.ended:
                try:
                    peer, _ = self.listener.accept()
                except socket.timeout:
                    continue
                with peer:
                    try:
                        if read_first:
                            peer.recv(65536)
                        peer.sendall(answer)
                    except OSError:
                        pass
        self.ended = False
        self.listener.settimeout(0.05)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def stop(self, thread):
        self.ended = True
        thread.join()


def main():
    points = Points()
    with tempfile.TemporaryDirectory(prefix="vg-cli-") as folder:
        peer = Peer(folder)
        for name, words, answer, status in CASES:
            # One that closes without reading must not take its answer with it.
            thread = peer.serve(answer, read_first=not name.startswith("a refusal, "))
            got = voltgate("-S", peer.path, *words, timeout=30)
            peer.stop(thread)
            points.ok(got.status == status and (got.sentence() if status else not got.err) and "\x1b" not in got.err,
                      f"{name}: status {status}", got)
        peer.listener.close()
        got = voltgate("-S", peer.path, "key")
        points.ok(got.status == 3 and got.sentence(), "a socket that nobody listens to any more", got)
    points.end()


main()

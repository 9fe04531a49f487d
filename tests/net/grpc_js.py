#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""agent/net against npm's @grpc/grpc-js, in both directions, over TLS. KTAP."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
import npm  # noqa: E402
from ktap import Points, skip_all  # noqa: E402
from program import BUILD, TOP  # noqa: E402

SCRIPT = os.path.join(TOP, "tests/net/grpc_js.js")
PROTO = os.path.join(TOP, "agent/node/voltgate.proto")
CLIENT_CHECKS, SERVER_CHECKS = 19, 5


def relay(points, output, errors, least):
    """A program's own points as ours."""
    seen = 0
    for line in output.splitlines():
        if line.startswith(("ok ", "not ok ")):
            points.ok(line.startswith("ok "), line.split("ok ", 1)[1])
            seen += 1
        else:
            print(line)
    points.note(errors, 20)
    if seen != least:
        points.ok(False, f"{seen} of {least} checks were made")


def stock_client(points, folder):
    with subprocess.Popen([os.path.join(BUILD, "tests/net_serve"), folder], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as serve:
        port = serve.stdout.readline().split()[1]
        try:
            done = subprocess.run(["node", SCRIPT, "client", PROTO, folder, port], capture_output=True, text=True,
                                  timeout=60, env=npm.ENVIRONMENT)
            relay(points, done.stdout, done.stderr, CLIENT_CHECKS)
        except subprocess.TimeoutExpired:
            points.ok(False, "the stock client ends within a minute")
        serve.stdin.write("counts\n")
        serve.stdin.flush()
        counts = json.loads(serve.stdout.readline())
        points.ok(counts["refused_handshakes"] >= 4, f"refused handshakes are counted: {counts}")
        points.ok(counts["gone"] >= 2 and counts["open_calls"] == 0, "the cancelled and the late call are gone at the server")
        points.ok(counts["most_queued"] <= (4 << 20) + 70000, "the slow consumer's stream stayed within its bound")
        serve.stdin.close()
        points.ok(serve.wait(10) == 0, "the server ends in order")


def stock_server(points, folder):
    with subprocess.Popen(["node", SCRIPT, "server", PROTO, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, env=npm.ENVIRONMENT) as server:
        port = server.stdout.readline().split()[1]
        done = subprocess.run([os.path.join(BUILD, "tests/net_ask"), folder, port], capture_output=True, text=True,
                              timeout=60)
        relay(points, done.stdout, done.stderr, SERVER_CHECKS)
        server.stdin.close()
        server.wait(10)


def main():
    skip_all(npm.obstacle())
    points = Points()
    with tempfile.TemporaryDirectory(prefix="vg-net-js-") as folder:
        stock_client(points, folder)
        stock_server(points, folder)
    points.end()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""agent/net against npm's @grpc/grpc-js, in both directions, over TLS. KTAP."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("B", "build"))
NPM = os.path.join(BUILD, "npm")
PACKAGES = ["@grpc/grpc-js", "@grpc/proto-loader"]
SCRIPT = os.path.join(TOP, "tests/net/grpc_js.js")
PROTO = os.path.join(TOP, "agent/node/voltgate.proto")
ENVIRONMENT = {**os.environ, "NODE_PATH": os.path.join(NPM, "node_modules")}
CLIENT_CHECKS, SERVER_CHECKS = 19, 5


def skip_all(why):
    print(f"KTAP version 1\n1..0 # SKIP {why}")
    sys.exit(4)


def get_packages():
    if not shutil.which("node") or not shutil.which("npm"):
        skip_all("node or npm is missing; apt-get install nodejs npm")
    if all(os.path.isdir(os.path.join(NPM, "node_modules", package)) for package in PACKAGES):
        return
    os.makedirs(NPM, exist_ok=True)
    command = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", NPM, *PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, timeout=120).returncode
    except subprocess.TimeoutExpired:
        done = 1
    if done:
        skip_all(f"npm's registry could not be reached; with a network: npm install --prefix {NPM} {' '.join(PACKAGES)}")


class Points:
    def __init__(self):
        self.count = self.failed = 0
        print("KTAP version 1", flush=True)

    def ok(self, passed, text):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} {text}", flush=True)

    def relay(self, output, errors, least):
        seen = 0
        for line in output.splitlines():
            if line.startswith("ok "):
                self.ok(True, line[3:])
                seen += 1
            elif line.startswith("not ok "):
                self.ok(False, line[7:])
                seen += 1
            else:
                print(line)
        for line in errors.splitlines()[-20:]:
            print(f"# {line}")
        if seen != least:
            self.ok(False, f"{seen} of {least} checks were made")


def stock_client(points, folder):
    with subprocess.Popen([os.path.join(BUILD, "tests/net_serve"), folder], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as serve:
        port = serve.stdout.readline().split()[1]
        try:
            done = subprocess.run(["node", SCRIPT, "client", PROTO, folder, port], capture_output=True, text=True,
                                  timeout=60, env=ENVIRONMENT)
            points.relay(done.stdout, done.stderr, CLIENT_CHECKS)
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
                          text=True, env=ENVIRONMENT) as server:
        port = server.stdout.readline().split()[1]
        done = subprocess.run([os.path.join(BUILD, "tests/net_ask"), folder, port], capture_output=True, text=True,
                              timeout=60)
        points.relay(done.stdout, done.stderr, SERVER_CHECKS)
        server.stdin.close()
        server.wait(10)


def main():
    get_packages()
    points = Points()
    with tempfile.TemporaryDirectory(prefix="vg-net-js-") as folder:
        stock_client(points, folder)
        stock_server(points, folder)
    print(f"1..{points.count}")
    sys.exit(1 if points.failed else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The live page of an agent: what it serves, to whom, and what it does not do. KTAP."""
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from cluster import Cluster  # noqa: E402
from ktap import Points  # noqa: E402
from program import free_ports, wait_for  # noqa: E402

FOLLOWERS = 32


def ask(port, path, method="GET", host=None, body=None):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.putrequest(method, path, skip_host=True)
        if host != "":
            link.putheader("Host", host or f"127.0.0.1:{port}")
        if body:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        answer = link.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        link.close()


class Follower:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(f"GET /events HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        self.lines = self.socket.makefile("rb")
        self.status = int(self.lines.readline().split()[1])

    def event(self, wanted):
        """The data of the next event of that name."""
        name = None
        for line in self.lines:
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
            elif line.startswith(b"data: ") and name == wanted:
                return json.loads(line[6:])
        return None

    def close(self):
        self.lines.close()
        self.socket.close()


def serves(points, cluster, port):
    status, headers, body = ask(port, "/")
    points.ok(status == 200 and b"Voltgate" in body and b"<script src=\"/page.js\"" in body, "the page is there", status)
    points.ok("default-src 'none'" in headers.get("Content-Security-Policy", "") and headers.get("X-Content-Type-Options") == "nosniff",
              "with rules for the browser", headers)
    everything = body + ask(port, "/page.js")[2] + ask(port, "/page.css")[2]
    points.ok(len(everything) > 5000 and everything.count(b"http://") == everything.count(b"http://www.w3.org/2000/svg"),
              "nothing in it is loaded from elsewhere")
    state = json.loads(ask(port, "/state.json")[2])
    points.ok(state["gate"] is None and [one["name"] for one in state["channels"]] == ["power"] and len(state["peers"]) == 3,
              "the state names channel and peers", state)
    follower = Follower(port)
    points.ok(follower.event("state")["name"] == "n1", "who follows is told the state at once")
    cluster.invoke("kv", "put", "page", "1")
    block = follower.event("block")
    points.ok(block["transactions"] >= 1 and block["channel"] == "power", "a block is told as it comes", block)
    follower.close()


def refuses(points, port):
    points.ok(ask(port, "/", "POST", body=b"x")[0] in (405, 501, 413), "it takes no POST", ask(port, "/", "POST", body=b"x")[0])
    points.ok(ask(port, "/", "DELETE")[0] in (405, 501), "nor DELETE")
    points.ok(ask(port, "/", host="evil.example")[0] == 421 and ask(port, "/state.json", host="localhost.evil.example")[0] == 421,
              "a name of somebody else's is no Host")
    points.ok(ask(port, "/", host="")[0] in (400, 421), "nor is none")
    points.ok(ask(port, "/", host="[::1]:8470")[0] == 200 and ask(port, "/", host="localhost")[0] == 200, "addresses and localhost are")
    bad = [path for path in ("/../../etc/passwd", "/state", "/%2e%2e/x", "//", "/page.html", "/events/") if ask(port, path)[0] == 200]
    points.ok(not bad, "there are no other paths", bad)
    status, _, body = ask(port, "/", "HEAD")
    points.ok(status == 200 and not body, "HEAD has no body")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Y: " + b"z" * 100000 + b"\r\n\r\n")
        raw.settimeout(10)
        try:
            said = raw.recv(100)
        except ConnectionResetError:
            said = b""
        points.ok(b" 200 " not in said, "endless headers end the connection", said)


def bounds(points, port):
    followers = [Follower(port) for _ in range(FOLLOWERS)]
    extra = Follower(port)
    points.ok(all(one.status == 200 for one in followers) and extra.status == 503, "so many may follow, no more", extra.status)
    extra.close()
    followers.pop().close()

    def room():
        again = Follower(port)
        taken = again.status == 200
        again.close()
        return taken
    points.ok(wait_for(room, "a follower's place is free again"), "one that goes makes room")
    for one in followers:
        one.close()


def browser(points, port):
    program = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    if not program:
        points.skip("a browser shows it", "no Chromium here: apt install chromium")
        return
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}",
                               "--virtual-time-budget=4000", "--dump-dom",
                               f"http://127.0.0.1:{port}/?once"], capture_output=True,
                              text=True, timeout=90, env={**os.environ, "HOME": home})
    points.ok("<td>power</td>" in done.stdout and "as it was at" in done.stdout and done.stdout.count('class="good">up<') == 3, "a browser shows it", done.stdout[-1500:] + done.stderr[-500:])


def main():
    points = Points()
    with Cluster(4) as cluster:
        port = free_ports(1)[0]
        cluster.nodes[0].agent_extra = {"page": f"127.0.0.1:{port}"}
        cluster.start()
        serves(points, cluster, port)
        refuses(points, port)
        bounds(points, port)
        browser(points, port)
        points.ok(cluster.nodes[0].running() and cluster.nodes[0].stop() == 0, "the agent ends as told")
    points.end()


main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The demo of the whole, smaller: a day of five gateways and five vehicles is judged right, and leaves its report. KTAP."""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points, skip_all  # noqa: E402
from program import TOP  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([os.path.join(TOP, "tools", "demo", "day.py"), "--out", out, "--gateways", "5", "--vehicles", "5",
                               "--guests", "0"],
                              capture_output=True, text=True, timeout=600, cwd=TOP)
        if done.returncode == 4:
            skip_all(done.stdout.strip())
        points = Points()
        points.ok(done.returncode == 0, "a day of five gateways and five vehicles is as it must be", done.stdout[-3000:] + done.stderr[-1000:])
        path = os.path.join(out, "day.html")
        points.ok(os.path.exists(path), "its report is there")
        if os.path.exists(path):
            with open(path) as text:
                page = text.read()
            body = page.split("</head>", 1)[1].rsplit("</html>", 1)[0]
            try:
                xml.etree.ElementTree.fromstring(body.replace("&#9632;", "*"))
                whole = ""
            except xml.etree.ElementTree.ParseError as wrong:
                whole = str(wrong)
            points.ok(not whole, "it is well-formed", whole)
            points.ok("http:" not in page and "https:" not in page and "<script" not in page, "and loads nothing from elsewhere")
        points.end()


main()

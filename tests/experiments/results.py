# SPDX-License-Identifier: GPL-2.0
"""The runner of the experiments as these tests start it, and what it left in its folder, read with code of its own."""
import csv
import html.parser
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed"), os.path.join(HERE, "..", "..", "tools", "experiments")]
from program import BUILD, TOP  # noqa: E402

RUN = os.path.join(TOP, "tools", "experiments", "run.py")
LONG = 850  # seconds; tests/run ends a test after 900


def start(*words):
    return subprocess.Popen([RUN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TOP, env=dict(os.environ, B=os.path.relpath(BUILD, TOP)))


def run(*words):
    """(exit status, standard output, standard error)"""
    process = start(*words)
    out, err = process.communicate(timeout=LONG)
    return process.returncode, out, err


def text(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def rows(folder, name):
    return [json.loads(line) for line in text(folder, name + ".jsonl").splitlines()[1:]]


def table(folder, name):
    with open(os.path.join(folder, name + ".csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Page(html.parser.HTMLParser):
    """Sections by their id: paragraphs, rows of their tables; and what the page would load from elsewhere."""

    def __init__(self, source):
        super().__init__()
        self.sections, self.elsewhere, self.drawings, self.at, self.into = {}, [], {}, None, None
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "h2":
            self.at = attributes["id"]
            self.sections[self.at], self.drawings[self.at] = {"said": [], "rows": []}, 0
        if any(name in ("src", "srcset") or (name == "href" and not value.startswith("#")) for name, value in attributes.items()) or \
                tag in ("link", "script", "iframe", "object"):
            self.elsewhere.append(tag)
        if tag == "svg":
            self.drawings[self.at] += 1
        self.into = tag if tag in ("p", "li", "td") else self.into if tag == "b" else None
        if self.at and tag == "tr":
            self.sections[self.at]["rows"].append([])
        if self.at and tag == "td":
            self.sections[self.at]["rows"][-1].append("")
        if self.at and tag in ("p", "li"):
            self.sections[self.at]["said"].append("")

    def handle_data(self, data):
        if not self.at:
            return
        if self.into == "td":
            self.sections[self.at]["rows"][-1][-1] += data
        elif self.into:
            self.sections[self.at]["said"][-1] += data

    def handle_endtag(self, tag):
        if tag in ("p", "li", "td"):
            self.into = None

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The house rules that a program can check: sizes of rooms, who may include whom, words that do not belong. KTAP."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import TOP  # noqa: E402

FILE_LINES = 600
FUNCTION_LINES = 75
TABLES = {"kmod/selftest_vectors.h"}  # made by a program from one list; nobody reads them as text

# A folder may include headers of itself and of these, by the first folders of the path in the quotes.
ARROWS = {
    "include/voltgate": {"voltgate"},
    "kmod": {"voltgate", "kmod"},
    "bpf": {"voltgate", "bpf"},
    "ledger": {"voltgate", "ledger"},
    "agent/pbft": {"voltgate", "agent/pbft", "ledger"},
    "agent/contract": {"voltgate", "agent/contract", "ledger"},
    "agent/handshake": {"voltgate", "agent/handshake", "ledger"},
    "agent/endorse": {"voltgate", "agent/endorse", "agent/contract", "ledger"},
    "agent/channel": {"voltgate", "agent/channel", "agent/pbft", "ledger"},
    "agent": {"voltgate", "agent", "ledger", "node"},
    "tools/libvehicle": {"voltgate", "tools/libvehicle", "agent/handshake", "ledger"},
    "tools": {"voltgate", "agent", "ledger", "node", "tools", "kmod/netlink"},
}


def sources():
    listed = subprocess.run(["git", "-C", TOP, "ls-files"], capture_output=True, text=True)
    names = listed.stdout.splitlines() if listed.returncode == 0 else [
        os.path.relpath(os.path.join(root, name), TOP) for root, _, files in os.walk(TOP) for name in files]
    return [name for name in names if os.path.isfile(os.path.join(TOP, name)) and not name.startswith("build")]


def read(name):
    return open(os.path.join(TOP, name), errors="replace").read()


def spdx(names):
    for name in names:
        if re.search(r"\.(c|h|sh|py|mk)$", name) and "SPDX-License-Identifier" not in "\n".join(
                read(name).splitlines()[:3]):
            yield f"{name}: no SPDX line among its first three"


def file_sizes(names):
    for name in names:
        if re.search(r"\.(c|h|sh|py)$", name) and name not in TABLES:
            lines = read(name).count("\n")
            if lines > FILE_LINES:
                yield f"{name}: {lines} lines; more than one noun?"


def function_sizes(names):
    for name in names:
        if not re.search(r"\.(c|h)$", name):
            continue
        start = None
        for number, line in enumerate(read(name).splitlines(), 1):
            if line == "{":
                start = number
            elif line == "}" and start:
                if number - start > FUNCTION_LINES:
                    yield f"{name}:{start}: a function of {number - start} lines"
                start = None


def arrows(names):
    for name in names:
        folder = next((f for f in sorted(ARROWS, key=len, reverse=True) if name.startswith(f + "/")), None)
        if not folder or not re.search(r"\.(c|h)$", name):
            continue
        here = os.path.dirname(name)
        for number, line in enumerate(read(name).splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not found:
                continue
            path = found.group(1)
            if os.path.exists(os.path.join(TOP, here, path)):
                path = os.path.normpath(os.path.join(here, path)).replace("include/voltgate", "voltgate")
            if "/" in path and not any(path.startswith(allowed + "/") for allowed in ARROWS[folder]):
                yield f"{name}:{number}: {folder} may not include {path}"


def words(names):
    host = re.compile(r"(deb|security|snapshot)\.debian\.org|registry\.npmjs|pypi\.org")
    debt = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for name in names:
        if name == "tests/rules/rules.py" or not re.search(r"\.(c|h|sh|py|mk|md|yaml|json|[0-9])$|Makefile$|Kbuild$", name):
            continue
        for number, line in enumerate(read(name).splitlines(), 1):
            if host.search(line):
                yield f"{name}:{number}: names a package registry's host"
            if debt.search(line):
                yield f"{name}:{number}: unfinished by its own word"


def citations(names):
    """PROTOCOL.md's rules and what cites them: whoever changes one finds the code, and the other way round."""
    rules = set(re.findall(r"^- ([A-Z]\d+)\. ", read("PROTOCOL.md"), re.M))
    cited = set()
    for name in names:
        if not re.search(r"\.(c|h|py|sh|txt)$", name):
            continue
        text = read(name)
        for first, last in re.findall(r"\b([A-Z]\d+)(?: to ([A-Z]\d+))?\b", text):
            end = int(last[1:]) if last[:1] == first[0] else int(first[1:])
            cited.update(f"{first[0]}{number}" for number in range(int(first[1:]), min(end, int(first[1:]) + 99) + 1))
        for rule in re.findall(r"PROTOCOL\.md ([A-Z]\d+)", text):
            if rule not in rules:
                yield f"{name}: cites {rule}, which PROTOCOL.md does not have"
    for rule in sorted(rules - cited):
        yield f"PROTOCOL.md: nothing cites {rule}; who carries it out?"


def formatting(names):
    checked = [name for name in names if re.search(r"\.(c|h)$", name) and name.split("/")[0] in ("include", "kmod", "bpf", "ledger", "agent", "tools")]
    run = subprocess.run(["clang-format", "--dry-run", *checked], cwd=TOP, capture_output=True, text=True)
    seen = sorted({line.split(":")[0] for line in run.stderr.splitlines() if "clang-format-violations" in line})
    for name in seen:
        yield f"{name}: clang-format would change it"


RULES = [
    ("each source names its licence", spdx),
    (f"no file has more than {FILE_LINES} lines", file_sizes),
    (f"no function has more than {FUNCTION_LINES} lines", function_sizes),
    ("includes follow the arrows between rooms", arrows),
    ("no word that does not belong", words),
    ("rules of PROTOCOL.md are cited where they are carried out, and no others", citations),
]


def check(points, title, rule, names):
    faults = list(rule(names))
    points.ok(not faults, title, "\n".join(faults[:40]))


def main():
    names, points = sources(), Points()
    for title, rule in RULES:
        check(points, title, rule, names)
    try:
        version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        version = ""
    if re.search(r"version 14\.", version):
        check(points, "sources are formatted", formatting, names)
    else:
        points.skip("sources are formatted", "clang-format 14 is not here; other versions lay out differently")
    points.end()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The netlink generator: its numbers never change, what it writes compiles, a wrong spec is refused precisely.

numbers.txt holds every number that was ever released. A new attribute or
command goes to its end, with the next number; nothing in it changes.
"""
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import TOP  # noqa: E402

SPEC = os.path.join(TOP, "kmod/netlink.yaml")
GENERATOR = os.path.join(TOP, "kmod/genl.py")

# name, what to replace in the spec, by what, what the refusal must say (LINE: where the replaced text stands)
WRONG = [
    ("unknown type", "name: grade, type: u8", "name: grade, type: u9", "line LINE: .*'grade' of 'gate' has the unknown type 'u9'"),
    ("unknown key", "name: grade, type: u8", "name: grade, typ: u8", "line LINE: .*unknown key 'typ'; known are"),
    ("attribute twice", "name: epoch, type: u64", "name: grade, type: u64", "line LINE: the attribute 'grade' stands twice in 'gate'"),
    ("missing type", "{name: sessions, type: u32}", "{name: sessions}", "line LINE: .* lacks 'type'; add it"),
    ("bad name", "name: test-clock", "name: Test_Clock", "line LINE: .*name 'Test_Clock'; use lower-case"),
    ("binary without a bound", "name: attestor, type: binary, len: 32", "name: attestor, type: binary", "binary without a bound"),
    ("length of an integer", "name: grade, type: u8", "name: grade, type: u8, len: 4", "has 'len', which u8 does not take"),
    ("two lengths", "name: seal, type: binary, len: 216", "name: seal, type: binary, len: 216, max-len: 300", "keep one of them"),
    ("lengths crossed", "min-len: 4, max-len: 16", "min-len: 17, max-len: 16", "'min-len' above its 'max-len'"),
    ("limit out of type", "checks: {max: 128}", "checks: {max: 300}", "'max' of .*'bits' of 'deny' is 300; it must lie in 0..255"),
    ("limits crossed", "checks: {max: 128}", "checks: {min: 9, max: 8}", "'min' above its 'max'"),
    ("unknown nest", "nested-attributes: policy", "nested-attributes: polity", "nests the unknown set 'polity'"),
    ("nest without set", "type: nest, nested-attributes: policy", "type: nest", "go together"),
    ("command number twice", "name: flush, value: 16", "name: flush, value: 15", "number 15 of 'alarm-get'; take another"),
    ("command number 0", "name: gate-get, value: 1", "name: gate-get, value: 0", "it must lie in 1..255"),
    ("unknown set", "doc: The deny list, attribute-set: deny", "doc: The deny list, attribute-set: denies", "unknown set 'denies'"),
    ("unknown attribute", "attributes: [setting]", "attributes: [settings]", "names the attribute 'settings', which 'policy'"),
    ("unknown flag", "doc: State of the gate, attribute-set: gate, flags: [uns-admin-perm]",
     "doc: State of the gate, attribute-set: gate, flags: [admin]", "unknown flag 'admin'"),
    ("unknown group", "mcgrp: verdicts", "mcgrp: verdict", "unknown group 'verdict'; known are alarms, verdicts"),
    ("unknown notification", "notify: batch-get", "notify: batch", "unknown operation 'batch'"),
    ("neither do nor notify", "notify: batch-get, ", "", "either 'do' and 'dump' or 'notify'"),
    ("a comma in a text", 'doc: "1 new, 2 update, 3 closed"', "doc: 1 new, 2 update, 3 closed", "unknown key '2 update'"),
    ("key twice", "name: epoch, type: u64,", "name: epoch, type: u64, type: u32,", "the key 'type' stands twice"),
    ("no YAML", "attribute-sets:", "attribute-sets: [", "correct the YAML"),
    ("other protocol", "protocol: genetlink", "protocol: netlink-raw", "only genetlink"),
    ("name too long", "name: voltgate", "name: voltgate-of-the-gateway", "netlink takes 15"),
]


def generate(spec, output):
    return subprocess.run([GENERATOR, spec, output], capture_output=True, text=True, check=False)


def numbers(header):
    return dict(re.findall(r"^\t(VG_(?:A|CMD)_\w+) = (\d+),", header, re.M))


def test_numbers(points, header):
    with open(os.path.join(HERE, "numbers.txt"), encoding="utf-8") as kept_file:
        kept = dict(line.split() for line in kept_file if not line.startswith("#"))
    now = {name: number for name, number in numbers(header).items() if not name.endswith("_MAX")}
    changed = [f"{name} was {number}, is {now.get(name, 'gone')}" for name, number in kept.items() if now.get(name) != number]
    added = [f"{name} {number}" for name, number in now.items() if name not in kept]
    points.ok(not changed, "genl: no number that was released has changed", "\n".join(changed))
    points.ok(not added, "genl: every number is kept in tests/genl/numbers.txt", "add:\n" + "\n".join(added))


def test_compiles(points, output):
    """User space takes the numbers alone; the policy is compiled with the module."""
    program = "#include <linux/types.h>\n#include \"voltgate/netlink.h\"\nint main(void) { return VG_A_GATE_MAX != 14 || VG_CMD_MAX != 18; }\n"
    binary = os.path.join(output, "numbers")
    built = subprocess.run(["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", output, "-x", "c", "-", "-o", binary],
                           input=program, capture_output=True, text=True, check=False)
    points.ok(built.returncode == 0 and subprocess.run([binary], check=False).returncode == 0,
              "genl: the numbers compile in user space", built.stderr)


def test_policy(points, policy):
    for name, text in (
            ("an exact length", "[VG_A_SESSION_KEY] = NLA_POLICY_EXACT_LEN(16),"),
            ("a range of lengths", "[VG_A_DENY_ADDRESS] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),"),
            ("a limit", "[VG_A_DENY_BITS] = NLA_POLICY_MAX(NLA_U8, 128),"),
            ("a nest", "[VG_A_POLICY_SETTING] = NLA_POLICY_NESTED(vg_nl_policy_nest),"),
            ("a dump checked apart", ".dumpit = vg_nl_session_get_checked_dumpit,")):
        points.ok(text in policy, f"genl: policy has {name}")
    array = policy[policy.index("vg_nl_session_remove_policy["):]
    points.ok(array[:array.index("};")].count("[VG_A_") == 2, "genl: an operation takes only what it names")
    points.ok("GENL_DONT_VALIDATE" not in policy.replace("/* No GENL_DONT_VALIDATE", ""), "genl: validation is strict")
    points.ok(policy.count(".cmd =") == policy.count(".flags = GENL_UNS_ADMIN_PERM,"), "genl: every operation needs CAP_NET_ADMIN")


def test_manual(points, path):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True, check=False)
    points.ok(lint.returncode == 0, "genl: the manual page passes mandoc", lint.stdout)


def test_refusals(points, text, output):
    for name, old, new, expected in WRONG:
        path = os.path.join(output, "wrong.yaml")
        with open(path, "w", encoding="utf-8") as wrong:
            wrong.write(text.replace(old, new, 1))
        expected = expected.replace("LINE", str(text[:text.find(old)].count("\n") + 1))
        done = generate(path, os.path.join(output, "wrong"))
        precise = done.returncode == 1 and done.stderr.count("\n") == 1 and re.search(expected, done.stderr)
        points.ok(old in text and bool(precise), f"genl: refused precisely: {name}", done.stderr or "it was taken")
    done = generate(os.path.join(output, "absent.yaml"), output)
    points.ok(done.returncode == 1 and "No such file" in done.stderr, "genl: refused precisely: a file that is not there", done.stderr)


def main():
    points = Points()
    with tempfile.TemporaryDirectory() as output, open(SPEC, encoding="utf-8") as spec_file:
        text = spec_file.read()
        done = generate(SPEC, output)
        points.ok(done.returncode == 0, "genl: the spec is understood", done.stderr)
        with open(os.path.join(output, "voltgate/netlink.h"), encoding="utf-8") as header:
            test_numbers(points, header.read())
        with open(os.path.join(output, "voltgate/netlink_policy.h"), encoding="utf-8") as policy:
            test_policy(points, policy.read())
        test_compiles(points, output)
        test_manual(points, os.path.join(output, "voltgate-netlink.7"))
        test_refusals(points, text, output)
    points.end()


if __name__ == "__main__":
    main()

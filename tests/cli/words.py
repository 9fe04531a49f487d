#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The words of the command line: wrong usage ends with one sentence and exit 1,
help, manual page and bash completion name the same commands, options and settings."""
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from command import voltgate  # noqa: E402
from ktap import Points  # noqa: E402
from program import TOP, VOLTGATE  # noqa: E402

MAN = os.path.join(TOP, "tools", "voltgate.8")
COMPLETION = os.path.join(TOP, "tools", "voltgate.bash-completion")
ID = "0123456789abcdef"
NOWHERE = "/nonexistent/control.sock"

# Every command at least once; none of these may reach a gate.
WRONG = [
    [], ["statsu"], ["-x"], ["--jsn", "status"], ["-n"], ["status", "-S"], ["help", "statsu"], ["-n", "a/b", "status"],
    ["attach"], ["attach", "eth0", "nativ"], ["attach", "eth0", "native", "more"], ["attach", "an-interface-too-long"],
    ["detach"], ["detach", "a", "b"], ["detach", ""], ["status", "now"], ["key", "x"], ["flush", "all"],
    ["session", "ad"], ["session", "add"], ["session", "add", "id", ID], ["session", "add", "key"],
    ["session", "add", "kee", "x"], ["session", "add", "key", "-", "key-out", "x"], ["session", "add", "key", "-", "key", "-"],
    ["session", "add", "key", "-", "id", "123"], ["session", "add", "key", "-", "id", "0" * 16],
    ["session", "add", "key", "-", "expires", "soon"], ["session", "add", "key", "-", "expires", "0s"],
    ["session", "add", "key", "-", "expires", "101y"], ["session", "add", "key", "-", "expires", "99999d"],
    ["session", "add", "key", "-", "expires", "2026-02-30T00:00:00Z"],
    ["session", "add", "key", "-", "commitment", "12"], ["session", "add", "key", "00112233445566778899aabbccddeeff"],
    ["session", "remove"], ["session", "show", "xyz"], ["session", "list", "all"], ["session", "revoke", ID, ID],
    ["revoke"], ["revoke", "0x12"], ["revoke", ID + "0"],
    ["policy", "sho"], ["policy", "set", "stale-us"], ["policy", "set", "stale", "5"], ["policy", "set", "stale-us", "1e6"],
    ["policy", "set", "stale-us", "-1"], ["policy", "set", "stale-us", "99999999999999999999"], ["policy", "show", "a", "b"],
    ["policy", "show", "stail-us"],
    ["deny", "ad"], ["deny", "add"], ["deny", "add", "10.0.0.1/8"], ["deny", "add", "10.0.0.0/33"], ["deny", "add", "10.0.0"],
    ["deny", "remove", "2001:db8::/129"], ["deny", "add", "02:00:00:00:00:0g"], ["deny", "list", "x"],
    ["counters", "all"], ["counters", "--watch=0"], ["counters", "--watch", "-c", "x"], ["counters", "-c", "1"],
    ["alarms", "now"], ["alarms", "-c"], ["alarms", "-c", "0"], ["actions"], ["actions", "-f", "x"],
    ["verdicts", "-f", "log"], ["verdicts", "a", "b"], ["verdicts", "--bad"],
    ["its"], ["its", "verfy"], ["its", "verify"], ["its", "verify", "a", "b"], ["its", "verify", "--at", "noon", "x"],
    ["its", "verify", "--trust"], ["its", "reload", "x"],
    ["verify"], ["verify", "a", "b"], ["verify", "--key"], ["verify", "--key", "12", "x"], ["verify", "--head", "z", "x"],
    ["verify", "--kee", "12", "x"], ["doctor", "an-interface-too-long"], ["doctor", "--all"],
    ["verify", "--ledger"], ["record"], ["record", "prove"], ["record", "prove", "1"], ["record", "prove", "1.2", "a", "b"], ["record", "check"],
    ["record", "check", "--key", "12", "x"], ["record", "shwo"],
    ["ledger"], ["ledger", "verfy"], ["ledger", "verify"], ["ledger", "verify", "a", "b"],
    ["org"], ["org", "creat"], ["org", "create", "a"], ["org", "create", "a b", NOWHERE], ["org", "issue", "x", "--out", "y"],
    ["org", "issue", "x", "--node", "n", "--client", "c", "--out", "y"], ["org", "issue", "x", "--node", "n", "--out"],
    ["org", "issue", "x", "--node", "n", "--out", "y", "--days", "0"], ["org", "show"], ["org", "enrol", "x", "--key", "k"],
    ["org", "enrol", "x", "--role", "clint"], ["org", "revoke", "x", "--expires", "1d", "--genesis", "g", "--key", "k", "--out", "o"],
    ["org", "enrol", "x", "--genesis", "g", "--key", "k", "--out", "o", "--role", "attestor"], ["org", "enrol", "--serial", "0"],
    ["channel"], ["channel", "creat"], ["channel", "create"], ["channel", "create", "f", "--nme", "x"], ["channel", "create", "f"],
    ["channel", "create", "f", "--name", "x", "--node", "a:b:c=d"], ["channel", "create", "f", "--set", "windw=5"],
    ["channel", "create", "f", "--name", "x"], ["channel", "create", "f", "--organisation", "x"],
    ["channel", "list", "x"], ["channel", "show"], ["channel", "join"], ["channel", "leave", "a", "b"], ["channel", "update"],
    ["channel", "update", "c"], ["channel", "update", "c", "--key"], ["channel", "update", "c", "key", "k"],
    ["node", "stat"], ["node", "status", "x"], ["peer", "lst"], ["peer", "list", "x"],
    ["block"], ["block", "gt"], ["block", "get", "c"], ["block", "get", "c", "x"], ["block", "list"], ["block", "list", "c", "-c", "0"],
    ["block", "list", "c", "--from"], ["block", "list", "c", "--from", "-1"], ["block", "follow", "c"],
    ["tx"], ["tx", "gt"], ["tx", "get", "c"], ["tx", "get", "c", "12"], ["tx", "submit", "c"], ["tx", "invoke"],
    ["tx", "invoke", "c", "--certificate", "x", "--key", "y"], ["tx", "invoke", "c", "--certificate", "x", "--key", "y", "kv"],
    ["tx", "invoke", "c", "--certificate", "x", "--key", "y", "--flight", "0", "kv", "get"], ["tx", "invoke", "c", "--bad", "x", "kv", "get"],
    ["tx", "invoke", "c", "--certificate", "x", "--key", "y", "--batch", "f", "kv", "get"], ["tx", "query", "c", "--batch", "f"],
    ["wallet"], ["wallet", "creat"], ["wallet", "create", "o"], ["wallet", "create", "o", "--name"], ["wallet", "show"],
    ["wallet", "create", "o", "--name", "a b", "--genesis", "g", "--out", "w"], ["wallet", "create", "o", "--nme", "x"],
    ["account"], ["account", "shw"], ["account", "show"], ["account", "show", "c"], ["account", "show", "c", "--wallet", "w"],
    ["account", "deposit", "c", "--wallet", "w", "00" * 32, "1.23456"], ["account", "file", "c", "--wallet", "w", "00" * 32],
    ["account", "show", "c", "--wallet", "w", "00" * 32, "more"], ["account", "show", "c", "--private", "f", "00" * 32],
    ["station", "register", "c", "--wallet", "w", "n", "00" * 32, "31.2", "121.4", "24:00=1+1"], ["station", "recommend", "c", "--wallet", "w", "x", "1", "2"],
    ["station", "charger", "c", "--wallet", "w", "00" * 32, "1", "key:60kW"], ["charge", "start", "c", "--wallet", "w", "zz"],
    ["station", "guide"], ["station", "guide", "c", "--wallet", "w", "--guide", "g"], ["station", "guide", "c", "--wallet", "w", "--guide", "g", "--start", "x", "A=1"],
    ["charge", "meter", "c", "--wallet", "w", "00" * 32, "1", "-5"], ["charge", "show", "c", "--wallet", "w", "--timeout", "0", "00" * 32],
    ["bill", "show", "c", "--wallet", "w", "00" * 32], ["bill", "vehicle", "c", "--wallet", "w"], ["rate", "give", "c", "--wallet", "w", "00" * 32],
    ["plan"], ["plan", "--periods", "0", "x"], ["plan", "--periods"], ["plan", "check", "x"], ["plan", "--fast", "x"],
    ["plan", "x", "--csv"], ["plan", "--time", "0", "x"], ["plan", "x", "--report"], ["route", "x", "--report"], ["assign", "x", "--report"],
    ["route"], ["route", "--tim", "1", "x"], ["route", "check", "x"], ["route", "--time", "0", "x"],
    ["assign"], ["assign", "--tim", "1", "x"], ["assign", "check", "x"], ["assign", "--time", "0", "x"], ["assign", "replay"],
    ["assign", "replay", "--late", "101", "x"], ["assign", "compare"], ["plan", "x", "--fleet"],
]

# What near misses suggest.
NEAR = [(["statsu"], "status"), (["sesion"], "session"), (["verfy"], "verify"), (["session", "lst"], "list"),
        (["session", "rm"], None), (["policy", "set", "stale-uss", "5"], "stale-us"), (["deny", "rmove", "x"], "remove"),
        (["attach", "eth0", "natve"], "native"), (["channel", "create", "f", "--set", "windw=5"], "window"), (["xyzzyx"], None), (["deny", "add", "10.0.0.1/8"], "10.0.0.0/8"),
        (["deny", "add", "2001:db8::1/32"], "2001:db8::/32"), (["stat"], "status")]

# Right words without a gate: unreachable, exit 3.
UNREACHABLE = [["status"], ["session", "list"], ["session"], ["session", "show", ID], ["session", "remove", ID],
               ["revoke", ID], ["session", "revoke", ID], ["policy"], ["policy", "show", "stale-us"],
               ["policy", "set", "stale-us", "5000"], ["policy", "set", "under-load", "1"], ["deny"],
               ["deny", "add", "192.0.2.0/24"], ["deny", "remove", "02:00:00:00:00:01"], ["counters"], ["counters", "-s"],
               ["counters", "--watch", "-c", "2"], ["alarms"], ["alarms", "-f"], ["actions", "-f"], ["verdicts", "-f"], ["key"],
               ["flush"], ["attach", "eth0"], ["attach", "eth0", "native"], ["detach", "eth0"], ["its", "reload"],
               ["node"], ["node", "status"], ["peer", "list"], ["channel", "list"], ["channel", "show", "c"], ["channel", "leave", "c"],
               ["channel", "join", "/etc/hostname"], ["channel", "update", "c", "--key", "k"], ["block", "get", "c", "1"],
               ["block", "list", "c"], ["block", "follow"], ["tx", "get", "c", "0" * 64], ["tx", "submit", "c", "/etc/hostname"],
               ["tx", "invoke", "c", "--certificate", "x", "--key", "y", "kv", "get", "a"],
               ["tx", "query", "c", "--certificate", "x", "--key", "y", "kv", "get", "a"]]


def check_wrong(points):
    bad = []
    for words in WRONG:
        answer = voltgate("-S", NOWHERE, *words) if words and words[0] != "-n" else voltgate(*words)
        if answer.status != 1 or not answer.sentence() or answer.out:
            bad.append(str(answer))
    points.ok(not bad, f"{len(WRONG)} wrong usages: exit 1, one sentence, no output", "\n".join(bad))
    commands = set(listed(voltgate("help").out))
    used = {words[0] for words in WRONG if words}
    points.ok(commands <= used, "each command has a wrong usage here", commands - used)


def check_near(points):
    bad = []
    for words, meant in NEAR:
        answer = voltgate(*words)
        if answer.status != 1 or (meant is None) == ("do you mean" in answer.err) or (meant or "") not in answer.err:
            bad.append(str(answer))
    points.ok(not bad, "near misses are suggested, far ones not", "\n".join(bad))


def check_unreachable(points):
    bad = []
    for words in UNREACHABLE:
        answer = voltgate("-S", NOWHERE, *words)
        if answer.status != 3 or not answer.sentence() or NOWHERE not in answer.err or answer.out:
            bad.append(str(answer))
    points.ok(not bad, f"{len(UNREACHABLE)} commands without a gate: exit 3, one sentence that names the socket",
              "\n".join(bad))
    with tempfile.TemporaryDirectory(prefix="vg-cli-") as folder:
        path = os.path.join(folder, "key")
        answer = voltgate("-S", NOWHERE, "session", "add", "key-out", path)
        points.ok(answer.status == 3 and not os.path.exists(path), "no key file is left where nothing was admitted", answer)


def listed(text):
    return re.findall(r"^  ([a-z]+) +[A-Z]", text, re.M)


def completion_list(name):
    text = open(COMPLETION).read()
    return set(re.search(rf"^_voltgate_{name}='([^']*)'", text, re.M).group(1).split())


def man_forms():
    """The commands' forms in the manual as sets of words: ("session", "add", "id", ...)."""
    forms = []
    section = open(MAN).read().split(".Sh COMMANDS")[1].split(".Sh ")[0]
    for line in re.findall(r"^\.It (.*)$", section, re.M):
        forms.append([word for word in re.findall(r"[\w=-]+", line.replace("Fl -", "Fl --").replace("Fl ", "-")
                                                  .replace("---", "--")) if word not in MDOC])
    return forms


MDOC = {"Cm", "Ar", "Oo", "Oc", "Op", "Brq", "Ns", "Li"}


def help_words(command):
    """The literal words of a command's usage: lower case, options with their dashes."""
    usage = voltgate("help", command).out.split("\n\n")[0]
    usage = re.sub(r"^(Usage:)? *voltgate ", "", usage, flags=re.M)
    return set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*|[a-z][a-z-]*)(?![\w])", usage))


def man_words(command):
    words = set()
    for form in man_forms():
        if form and form[0] == command:
            words.update(word for word in form if word.lower() == word and word.strip("-="))
    return words


def check_agreement(points):
    commands = listed(voltgate("help").out)
    points.ok(len(commands) > 16 and len(set(commands)) == len(commands), "help lists each command once", commands)
    in_man = {form[0] for form in man_forms()}
    points.ok(in_man == set(commands) | {"help"}, "the manual has the same", in_man ^ set(commands))
    points.ok(completion_list("commands") == set(commands) | {"help"}, "the completion has the same",
              completion_list("commands") ^ set(commands))
    for command in commands:
        ours, theirs = help_words(command), man_words(command)
        points.ok(ours == theirs, f"{command}: help and manual have the same words",
                  f"only in help: {ours - theirs}; only in the manual: {theirs - ours}")
    for command, verbs in (("session", "session"), ("policy", "policy"), ("deny", "deny"), ("its", "its"), ("org", "org"), ("ledger", "ledger"),
                           ("channel", "channel"), ("node", "node"), ("block", "block"), ("tx", "tx"), ("peer", "peer"), ("wallet", "wallet"), ("account", "account"),
                           ("station", "station"), ("charge", "charge"), ("bill", "bill"), ("rate", "rate")):
        told = {line.split()[1] for line in re.sub(r"Usage:|voltgate", "", voltgate("help", command).out.split("\n\n")[0])
                .strip().splitlines()}
        points.ok(completion_list(verbs) == told, f"{command}: the completion has its verbs", completion_list(verbs) ^ told)
    for command in ("plan", "assign", "route"):
        told = set(re.search(rf"^\t{command}\) echo '([^']*)'", open(COMPLETION).read(), re.M).group(1).split())
        usage = voltgate("help", command).out.split("\n\n")[0].splitlines()
        options = set(re.findall(r"--[a-z-]+", usage[0])) | {line.split(command)[1].split()[0] for line in usage[1:]}
        points.ok(told == options, f"{command}: the completion has its options and verbs", told ^ options)
    settings = set(re.findall(r'^\s*X\(\w+, "([a-z-]+)"', open(os.path.join(TOP, "include/voltgate/policy.h")).read(), re.M))
    points.ok(len(settings) > 10 and completion_list("policy_keys") == settings, "the completion has every setting",
              completion_list("policy_keys") ^ settings)
    options = set(re.findall(r"(?<=[ ,])(--?[a-zA-Z]+)", voltgate("help").out.split("Options")[1]))
    points.ok(completion_list("options") == options, "the completion has every option", completion_list("options") ^ options)


def check_completion(points):
    script = f"""PATH={os.path.dirname(VOLTGATE)}:$PATH; source {COMPLETION}
        try() {{ COMP_WORDS=("$@"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _voltgate; echo "${{COMPREPLY[*]}}"; }}
        try voltgate ses; try voltgate -j session re; try voltgate session add k; try voltgate policy set stal
        try voltgate -n x deny a; try voltgate session add id 1 exp; try voltgate attach lo gen"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
    expected = ["session", "remove revoke", "key key-out", "stale-us", "add", "expires", "generic"]
    points.ok(done.stdout.splitlines() == expected and not done.stderr, "completion completes", done.stdout + done.stderr)


def check_manual(points):
    try:
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MAN], capture_output=True, text=True)
    except FileNotFoundError:
        points.skip("the manual page is clean", "mandoc is not installed: apt install mandoc")
        return
    points.ok(done.returncode == 0 and not done.stdout, "the manual page is clean", done.stdout)


def check_help(points):
    bad = []
    for command in listed(voltgate("help").out):
        one, two = voltgate("help", command), voltgate(command, "--help")
        if one.status or two.status or one.out != two.out or "Usage: voltgate " + command not in one.out or one.err:
            bad.append(str(one))
    points.ok(not bad, "help COMMAND and COMMAND --help say the same", "\n".join(bad))
    points.ok(re.fullmatch(r"voltgate \d+\.\d+\.\d+\n", voltgate("--version").out), "--version")
    with open("/dev/full", "w") as full:
        done = subprocess.run([VOLTGATE, "help"], stdout=full, stderr=subprocess.PIPE, text=True)
    points.ok(done.returncode == 2 and done.stderr.startswith("voltgate: cannot write"), "a full disk is told", done.stderr)


def main():
    points = Points()
    check_wrong(points)
    check_near(points)
    check_unreachable(points)
    check_agreement(points)
    check_completion(points)
    check_manual(points)
    check_help(points)
    points.end()


main()

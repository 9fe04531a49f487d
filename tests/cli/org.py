#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate org, channel create and ledger verify: keys nobody else can read, certificates that OpenSSL believes,
nothing overwritten, a ledger audited with the exit statuses that scripts rely on."""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from command import voltgate  # noqa: E402
from ktap import Points  # noqa: E402
from program import BUILD  # noqa: E402

GROW = os.path.join(BUILD, "tests", "bench-ledger", "grow")
NAMES = ("north", "south", "east", "west")


def openssl(*words):
    return subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=30)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def check_authority(points, home):
    bad = [str(answer) for answer in (voltgate("org", "create", name, home(name)) for name in NAMES + ("regulator",))
           if answer.status or answer.err]
    points.ok(not bad, "authorities are made", "\n".join(bad))
    points.ok(mode(home("north")) == 0o700 and mode(home("north/org.key")) == 0o600, "their keys are nobody else's to read")
    before = open(home("north/org.key")).read()
    answer = voltgate("org", "create", "north", home("north"))
    points.ok(answer.status == 2 and answer.sentence() and open(home("north/org.key")).read() == before,
              "a key is never overwritten", answer)
    shown = voltgate("-j", "org", "show", home("north"))
    key = openssl("x509", "-in", home("north/org.crt"), "-noout", "-pubkey").stdout
    raw = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.encode(), capture_output=True).stdout
    points.ok(json.loads(shown.out)["key"] == raw[-32:].hex() and json.loads(shown.out)["kind"] == "authority",
              "org show gives the certificate's key", shown)


def check_issue(points, home):
    answers = [voltgate("org", "issue", home(name), "--node", f"{name}-1", "--out", home(f"n-{name}"), "--address",
                        f"127.0.0.1:{7100 + at}") for at, name in enumerate(NAMES)]
    answers.append(voltgate("org", "issue", home("north"), "--client", "alice", "--out", home("alice"), "--days", "30"))
    points.ok(not [a for a in answers if a.status], "nodes' and clients' certificates are issued", answers[-1])
    points.ok(mode(home("n-north/node.key")) == 0o600 and mode(home("alice/client.key")) == 0o600, "with keys of mode 0600")
    good = openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", home("north/org.crt"), home("n-north/node.crt"))
    client = openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", home("north/org.crt"), home("alice/client.crt"))
    serve = openssl("verify", "-purpose", "sslserver", "-CAfile", home("north/org.crt"), home("alice/client.crt"))
    other = openssl("verify", "-CAfile", home("south/org.crt"), home("n-north/node.crt"))
    points.ok(good.returncode == 0 and client.returncode == 0, "OpenSSL believes them", good.stderr + client.stderr)
    points.ok(serve.returncode and other.returncode, "but no client that serves, and no other authority")
    text = openssl("x509", "-in", home("n-north/node.crt"), "-noout", "-text").stdout
    points.ok("O = north, CN = north-1" in text and "IP Address:127.0.0.1" in text and "ED25519" in text and "Version: 3" in text,
              "a node's certificate names organisation, node and address", text)
    os.chmod(home("south/org.key"), 0o644)
    answer = voltgate("org", "issue", home("south"), "--client", "bob", "--out", home("bob"))
    points.ok(answer.status == 2 and "chmod" in answer.err and not os.path.exists(home("bob/client.key")),
              "a key that others can read is not used", answer)
    os.chmod(home("south/org.key"), 0o600)
    shutil.copy(home("east/org.key"), home("south/wrong.key"))
    os.makedirs(home("mixed"))
    shutil.copy(home("south/org.crt"), home("mixed/org.crt"))
    shutil.copy(home("east/org.key"), home("mixed/org.key"))
    answer = voltgate("org", "issue", home("mixed"), "--client", "bob", "--out", home("bob"))
    points.ok(answer.status == 2 and "does not belong" in answer.err, "nor one that is not the certificate's", answer)


def genesis_words(home, file, *more):
    words = ["channel", "create", home(file), "--name", "demo", "--regulator", home("regulator/org.crt")]
    for name in NAMES:
        words += ["--organisation", f"{name}={home(name)}/org.crt"]
    for at, name in enumerate(NAMES):
        words += ["--node", f"{name}:{name}-1:127.0.0.1:{7100 + at}:replica,endorser={home('n-' + name)}/node.crt"]
    return words + list(more)


def check_genesis(points, home):
    one = voltgate("-j", *genesis_words(home, "g", "--set", "open-requests=1", "--set", "evidence=1", "--set",
                                         "evidence-age-s=3600", "--set", "transaction-life-s=3600", "--collection", "prices:north,south:100"))
    two = voltgate("-j", *genesis_words(home, "g2"))
    points.ok(one.status == 0 and json.loads(one.out)["replicas"] == 4 and len(json.loads(one.out)["channel"]) == 64,
              "a genesis is made", one)
    points.ok(json.loads(one.out)["channel"] != json.loads(two.out)["channel"], "each channel has an id of its own")
    again = voltgate(*genesis_words(home, "g"))
    points.ok(again.status == 2 and again.sentence(), "and is not overwritten", again)
    few = voltgate(*genesis_words(home, "g3")[:-2])
    points.ok(few.status == 1 and "4" in few.err and not os.path.exists(home("g3")), "three replicas are too few", few)
    range_ = voltgate(*genesis_words(home, "g3", "--set", "window=1000"))
    points.ok(range_.status == 1 and "window" in range_.err, "a parameter out of its range is named", range_)


def check_enrol(points, home):
    words = ["--genesis", home("g"), "--key", home("alice/client.crt")]
    enrol = voltgate("-j", "org", "enrol", home("north"), *words, "--out", home("enrol"), "--expires", "30d")
    points.ok(enrol.status == 0 and json.loads(enrol.out)["organisation"] == "north" and open(home("enrol"), "rb").read(1) == b"\x03",
              "an enrolment is written", enrol)
    revoke = voltgate("org", "revoke", home("regulator"), *words, "--organisation", "north", "--out", home("revoke"))
    points.ok(revoke.status == 0 and open(home("revoke"), "rb").read(1) == b"\x04", "a regulator's revocation too", revoke)
    stranger = voltgate("org", "enrol", home("regulator"), *words, "--out", home("stranger"))
    points.ok(stranger.status == 2 and not os.path.exists(home("stranger")), "nobody enrols for no organisation", stranger)
    no_genesis = voltgate("org", "enrol", home("north"), "--genesis", home("north/org.crt"), "--key", "00" * 32, "--out", home("x"))
    points.ok(no_genesis.status == 2 and "genesis" in no_genesis.err, "what is no genesis is told", no_genesis)


def check_ledger(points, home):
    keys = [word for name in NAMES for word in ("--node-key", home(f"n-{name}/node.key"))]
    grown = subprocess.run([GROW, "--genesis", home("g"), "--out", home("ledger"), "--kind", "b", "--authority",
                            home("north/org.key"), "--endorser", home("n-north/node.key"), "--endorser",
                            home("n-south/node.key"), *keys, "--blocks", "20", "--per-block", "30"],
                           capture_output=True, text=True, timeout=60)
    points.ok(grown.returncode == 0, "a ledger is grown", grown.stderr)
    good = voltgate("-j", "ledger", "verify", home("ledger"))
    told = json.loads(good.out or "{}")
    points.ok(good.status == 0 and told.get("good") and told.get("last") == 21 and told.get("transactions") == 802,
              "ledger verify: exit 0", good)
    head = told.get("head", "")
    pinned = voltgate("-j", "ledger", "verify", home("ledger"), "--genesis", home("g"), "--checkpoint", head)
    told = json.loads(pinned.out or "{}")
    points.ok(pinned.status == 0 and told.get("snapshot", 0) is None and told.get("unchecked") == []
              and told.get("channel") == json.loads(voltgate("-j", "ledger", "verify", home("ledger")).out)["channel"],
              "what is known from elsewhere pins it: genesis and a block's hash", pinned)
    other = voltgate("ledger", "verify", home("ledger"), "--genesis", home("g2"))
    points.ok(other.status == 1 and "another channel" in other.err, "another channel's genesis: exit 1", other)
    other = voltgate("ledger", "verify", home("ledger"), "--checkpoint", "00" * 32)
    points.ok(other.status == 1 and "checkpoint" in other.err, "a block that is not there: exit 1", other)
    other = voltgate("ledger", "verify", home("ledger"), "--checkpoint", "zz")
    points.ok(other.status == 1 and "64" in other.err, "what is no hash is told", other)
    with open(home("ledger/blocks/0000000000.vgb"), "r+b") as blocks:
        blocks.seek(200000)
        byte = blocks.read(1)[0]
        blocks.seek(200000)
        blocks.write(bytes([byte ^ 1]))
    bad = voltgate("-j", "ledger", "verify", home("ledger"))
    told = json.loads(bad.out or "{}").get("first_fault", {})
    points.ok(bad.status == 1 and told.get("file") == "blocks/0000000000.vgb" and 0 < told.get("offset", 0) <= 200000
              and told.get("sentence") and bad.sentence(), "a changed byte: exit 1 with file, offset and meaning", bad)
    none = voltgate("ledger", "verify", home("north"))
    points.ok(none.status == 2 and none.sentence() and not none.out, "no ledger: exit 2", none)


def main():
    points = Points()
    with tempfile.TemporaryDirectory(prefix="vg-org-") as folder:
        def home(name):
            return os.path.join(folder, name)
        check_authority(points, home)
        check_issue(points, home)
        check_genesis(points, home)
        check_enrol(points, home)
        check_ledger(points, home)
    points.end()


main()

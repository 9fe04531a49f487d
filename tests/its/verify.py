#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""voltgate its verify: verdicts, keys and exit status; other forms of capture files; times and trust lists; damaged
files; and that tshark reads the same fields from the same frames."""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from command import voltgate  # noqa: E402
from ktap import Points  # noqa: E402
from program import BUILD, TOP  # noqa: E402

CAR = os.path.join(TOP, os.environ.get("SHARED", "../shared"), "data", "its", "vw-golf8.pcap")
KEYS = {"frame", "verdict", "reason", "signer", "curve", "generation_time", "generation_time_utc", "psid", "anomalies"}
CURVES = {"0": "nistP256", "1": "brainpoolP256r1"}
points = Points()


def frames_of(path):
    """(seconds, microseconds, bytes) of each frame of a little-endian pcap file."""
    data, at, frames = open(path, "rb").read(), 24, []
    while at < len(data):
        seconds, us, captured, _ = struct.unpack_from("<IIII", data, at)
        frames.append((seconds, us, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return frames


def pcap(path, frames, order="<", magic=0xa1b2c3d4, link=1, scale=1, cut=0):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for seconds, us, frame in frames:
        out += struct.pack(order + "IIII", seconds, us * scale, len(frame) - cut, len(frame)) + frame[:len(frame) - cut]
    open(path, "wb").write(out)
    return path


def pcapng(path, frames):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 65535))
    for seconds, us, frame in frames:
        time = seconds * 1000000 + us
        out += block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff, len(frame), len(frame)) + frame)
    open(path, "wb").write(out)
    return path


def wifi(frame, radiotap=False, fcs=False):
    """An 802.11 QoS data frame as ITS-G5 radios send it (outside the context of a BSS)."""
    out = b"\x88\x00\x00\x00" + frame[0:6] + frame[6:12] + b"\xff" * 6 + b"\x00\x00" + b"\x00\x00"
    out += b"\xaa\xaa\x03\x00\x00\x00" + frame[12:]
    if radiotap:  # TSFT and flags
        out = struct.pack("<BBHIQB", 0, 0, 17, 3, 12345, 0x10 if fcs else 0) + out + (b"\x11\x22\x33\x44" if fcs else b"")
    return out


def reasons(answer):
    return [one["reason"] for one in answer.objects()]


def check_made(work):
    capture = os.path.join(work, "frames.pcap")
    expected = open(os.path.join(work, "frames.txt")).read().split()
    trust = os.path.join(work, "trust")
    os.mkdir(trust)
    for name in ("root.oer", "authority.oer"):
        shutil.copy(os.path.join(work, name), trust)
    answer = voltgate("its", "verify", "-j", capture)
    points.ok(reasons(answer) == expected and answer.status == 2, "frames of every kind, certificates trusted as found",
              answer)
    points.ok(all(set(one) == KEYS for one in answer.objects()), "every object has the same keys")
    points.ok(all((one["verdict"] == "accepted") == (one["reason"] == "accepted") for one in answer.objects()) and
              all(one["frame"] == i + 1 for i, one in enumerate(answer.objects())), "verdict, reason and number agree")
    answer = voltgate("-j", "its", "verify", "--trust", trust, capture)
    points.ok(reasons(answer) == expected and not answer.err, "the same under root and authority of a trust list", answer)
    text = voltgate("its", "verify", capture)
    points.ok(len(text.out.splitlines()) == len(expected) and text.status == 2, "one line a frame as text", text)
    first = frames_of(capture)[:6]
    answer = voltgate("its", "verify", pcap(os.path.join(work, "good.pcap"), first))
    points.ok(answer.status == 0 and not answer.err, "exit 0 where all are accepted", answer)
    return capture, expected, trust


def check_captures(work, capture, expected):
    frames = frames_of(capture)
    made = {
        "big-endian": pcap(os.path.join(work, "big.pcap"), frames, order=">"),
        "nanoseconds": pcap(os.path.join(work, "nano.pcap"), frames, magic=0xa1b23c4d, scale=1000),
        "nanoseconds, big-endian": pcap(os.path.join(work, "bignano.pcap"), frames, ">", 0xa1b23c4d, scale=1000),
        "pcapng": pcapng(os.path.join(work, "frames.pcapng"), frames),
        "802.11": pcap(os.path.join(work, "wifi.pcap"), [(s, u, wifi(f)) for s, u, f in frames], link=105),
        "radiotap": pcap(os.path.join(work, "tap.pcap"), [(s, u, wifi(f, True)) for s, u, f in frames], link=127),
        "radiotap with checksum": pcap(os.path.join(work, "fcs.pcap"),
                                       [(s, u, wifi(f, True, True)) for s, u, f in frames], link=127),
        "VLAN tags": pcap(os.path.join(work, "vlan.pcap"),
                          [(s, u, f[:12] + b"\x88\xa8\x00\x05\x81\x00\x00\x07" + f[12:]) for s, u, f in frames]),
    }
    for name, path in made.items():
        answer = voltgate("its", "verify", "-j", "--at", "capture", path)
        points.ok(reasons(answer) == expected, f"capture file: {name}, judged at the time of capture", answer)
    answer = voltgate("its", "verify", pcap(os.path.join(work, "raw.pcap"), frames, link=101))
    points.ok(answer.status == 2 and answer.sentence() and "RAW" in answer.err, "another link type is named", answer)
    other = [(1, 1, b"\xff" * 12 + b"\x08\x00" + b"\0" * 46), (1, 1, b"\xff" * 5)]
    answer = voltgate("its", "verify", "-j", pcap(os.path.join(work, "mixed.pcap"), other + frames[2:4] + other))
    points.ok(answer.status == 0 and [one["frame"] for one in answer.objects()] == [3, 4] and "4 other frames" in answer.err,
              "frames that are not ITS are skipped aloud and counted in the numbers", answer)
    answer = voltgate("its", "verify", pcap(os.path.join(work, "none.pcap"), other))
    points.ok(answer.status == 2 and "no ITS frame" in answer.err, "a file without ITS frames proves nothing", answer)


def check_damaged(work, capture):
    data = open(capture, "rb").read()
    cut = os.path.join(work, "cut.pcap")
    open(cut, "wb").write(data[:-20])
    answer = voltgate("its", "verify", "-j", cut)
    points.ok(answer.status == 2 and len(answer.objects()) == len(frames_of(capture)) - 1 and "cut off after frame 31" in
              answer.err, "a file that was cut off is judged as far as it goes, and named", answer)
    short = pcap(os.path.join(work, "short.pcap"), frames_of(capture)[:2], cut=30)
    answer = voltgate("its", "verify", "-j", short)
    points.ok(reasons(answer) == ["its-malformed"] * 2 and "frame 1: the capture holds only" in answer.err,
              "frames that were captured in part are malformed, and named", answer)
    garbage = os.path.join(work, "garbage.pcap")
    open(garbage, "wb").write(b"not a capture")
    for path in (garbage, os.path.join(work, "missing.pcap"), work):
        answer = voltgate("its", "verify", path)
        points.ok(answer.status == 2 and answer.sentence(), f"{os.path.basename(path)} is refused with one sentence", answer)


def check_times(capture):
    early, late = "2026-03-07T20:26:30Z", "2026-03-07T20:26:45Z"
    points.ok(set(reasons(voltgate("its", "verify", "-j", "--at", early, capture))) == {"its-future"}, "--at an early time")
    points.ok(set(reasons(voltgate("its", "verify", "-j", "--at", late, capture))) == {"its-stale"}, "--at a late time")
    answer = voltgate("its", "verify", "-j", "--at", "@700000000000000", capture)
    points.ok(reasons(answer)[:6] == ["accepted"] * 6 and reasons(answer)[6] == "its-future",
              "--at a Time64: half a second ahead is allowed", answer)


def check_trust(work, capture, expected, trust):
    other = os.path.join(work, "other")
    os.mkdir(other)
    shutil.copy(os.path.join(work, "other-root.oer"), other)
    answer = voltgate("its", "verify", "-j", "--trust", other, capture)
    points.ok({r for r in reasons(answer) if r != "its-bad-certificate"} == {"its-untrusted", "its-unknown-signer"} and
              answer.status == 2, "under another root nobody is believed", answer)
    hexed = os.path.join(work, "hexed")
    os.mkdir(hexed)
    for name in ("root", "authority"):
        text = open(os.path.join(work, name + ".oer"), "rb").read().hex()
        with open(os.path.join(hexed, name + ".hex"), "w") as file:
            file.write("# " + name + "\n" + "\n".join(text[i:i + 60] for i in range(0, len(text), 60)) + "\n")
    answer = voltgate("its", "verify", "-j", "--trust", hexed, capture)
    points.ok(reasons(answer) == expected and not answer.err, "a trust list in hex", answer)
    only = os.path.join(work, "only")
    os.mkdir(only)
    shutil.copy(os.path.join(work, "authority.oer"), only)
    answer = voltgate("its", "verify", "-j", "--trust", only, capture)
    points.ok(reasons(answer) == expected, "an authority alone is an anchor", answer)
    bad = bytearray(open(os.path.join(work, "authority.oer"), "rb").read())
    bad[-1] ^= 1
    open(os.path.join(trust, "altered.oer"), "wb").write(bad)
    open(os.path.join(trust, "noise.cert"), "wb").write(b"\x80\x03\x00")
    open(os.path.join(trust, "letters.hex"), "w").write("zz")
    open(os.path.join(trust, "README"), "w").write("remarks")
    answer = voltgate("its", "verify", "-j", "--trust", trust, capture)
    lines = answer.err.splitlines()
    points.ok(reasons(answer) == expected and len(lines) == 4 and
              all(any(name in line for line in lines) for name in ("altered.oer", "noise.cert", "letters.hex", "README")),
              "each bad file of a trust list is named, and the others hold", answer)
    answer = voltgate("its", "verify", "--trust", os.path.join(work, "nowhere"), capture)
    points.ok(answer.status == 2 and answer.sentence(), "a trust list that is not there", answer)


def check_usage():
    for words in ([], ["verfy"], ["verify"], ["verify", "a", "b"], ["verify", "--at"], ["verify", "--at", "noon", "a"],
                  ["verify", "--trust"], ["verify", "--what", "a"]):
        answer = voltgate("its", *words)
        points.ok(answer.status == 1 and answer.err.startswith("voltgate: "), f"usage: its {' '.join(words)}", answer)


def member(tree, name):
    """The first value of that name below @tree, in the order of the frame."""
    if isinstance(tree, dict):
        if name in tree:
            return tree[name]
        tree = list(tree.values())
    for below in tree if isinstance(tree, list) else []:
        found = member(below, name)
        if found is not None:
            return found
    return None


def check_tshark(name, capture):
    if not shutil.which("tshark"):
        points.skip(f"tshark on {name}", "no tshark here; apt-get install tshark")
        return
    done = subprocess.run(["tshark", "-r", capture, "-T", "json"], capture_output=True, text=True, check=True,
                          env={**os.environ, "HOME": "/nonexistent"})
    theirs = [one["_source"]["layers"] for one in json.loads(done.stdout)]
    ours = voltgate("its", "verify", "-j", capture).objects()
    differ, digests, beyond = [], 0, 0
    for layers, one in zip(theirs, ours):
        signed = member(layers, "ieee1609dot2.signedData_element")
        header = member(signed, "ieee1609dot2.headerInfo_element")
        if "ieee1609dot2.missingCrlIdentifier_element" in header:
            beyond += 1  # tshark 4.0 takes no preamble octet for a SEQUENCE that has an extension marker only
            continue
        digest = member(signed.get("ieee1609dot2.signer_tree"), "ieee1609dot2.digest")
        digests += digest is not None
        same = (header["ieee1609dot2.psid"] == str(one["psid"]) and
                header["ieee1609dot2.generationTime"] == one["generation_time"] and
                (digest is None or digest.replace(":", "") == one["signer"]) and
                CURVES[signed["ieee1609dot2.signature"]] == one["curve"])
        if not same:
            differ.append((one, header, digest))
    points.ok(theirs and len(theirs) == len(ours) and digests and not differ,
              f"tshark agrees on psid, generation time, signer and curve of {len(ours) - beyond} frames: {name}"
              f" ({beyond} have what it misreads)", differ)


def check_car():
    if not os.path.exists(CAR):
        points.skip("a real car's frames", "no $SHARED/data/its/vw-golf8.pcap; set SHARED to the folder with the shared data")
        return
    answer = voltgate("its", "verify", "-j", CAR)
    objects = answer.objects()
    points.ok(answer.status == 0 and [one["verdict"] for one in objects] == ["accepted"] * 2 and
              {one["signer"] for one in objects} == {"127cff384ce0b890"} and
              [one["generation_time"] for one in objects] == ["501427678847076", "501427680646830"] and
              objects[0]["generation_time_utc"] == "2019-11-21T13:27:53.847076Z", "a real car's frames", answer)
    answer = voltgate("its", "verify", "-j", "--at", "capture", CAR)
    points.ok(answer.status == 0, "and at the time of their capture, with the leap seconds of 2019", answer)
    check_tshark("a real car", CAR)


def main():
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([os.path.join(BUILD, "tests", "its_sample"), work], check=True)
        capture, expected, trust = check_made(work)
        check_captures(work, capture, expected)
        check_damaged(work, capture)
        check_times(capture)
        check_trust(work, capture, expected, trust)
        check_usage()
        check_tshark("made frames", capture)
        check_car()
    points.end()


main()

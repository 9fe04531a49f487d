#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Makes the vectors of the shared core, and the C tables made from them.

  core.py make             writes tests/vectors/core.txt
  core.py header           writes kmod/selftest_vectors.h from core.txt
  core.py check            exit 0 if both files are what this program would write

What is expected comes from models written here after the papers, not from the
headers under test; SipHash is checked against libsodium besides where it is
installed. No randomness: SHA-256 of a counter stands in for it.
"""
import ctypes
import ctypes.util
import datetime
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TEXT = os.path.join(HERE, "core.txt")
HEADER = os.path.join(HERE, "..", "..", "kmod", "selftest_vectors.h")
M64 = (1 << 64) - 1
ACCEPTED, STALE, FUTURE = 0, 5, 6
WINDOW = 1024


def draw(label, count):
    """@count bytes that look random and are the same in every run."""
    out = b""
    i = 0
    while len(out) < count:
        out += hashlib.sha256(f"voltgate {label} {i}".encode()).digest()
        i += 1
    return out[:count]


def number(label, below):
    return int.from_bytes(draw(label, 16), "big") % below


# --- models ---
def rotl(x, b):
    return (x << b | x >> (64 - b)) & M64


def sip_rounds(v, count):
    for _ in range(count):
        v[0] = (v[0] + v[1]) & M64
        v[1] = rotl(v[1], 13) ^ v[0]
        v[0] = rotl(v[0], 32)
        v[2] = (v[2] + v[3]) & M64
        v[3] = rotl(v[3], 16) ^ v[2]
        v[0] = (v[0] + v[3]) & M64
        v[3] = rotl(v[3], 21) ^ v[0]
        v[2] = (v[2] + v[1]) & M64
        v[1] = rotl(v[1], 17) ^ v[2]
        v[2] = rotl(v[2], 32)


def siphash128(key, message):
    """SipHash-2-4-128 as the paper and its reference's constants have it."""
    k0, k1 = (int.from_bytes(key[i:i + 8], "little") for i in (0, 8))
    text = b"somepseudorandomlygeneratedbytes"
    c = [int.from_bytes(text[i:i + 8], "big") for i in range(0, 32, 8)]
    v = [k0 ^ c[0], k1 ^ c[1] ^ 0xee, k0 ^ c[2], k1 ^ c[3]]
    padded = message + bytes(-(len(message) + 1) % 8) + bytes([len(message) & 255])
    for i in range(0, len(padded), 8):
        m = int.from_bytes(padded[i:i + 8], "little")
        v[3] ^= m
        sip_rounds(v, 2)
        v[0] ^= m
    v[2] ^= 0xee
    sip_rounds(v, 4)
    low = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xdd
    sip_rounds(v, 4)
    high = v[0] ^ v[1] ^ v[2] ^ v[3]
    return low.to_bytes(8, "little") + high.to_bytes(8, "little")


def sodium_agrees(key, message, tag):
    name = ctypes.util.find_library("sodium")
    if not name:
        return True
    out = ctypes.create_string_buffer(16)
    ctypes.CDLL(name).crypto_shorthash_siphashx24(out, message, ctypes.c_ulonglong(len(message)), key)
    return out.raw == tag


class Replay:
    """Every sequence ever taken, as a set: slow and plain."""

    def __init__(self):
        self.taken = set()
        self.head = 0

    def commit(self, sequence):
        if sequence in self.taken or sequence + WINDOW <= self.head:
            return 0
        self.taken.add(sequence)
        self.head = max(self.head, sequence)
        return 1


class Bucket:
    """A bucket of tokens, counted in parts of a token so that nothing is rounded."""

    def __init__(self, cost, burst):
        self.cost, self.full, self.level, self.then = cost, burst, burst, 0

    def take(self, now):
        if not self.cost:
            return 1
        self.level = min(self.full, self.level + now - self.then)
        self.then = now
        if self.level < self.cost:
            return 0
        self.level -= self.cost
        return 1


def decode(header, length):
    """(accepted, session, sequence, generated, payload length, type) of a VID's 32 header bytes."""
    def be(at, size):
        return int.from_bytes(header[at:at + size], "big")
    version, kind, payload, zero = be(0, 1), be(1, 1), be(2, 2), be(4, 4)
    session, sequence, generated = be(8, 8), be(16, 8), be(24, 8)
    ok = version == 1 and zero == 0 and payload <= 1024 and length == 48 + payload
    if kind == 1:
        ok = ok and payload >= 16
    else:
        ok = ok and 16 <= kind <= 20 and session != 0 and sequence != 0
    return int(ok), session, sequence, generated, payload, kind


# --- core.txt ---
def lines_siphash():
    key = bytes(range(16))
    for length in list(range(0, 18)) + [31, 32, 33, 48, 63, 64, 96, 112, 255, 256, 257, 1056]:
        message = bytes(i & 255 for i in range(length))
        yield key, message
    for i in range(4):
        yield draw(f"sip key {i}", 16), draw(f"sip message {i}", 40 + i)
    yield bytes(16), bytes(24)
    yield b"\xff" * 16, b"\xff" * 23


def vid_header(version=1, kind=16, payload=64, zero=0, session=0x1122334455667788, sequence=7, generated=0x0002030405060708):
    parts = ((version, 1), (kind, 1), (payload, 2), (zero, 4), (session, 8), (sequence, 8), (generated, 8))
    return b"".join(value.to_bytes(size, "big") for value, size in parts)


def lines_vid():
    yield vid_header(), 112
    for bit in range(256):
        header = bytearray(vid_header())
        header[bit // 8] ^= 0x80 >> bit % 8
        yield bytes(header), 112
    for kind in range(0, 24):
        yield vid_header(kind=kind), 112
    for payload, length in ((0, 48), (0, 47), (0, 49), (1, 49), (1024, 1072), (1025, 1073), (1024, 1071), (1024, 1073),
                            (65535, 65583), (64, 48), (64, 0), (15, 63)):
        yield vid_header(payload=payload), length
    for payload in (0, 15, 16, 17, 1024):
        yield vid_header(kind=1, payload=payload, session=0, sequence=0), 48 + payload
    for session, sequence in ((0, 1), (1, 0), (M64, M64), (1, 1)):
        yield vid_header(session=session, sequence=sequence), 112


def histories():
    yield [1, 1, 2, 2, 1, 3]
    yield [5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 6]
    for jump in (63, 64, 65, 1022, 1023, 1024, 1025, 2047, 2048, 2049):
        yield [10, 9, 10 + jump, 10, 9, 11, 10 + jump - 1, 10 + jump, 11, 12 + jump]
    yield [M64 - 1024, M64 - 1023, M64 - 1, M64, M64, M64 - 1023, M64 - 1024, M64 - 1025, 1]
    yield [M64, M64 - 1023, M64 - 1024, M64]
    for i in range(3):
        at, out = 1, []
        for j in range(60):
            step = number(f"replay {i} {j}", 64)
            at = max(1, at + (step - 20 if step < 56 else step * 37))
            out.append(at)
        yield out


def budgets():
    yield 0, 0, [0, 0, 0, 5]
    yield 10, 10, [100, 100, 109, 110, 110, 1000, 1000, 1010]
    yield 10, 50, [0, 0, 0, 0, 0, 0, 9, 10, 10, 19, 20, 60, 60, 60, 60, 60, 60]
    yield 1000000000, 5000000000, [7, 7, 7, 7, 7, 7, 1000000006, 1000000007, 1000000007]
    yield 10000000, 2000000000, [M64 // 4 + i * 1000000 for i in range(24)]
    now, times = 1000, []
    for j in range(80):
        now += number(f"budget {j}", 30)
        times.append(now)
    yield 17, 17 * 4, times


def fresh_cases():
    now, stale, future = 725846400000000, 2000000, 500000
    for generated in (now, now - 1, now - stale + 1, now - stale, now - stale - 1, now + 1, now + future - 1, now + future,
                      now + future + 1, 0, M64):
        yield now, generated, stale, future
    yield 1000, 0, 2000, 0
    yield 1000, 1001, 2000, 0
    yield 5, 5, 0, 0
    yield M64, 0, 3600000000, 3600000000


def times():
    """(UTC microseconds, leap seconds, test offset, Time64). Leap seconds since 2004: 2005, 2008, 2012, 2015, 2016."""
    epoch = datetime.datetime(2004, 1, 1, tzinfo=datetime.timezone.utc)
    unix = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    dates = ((2004, 1, 1, 0, 0, 0, 0), (2005, 12, 31, 23, 59, 59, 0), (2006, 1, 1, 0, 0, 0, 1), (2016, 12, 31, 23, 59, 59, 4),
             (2017, 1, 1, 0, 0, 0, 5), (2026, 2, 28, 12, 30, 15, 5), (2100, 3, 1, 0, 0, 0, 5))
    for *date, leap in dates:
        moment = datetime.datetime(*date, tzinfo=datetime.timezone.utc)
        second = datetime.timedelta(microseconds=1)
        yield (moment - unix) // second, leap, 0, (moment - epoch) // second + leap * 1000000
    yield 1767225600123456, 5, -86400000000, 1767225600123456 - 1072915200000000 + 5000000 - 86400000000


def records():
    fields = (725846400000001, 0x1122334455667788, 0x99aabbccddeeff00, 1, 17, 0, 2, 1)
    yield fields, draw("record", 32)
    yield (M64, M64, M64, 255, 255, 255, 255, 255), b"\xff" * 32
    for i in range(8):
        yield tuple(0x0102030405060708 if j == i and j < 3 else 0x5a if j == i else 0 for j in range(8)), bytes(32)


def record_bytes(fields, digest):
    return b"".join(f.to_bytes(8, "big") for f in fields[:3]) + bytes(fields[3:]) + bytes(3) + digest


def make():
    out = ["# Vectors of the shared core (include/voltgate), made by core.py. One a line; numbers decimal, bytes hex (- for none).",
           "# siphash KEY MESSAGE TAG"]
    for key, message in lines_siphash():
        tag = siphash128(key, message)
        if not sodium_agrees(key, message, tag):
            sys.exit("core.py: the model of SipHash disagrees with libsodium; one of them is broken")
        out.append(f"siphash {key.hex()} {message.hex() or '-'} {tag.hex()}")
    out.append("# vid HEADER LENGTH ACCEPTED SESSION SEQUENCE GENERATED PAYLOAD-LENGTH TYPE")
    for header, length in lines_vid():
        out.append(" ".join(["vid", header.hex(), str(length)] + [str(f) for f in decode(header, length)]))
    out.append("# replay SEQUENCE=TAKEN ... (one window of 1024 from empty)")
    for history in histories():
        window = Replay()
        out.append(" ".join(["replay"] + [f"{s}={window.commit(s)}" for s in history]))
    out.append("# budget COST_NS BURST_NS NOW_NS=TAKEN ...")
    for cost, burst, moments in budgets():
        bucket = Bucket(cost, burst)
        out.append(" ".join(["budget", str(cost), str(burst)] + [f"{t}={bucket.take(t)}" for t in moments]))
    out.append("# fresh NOW GENERATED STALE_US FUTURE_US REASON")
    for now, generated, stale, future in fresh_cases():
        reason = STALE if now - generated > stale else FUTURE if generated - now > future else ACCEPTED
        out.append(f"fresh {now} {generated} {stale} {future} {reason}")
    out.append("# time64 UTC_US LEAP_SECONDS OFFSET_US TIME64")
    out += [f"time64 {a} {b} {c} {d}" for a, b, c, d in times()]
    out.append("# record TIME SESSION SEQUENCE KIND TYPE REASON GRADE FLAGS DIGEST BYTES")
    for fields, digest in records():
        out.append(" ".join(["record"] + [str(f) for f in fields] + [digest.hex(), record_bytes(fields, digest).hex()]))
    return "\n".join(out) + "\n"


# --- C tables ---
class Pool:
    """Bytes or rows that vectors point into by (start, count)."""

    def __init__(self):
        self.items = []

    def add(self, items):
        start = len(self.items)
        self.items += items
        return start


def c_bytes(data):
    return "{ " + ", ".join(f"0x{b:02x}" for b in data) + " }"


def c_wide(items, per_row):
    rows = [", ".join(items[i:i + per_row]) for i in range(0, len(items), per_row)]
    return "\n".join("\t" + row + "," for row in rows)


def unhex(word):
    return b"" if word == "-" else bytes.fromhex(word)


def table(kind, name, rows):
    return f"static const {kind} {name}[] VG_VECTOR_DATA = {{\n" + "\n".join("\t" + row + "," for row in rows) + "\n};\n"


TYPES = """\
struct vg_vector_siphash {
	u8 key[16];
	u32 start, len; /* of vg_vector_bytes */
	u8 tag[16];
};
struct vg_vector_vid {
	u8 header[32];
	u32 len, accepted;
	u64 session, sequence, generated;
	u32 payload_len, type;
};
struct vg_vector_step {
	u64 value;
	u32 taken;
};
struct vg_vector_steps {
	u64 cost_ns, burst_ns; /* budgets only */
	u32 start, count; /* of vg_vector_steps_pool */
};
struct vg_vector_fresh {
	u64 now, generated;
	s64 stale_us, future_us;
	u32 reason;
};
struct vg_vector_time64 {
	u64 utc_us;
	s64 leap_seconds, offset_us;
	u64 time64;
};
struct vg_vector_record {
	u64 time, session, sequence;
	u8 kind, type, reason, grade, flags;
	u8 digest[32];
	u8 bytes[64];
};
"""


def header(text):
    pool, steps = Pool(), Pool()
    rows = {k: [] for k in ("siphash", "vid", "replay", "budget", "fresh", "time64", "record")}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        word, *args = line.split()
        if word == "siphash":
            message = unhex(args[1])
            start = pool.add([f"0x{b:02x}" for b in message])
            rows[word].append(f"{{ {c_bytes(unhex(args[0]))}, {start}, {len(message)}, {c_bytes(unhex(args[2]))} }}")
        elif word == "vid":
            a = args
            rows[word].append(f"{{ {c_bytes(unhex(a[0]))}, {a[1]}, {a[2]}, {a[3]}ULL, {a[4]}ULL, {a[5]}ULL, {a[6]}, {a[7]} }}")
        elif word in ("replay", "budget"):
            rate = args[:2] if word == "budget" else ["0", "0"]
            moves = args[2:] if word == "budget" else args
            start = steps.add(["{ %sULL, %s }" % tuple(move.split("=")) for move in moves])
            rows[word].append(f"{{ {rate[0]}ULL, {rate[1]}ULL, {start}, {len(moves)} }}")
        elif word == "fresh":
            rows[word].append("{ %sULL, %sULL, %sLL, %sLL, %s }" % tuple(args))
        elif word == "time64":
            rows[word].append("{ %sULL, %sLL, %sLL, %sULL }" % tuple(args))
        elif word == "record":
            numbers = ", ".join(a + "ULL" for a in args[:3]) + ", " + ", ".join(args[3:8])
            rows[word].append(f"{{ {numbers}, {c_bytes(unhex(args[8]))}, {c_bytes(unhex(args[9]))} }}")
        else:
            sys.exit(f"core.py: {TEXT}: unknown word '{word}'")
    kinds = {"replay": "steps", "budget": "steps"}
    parts = ["/* SPDX-License-Identifier: GPL-2.0 */",
             "/*\n * selftest_vectors.h - tests/vectors/core.txt as C tables, for kmod/selftest_core.h.\n"
             " * Made by tests/vectors/core.py; do not edit. VG_VECTOR_DATA: where the tables lie (__initconst in the module).\n */",
             "#ifndef VOLTGATE_SELFTEST_VECTORS_H\n#define VOLTGATE_SELFTEST_VECTORS_H\n",
             '#include "voltgate/types.h"\n', "#ifndef VG_VECTOR_DATA\n#define VG_VECTOR_DATA\n#endif\n", "/* clang-format off */", TYPES,
             f"static const u8 vg_vector_bytes[] VG_VECTOR_DATA = {{\n{c_wide(pool.items, 24)}\n}};\n",
             f"static const struct vg_vector_step vg_vector_steps_pool[] VG_VECTOR_DATA = {{\n{c_wide(steps.items, 4)}\n}};\n"]
    for name, lines in rows.items():
        parts.append(table(f"struct vg_vector_{kinds.get(name, name)}", f"vg_vectors_{name}", lines))
    parts.append("/* clang-format on */\n\n#endif\n")
    return "\n".join(parts)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def main():
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command == "make":
        write(TEXT, make())
    elif command == "header":
        write(HEADER, header(read(TEXT)))
    elif command == "check":
        if read(TEXT) != make():
            sys.exit("core.py: tests/vectors/core.txt is not what core.py makes; run `tests/vectors/core.py make`")
        if read(HEADER) != header(read(TEXT)):
            sys.exit("core.py: kmod/selftest_vectors.h does not match core.txt; run `tests/vectors/core.py header`")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Clients that mean harm, by hand over TLS, against agent/net's server: each is answered as the
standards say, none harms the others. KTAP."""
import json
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tools", "testbed")]
from ktap import Points  # noqa: E402
from program import BUILD  # noqa: E402

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CALM = 11
QUERY = "/voltgate.v1.Ledger/Query"
NEVER = "/voltgate.v1.Ledger/Status"
points = Points()
ok = points.ok


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def hpack_text(text):
    raw = text.encode()
    if len(raw) < 127:
        return bytes([len(raw)]) + raw
    rest, out = len(raw) - 127, b"\x7f"
    while rest > 127:
        out += bytes([rest & 127 | 128])
        rest >>= 7
    return out + bytes([rest]) + raw


def block(fields):
    """Literal fields that are not indexed (RFC 7541, 6.2.2)."""
    return b"".join(b"\0" + hpack_text(name) + hpack_text(value) for name, value in fields)


def request(path=QUERY, **changes):
    fields = {":method": "POST", ":scheme": "https", ":path": path, ":authority": "x", "te": "trailers",
              "content-type": "application/grpc"}
    fields.update({name.replace("_", "-"): value for name, value in changes.items()})
    return block([(name, value) for name, value in fields.items() if value is not None])


def message(data, flag=0, length=None):
    return bytes([flag]) + struct.pack(">I", len(data) if length is None else length) + data


class Server:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="vg-net-abuse-")
        self.process = subprocess.Popen([os.path.join(BUILD, "tests/net_serve"), self.folder.name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.code = self.process.wait(20)
        self.process.stdout.close()
        self.folder.cleanup()

    def counts(self):
        self.process.stdin.write("counts\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def megabytes(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize() / 1e6

    def tcp(self):
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def tls(self, certificate="good", version=ssl.TLSVersion.TLSv1_3, alpn=("h2",)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(os.path.join(self.folder.name, "ca.crt"))
        context.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
        context.maximum_version = version
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if certificate:
            path = os.path.join(self.folder.name, certificate)
            context.load_cert_chain(path + ".crt", path + ".key")
        return context.wrap_socket(self.tcp())


class Session:
    """An HTTP/2 client that obeys nobody."""

    def __init__(self, server, preface=PREFACE + frame(SETTINGS, 0, 0)):
        self.socket = server.tls()
        self.socket.settimeout(10)
        self.buffer = b""
        self.send(preface)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (OSError, ssl.SSLError):
            pass  # the server has had enough; what it said comes by read()

    def frames(self):
        """Until the connection ends."""
        while True:
            while len(self.buffer) >= 9:
                length = int.from_bytes(self.buffer[:3], "big")
                if len(self.buffer) < 9 + length:
                    break
                kind, flags, stream = self.buffer[3], self.buffer[4], int.from_bytes(self.buffer[5:9], "big")
                payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
                yield kind, flags, stream, payload
            try:
                more = self.socket.recv(65536)
            except (OSError, ssl.SSLError):
                return
            if not more:
                return
            self.buffer += more

    def answer(self, stream=1):
        """(text of all header blocks, bytes, reset code or None) of one stream."""
        text, data = b"", b""
        for kind, flags, number, payload in self.frames():
            if kind == GOAWAY:
                return text, data, "goaway", int.from_bytes(payload[4:8], "big")
            if number != stream:
                continue
            if kind == HEADERS:
                text += payload
            if kind == DATA:
                data += payload
            if kind == RST:
                return text, data, "reset", int.from_bytes(payload[:4], "big")
            if flags & END_STREAM and kind in (HEADERS, DATA):
                return text, data, "end", 0
        return text, data, "closed", 0

    def goaway(self):
        """The code of the server's GOAWAY; None: it closed without, -1: it still lives."""
        self.socket.settimeout(4)
        started = time.monotonic()
        for kind, _, _, payload in self.frames():
            if kind == GOAWAY:
                return int.from_bytes(payload[4:8], "big")
        return -1 if time.monotonic() - started > 3.9 else None


# Response fields are found by what HPACK puts for them with nghttp2's encoder: status is indexed, codes are Huffman-coded.
def serves(server):
    """An honest call goes through."""
    with Session(server) as session:
        session.send(frame(HEADERS, END_HEADERS, 1, request()) + frame(DATA, END_STREAM, 1, message(b"\x0a\x02hi")))
        _, data, how, _ = session.answer()
        return data == message(b"\x0a\x02hi") and how == "end"


def call(server, head, body=message(b""), flags=END_STREAM):
    with Session(server) as session:
        session.send(frame(HEADERS, END_HEADERS, 1, head) + (frame(DATA, flags, 1, body) if body is not None else b""))
        return session.answer()


def tls_refusals(server):
    for certificate, what in ((None, "no certificate"), ("stranger", "another authority"),
                              ("impostor", "another authority in our organisation's name"), ("expired", "an expired one"),
                              ("early", "one that is not valid yet"), ("revoked", "a revoked key"), ("rsa", "an RSA key"),
                              ("wrong-organisation", "another organisation in the subject"),
                              ("nameless", "no organisation"), ("authority", "an authority's")):
        before = server.counts()["refused_handshakes"]
        try:
            with server.tls(certificate) as tls:
                tls.settimeout(5)
                refused = tls.recv(100) == b""
                why = "closed"
        except (OSError, ssl.SSLError) as error:
            refused, why = not isinstance(error, TimeoutError), getattr(error, "reason", None) or str(error)
        ok(refused and server.counts()["refused_handshakes"] == before + 1, f"refused: {what}: {why}")
    for what, options in (("TLS 1.2", {"version": ssl.TLSVersion.TLSv1_2}), ("HTTP/1.1 by ALPN", {"alpn": ("http/1.1",)}),
                          ("no ALPN", {"alpn": ()})):
        try:
            with server.tls(**options) as tls:
                tls.settimeout(5)
                refused, why = tls.recv(100) == b"", "closed"
        except (OSError, ssl.SSLError) as error:
            refused, why = not isinstance(error, TimeoutError), getattr(error, "reason", None) or str(error)
        ok(refused, f"refused: {what}: {why}")
    with server.tcp() as tcp:
        tcp.sendall(b"GET / HTTP/1.1\r\n\r\n")
        tcp.settimeout(5)
        try:
            while tcp.recv(100):
                pass
            ok(True, "plain HTTP is closed")
        except OSError as error:
            ok(not isinstance(error, TimeoutError), "plain HTTP is closed")


def slow_strangers(server):
    """The server has 32 places and gives a handshake 2 s."""
    idle = [server.tcp() for _ in range(40)]
    ok(serves(server), "40 that say nothing do not keep a member out")
    idle[-1].settimeout(6)
    started = time.monotonic()
    try:
        ended = idle[-1].recv(1) == b""
    except OSError as error:
        ended = not isinstance(error, TimeoutError)
    ok(ended and time.monotonic() - started < 5, "a handshake that does not begin is ended by the clock")
    for each in idle:
        each.close()
    with server.tcp() as tcp:  # a record whose end does not come
        tcp.sendall(b"\x16\x03\x01\x02\x00\x01")
        tcp.settimeout(6)
        try:
            ended = tcp.recv(1) == b""
        except OSError as error:
            ended = not isinstance(error, TimeoutError)
    ok(ended, "half a ClientHello too")


def bad_requests(server):
    for what, head, status in (("GET", request(**{":method": "GET"}), 405), ("another content-type", request(content_type="text/html"), 415),
                               ("no content-type", request(content_type=None), 415), ("no te: trailers", request(te=None), 400)):
        text, data, how, _ = call(server, head)
        ok(how == "end" and not data and status_in(text, status), f"{what}: HTTP {status}")
    for what, head in (("an unknown method", request("/x/y")), ("a compressed call", request(grpc_encoding="gzip"))):
        text, data, how, _ = call(server, head)
        ok(how in ("end", "reset") and not data and grpc_status_in(text, 12), f"{what}: UNIMPLEMENTED")
    for what, body, status in (("a compressed message", message(b"x", flag=1), 12), ("a flag that means nothing", message(b"x", flag=7), 13),
                               ("a message cut short", message(b"x", length=10), 13), ("a length beyond the limit", message(b"x", length=0xffffffff), 8),
                               ("half a prefix", b"\0\0", 13)):
        text, _, how, _ = call(server, request(), body)
        ok(how in ("end", "reset") and grpc_status_in(text, status), f"{what}: grpc-status {status}")
    text, _, how, _ = call(server, request(NEVER, grpc_timeout="100m"))
    ok(how in ("end", "reset") and grpc_status_in(text, 4), "a time-out of 100 ms: DEADLINE_EXCEEDED")
    text, _, how, _ = call(server, request(NEVER, grpc_timeout="0n"))
    ok(how in ("end", "reset") and grpc_status_in(text, 4), "a time-out of nothing: at once")
    _, data, how, _ = call(server, request(grpc_timeout="soon"), message(b"\x0a\x02hi"))
    ok(how == "end" and data == message(b"\x0a\x02hi"), "a time-out that is none is no time-out")
    _, _, how, code = call(server, request(x="y" * 20000)[:16000], None)
    ok(how == "goaway", f"a header block cut short is a connection's end: {code}")


def status_in(text, status):
    """:status as nghttp2's encoder writes it: indexed names, values as text or Huffman-coded."""
    return any(code in text for code in (str(status).encode(), huffman_digits(str(status)))) or (status == 400 and b"\x8c" in text)


def grpc_status_in(text, status):
    value = str(status)
    return any(huffman_digits(value) in part[:8] or value.encode() in part[:8]
               for part in split_after(text, "grpc-status"))


def split_after(text, name):
    raw, coded = name.encode(), bytes.fromhex("9acac8b21234da8f")  # grpc-status in HPACK's Huffman code
    parts = []
    for needle in (raw, coded):
        at = text.find(needle)
        while at >= 0:
            parts.append(text[at + len(needle):])
            at = text.find(needle, at + 1)
    return parts


def huffman_digits(text):
    """RFC 7541 appendix B: 0 to 2 have 5 bits, 3 to 9 six."""
    codes = {"0": "00000", "1": "00001", "2": "00010", "3": "011001", "4": "011010", "5": "011011", "6": "011100",
             "7": "011101", "8": "011110", "9": "011111"}
    bits = "".join(codes[digit] for digit in text)
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def big_headers(server):
    fields = [(f"x-{i}", "y" * 1000) for i in range(30)]
    with Session(server) as session:
        head = request() + block(fields)
        session.send(frame(HEADERS, 0, 1, head[:16000]) + frame(CONTINUATION, END_HEADERS, 1, head[16000:]))
        _, _, how, _ = session.answer()
        ok(how in ("reset", "goaway"), "a header list over 16 KiB is refused")
    with Session(server) as session:
        session.send(frame(HEADERS, 0, 1, request()))
        for _ in range(20000):
            session.send(frame(CONTINUATION, 0, 1, b"\0" + hpack_text("a") + hpack_text("b" * 100)))
        ok(session.goaway() not in (-1,), "CONTINUATION without end closes the connection")
    ok(server.megabytes() < 300, "and takes no memory")


def floods(server):
    with Session(server) as session:
        for start in range(0, 3000, 100):
            session.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request(NEVER)) + frame(RST, 0, 2 * i + 1, struct.pack(">I", 8))
                                  for i in range(start, start + 100)))
        ok(session.goaway() == CALM, "rapid reset: ENHANCE_YOUR_CALM")
    with Session(server) as session:  # each of these makes the server reset its stream
        for start in range(0, 3000, 100):
            session.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request(NEVER)) + frame(WINDOW, 0, 2 * i + 1, struct.pack(">I", 0))
                                  for i in range(start, start + 100)))
        ok(session.goaway() not in (-1,), "resets that the server is made to send end the connection too")
    for what, flood in (("PING", frame(PING, 0, 0, b"8" * 8)), ("SETTINGS", frame(SETTINGS, 0, 0)),
                        ("PRIORITY", frame(PRIORITY, 0, 1, struct.pack(">IB", 0, 10)))):
        with Session(server) as session:
            for _ in range(50):
                session.send(flood * 200)
            ok(session.goaway() not in (-1,), f"a flood of {what} ends the connection")
    with Session(server) as session:
        session.send(frame(HEADERS, END_HEADERS, 1, request()) + frame(DATA, 0, 1, b"") * 5000)
        ok(session.goaway() == CALM, "a flood of empty DATA: ENHANCE_YOUR_CALM")
    with Session(server) as session:
        session.send(frame(WINDOW, 0, 0, struct.pack(">I", 1)) * 60000)
        ok(session.goaway() == CALM, "a flood of WINDOW_UPDATE: ENHANCE_YOUR_CALM")


def hoarding(server):
    """Messages that are announced and begun and never end, by a client that keeps to its windows."""
    before, over = server.megabytes(), server.counts()["over_limit"]
    with Session(server) as session:
        session.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request("/voltgate.v1.Peer/Exchange")) +
                              frame(DATA, 0, 2 * i + 1, message(b"", length=16 << 20)) for i in range(200)))
        time.sleep(0.2)
        grown = server.megabytes() - before
        ok(grown < 20, f"200 announcements of 16 MiB take no memory: {grown:.0f} MB")
        credit, sent, open_streams, most = 65535 - 1000, 0, [2 * i + 1 for i in range(200)], 0.0
        session.socket.settimeout(3)
        frames = session.frames()
        while sent < 90e6:
            while credit >= 16000 and open_streams and sent < 90e6:
                stream = open_streams[sent // 16000 % len(open_streams)]
                session.send(frame(DATA, 0, stream, b"x" * 16000))
                credit, sent = credit - 16000, sent + 16000
            most = max(most, server.megabytes() - before)
            kind, _, stream, payload = next(frames, (None, 0, 0, b""))
            if kind is None:
                break
            if kind == WINDOW and stream == 0:
                credit += int.from_bytes(payload, "big")
            if kind in (HEADERS, RST) and stream in open_streams:
                open_streams.remove(stream)
        ok(30e6 < sent and most < 90 and server.counts()["over_limit"] > over,
           f"of {sent / 1e6:.0f} MB of unfinished messages no more than 32 MiB are kept: {most:.0f} MB")


def too_many(server):
    with Session(server) as session:
        session.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request(NEVER)) for i in range(1200)))
        refused = 0
        session.socket.settimeout(2)
        for kind, _, _, payload in session.frames():
            refused += kind == RST and payload == struct.pack(">I", 7)
            if refused == 176:
                break
        ok(refused == 176 and server.counts()["open_calls"] == 1024, f"1,024 calls at once, {refused} of 1,200 refused")


def garbage(server):
    for what, preface in (("garbage", b"\xff" * 200), ("HTTP/1.1", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                          ("no SETTINGS", PREFACE + frame(PING, 0, 0, b"8" * 8)),
                          ("a frame of 2 MiB", PREFACE + frame(SETTINGS, 0, 0) + b"\x20\0\0\0\0\0\0\0\1"),
                          ("a bad header block", PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, b"\xff" * 50)),
                          ("DATA on stream 0", PREFACE + frame(SETTINGS, 0, 0) + frame(DATA, 0, 0, b"x")),
                          ("a window over 2 GiB", PREFACE + frame(SETTINGS, 0, 0) + frame(WINDOW, 0, 0, struct.pack(">I", 0x7fffffff)))):
        with Session(server, preface) as session:
            ok(session.goaway() not in (-1,), f"{what} ends the connection")


def silent_peer(server):
    """The server asks with PING after 2 s of silence and waits 2 s."""
    with Session(server) as session:
        session.send(frame(HEADERS, END_HEADERS, 1, request(NEVER)))
        session.socket.settimeout(8)
        started, pinged = time.monotonic(), False
        for kind, flags, _, _ in session.frames():
            pinged |= kind == PING and not flags & ACK
        took = time.monotonic() - started
        ok(pinged and 2 < took < 8, f"a peer that does not answer PING is given up after {took:.1f} s")


def main():
    with Server() as server:
        ok(serves(server), "an honest call by hand")
        for attack in (tls_refusals, bad_requests, garbage, big_headers, floods, hoarding, too_many, slow_strangers, silent_peer):
            attack(server)
            ok(serves(server), f"others are served after {attack.__name__.replace('_', ' ')}")
        deadline = time.monotonic() + 5
        while server.counts()["open_connections"] and time.monotonic() < deadline:
            time.sleep(0.05)
        counts = server.counts()
        ok(not counts["open_connections"] and not counts["open_calls"] and counts["protocol_errors"] > 10,
           f"nothing is left open, wrongs were counted: {counts}")
        ok(server.megabytes() < 300, f"memory after all: {server.megabytes():.0f} MB")
    ok(server.code == 0, "the server ends in order")
    points.end()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Takes the station's certificate out of a capture of signed ITS frames, for a gate's trust folder.

    car_certificate.py CAPTURE FILE

The capture must hold a frame that carries its certificate and one that names it by digest; the digest is checked.
"""
import hashlib
import struct
import sys

SIGNATURE_LEN = 66  # choice of algorithm, form of r, r, s
SIGNER = b"\x81\x01\x01\x80\x03"  # signer is a certificate, one of them, explicit, version 3


def frames(path):
    with open(path, "rb") as capture:
        data = capture.read()
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack("<I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def main():
    capture, target = sys.argv[1:]
    everything = list(frames(capture))
    for frame in everything:
        at = frame.find(SIGNER)
        if at < 0:
            continue
        certificate = frame[at + 3:-SIGNATURE_LEN]
        name = hashlib.sha256(certificate).digest()[-8:]
        if any(b"\x80" + name in other for other in everything):
            with open(target, "wb") as out:
                out.write(certificate)
            print(name.hex())
            return
    sys.exit(f"{capture}: no frame carries a certificate that another one names")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Takes the type information (BTF) out of a kernel.

    kmod/btf/vmlinux.py KERNEL OUTPUT

KERNEL is /sys/kernel/btf/vmlinux, an uncompressed vmlinux, or a compressed
x86 image as in /boot (Documentation/arch/x86/boot.rst: the payload and its
place). OUTPUT becomes plain BTF, which pahole and libbpf take as a base.
"""
import bz2
import lzma
import shutil
import struct
import subprocess
import sys
import zlib

BTF_MAGIC = b"\x9f\xeb"
ELF_MAGIC = b"\x7fELF"


class Refused(Exception):
    """One sentence: what, what to do."""


def by_program(program, package):
    def unpack(payload):
        if not shutil.which(program):
            raise Refused(f"the kernel is compressed with {program}, which is not installed: apt-get install {package}")
        done = subprocess.run([program, "-dc"], input=payload, capture_output=True, check=False)
        if not done.stdout.startswith(ELF_MAGIC):
            raise Refused(f"{program} could not unpack the kernel: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout  # what follows the stream (its size, padding) makes some programs end with an error
    return unpack


def gunzip(payload):
    return zlib.decompressobj(31).decompress(payload)


def unxz(payload):
    return lzma.LZMADecompressor().decompress(payload)


def bunzip2(payload):
    return bz2.BZ2Decompressor().decompress(payload)


UNPACKERS = (
    (b"\x1f\x8b", gunzip),
    (b"\xfd7zXZ\0", unxz),
    (b"\x5d\0\0", unxz),
    (b"BZh", bunzip2),
    (b"\x02\x21\x4c\x18", by_program("lz4", "lz4")),
    (b"\x28\xb5\x2f\xfd", by_program("zstd", "zstd")),
)


def payload_of(image):
    """The compressed vmlinux within a bzImage."""
    if image[0x202:0x206] != b"HdrS":
        raise Refused("it is neither BTF, nor ELF, nor an x86 kernel image: give the kernel's vmlinuz")
    setup_sectors = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    return image[start:start + length]


def unpacked(image):
    payload = payload_of(image)
    if payload.startswith(ELF_MAGIC):
        return payload
    for magic, unpack in UNPACKERS:
        if payload.startswith(magic):
            return unpack(payload)
    raise Refused(f"its payload begins with {payload[:4].hex()}, which is no compression known here")


def section(elf, wanted):
    """The bytes of section @wanted of a 64-bit little-endian ELF file."""
    table, = struct.unpack_from("<Q", elf, 0x28)
    entry_size, count, names_index = struct.unpack_from("<HHH", elf, 0x3a)
    headers = [struct.unpack_from("<IIQQQQ", elf, table + entry_size * i) for i in range(count)]
    names = headers[names_index][4]
    for name, _type, _flags, _address, offset, size in headers:
        start = names + name
        if elf[start:elf.index(b"\0", start)] == wanted:
            return elf[offset:offset + size]
    raise Refused("it has no BTF: it was built without CONFIG_DEBUG_INFO_BTF, and no module can offer functions to XDP")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: kmod/btf/vmlinux.py KERNEL OUTPUT")
    path, output = sys.argv[1:]
    try:
        with open(path, "rb") as source:
            image = source.read()
        if not image.startswith(BTF_MAGIC):
            image = section(image if image.startswith(ELF_MAGIC) else unpacked(image), b".BTF")
        with open(output, "wb") as target:
            target.write(image)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    except (Refused, struct.error, zlib.error, lzma.LZMAError) as error:
        sys.exit(f"{path}: {error}")


if __name__ == "__main__":
    main()

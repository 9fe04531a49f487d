#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vehicle library as a vehicle maker meets it: installed, found by pkg-config, the example compiled against
# the shared and the static library, run, and its packets received. KTAP.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

ok() { # ok DESCRIPTION COMMAND...
	local what=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $count $what"
	else
		echo "not ok $count $what"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

receive() { # receive PROGRAM: runs it against a receiver, checks the two packets' headers
	/usr/bin/python3 - "$@" <<'END'
import socket, struct, subprocess, sys, time
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
receiver.settimeout(10)
session = "0123456789abcdef 00112233445566778899aabbccddeeff\n"
subprocess.run([sys.argv[1], "127.0.0.1", str(receiver.getsockname()[1])], input=session.encode(), check=True, timeout=10)
for sequence, (kind, payload) in enumerate([(16, b""), (17, b"20 kWh by 07:00")], 1):
    packet = receiver.recv(2000)
    version, found, length, zero, session, number, generated = struct.unpack(">BBHIQQQ", packet[:32])
    assert (version, found, length, zero) == (1, kind, len(payload), 0), packet
    assert (session, number) == (0x0123456789abcdef, sequence), packet
    assert packet[32:-16] == payload and len(packet) == 48 + len(payload), packet
    assert abs(generated / 1e6 - (time.time() - 1072915200 + 5)) < 10, generated
END
}

export PKG_CONFIG_PATH=$work/usr/lib/pkgconfig
PKG_CONFIG="pkg-config --define-variable=prefix=$work/usr"
lib() { $PKG_CONFIG "$@" voltgate-vehicle; }

ok "make install puts library, header and pkg-config file in place" \
	make -s B="$B" DESTDIR="$work" PREFIX=/usr install-libvehicle
ok "pkg-config knows the version" test "$(lib --modversion)" = "$(sed -n 's/^VERSION := //p' Makefile)"
# shellcheck disable=SC2046
ok "the example compiles as C99 against the installed header" gcc -std=gnu99 -Wall -Wextra -Werror -pedantic \
	tools/libvehicle/example.c $(lib --cflags --libs) -o "$work/shared"
# shellcheck disable=SC2046
ok "the header compiles as C++" bash -c "echo '#include <voltgate-vehicle.h>' | g++ -Wall -Werror -x c++ -fsyntax-only $(lib --cflags) -"
ok "the example runs with the shared library and its packets arrive" \
	env LD_LIBRARY_PATH="$work/usr/lib" bash -c "$(declare -f receive); receive $work/shared"
# shellcheck disable=SC2046
ok "the example links statically" gcc tools/libvehicle/example.c $(lib --cflags) "$work/usr/lib/libvoltgate-vehicle.a" \
	-o "$work/static"
ok "and runs" receive "$work/static"
ok "the shared library exports four functions and nothing else" \
	test "$(nm -D --defined-only "$work/usr/lib/libvoltgate-vehicle.so" | awk '{print $3}' | sort | tr '\n' ' ')" = \
	"voltgate_session_done voltgate_session_init voltgate_time64 voltgate_vid_make "
ok "it needs no library but libc" \
	test "$(readelf -d "$work/usr/lib/libvoltgate-vehicle.so" | grep -c NEEDED)" = 1
for page in tools/libvehicle/voltgate-vehicle.3 tools/sim/voltgate-sim.1 tools/sim/voltgate-play.1; do
	ok "$page has no fault that mandoc knows" \
		test -z "$(mandoc -T lint "$page" | grep -v 'referenced manual not found')"
done
ok "uninstall leaves nothing behind" bash -c "make -s B=$B DESTDIR=$work PREFIX=/usr uninstall-libvehicle &&
	test -z \"\$(find $work/usr -type f -o -type l)\""
echo "1..$count"
exit $failed

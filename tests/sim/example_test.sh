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

meet() { # meet PROGRAM: runs it against a gateway on loopback, which says who may come in and what it was asked
	/usr/bin/python3 - "$B/tests/handshake-host" "$@" <<'END'
import subprocess, sys
host = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True)
port, *vehicle = [host.stdout.readline() for line in range(6)]
done = subprocess.run([sys.argv[2], "127.0.0.1", port.strip()], input="".join(vehicle), text=True, capture_output=True, timeout=30)
assert done.returncode == 0 and done.stdout == 'reserved: {"charger":1}\n', (done.returncode, done.stdout, done.stderr)
assert host.communicate(timeout=15)[0] == "session.reserve\n" and host.returncode == 0
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
	tools/libvehicle/example.c $(lib --cflags --libs) -lsodium -o "$work/shared"
# shellcheck disable=SC2046
ok "the header compiles as C++" bash -c "echo '#include <voltgate-vehicle.h>' | g++ -Wall -Werror -x c++ -fsyntax-only $(lib --cflags) -"
ok "with the shared library the example shakes hands, after a cookie, reserves and is answered" \
	env LD_LIBRARY_PATH="$work/usr/lib" B="$B" bash -c "$(declare -f meet); meet $work/shared"
# shellcheck disable=SC2046
ok "the example links statically" gcc tools/libvehicle/example.c $(lib --cflags) "$work/usr/lib/libvoltgate-vehicle.a" \
	-lsodium -o "$work/static"
ok "and does the same" meet "$work/static"
ok "the shared library exports the header's functions and nothing else" \
	test "$(nm -D --defined-only "$work/usr/lib/libvoltgate-vehicle.so" | awk '{print $3}' | sort | tr '\n' ' ')" = \
	"$(grep -o 'voltgate_[a-z0-9_]*(' tools/libvehicle/voltgate-vehicle.h | grep -v '()' | tr -d '(' | sort -u | grep -Fvx -e voltgate_ | tr '\n' ' ')"
ok "so does the static one" \
	test "$(nm -g --defined-only "$work/usr/lib/libvoltgate-vehicle.a" | awk 'NF == 3 {print $3}' | sort | tr '\n' ' ')" = \
	"$(nm -D --defined-only "$work/usr/lib/libvoltgate-vehicle.so" | awk '{print $3}' | sort | tr '\n' ' ')"
ok "it needs no library but libc and libsodium" \
	test "$(readelf -d "$work/usr/lib/libvoltgate-vehicle.so" | grep NEEDED | grep -vc 'libc\.so\|libsodium')" = 0
for page in tools/libvehicle/voltgate-vehicle.3 tools/sim/voltgate-sim.1 tools/sim/voltgate-play.1 tools/vehicle/voltgate-vehicle.1; do
	ok "$page has no fault that mandoc knows" \
		test -z "$(mandoc -T lint "$page" | grep -v 'referenced manual not found')"
done
ok "uninstall leaves nothing behind" bash -c "make -s B=$B DESTDIR=$work PREFIX=/usr uninstall-libvehicle &&
	test -z \"\$(find $work/usr -type f -o -type l)\""
echo "1..$count"
exit $failed

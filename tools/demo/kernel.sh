#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a virtual machine of the demo boots: fetches a Debian kernel and builds the module for it (once; into $B/vm and
# $B/kmod-RELEASE).
#
#   tools/demo/kernel.sh WHICH LOGS      WHICH as tests/vm/fetch.sh; LOGS: a folder
#
# Says in one line: kernel image, unpacked packages, release, module. Exit 0; 4 where there is no QEMU or no kernel
# to fetch; 1: the module was not built.
cd "$(dirname "$0")/../.." || exit 1
which=$1 logs=$2
B=$(realpath -m "${B:-build}")
export B
vm=$B/vm
mkdir -p "$logs"

give_up() { # give_up CODE SENTENCE
	echo "$2" >&2
	exit "$1"
}

command -v qemu-system-x86_64 >/dev/null || give_up 4 "QEMU is missing: apt-get install qemu-system-x86"
tests/vm/fetch.sh "$which" "$vm" >"$logs/fetch.log" 2>&1 || {
	code=$?
	give_up $code "no kernel to boot: $(tail -n 1 "$logs/fetch.log")"
}
root=$vm/$which/root
release=$(cat "$vm/$which/release")
kernel=$root/boot/vmlinuz-$release
[ -e "$kernel" ] || kernel=$root/usr/lib/modules/$release/vmlinuz
KMAKE="tests/vm/in_root.sh $root make" kmod/build.sh --gen "$B/gen" --out "$B/kmod-$release" \
	--kdir "$root/usr/src/linux-headers-$release" --kernel "$kernel" --btfids "$B/btfids" >"$logs/build.log" 2>&1 ||
	give_up 1 "the module was not built; see $logs/build.log"
echo "$kernel $root $release $B/kmod-$release/voltgate.ko"

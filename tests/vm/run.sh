#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Builds the module for a kernel, boots that kernel, runs tests there. KTAP; exit 0, 1, 4 (skipped).
#
#   tests/vm/run.sh WHICH TEST... [-- FILE...]
#
# WHICH   6.1, 6.12 or new (see fetch.sh), or debug (made by debug-kernel.sh)
# TEST    programs and scripts that print KTAP; in the guest they stand below /vg, which is their current folder
# FILE    what they need besides (see image.sh)
# Environment: B (build folder), VG_DEADLINE (seconds for the guest), VG_MODULES (kernel modules it loads first).
set -eu

which=$1
shift
B=$(realpath -m "${B:-build}")
export B
vm=$B/vm
out=$vm/$which
mkdir -p "$out"

skip() {
	printf 'KTAP version 1\n1..0 # SKIP vm-%s: %s\n' "$which" "$*"
	exit 4
}

fail() {
	printf 'KTAP version 1\nnot ok 1 vm-%s: %s\n1..1\n' "$which" "$1"
	[ -z "${2:-}" ] || tail -40 "$2" | sed 's/^/# /'
	exit 1
}

command -v qemu-system-x86_64 >/dev/null || skip "QEMU is missing: apt-get install qemu-system-x86"
if [ "$which" = debug ]; then
	[ -s "$out/build/arch/x86/boot/bzImage" ] || skip "the debugging kernel is not built: make check-debug-kernel"
	cp "$out/build/include/config/kernel.release" "$out/release"
else
	tests/vm/fetch.sh "$which" "$vm" 2>"$out/fetch.log" || {
		code=$?
		[ $code -ne 4 ] || skip "$(tail -1 "$out/fetch.log" | sed 's/^[^:]*: //')"
		fail "the kernel could not be fetched" "$out/fetch.log"
	}
fi
release=$(cat "$out/release")
modules=${VG_MODULES:-veth dummy}
if [ "$which" = debug ]; then # all that it has is built in
	kernel=$out/build/arch/x86/boot/bzImage kdir=$out/build kmake=make modules=
	options="--release $release"
else
	root=$out/root
	kernel=$root/boot/vmlinuz-$release
	[ -e "$kernel" ] || kernel=$root/usr/lib/modules/$release/vmlinuz
	kdir=$root/usr/src/linux-headers-$release
	kmake="tests/vm/in_root.sh $root make"
	options="--release $release --root $root"
fi

module=$B/kmod-$release/voltgate.ko
KMAKE=$kmake kmod/build.sh --gen "$B/gen" --out "$B/kmod-$release" --kdir "$kdir" --kernel "$kernel" --btfids "$B/btfids" \
	>"$out/build.log" 2>&1 || fail "the module does not build for $release" "$out/build.log"
if grep -n 'warning:\|WARNING: modpost' "$out/build.log" >"$out/warnings"; then
	fail "the module builds with warnings for $release" "$out/warnings"
fi

# Tests keep their paths below /vg.
: >"$out/guest-tests"
kind=test
for word in "$@"; do
	shift
	if [ "$word" = -- ]; then
		kind=file
		continue
	fi
	set -- "$@" "$word"
	[ $kind = test ] || continue
	path=$(realpath -m "$word")
	case $path in
	"$B"/*) echo "./build/${path#"$B"/}" ;;
	*) echo "./${path#"$PWD"/}" ;;
	esac >>"$out/guest-tests"
done
for name in $modules; do
	echo "$name"
done >"$out/guest-modules"
for name in $modules "$module"; do
	options="$options --module $name"
done
tests/vm/image.sh --out "$out/initramfs" --init tests/vm/init.sh $options \
	"$out/guest-tests:/vg/guest-tests" "$out/guest-modules:/vg/guest-modules" "$@" >"$out/image.log" 2>&1 ||
	fail "the guest's image could not be made" "$out/image.log"
tests/vm/boot.sh --kernel "$kernel" --initrd "$out/initramfs" --log "$out/console.log" --deadline "${VG_DEADLINE:-600}" \
	2>"$out/qemu.log" | tests/vm/report.py "vm-$which" "$out/console.log"

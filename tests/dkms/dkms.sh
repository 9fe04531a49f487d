#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The DKMS package builds for the kernel headers that are installed here, and the module has its kernel functions in
# BTF, also where headers bring neither vmlinux nor resolve_btfids (Debian 12's 6.1). Nothing outside a private tree
# is written.
set -u
B=${B:-build}
echo "KTAP version 1"

skip() {
	echo "1..0 # SKIP $*"
	exit 4
}

command -v dkms >/dev/null || skip "dkms: it is not installed: apt-get install dkms"
[ "$(id -u)" -eq 0 ] || skip "dkms: it builds only as root: run this as root"
package=$(realpath "$(ls -d "$B"/dkms/voltgate-*)")
version=${package##*/voltgate-}
headers=$(ls -d /lib/modules/6.1.*/build /lib/modules/*/build 2>/dev/null | awk '!seen[$0]++')
[ -n "$headers" ] || skip "dkms: no kernel headers are installed: apt-get install linux-headers-amd64"

number=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

point() { # exit-code name [log]
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		[ -z "${3:-}" ] || tail -30 "$3" | sed 's/^/# /'
		failed=1
	fi
}

# dkms makes a signing key in /var/lib/dkms where there is none: it gets a folder of its own to put that in.
in_private() {
	unshare --mount sh -c 'mount -t tmpfs tmpfs /var/lib/dkms && exec "$@"' sh "$@" --dkmstree "$work/tree" --sourcetree "$work/src"
}

# The image whose BTF the module refers to: installed, or fetched for the virtual machines.
image_of() {
	for image in "/boot/vmlinuz-$1" "$B/vm/6.1/root/boot/vmlinuz-$1" "$B/vm/6.12/root/boot/vmlinuz-$1"; do
		[ ! -r "$image" ] || realpath "$image"
	done | head -1
}

mkdir -p "$work/tree" "$work/src"
cp -r "$package" "$work/src/"
in_private dkms add -m voltgate -v "$version" >"$work/log" 2>&1
point $? "dkms: the package is added" "$work/log"

for kdir in $headers; do
	release=$(basename "$(dirname "$kdir")")
	VOLTGATE_KERNEL=$(image_of "$release")
	if [ -z "$VOLTGATE_KERNEL" ]; then
		tests/vm/fetch.sh 6.1 "$B/vm" 2>/dev/null && VOLTGATE_KERNEL=$(image_of "$release")
	fi
	export VOLTGATE_KERNEL
	if [ -z "$VOLTGATE_KERNEL" ] && [ ! -e "$kdir/vmlinux" ]; then
		number=$((number + 1))
		echo "ok $number dkms: build for $release # SKIP its image is not here: apt-get install linux-image-$release"
		continue
	fi
	in_private dkms build -m voltgate -v "$version" -k "$release" >"$work/log" 2>&1
	code=$?
	[ $code -eq 0 ] || cat "$work"/tree/voltgate/*/build/make.log >>"$work/log" 2>/dev/null
	point $code "dkms: it builds for $release" "$work/log"
	module=$(find "$work/tree/voltgate/$version/$release" -name 'voltgate.ko*' | head -1)
	case $module in
	*.xz) xz -d "$module" && module=${module%.xz} ;;
	*.zst) zstd -qd --rm "$module" && module=${module%.zst} ;;
	esac
	modinfo "$module" >"$work/log" 2>&1 && grep -q "^vermagic: *$release " "$work/log"
	point $? "dkms: modinfo knows it, for $release" "$work/log"
	base=$kdir/vmlinux
	[ -e "$base" ] || { base=$work/base && kmod/btf/vmlinux.py "$VOLTGATE_KERNEL" "$base"; }
	for function in vg_authenticate vg_denied vg_note; do
		bpftool btf dump -B "$base" file "$module" 2>"$work/log" | grep -q "FUNC '$function'"
		point $? "dkms: $function is in the BTF for $release" "$work/log"
	done
	objcopy -O binary --only-section=.BTF_ids --set-section-flags .BTF_ids=alloc "$module" "$work/ids"
	[ "$(od -An -tu4 -N4 "$work/ids")" -ge 3 ] && [ "$(od -An -tu4 -j8 -N4 "$work/ids")" -gt 0 ]
	point $? "dkms: the set of kernel functions is filled in for $release"
done

# What is missing is said with its remedy.
module=$(find "$work/tree" -name voltgate.ko | head -1)
cp "$module" "$work/bare.ko"
objcopy --remove-section .BTF "$work/bare.ko"
VOLTGATE_KERNEL='' kmod/btf/embed.sh "$work/bare.ko" 6.1.0-none >"$work/log" 2>&1
[ $? -eq 1 ] && grep -q "apt-get install linux-image-6.1.0-none" "$work/log"
point $? "dkms: a missing kernel image is refused with the package to install" "$work/log"
echo "1..$number"
exit $failed

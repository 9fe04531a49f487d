#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Gives a module the type information (BTF) without which the kernel offers
# none of its functions to XDP. Kernel headers with vmlinux and resolve_btfids
# do that during the build; Debian 12's for 6.1 have neither.
#
#   kmod/btf/embed.sh MODULE.ko RELEASE [KERNEL]
#
# RELEASE is the kernel's `uname -r`; KERNEL its image, found in /boot (or
# /sys, if it is running) where neither that nor VOLTGATE_KERNEL is given. BTFIDS names the tool built from
# kmod/btfids.c; it is built here where absent. Does nothing if the module has
# its BTF already. Must come before the module is stripped of DWARF or signed.
set -eu

module=$1
release=$2
kernel=${3:-${VOLTGATE_KERNEL:-}}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
	echo "kmod/btf/embed.sh: $*" >&2
	exit 1
}

need() { # program package
	command -v "$1" >/dev/null || die "$1 is missing, which gives $module its BTF: apt-get install $2"
}

if readelf -SW "$module" | grep -q ' \.BTF '; then
	exit 0
fi
if [ -z "$kernel" ]; then
	if [ "$release" = "$(uname -r)" ] && [ -r /sys/kernel/btf/vmlinux ]; then
		kernel=/sys/kernel/btf/vmlinux
	else
		kernel=/boot/vmlinuz-$release
	fi
fi
[ -r "$kernel" ] || die "no kernel at $kernel, whose BTF $module refers to: apt-get install linux-image-$release"
need pahole dwarves
need python3 python3
if [ -z "${BTFIDS:-}" ]; then
	need "${HOSTCC:-cc}" build-essential
	BTFIDS=$work/btfids
	"${HOSTCC:-cc}" -O2 -o "$BTFIDS" "$here/../btfids.c" -lbpf -lelf 2>"$work/log" ||
		die "cannot build btfids: apt-get install libbpf-dev libelf-dev. The compiler said: $(head -3 "$work/log")"
fi

python3 "$here/vmlinux.py" "$kernel" "$work/vmlinux.btf"
pahole -J --btf_gen_floats --btf_base "$work/vmlinux.btf" "$module"
readelf -SW "$module" | grep -q ' \.BTF ' ||
	die "pahole gave $module no BTF: was it built without debug information (CONFIG_DEBUG_INFO)?"
"$BTFIDS" "$work/vmlinux.btf" "$module"

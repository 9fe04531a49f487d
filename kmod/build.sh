#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Builds voltgate.ko for one kernel in a folder of its own, so that several
# kernels can be built for from one tree and nothing is left in the sources.
#
#   kmod/build.sh --gen DIR --out DIR [--kdir DIR] [--kernel IMAGE] [--btfids PROGRAM] [make arguments...]
#
# --kdir   kernel headers (default: those of the running kernel)
# --kernel the image whose BTF the module refers to, where the headers have no vmlinux (see kmod/btf/embed.sh)
# --gen    where the generated headers are (kmod/kmod.mk makes them)
# The environment variable KMAKE may name another make, as of tests/vm/in_root.sh.
set -eu

kdir=/lib/modules/$(uname -r)/build
kernel=
while [ $# -gt 0 ]; do
	case $1 in
	--gen) gen=$2 ;;
	--out) out=$2 ;;
	--kdir) kdir=$2 ;;
	--kernel) kernel=$2 ;;
	--btfids) BTFIDS=$(realpath "$2") && export BTFIDS ;;
	*) break ;;
	esac
	shift 2
done

if [ ! -e "$kdir/Makefile" ]; then
	echo "kmod/build.sh: no kernel headers at $kdir: apt-get install linux-headers-$(uname -r), or name others with KDIR=" >&2
	exit 1
fi
if ! grep -qs '^CONFIG_MODULES=y' "$kdir/include/config/auto.conf"; then
	echo "kmod/build.sh: the kernel of $kdir takes no modules (CONFIG_MODULES is off): use the plain grade there" >&2
	exit 1
fi
# Not include/config/kernel.release: Debian writes the upstream version there.
release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h")

# Links to the sources, so that the compiler reads what is edited; a file that went away goes away here too.
mkdir -p "$out/kmod" "$out/include"
find "$out" -type l -delete
ln -s "$PWD/Kbuild" "$out/Kbuild"
ln -s "$PWD/include/voltgate" "$out/include/voltgate"
ln -s "$(realpath "$gen")" "$out/gen"
for source in "$PWD"/kmod/*.[ch]; do
	ln -s "$source" "$out/kmod/"
done

${KMAKE:-make} -C "$kdir" M="$(realpath "$out")" "$@" modules
kmod/btf/embed.sh "$out/voltgate.ko" "$release" $kernel

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs a command among the packages that tests/vm/fetch.sh unpacked. The
# current folder and the build folder ($B) are visible at their own paths, and
# a path into ROOT is understood on both sides. Needs root or user namespaces.
#
#   tests/vm/in_root.sh ROOT COMMAND...
set -eu
root=$(realpath "$1")
shift
count=$#
for word in "$@"; do
	set -- "$@" "${word#"$root"}"
done
shift $count

[ "$(id -u)" -eq 0 ] && as= || as=--map-root-user
VG_HERE=$PWD VG_BUILD=$(realpath "${B:-build}")
mkdir -p "$root$VG_HERE" "$root$VG_BUILD"
export VG_ROOT="$root" VG_HERE VG_BUILD
exec unshare $as --mount sh -ec '
	mount --rbind /dev "$VG_ROOT/dev"
	mount --rbind /proc "$VG_ROOT/proc"
	mount --bind "$VG_HERE" "$VG_ROOT$VG_HERE"
	mkdir -p "$VG_ROOT$VG_BUILD"
	mount --bind "$VG_BUILD" "$VG_ROOT$VG_BUILD"
	export PATH=/usr/sbin:/usr/bin TMPDIR=/tmp
	exec chroot "$VG_ROOT" sh -c "cd \"\$VG_HERE\" && exec \"\$@\"" sh "$@"
' sh "$@"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Builds a small kernel with KASAN, lockdep and kmemleak from Debian's kernel
# source, for the module's tests: debug-kernel.sh OUTPUT-FOLDER.
#
# Leaves OUTPUT/build (a kernel build folder, to build modules against) and
# OUTPUT/build/arch/x86/boot/bzImage. Resumable: what is built stays. Takes
# about half an hour on two cores the first time, and 4 GiB of disk.
set -eu

out=$(realpath -m "${1:?usage: debug-kernel.sh OUTPUT-FOLDER}")
here=$(cd "$(dirname "$0")" && pwd)
jobs=$(nproc)
mkdir -p "$out"

source_package() {
	apt-cache search --names-only '^linux-source-6\.[0-9]+$' | sed 's/ .*//' | sort -V | tail -n 1
}

if [ ! -e "$out/source/Makefile" ]; then
	package=$(source_package)
	[ -n "$package" ] || {
		echo "debug-kernel: apt knows no linux-source package; run apt-get update as root first." >&2
		exit 2
	}
	echo "debug-kernel: fetching $package (about 140 MB)"
	(cd "$out" && apt-get download -q "$package" >/dev/null 2>&1)
	dpkg-deb --fsys-tarfile "$out/$package"_*.deb | tar -x -C "$out" --wildcards './usr/src/linux-source-*.tar.xz'
	echo "debug-kernel: unpacking"
	rm -rf "$out/source.new" && mkdir "$out/source.new"
	tar -xJf "$out"/usr/src/linux-source-*.tar.xz -C "$out/source.new" --strip-components=1
	rm -rf "$out/usr" "$out/$package"_*.deb
	mv "$out/source.new" "$out/source"
fi

mkdir -p "$out/build"
if ! cmp -s "$here/debug-kernel.config" "$out/build/wanted.config"; then
	make -s -C "$out/source" O="$out/build" ARCH=x86_64 KCONFIG_ALLCONFIG="$here/debug-kernel.config" allnoconfig >"$out/config.log" 2>&1 || {
		tail -n 20 "$out/config.log" >&2
		exit 2
	}
	missing=0
	while read -r line; do
		case $line in CONFIG_*=*) ;; *) continue ;; esac
		grep -qxF "$line" "$out/build/.config" || { echo "debug-kernel: the source does not take $line" >&2; missing=1; }
	done <"$here/debug-kernel.config"
	[ $missing = 0 ] || exit 2
	cp "$here/debug-kernel.config" "$out/build/wanted.config"
fi

echo "debug-kernel: building with $jobs jobs; the log is $out/build.log"
nice make -C "$out/build" -j"$jobs" ARCH=x86_64 bzImage modules >"$out/build.log" 2>&1 || {
	grep -E 'error|Error' "$out/build.log" | tail -n 20 >&2
	exit 2
}
echo "debug-kernel: $out/build/arch/x86/boot/bzImage is ready"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Makes an initramfs: busybox, kernel modules, and files with the shared libraries they need.
#
#   tests/vm/image.sh --out FILE --init SCRIPT [--release RELEASE] [--root ROOT] [--module NAME|FILE.ko]... SOURCE[:TARGET]...
#
# --init     becomes /init; it begins with #!/bin/sh (busybox)
# --root     where tests/vm/fetch.sh unpacked the kernel; its modules are taken from there; without it all
#            is built in, and only files can be added as modules
# --module   a module of that kernel, or a file, with all that it depends on; `modprobe NAME` loads it
# SOURCE     a file or folder; in the guest it is /vg/SOURCE, or TARGET where that is given. Paths below $B are
#            /vg/build/... there, so that ${B:-build} works on both sides.
set -eu

root= release= modules= out= init=
while [ $# -gt 0 ]; do
	case $1 in
	--out) out=$2 ;;
	--init) init=$2 ;;
	--root) root=$2 ;;
	--release) release=$2 ;;
	--module) modules="$modules $2" ;;
	*) break ;;
	esac
	shift 2
done

die() {
	echo "tests/vm/image.sh: $*" >&2
	exit 1
}

busybox=$(command -v busybox) || die "busybox is missing: apt-get install busybox-static"
command -v cpio >/dev/null || die "cpio is missing: apt-get install cpio"
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/sbin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/tmp" "$tree/run" "$tree/etc" "$tree/vg" \
	"$tree/root" "$tree/var"
cp "$busybox" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
install -m 755 "$init" "$tree/init"
echo root:x:0:0:root:/root:/bin/sh >"$tree/etc/passwd"
echo nobody:x:65534:65534:nobody:/:/bin/sh >>"$tree/etc/passwd"

# The shared libraries of a program, at the paths where its loader looks.
add_libraries() {
	ldd "$1" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
		[ -e "$tree$library" ] || install -D -m 755 "$library" "$tree$library"
	done
}

add() { # source target
	[ -e "$1" ] || die "there is no $1 to put into the image"
	mkdir -p "$tree$(dirname "$2")"
	cp -rL "$1" "$tree$2"
	find -L "$1" -type f | while read -r file; do
		if [ "$(head -c4 "$file" | tr -d '\0')" = "$(printf '\177ELF')" ]; then
			add_libraries "$file"
		fi
	done
}

build=$(realpath -m "${B:-build}")
for file in "$@"; do
	source=${file%%:*}
	case $file in
	*:*) target=${file#*:} ;;
	*)
		target=$(realpath -m "$source")
		case $target in
		"$build"/*) target=/vg/build/${target#"$build"/} ;;
		"$PWD"/*) target=/vg/${target#"$PWD"/} ;;
		esac
		;;
	esac
	add "$source" "$target"
done

# Modules: what modprobe would load, unpacked (busybox knows no xz), and an index made anew.
if [ -n "$modules" ]; then
	command -v depmod >/dev/null || die "depmod is missing: apt-get install kmod"
	place=$tree/lib/modules/$release
	mkdir -p "$place"
	if [ -n "$root" ]; then
		[ -e "$root/usr/lib/modules/$release/modules.dep" ] || depmod -b "$root" "$release"
		cp "$root/usr/lib/modules/$release/modules.builtin" "$root/usr/lib/modules/$release/modules.order" "$place"
	else
		: >"$place/modules.builtin"
		: >"$place/modules.order"
	fi
	for module in $modules; do
		case $module in
		*.ko)
			cp "$module" "$place/"
			[ -n "$root" ] || continue
			names=$(modinfo -F depends "$module" | tr , ' ')
			;;
		*) names=$module ;;
		esac
		for name in $names; do
			modprobe -d "$root" -S "$release" --ignore-install --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
		done
	done | sort -u | while read -r file; do
		case $file in
		*.xz) xz -dc "$file" >"$place/$(basename "$file" .xz)" ;;
		*.zst) zstd -qdc "$file" >"$place/$(basename "$file" .zst)" ;;
		*) cp "$file" "$place/" ;;
		esac
	done
	depmod -b "$tree" "$release"
fi

mkdir -p "$(dirname "$out")"
(cd "$tree" && find . | cpio -o -H newc --quiet) >"$out"

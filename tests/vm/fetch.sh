#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fetches a Debian kernel, its headers and the compiler it wants, and unpacks
# them into a folder; nothing is installed on this machine.
#
#   tests/vm/fetch.sh WHICH DIR     WHICH: 6.1, 6.12 or new (unstable's)
#
# DIR/WHICH/root     the unpacked packages: /boot/vmlinuz-*, /usr/lib/modules, /usr/src/linux-headers-*, gcc, make
# DIR/WHICH/release  the kernel's `uname -r`; written last, so it says that root is whole
# DIR/debs           the packages
#
# The mirror is the one this machine's apt uses. What is there already is not
# fetched again; remove DIR/WHICH to get a newer kernel.
# Exit 0, 1 (failed), 4 (there is no mirror, or it cannot be reached).
set -eu

which=$1
dir=$(realpath -m "$2")
here=$dir/$which
[ ! -s "$here/release" ] || exit 0

skip() {
	echo "tests/vm/fetch.sh: $*" >&2
	exit 4
}

command -v apt-get >/dev/null || skip "this machine has no apt, from whose mirror kernels are fetched"

# The address after which the machine's own apt asks for the archive with label $1.
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
		awk -v label="$1" '$2 == label { print $1; exit }'
}

archive=$(mirror Debian)
security=$(mirror Debian-Security)
[ -n "$archive" ] || skip "apt knows no Debian archive yet: run apt-get update"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keys ] || skip "$keys is missing: apt-get install debian-archive-keyring"

mkdir -p "$here/apt/none" "$here/apt/lists/partial" "$here/apt/cache/archives/partial" "$dir/debs"
: >"$here/apt/status"
meta=linux-image-amd64
case $which in
6.1) suites="archive:bookworm security:bookworm-security" ;;
6.12) suites="archive:bookworm security:bookworm-security" meta=linux-image-6.12-amd64 ;;
new) suites="archive:sid" ;;
*) echo "tests/vm/fetch.sh: there is no recipe for '$which': 6.1, 6.12 or new" >&2 && exit 1 ;;
esac
for suite in $suites; do
	case $suite in
	archive:*) echo "deb [arch=amd64 signed-by=$keys] $archive ${suite#*:} main" ;;
	*) [ -z "$security" ] || echo "deb [arch=amd64 signed-by=$keys] $security ${suite#*:} main" ;;
	esac
done >"$here/apt/sources.list"

apt() { # program arguments: apt with its own lists, ignorant of what is installed here
	program=$1
	shift
	"$program" -q -o Dir::Etc::sourcelist="$here/apt/sources.list" -o Dir::Etc::sourceparts="$here/apt/none" \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$here/apt/none" \
		-o Dir::State="$here/apt" -o Dir::State::lists="$here/apt/lists" -o Dir::State::status="$here/apt/status" \
		-o Dir::Cache="$here/apt/cache" -o APT::Sandbox::User= -o Acquire::Languages=none \
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 "$@"
}

dependency() { # package pattern: the first dependency of it that matches
	apt apt-cache show "$1" 2>/dev/null | sed -n '/^Depends:/{s/^Depends: //;s/, /\n/g;p;q}' | sed 's/ .*//' | grep -m1 "$2"
}

apt apt-get update >"$here/apt/log" 2>&1 || skip "the mirror cannot be reached: $(tail -1 "$here/apt/log")"
image=$(dependency $meta '^linux-image-[0-9]') || { [ "$which" != 6.12 ] || image=$(
	apt apt-cache search --names-only '^linux-image-6\.12\.[0-9.+a-z]*-amd64$' | sed 's/ .*//' | sort -V | tail -1); }
[ -n "${image:-}" ] || skip "the mirror has no $meta"
release=${image#linux-image-}

# Newer kernels come in several packages. The build tools are what headers depend on and what a Makefile runs.
kernel=$(dependency "$image" "^linux-modules-" || true)
kernel="$image $kernel $(dependency "$image" "^linux-binary-" || true)"
tools=$(apt apt-get -s --no-install-recommends install "linux-headers-$release" make bash dash coreutils sed grep mawk \
	findutils diffutils base-files libc-bin zlib1g 2>"$here/apt/log" | sed -n 's/^Inst \([^ ]*\) .*/\1/p') ||
	skip "the packages of $release cannot be had: $(tail -2 "$here/apt/log")"

echo "# fetching linux $release and what builds modules for it" >&2
(cd "$dir/debs" && apt apt-get download $kernel $tools >"$here/apt/log" 2>&1) ||
	skip "the packages of $release cannot be had: $(tail -2 "$here/apt/log")"

rm -rf "$here/root"
mkdir -p "$here/root/usr/bin" "$here/root/usr/sbin" "$here/root/usr/lib" "$here/root/usr/lib64"
for name in bin sbin lib lib64; do # all of them under /usr, whatever the release
	ln -s usr/$name "$here/root/$name"
done
apt apt-get download --print-uris $kernel $tools | cut -d' ' -f2 | while read -r file; do
	dpkg --fsys-tarfile "$dir/debs/$file" | tar -x -C "$here/root" --keep-directory-symlink --no-same-owner \
		--exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' --exclude='./usr/share/info'
done
[ -e "$here/root/boot/vmlinuz-$release" ] || [ -e "$here/root/usr/lib/modules/$release/vmlinuz" ] ||
	skip "the packages of $release hold no kernel image"
mkdir -p "$here/root/proc" "$here/root/dev" "$here/root/tmp"
ln -sf mawk "$here/root/usr/bin/awk"
echo "$release" >"$here/release"

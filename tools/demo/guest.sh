#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the demo attested, in a virtual machine with a Debian kernel and the module: fetches the kernel, builds
# the module for it, boots, and brings home what demo.sh left there.
#
#   tools/demo/guest.sh --out DIR [--kernel WHICH] [--car CAPTURE --car-certificate FILE] [demo.sh ARGUMENTS...]
#
# Exit as demo.sh; 4 where there is no QEMU or no kernel to fetch.
cd "$(dirname "$0")/../.." || exit 1
out= which=6.12 car= certificate= arguments=
while [ $# -gt 0 ]; do
	case $1 in
	--out) out=$2 ;;
	--kernel) which=$2 ;;
	--car) car=$2 ;;
	--car-certificate) certificate=$2 ;;
	*) arguments="$arguments $1 $2" ;;
	esac
	shift 2
done
B=$(realpath -m "${B:-build}")
export B
rm -rf "$out"
mkdir -p "$out" && out=$(cd "$out" && pwd)

give_up() { # give_up CODE SENTENCE
	echo "guest.sh: $2" >&2
	exit "$1"
}

echo "  fetching a Debian kernel ($which) and building the module for it (once)"
prepared=$(tools/demo/kernel.sh "$which" "$out" 2>"$out/kernel.log") || give_up $? "$(tail -n 1 "$out/kernel.log")"
read -r kernel root release module <<<"$prepared"

echo "$arguments" >"$out/demo-arguments"
files=("$B/voltgate" "$B/voltgated" "$B/voltgate-sim" "$B/voltgate-play" "$B/voltgate.bpf.o" tools/demo/demo.sh
	tests/netns/lib.sh "$out/demo-arguments:/vg/demo-arguments" "$(command -v bash):/bin/bash" "$(command -v ip):/bin/ip")
[ -z "$car" ] || files+=("$car:/vg/car.pcap" "$certificate:/vg/car.oer")
tests/vm/image.sh --out "$out/initramfs" --init tools/demo/init.sh --root "$root" --release "$release" --module veth \
	--module "$module" "${files[@]}" >"$out/image.log" 2>&1 || give_up 1 "the image was not made; see $out/image.log"
echo "  booting it under QEMU, without hardware help: everything is some 10 to 20 times slower there"

# The packed folder comes line by line after what people are to read.
tests/vm/boot.sh --kernel "$kernel" --initrd "$out/initramfs" --log "$out/console.log" --deadline "${DEMO_DEADLINE:-420}" \
	2>"$out/qemu.log" | while IFS= read -r line; do
	line=${line%$'\r'}
	case $line in
	"#TAR "*) echo "${line#\#TAR }" >>"$out/packed" ;;
	"#CODE "*) echo "${line#\#CODE }" >"$out/code" ;;
	*) echo "$line" ;;
	esac
done
rm -f "$out/initramfs" "$out/demo-arguments"
[ ! -e "$out/packed" ] || base64 -d "$out/packed" | tar -xz -C "$out" || give_up 1 "what the virtual machine sent is damaged"
rm -f "$out/packed"
[ -e "$out/code" ] || give_up 1 "the virtual machine ended before the demo did; see $out/console.log"
code=$(cat "$out/code")
rm "$out/code"
if [ "$code" = 0 ] && ! "$B/voltgate" verify "$out/state/verdicts" >"$out/verify.log" 2>&1; then
	give_up 1 "the verdict log that came out of the virtual machine does not verify"
fi
exit "$code"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Boots a kernel with an initramfs under QEMU, without KVM. What the guest
# writes to /dev/ttyS1 comes out here as it comes; its console goes to a file.
#
#   tests/vm/boot.sh --kernel IMAGE --initrd FILE --log FILE [--memory 2G] [--cpus 2] [--deadline SECONDS] [QEMU ARGUMENTS...]
#
# Ends when the guest powers off (or panics): exit 0; 124 if the deadline passed before.
# VG_APPEND: more kernel parameters. VG_ACCEL: the accelerator (default tcg,thread=multi). VG_QEMU: more arguments.
set -eu

memory=2G cpus=2 deadline=300
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2 ;;
	--initrd) initrd=$2 ;;
	--log) log=$2 ;;
	--memory) memory=$2 ;;
	--cpus) cpus=$2 ;;
	--deadline) deadline=$2 ;;
	*) break ;;
	esac
	shift 2
done

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "tests/vm/boot.sh: qemu-system-x86_64 is missing: apt-get install qemu-system-x86" >&2
	exit 1
fi

boot() {
	: >"$log"
	timeout --foreground -k 5 "$deadline" qemu-system-x86_64 -accel "${VG_ACCEL:-tcg,thread=multi}" -cpu max -smp "$cpus" -m "$memory" \
		-display none -monitor none -no-reboot -nodefaults -serial "file:$log" -serial stdio \
		-kernel "$kernel" -initrd "$initrd" \
		-append "console=ttyS0 panic=-1 loglevel=7 printk.time=1 random.trust_cpu=1 ${VG_APPEND:-}" ${VG_QEMU:-} "$@" </dev/null
}

# A kernel that dies before its first program has not met anything of ours: emulating code that patches itself on two
# CPUs (jump labels) goes wrong now and then. It is booted again, aloud; what happens after that counts as it is.
for attempt in 1 2 3; do
	code=0
	boot "$@" || code=$?
	if [ $code -ne 0 ] || grep -q 'Run /init' "$log"; then
		exit $code
	fi
	echo "tests/vm/boot.sh: the kernel died before its first program (attempt $attempt): $(grep -m 1 -E 'Oops|Kernel panic|BUG:' "$log" || tail -n 1 "$log")" >&2
	cp "$log" "$log.attempt$attempt"
done
exit 0

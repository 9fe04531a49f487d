#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# /init of the guests: runs the tests named in /vg/guest-tests one after the
# other and powers off. tests/vm/report.py reads what it writes to ttyS1.
export PATH=/vg/build:/bin:/sbin:/usr/bin:/usr/sbin HOME=/root B=build
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mkdir -p /dev/pts /run/netns
mount -t devpts devpts /dev/pts
ln -sf /proc/self/fd /dev/fd
ip link set lo up
stty -F /dev/ttyS1 raw -echo 2>/dev/null
exec >/dev/ttyS1 2>&1 </dev/null

cd /vg
while read -r module; do
	modprobe "$module" || echo "#VM fault the kernel module $module cannot be loaded"
done </vg/guest-modules
# Under KASAN and lockdep all is slow and every lock is large: tests ask for this before they measure or repeat much.
if [ -w /sys/kernel/debug/kmemleak ]; then
	export VG_DEBUG_KERNEL=1
	echo scan=off >/sys/kernel/debug/kmemleak
fi

VG_MODULE=/lib/modules/$(uname -r)/voltgate.ko VG_OBJECT=/vg/build/voltgate.bpf.o
export VG_MODULE VG_OBJECT

while read -r test; do
	[ -d /sys/module/voltgate ] || modprobe voltgate || echo "#VM fault voltgate.ko cannot be loaded"
	echo "#VM begin $test"
	echo "voltgate-vm: begin $test" >/dev/kmsg
	"$test" 2>&1
	code=$?
	# Each test begins with a module just loaded; one that cannot be unloaded after a test is a fault of the module.
	if [ -d /sys/module/voltgate ] && ! rmmod voltgate; then
		echo "#VM fault after $test voltgate.ko cannot be unloaded"
	fi
	echo "#VM end $code"
done </vg/guest-tests

# Two scans: what is only just being freed is gone in the second.
if [ -w /sys/kernel/debug/kmemleak ]; then
	for round in 1 2; do
		echo scan >/sys/kernel/debug/kmemleak
		sleep 5
	done
	sed 's/^/#VM kmemleak /' /sys/kernel/debug/kmemleak
fi
echo "#VM done"
sync
poweroff -f

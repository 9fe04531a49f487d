#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# /init of a gateway in a virtual machine (tools/demo/machine.py): does what it is told on ttyS1, a line at a time, and
# says "#DONE CODE" after each, the first time when it is ready.
export PATH=/vg/build:/vg/build/demo:/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=dumb
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
ln -sf /proc/self/fd /dev/fd
stty -F /dev/ttyS1 raw -echo
exec >/dev/ttyS1 2>&1 </dev/ttyS1
echo "#DONE 0"
while IFS= read -r line; do
	eval "$line"
	echo "#DONE $?"
done
poweroff -f

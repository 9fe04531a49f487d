#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# /init of the demo's virtual machine: loads the module, runs demo.sh, and writes what it left to ttyS1, where
# tools/demo/guest.sh takes it apart again: lines that begin with #TAR are the packed folder.
export PATH=/vg/build:/bin:/sbin:/usr/bin:/usr/sbin HOME=/root B=build TERM=dumb
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ln -sf /proc/self/fd /dev/fd
stty -F /dev/ttyS1 raw -echo 2>/dev/null
exec >/dev/ttyS1 2>&1 </dev/null
cd /vg || poweroff -f
modprobe veth && modprobe voltgate || echo "demo: the module cannot be loaded"
car=
[ ! -e car.pcap ] || car="--car car.pcap --car-certificate car.oer"
# shellcheck disable=SC2046,SC2086
/bin/bash tools/demo/demo.sh --out /tmp/demo --grade attested $car $(cat demo-arguments)
code=$?
# The serial line is slow: one packed stream.
tar -cz -C /tmp/demo . | base64 | sed 's/^/#TAR /'
echo "#CODE $code"
sync
poweroff -f

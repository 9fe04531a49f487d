#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In a guest: the module loads (so its self-tests passed), loads twice over, offers its kernel functions, and goes.
echo "KTAP version 1"
number=0
failed=0

point() { # exit-code name
	number=$((number + 1))
	[ "$1" -eq 0 ] && echo "ok $number $2" || {
		echo "not ok $number $2"
		failed=1
	}
}

release=$(uname -r)
modprobe voltgate
point $? "load: voltgate.ko loads on $release, its self-tests pass"
[ -s /sys/kernel/btf/voltgate ]
point $? "load: the kernel has taken its BTF"
for function in vg_authenticate vg_denied vg_note; do
	grep -q " $function[[:space:]]*\[voltgate\]" /proc/kallsyms && grep -aq "$function" /sys/kernel/btf/voltgate
	point $? "load: $function is in the module and in its BTF"
done
for round in 1 2 3 4 5; do
	rmmod voltgate && modprobe voltgate || break
done
[ "$round" = 5 ] && [ -d /sys/module/voltgate ]
point $? "load: five times unloaded and loaded again"
rmmod voltgate
point $? "load: voltgate.ko unloads"
echo "1..$number"
exit $failed

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module in this machine's own kernel, for the demo.
#
#   tools/demo/module.sh load LOG     builds and loads it if need be; says "present" or "loaded"; exit 1: this kernel takes none
#   tools/demo/module.sh unload       after "loaded"
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
case $1 in
load)
	[ ! -d /sys/module/voltgate ] || { echo present && exit 0; }
	[ -e /proc/modules ] && [ -e "/lib/modules/$(uname -r)/build/Makefile" ] && [ "$(id -u)" = 0 ] || exit 1
	make -s B="$B" kmod >"$2" 2>&1 && insmod "$B/kmod-$(uname -r)/voltgate.ko" 2>>"$2" && echo loaded
	;;
unload) rmmod voltgate 2>/dev/null ;;
*) exit 1 ;;
esac

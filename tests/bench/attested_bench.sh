#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Instructions per packet of the attested grade beside the plain one: boots a
# Debian kernel with voltgate.ko under QEMU -icount shift=0, where a nanosecond
# of the guest's clock is one instruction, and runs attested_bench.c there.
#
#   tests/bench/attested_bench.sh RESULTS-FOLDER
#
# Environment: B (build folder), VG_KERNEL (6.1, 6.12 or new; default 6.12). Exit 0, 1, 4 (skipped).
results=${1:?usage: attested_bench.sh RESULTS-FOLDER}
B=${B:-build}
kernel=${VG_KERNEL:-6.12}
export B
ktap=$results/attested.ktap

VG_ACCEL=tcg,thread=single VG_QEMU="-smp 1 -icount shift=0,sleep=off" VG_DEADLINE=400 \
	tests/vm/run.sh "$kernel" "$B/tests/bench/attested" -- "$B/voltgate.bpf.o" "$B/tests/bench/feed.bpf.o" >"$ktap"
code=$?
if [ $code -eq 4 ]; then
	sed -n 's/.*# SKIP //p' "$ktap"
	exit 4
fi
exec python3 tests/bench/attested_report.py "$kernel" "$ktap" "$results/attested.json"

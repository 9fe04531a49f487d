#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The benchmarks run and leave numbers: BENCH_QUICK=1, no judgement of the figures.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
export B BENCH_QUICK=1
results=$B/bench-smoke
rm -rf "$results"
mkdir -p "$results"
echo "KTAP version 1"
number=0 failed=0 skipped=0
for bench in "$B"/tests/bench/*_bench tests/bench/alarm_bench.py; do
	[ -x "$bench" ] || continue
	number=$((number + 1))
	name=$(basename "${bench%.py}" _bench)
	"$bench" "$results" >"$results/$name.log" 2>&1
	code=$?
	sed 's/^/# /' "$results/$name.log"
	if [ $code -eq 4 ]; then
		skipped=$((skipped + 1))
		echo "ok $number bench $name # SKIP $(tail -1 "$results/$name.log")"
	elif [ $code -eq 0 ] && python3 -c '
import json, sys
series = json.load(open(sys.argv[1]))["series"]
sys.exit(not series or any(not s["values"] for s in series))' "$results/$name.json"; then
		echo "ok $number bench $name runs and every series has numbers"
	else
		failed=$((failed + 1))
		echo "not ok $number bench $name (exit $code) runs and every series has numbers"
	fi
done
if [ $number -eq 0 ]; then
	number=1 failed=1
	echo "not ok 1 no benchmark is built in $B/tests/bench; run make"
fi
echo "1..$number"
[ $failed -eq 0 ] || exit 1
[ $skipped -lt $number ] || exit 4

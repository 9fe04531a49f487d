#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The same blocks through gcc and clang, -O0 and -O2: headers and outcomes to the letter. KTAP.
B=${B:-build}
builds="gcc-O0 gcc-O2 clang-O0 clang-O2"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
echo "KTAP version 1"
echo "1..4"
for seed in 1 2 3; do
	"$B/tests/txn_digest-gcc-O2" write $seed 100 "$work/$seed.bodies" || exit 1
done
number=0
failed=0
for build in $builds; do
	number=$((number + 1))
	for seed in 1 2 3; do
		"$B/tests/txn_digest-$build" run "$work/$seed.bodies" || echo "it failed"
	done >"$work/$build" 2>&1
	if [ "$(wc -l <"$work/$build")" = 300 ] && cmp -s "$work/gcc-O0" "$work/$build"; then
		echo "ok $number $build: 300 blocks, $(b2sum -l 64 <"$work/$build" | cut -c 1-16)"
	else
		failed=1
		echo "not ok $number $build"
		diff "$work/gcc-O0" "$work/$build" | head -4 | cut -c 1-200 | sed 's/^/# /'
	fi
done
exit $failed

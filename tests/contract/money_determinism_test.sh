#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The same charging operations through gcc, clang and valgrind: answers, outcomes and state roots to the letter. KTAP.
B=${B:-build}
driver=$B/tests/contract/money_driver
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
number=0
echo "KTAP version 1"
echo "1..3"

# $1 what, $2 lines, $3... the command: what it prints must be what gcc -O2 prints.
compare() {
	number=$((number + 1))
	what=$1
	lines=$2
	shift 2
	head -n "$lines" "$work/lines" >"$work/in"
	echo root >>"$work/in"
	"$driver-gcc-O2" <"$work/in" >"$work/wanted"
	if "$@" <"$work/in" >"$work/got" 2>"$work/errors" && cmp -s "$work/wanted" "$work/got"; then
		echo "ok $number $what: $lines lines, $(tail -1 "$work/got" | cut -c 1-16)"
	else
		failed=1
		echo "not ok $number $what"
		diff "$work/wanted" "$work/got" | head -4 | cut -c 1-200 | sed 's/^/# /'
		head -4 "$work/errors" | cut -c 1-200 | sed 's/^/# /'
	fi
}

MONEY_OPERATIONS=5000 MONEY_SEED=7 tests/contract/money_model.py --write "$work/lines" >"$work/model" || {
	echo "Bail out! the model itself fails"
	exit 1
}
compare "gcc -O2, again" 5000 "$driver-gcc-O2"
compare "clang -O0" 5000 "$driver-clang-O0"
if command -v valgrind >/dev/null; then
	compare "under valgrind, and nothing undefined is looked at" 1000 \
		valgrind -q --error-exitcode=99 "$driver-gcc-O2"
else
	echo "ok 3 under valgrind # SKIP valgrind is missing: apt-get install valgrind"
fi
exit $failed

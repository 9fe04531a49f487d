#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The same runs give the same effects whoever compiled the core, and however.
B=${B:-build}
CC=${CC:-gcc}
CLANG=${CLANG:-clang}
out=$B/tests/pbft/compilers
mkdir -p "$out"
echo "KTAP version 1"
echo "1..3"
sources="tests/pbft/chaos_test.c tests/pbft/wired.c tests/pbft/wired_shell.c agent/pbft/*.c
	ledger/block.c ledger/cursor.c ledger/hash.c ledger/merkle.c"
failed=0
number=0
build() { # name, compiler and flags
	name=$1
	shift
	"$@" -std=gnu11 -D_GNU_SOURCE -Iinclude -I. -o "$out/$name" $sources -lsodium &&
		PBFT_TRACE=1 PBFT_SEEDS=1..12 "$out/$name" >"$out/$name.txt"
}
if ! build gcc-O2 $CC -O2 || [ "$(grep -c '^# trace' "$out/gcc-O2.txt")" -ne 12 ]; then
	echo "not ok 1 $CC -O2 does not build or run"
	exit 1
fi
while read -r name command; do
	number=$((number + 1))
	if build "$name" $command && diff -q "$out/gcc-O2.txt" "$out/$name.txt" >/dev/null; then
		echo "ok $number $command gives the effects that $CC -O2 gives"
	else
		echo "not ok $number $command gives other effects than $CC -O2: compare $out/*.txt"
		failed=1
	fi
done <<END
clang-O0 $CLANG -O0
clang-O2 $CLANG -O2
gcc-O0 $CC -O0 -fwrapv
END
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The consensus core is pure: linked alone it needs nothing but four memory functions, the ledger's hash, cursor and
# block functions, and libsodium's generichash.
B=${B:-build}
objects=$B/tests/pbft/pure.o
echo "KTAP version 1"
echo "1..2"
if ! [ -e "$objects" ]; then
	echo "not ok 1 $objects is not there: make tests"
	exit 1
fi
undefined=$(nm -u "$objects" | awk '{ print $2 }' |
	grep -vxE 'mem(cpy|set|cmp|move)|_GLOBAL_OFFSET_TABLE_|ledger_hash(_bytes)?|(reader|writer|span)_[a-z0-9]+|block_[a-z_]+|crypto_generichash(_init|_update|_final)?')
if [ -n "$undefined" ]; then
	echo "not ok 1 the core needs: $(echo $undefined)"
	exit 1
fi
echo "ok 1 no undefined symbol outside the list"
# Nothing that is written to outlives a call but the arena.
written=$(nm "$objects" | awk '$2 ~ /^[bBdDC]$/ { print $3 }')
if [ -n "$written" ]; then
	echo "not ok 2 static data that can be written: $(echo $written)"
	exit 1
fi
echo "ok 2 no static data that can be written"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The signer's branches and addresses do not depend on its key: valgrind sees every use of undefined bytes.
set -u
program=${B:-build}/tests/sign-secret
echo "KTAP version 1"
if ! command -v valgrind >/dev/null; then
	echo "1..0 # SKIP valgrind is missing: apt-get install valgrind"
	exit 4
fi
echo "1..3"
failed=0
number=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

point() { # result name
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		sed 's/^/# /' "$log"
		failed=1
	fi
}

for compiler in gcc clang; do
	valgrind -q --error-exitcode=99 "$program-$compiler" >"$log" 2>&1
	point $? "ed25519: key and nonce decide no branch and no address ($compiler)"
done
valgrind -q --error-exitcode=99 "$program-gcc" leaky >"$log" 2>&1
[ $? -eq 99 ]
point $? "ed25519: a branch on the key is found by this check"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The vectors and the tables made from them are what their maker makes. KTAP.
cd "$(dirname "$0")/../.." || exit 1
echo "KTAP version 1"
echo "1..1"
if tests/vectors/core.py check; then
	echo "ok 1 core.txt and kmod/selftest_vectors.h are current"
else
	echo "not ok 1 core.txt and kmod/selftest_vectors.h are current"
	exit 1
fi

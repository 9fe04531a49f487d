#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The example configuration and the manuals, as the program and mandoc see them. KTAP.
cd "$(dirname "$0")/../.." || exit 1
agent=${B:-build}/voltgated
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0
ok() { # ok STATUS TEXT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then echo "ok $number $2"; else echo "not ok $number $2"; failed=1; fi
}
echo "KTAP version 1"
if [ ! -x "$agent" ]; then
	printf '1..1\nok 1 voltgated # SKIP %s is not built; make all\n' "$agent"
	exit 4
fi
"$agent" -n -c agent/voltgated.conf; ok $? "voltgated -n takes the example"
# every commented key, taken in
sed -e 's/^#\([a-z][a-z0-9-]* =\)/\1/' -e 's/^# \[interface/[interface/' agent/voltgated.conf >"$work/all.conf"
"$agent" -n -c "$work/all.conf"; ok $? "and the example with every key taken in"
"$agent" -k | while read -r section key value; do
	grep -qx "#$key = *$value" agent/voltgated.conf || echo "# [$section] $key = $value is not in the example"
done >"$work/missing"
cat "$work/missing"
test ! -s "$work/missing"; ok $? "the example shows every key at its default"
echo 'x = 1' >"$work/bad.conf"
"$agent" -n -c "$work/bad.conf" 2>"$work/said"
test $? -eq 1 && grep -q "^voltgated: $work/bad.conf:1: x stands" "$work/said"; ok $? "a wrong file is exit 1 and one sentence"
test "$(wc -l <"$work/said")" -eq 1; ok $? "exactly one"
"$agent" -Z 2>/dev/null; test $? -eq 1; ok $? "a wrong option is exit 1"
"$agent" -V | grep -q '^voltgated [0-9]'; ok $? "-V prints the version"
if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning agent/voltgated.8 agent/voltgated.conf.5; ok $? "the manuals are clean by mandoc"
else
	number=$((number + 1))
	echo "ok $number manuals # SKIP mandoc is missing; apt-get install mandoc"
fi
echo "1..$number"
exit $failed

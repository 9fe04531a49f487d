#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In a guest with the module loaded and no agent: the command line administers the module's gate.
echo "KTAP version 1"
number=0
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

point() { # exit-code name
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number cli: $2"
	else
		echo "not ok $number cli: $2"
		sed 's/^/# /' "$tmp/out" "$tmp/err" 2>/dev/null
		failed=1
	fi
}

# Runs voltgate; true if it ends with the status given.
run() { # status words...
	expected=$1
	shift
	voltgate "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	[ $? -eq "$expected" ]
}

has() {
	grep -q -- "$1" "$tmp/out"
}

# Exactly one sentence of the kernel's.
told() {
	[ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q "^voltgate: .*$1.*\.$" "$tmp/err"
}

if [ ! -d /sys/module/voltgate ]; then
	echo "ok 1 cli # SKIP voltgate.ko is not loaded; make check-vm runs this in a guest"
	echo "1..1"
	exit 4
fi

run 0 -j status && has '"grade":"attested"'
point $? "status is the module's"
run 0 session add id 0123456789abcdef key-out "$tmp/key" expires 1h commitment "$(printf '%064d' 7)"
point $? "session add writes a new key"
[ "$(wc -c <"$tmp/key")" -eq 33 ] && [ "$(stat -c %a "$tmp/key")" = 600 ]
point $? "to a file of its own"
run 2 session add id 0123456789abcdef key "$tmp/key" && told "id already"
point $? "the same id again is refused in the kernel's words"
run 0 -j session show 0123456789abcdef && has "$(printf '%064d' 7)" && ! has "$(cat "$tmp/key")"
point $? "session show has the commitment, not the key"
run 0 -j session list && [ "$(wc -l <"$tmp/out")" -eq 1 ]
point $? "session list has the one"
run 2 session show 00000000000000aa && told "No session"
point $? "another is not there"
run 0 revoke 0123456789abcdef && run 2 session revoke 00000000000000aa && told "No session"
point $? "revoke"
run 0 policy set stale-us 1500000 && run 0 -j policy show stale-us && has '"value":1500000'
point $? "policy set and show"
run 3 policy set under-load 1
point $? "the agent's settings are the agent's, who is not here"
run 0 deny add 192.0.2.0/24 && run 0 deny add 2001:db8::/32 && run 0 deny add 02:00:00:00:00:01 && run 0 -j deny list &&
	[ "$(wc -l <"$tmp/out")" -eq 3 ]
point $? "deny add and list, three families"
run 2 deny add 192.0.2.0/24 && told "already"
point $? "not twice"
run 0 deny remove 192.0.2.0/24 && run 2 deny remove 192.0.2.0/24 && told "not on the deny list"
point $? "deny remove"
run 0 -j counters && has '"accepted":0' && has '"total":'
point $? "counters"
run 0 -j -s counters && [ "$(wc -l <"$tmp/out")" -ge 2 ] && has '"cpu":0'
point $? "counters of each CPU"
run 0 alarms
point $? "alarms"
run 0 -j key && has '"attestor":"[0-9a-f]*"' && ! has '"attestor":"0000000000000000'
point $? "key"
run 0 doctor && has "ok    module " && has "ok    kfuncs" && has "ok    netlink" && has "attested"
point $? "doctor says that the gate can run attested"
touch /run/netns/vg-cli-guest && unshare -n mount --bind /proc/self/ns/net /run/netns/vg-cli-guest &&
	run 0 -j -n vg-cli-guest session list && [ ! -s "$tmp/out" ]
point $? "another namespace has a gate of its own"
umount /run/netns/vg-cli-guest && rm -f /run/netns/vg-cli-guest
run 0 flush && run 0 -j session list && [ ! -s "$tmp/out" ]
point $? "flush leaves no session"
echo "1..$number"
exit $failed

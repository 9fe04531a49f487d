#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In a guest with voltgate.ko: voltgated in the attested grade. What the module signed is stored before it is
# acknowledged, through kills at any moment, an overrun socket and a full disk. KTAP.
echo "KTAP version 1"
bin=./build
work=$(mktemp -d)
number=0
failed=0
agent=
trap 'stop_agent; ip link del gw0 2>/dev/null; rm -rf "$work"' EXIT

ok() { # ok TEXT COMMAND...
	text=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $number agent: $text"
	else
		echo "not ok $number agent: $text"
		sed 's/^/# /' "$work/out" "$work/said" 2>/dev/null | tail -15
		failed=1
	fi
}

wait_for() { # wait_for COMMAND...: polls, at most 60 s
	left=600
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		usleep 100000
	done
}

start_agent() {
	"$bin/voltgated" -c "$work/conf" 2>"$work/said" &
	agent=$!
	wait_for grep -q Ready: "$work/said"
}

stop_agent() {
	[ -n "$agent" ] || return 0
	kill "$agent" 2>/dev/null
	wait "$agent"
	agent=
}

kill_agent() {
	kill -9 "$agent"
	wait "$agent" 2>/dev/null
	agent=
}

of_status() { # of_status KEY: a number of the gate's part of the status
	"$bin/voltgate" -j -S "$work/sock" status | tr ',{' '\n\n' | sed -n "s/^\"$1\":\"*\([0-9a-z]*\)\"*$/\1/p" | head -1
}

kinds() { # records of kind $1 in the log
	"$bin/voltgate" -j verify "$work/state/verdicts" | tr ',{' '\n\n' | sed -n "s/^\"$1\":\([0-9]*\).*/\1/p" | head -1
}

settled() { [ "$(of_status pending_batches)" = 0 ] && [ "$(of_status open_records)" = 0 ]; }
counter() { "$bin/voltgate" -j -S "$work/sock" counters | tr ',{' '\n\n' | sed -n "s/^\"$1\":\([0-9]*\).*/\1/p" | head -1; }
good() { "$bin/voltgate" -j verify "$work/state/verdicts" | grep -q '"good":true'; }
attested() { [ "$(of_status grade)" = attested ]; }

vehicles() { # vehicles RATE SECONDS; the tally is shown where it fails
	"$bin/voltgate-sim" -i car0 --to 10.7.0.1 --to-mac "$mac" --from 10.7.0.128/25 -n 20 -g "$work/sock" -m action -c 0 \
		-r "$1" -d "$2s"
}

ip link add gw0 type veth peer name car0
# busybox's ip leaves the peer's name to the kernel
[ -d /sys/class/net/car0 ] || ip link set veth0 name car0
ip addr add 10.7.0.1/24 dev gw0
ip link set gw0 up
ip link set car0 up
mac=$(cat /sys/class/net/gw0/address)
cat >"$work/conf" <<CONF
[agent]
user =
state-dir = $work/state
control = $work/run/sock
alarm-log = $work/log/alarms.json
object = $bin/voltgate.bpf.o
syslog = no
[gate]
grade = attested
session-rate = 0
[its]
enable = no
[interface gw0]
CONF
sed -i "s|= ./build|= $PWD/build|" "$work/conf"
ln -s run/sock "$work/sock"

ok "starts and attaches" start_agent
ok "in the attested grade" attested
ok "vehicles send actions" vehicles 200 3
ok "all verdicts are stored and acknowledged" wait_for settled
ok "the log verifies" good
accepted=$(counter accepted)
ok "every accepted action has its record: $accepted, $(kinds action)" test "$accepted" = "$(kinds action)"
ok "and there were some" test "$accepted" -gt 100

for round in 1 2 3; do
	vehicles 300 6 >/dev/null 2>&1 &
	cars=$!
	usleep 2500000
	kill_agent
	usleep 500000
	ok "kill -9 under load, round $round: starts again" start_agent
	ok "and takes up the chain of the same epoch" wait_for settled
	wait $cars
done
ok "all verdicts are stored and acknowledged" wait_for settled
ok "the log verifies after the kills" good
accepted=$(counter accepted)
ok "the kills lost no verdict that the module signed: $accepted accepted, $(kinds action) stored" \
	test "$accepted" = "$(kinds action)"
ok "within one epoch" test "$(kinds epoch)" = 1

stop_agent
ok "ends by itself at a signal" test -z "$agent"
ok "the module can be unloaded" wait_for rmmod voltgate # a detached program goes a little later
modprobe voltgate
ok "starts with a new epoch of the module" start_agent
ok "vehicles send actions to it" vehicles 200 1
ok "whose verdicts are stored" wait_for settled
ok "and whose chain names the one before" good
ok "two epochs" test "$(kinds epoch)" = 2
stop_agent
echo "1..$number"
exit $failed

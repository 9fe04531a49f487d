#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What voltgate-sim and voltgate-play refuse, in which words and with which exit code, and what they
# send on an interface: real frames, received and counted. KTAP.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
sim=$B/voltgate-sim play=$B/voltgate-play
work=$(mktemp -d)
ns=vg-sim-cli-$$
trap 'ip netns del $ns 2>/dev/null; rm -rf "$work"' EXIT
count=0 failed=0

result() { # result PASSED DESCRIPTION
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

refuses() { # refuses CODE SENTENCE COMMAND...: ends with CODE and one line that holds SENTENCE
	local code=$1 sentence=$2 got
	shift 2
	"$@" >"$work/out" 2>&1
	got=$?
	[ "$got" = "$code" ] && grep -qF -- "$sentence" "$work/out" && [ "$(wc -l <"$work/out")" = 1 ]
	result $? "exit $code: $sentence"
}

route="-t 10.7.0.1 -M 02:00:00:00:00:01 -f 10.7.0.0/16"
printf '0123456789abcdef 00112233445566778899aabbccddeeff\n' >"$work/open"
chmod 644 "$work/open"
# shellcheck disable=SC2086
{
	refuses 1 "say on which interface to send" $sim -m accepted
	refuses 1 "say what to send" $sim -i lo
	refuses 1 "is no mode" $sim -i lo -m telepathy
	refuses 1 "would have no end" $sim -i lo -m accepted $route -n 10 -c 0 -d 0
	refuses 1 "say where to send" $sim -i lo -m accepted -n 10
	refuses 1 "say from which addresses" $sim -i lo -m accepted -n 10 -t 10.7.0.1 -M 02:00:00:00:00:01
	refuses 1 "say to which MAC address" $sim -i lo -m accepted -n 10 -t 10.7.0.1 -f 10.7.0.0/16
	refuses 1 "these modes need vehicles" $sim -i lo -m accepted $route
	refuses 1 "exclude each other" $sim -i lo -m accepted $route -n 10 -S "$work/open"
	refuses 1 "needs the gateway's public key" $sim -i lo -m hello $route
	refuses 1 "needs the gate's secret" $sim -i lo -m hello-cookie $route --gateway-key "$(printf '11%.0s' {1..32})"
	refuses 1 "64 hex digits" $sim -i lo -m hello $route --gateway-key 1234
	refuses 1 "more hellos to send than addresses" $sim -i lo -m hello-bad-mac1 -t 10.7.0.1 -M 02:00:00:00:00:01 -f 10.7.0.0/28
	refuses 1 "as over-budget" $sim -i lo -m accepted $route -n 2 -c 1000
	refuses 1 "its-over-budget" $sim -i lo -m its -r 1000 --its-stations 2
	refuses 1 "give a whole number from 1 to" $sim -i lo -m accepted $route -n 0
	refuses 1 "VLAN id" $sim -i lo -m accepted $route -n 10 --vlan 4095
	refuses 1 "source prefix" $sim -i lo -m accepted -t 10.7.0.1 -f 10.7.0.1/16 -n 10
	refuses 1 "give a duration" $sim -i lo -m accepted $route -n 10 -d soon
	refuses 1 "is no reason" $sim -i lo -m accepted $route -n 10 --expect bored
	refuses 1 "chmod 600" $sim -i lo -m accepted $route -S "$work/open"
	refuses 1 "cannot be opened" $sim -i lo -m accepted $route -S "$work/absent"
	refuses 1 "not an option" $sim -i lo -m accepted $route -n 10 extra
	refuses 1 "no file" $play -i lo
	refuses 1 "say on which interface" $play "$work/open"
	refuses 1 "is no pcap or pcapng file" $play -i lo "$work/open"
	refuses 1 "number of loops" $play -i lo -l 0 "$work/open"
}
$sim --help >"$work/out" && [ "$(grep -c '^  ' "$work/out")" -ge 27 ]
result $? "--help lists the modes"
# shellcheck disable=SC2086
$sim -N -i lo -m accepted:3,forged $route -n 100 >"$work/out" 2>&1 && grep -q "on lo only.*accepted 75 %, forged 25 %; at most 10000 frames; at most 10 s; 1000/s" "$work/out"
result $? "a dry run says what it would send"

if ! ip netns add $ns 2>/dev/null; then
	count=$((count + 1))
	echo "ok $count packets on an interface # SKIP network namespaces need root; run as root"
	echo "1..$count"
	exit $failed
fi
ip -n $ns link add v0 type veth peer name v1
ip -n $ns link set v0 up
ip -n $ns link set v1 up
received() { ip -n $ns -s -j link show v1 | /usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["stats64"]["rx"]["packets"])'; }
field() { /usr/bin/python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2], {"d": d}))' "$work/out" "$1"; }
ip netns exec $ns sysctl -qw net.ipv6.conf.v0.disable_ipv6=1 net.ipv6.conf.v1.disable_ipv6=1

before=$(received)
# shellcheck disable=SC2086
ip netns exec $ns $sim -j -i v0 -m accepted:5,forged,bit-flip,replay,foreign $route -n 1000 -c 20000 -r 0 -T 2 -s 3 >"$work/out" 2>/dev/null
[ "$(field 'd["frames"]')" = 20000 ] && [ $(($(received) - before)) = 20000 ]
result $? "20000 frames sent as fast as they go are 20000 received"
[ "$(field 'sum(d["expected"].values()) + d["foreign"] == d["frames"] == sum(d["modes"].values()) == d["for_gate"] + d["foreign"]')" = True ]
result $? "the tally adds up"
# shellcheck disable=SC2086
ip netns exec $ns $sim -j -i v0 -m beacon $route -n 1000 -c 0 -d 1s -r 2000 >"$work/out" 2>/dev/null
[ "$(field '1800 <= d["frames"] <= 2001 and 900000 < d["elapsed_us"] < 1500000')" = True ]
result $? "rate and duration are kept"
# shellcheck disable=SC2086
ip netns exec $ns $sim -j -i v0 -m accepted $route -n 50 -c 100 -w "$work/saved" >"$work/out" 2>/dev/null &&
	[ "$(stat -c %a "$work/saved")" = 600 ] && [ "$(awk '!/#/ {sum += $3 - 1} END {print sum}' "$work/saved")" = 100 ]
result $? "saved sessions go on where they stopped"
ip -n $ns link set v0 down
# shellcheck disable=SC2086
refuses 3 "v0: " bash -c "ip netns exec $ns $sim -i v0 -m accepted $route -n 10 -c 10 2>&1 >/dev/null | tail -n 1; exit \${PIPESTATUS[0]}"
# shellcheck disable=SC2086
refuses 3 "no such interface" bash -c "ip netns exec $ns $sim -i v9 -m accepted $route -n 10 -c 10 2>&1 >/dev/null | tail -n 1; exit \${PIPESTATUS[0]}"
echo "1..$count"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In a guest with voltgate.ko: a vehicle shakes hands with a gateway of the attested grade, one of the four nodes of a
# channel, all of them here. The session is in the module, its first packet ends the one before, an action goes by the module's
# verdict to the contract and is answered, cookies are handed out, a revoked key is out within a second. KTAP.
echo "KTAP version 1"
bin=$(realpath "${B:-./build}")
grade=${GRADE:-attested}
work=$(mktemp -d)
car=vg-car-$$
number=0
failed=0
agent=
peers=
ip() { if [ -x /usr/bin/ip ]; then /usr/bin/ip "$@"; else command ip "$@"; fi; } # busybox's knows no namespaces
trap 'stop_agent; ip netns del $car 2>/dev/null; ip link del gw0 2>/dev/null; rm -rf "$work"' EXIT

ok() { # ok TEXT COMMAND...
	text=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $number handshake: $text"
	else
		echo "not ok $number handshake: $text"
		sed 's/^/# /' "$work/out" "$work/said" 2>/dev/null | tail -25
		failed=1
	fi
}

wait_for() { # wait_for COMMAND...: polls, at most 60 s
	end=$(($(date +%s) + 60))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $end ] || return 1
		usleep 100000 2>/dev/null || sleep 0.1
	done
}

stop_agent() {
	for pid in $agent $peers; do
		kill "$pid" 2>/dev/null
		wait "$pid"
	done
	agent='' peers=''
}

cli() { "$bin/voltgate" -S "$work/sock" "$@"; }
value() { tr -d ' ' | tr ',{}' '\n\n\n' | sed -n "s/^\"$1\":\"*\([^\"]*\)\"*$/\1/p" | head -1; } # value NAME: of JSON on standard input
hands() { cli -j status | value "$1"; }
listed() { [ "$(cli -j session list | tr -d ' ' | grep -c '"revoked":false')" = "$1" ]; } # listed COUNT: the module still lists revoked ones

drive() { # drive WORD...: voltgate-vehicle from the car's namespace
	ip netns exec "$car" "$bin/voltgate-vehicle" -j --gateway 10.7.1.1 --key "$key" --wallet "$work/wallet" --station "$(printf '%064d' 0)" \
		--patience 30000 "$@" >"$work/drive" 2>"$work/drive.error"
}

prepare() {
	ip netns add "$car" &&
		ip link add gw0 type veth peer name car0 netns "$car" &&
		ip addr add 10.7.1.1/24 dev gw0 && ip link set gw0 up && ip link set lo up &&
		ip -n "$car" addr add 10.7.1.2/24 dev car0 && ip -n "$car" link set car0 up || return 1
	for name in regulator acme; do
		"$bin/voltgate" org create "$name" "$work/$name" || return 1
	done
	nodes=
	for i in 1 2 3 4; do
		"$bin/voltgate" org issue "$work/acme" --node n$i --out "$work/n$i" --address 127.0.0.1:705$i || return 1
		nodes="$nodes --node acme:n$i:127.0.0.1:705$i:replica,endorser=$work/n$i/node.crt"
	done
	# shellcheck disable=SC2086 # words
	"$bin/voltgate" channel create "$work/power.genesis" --name power --regulator "$work/regulator/org.crt" \
		--organisation "acme=$work/acme/org.crt" $nodes --set evidence=1 \
		--set endorsing-organisations=1
}

configure() { # configure NUMBER: the first one has the gate
	cat >"$work/conf$1" <<CONF
[agent]
user =
state-dir = $work/state$1
control = $work/sock$([ "$1" = 1 ] || echo "$1")
syslog = no
$([ "$1" = 1 ] && printf 'alarm-log = %s\nobject = %s\n' "$work/alarms.json" "$bin/voltgate.bpf.o" || echo "gate = no")
[node]
listen = 127.0.0.1:705$1
certificate = $work/n$1/node.crt
key = $work/n$1/node.key
CONF
	[ "$1" = 1 ] || return 0
	cat >>"$work/conf1" <<CONF
[gate]
grade = $grade
[its]
enable = no
[interface gw0]
mode = native
CONF
}

start_peers() {
	for i in 2 3 4; do
		configure $i
		"$bin/voltgated" -c "$work/conf$i" 2>"$work/said$i" &
		peers="$peers $!"
	done
	for i in 2 3 4; do
		wait_for grep -q Ready: "$work/said$i" && "$bin/voltgate" -S "$work/sock$i" channel join "$work/power.genesis" || return 1
	done
}

linked() { [ "$(cli -j peer list | grep -c '"up"')" = 3 ]; }

start_agent() {
	"$bin/voltgated" -c "$work/conf1" 2>"$work/said" &
	agent=$!
	wait_for grep -q Ready: "$work/said"
}

enrol() { # enrol FILE: a statement on a key, committed
	cli tx submit power "$1"
}

enrol_attestor() {
	cli -j key >"$work/key"
	"$bin/voltgate" org enrol "$work/acme" --genesis "$work/power.genesis" --key "$(value attestor <"$work/key")" --role attestor \
		--epoch "@$(sed -n 's/.*"epoch": *\([0-9]*\).*/\1/p' "$work/key" | head -1)" --grade "$grade" --out "$work/attestor.tx" &&
		enrol "$work/attestor.tx"
}

open_account() {
	"$bin/voltgate" wallet create "$work/acme" --name car --genesis "$work/power.genesis" --out "$work/wallet" &&
		enrol "$work/wallet/enrol.tx" && cli account register power --wallet "$work/wallet" --genesis "$work/power.genesis"
}

greet() { drive hello && grep -q "\"grade\":\"$grade\"" "$work/drive"; }
greet_again() { drive hello beacon=3 hello && listed 1 && [ "$(hands proven)" -ge 3 ]; }

# The contract says no, for nothing was reserved; but it says so: verdict, evidence and answer went their way.
ask() {
	drive --retry 3000 hello cancel
	[ $? = 2 ] && grep -q '"do":"cancel"' "$work/drive" && grep -q '"stage":"refused"' "$work/drive"
}

cookie() {
	cli policy set under-load 1 && drive hello && grep -q '"cookies":1' "$work/drive" && cli policy set under-load 0
}

revoke() {
	"$bin/voltgate" org revoke "$work/acme" --genesis "$work/power.genesis" --key "$work/wallet/client.crt" --out "$work/revoke.tx" &&
		enrol "$work/revoke.tx" && wait_for listed 0 && grep -q 'ended at the gate' "$work/said"
}

silence() {
	drive --patience 3000 hello
	[ $? = 3 ]
}

if ! prepare >"$work/prepared" 2>&1; then
	sed 's/^/# /' "$work/prepared"
	echo "not ok 1 handshake: namespaces and a channel of four nodes"
	echo "1..1"
	exit 1
fi
configure 1
ok "a gateway starts" start_agent
ok "and three nodes" start_peers
ok "the channel is joined" cli channel join "$work/power.genesis"
ok "and all are linked" wait_for linked
ok "its attestor is enrolled" enrol_attestor
ok "a wallet has an account" open_account
key=$(hands key)
ok "a vehicle is welcomed in the $grade grade" greet
ok "the next session ends the one before at its first packet" greet_again
ok "an action goes by the verdict to the contract and is answered" ask
ok "under load it gets a cookie first" cookie
ok "its revoked key's session leaves the gate" revoke
ok "and it hears no more" silence
echo "1..$number"
exit $failed

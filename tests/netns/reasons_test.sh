#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Real packets to a real gate: every reason is reached, and the gate's counters are what the simulator
# sent, to the last packet, over IPv4, IPv6, VLANs, with header options, from several CPUs. KTAP.
. "$(dirname "$0")/lib.sh"
gate_begin reasons
echo "KTAP version 1"

sock=$work/control.sock
attacks=forged:2,bit-flip:4,replay,old-sequence,stale,future,unknown,truncated,oversized,malformed,fragment

agrees() { # agrees SIM-ARGUMENTS...: sends and compares
	counters_mark && sim "$@" && counters_agree
}

reached() { # reached REASON: the last tally has packets of it
	[ "$(tally_of "d['expected']['$1']")" -gt 0 ]
}

ok "the gate starts and is attached" agent_start
ok "a gate that has seen nothing counts nothing" test "$(control counters -j | json_of 'd["total"]')" = 0

# shellcheck disable=SC2046
{
	ok "IPv4: vehicles are let in, attackers are not, and all are counted" \
		agrees $(route4) -n 500 -g "$sock" -m accepted:14,$attacks,foreign -c 30000 -r 0
	for reason in accepted malformed unknown-session stale future replayed forged; do
		ok "... among them $reason" reached $reason
	done
	ok "IPv6: the same" agrees $(route6) -n 500 -g "$sock" -m accepted:14,$attacks,foreign -c 30000 -r 0
	ok "IPv4 options and IPv6 extension headers" \
		agrees $(route4) $(route6) --headers -n 500 -g "$sock" -m accepted:14,$attacks -c 20000 -r 0
	ok "a VLAN tag" agrees $(route4) --vlan 10 -n 200 -g "$sock" -m accepted:14,$attacks,foreign -c 10000 -r 0
	ok "two VLAN tags, IPv6" agrees $(route6) --vlan 100.10 -n 200 -g "$sock" -m accepted:14,$attacks -c 10000 -r 0
	ok "through the kernel's own UDP stack" \
		agrees -t $gate4 -f 10.7.255.254 --udp -n 100 -g "$sock" -m accepted:14,forged:2,bit-flip,replay,stale -c 5000 -r 0
	ok "from several CPUs at once, as fast as they go" \
		agrees $(route4) $(route6) -T 4 -n 4000 -g "$sock" -m accepted:14,$attacks,foreign -c 400000 -r 0 -d 30s
	ok "payloads of 0 and 1024 bytes" agrees $(route4) -p 0 -n 100 -g "$sock" -m accepted:4,forged,bit-flip -c 2000 -r 0
	ok "... and 1024" agrees $(route4) -p 1024 -n 100 -g "$sock" -m accepted:4,forged,bit-flip -c 2000 -r 0
}

# --- revoked, expired, denied, over budget ---
# shellcheck disable=SC2046
{
	ok "thirty vehicles are admitted" in_cars "$bin/voltgate-sim" --add-only -n 30 -g "$sock" -w "$work/revoked"
	ok "and revoked" bash -c "grep -v '#' $work/revoked | while read -r id _; do
		$bin/voltgate -S $sock revoke \$id || exit 1; done"
	ok "a revoked session's packets are refused as revoked" \
		agrees $(route4) -S "$work/revoked" -m accepted --expect revoked -c 300 -r 0
	ok "twenty vehicles are admitted for two seconds" \
		in_cars "$bin/voltgate-sim" --add-only -n 20 -L 2s -g "$sock" -w "$work/expiring"
	# The agent forgets expired sessions within a second; halted, it leaves the kernel to see to them alone.
	counters_mark
	kill -STOP "$agent_pid"
	admitted=$(date +%s%N)
	wait_for 5 eval '[ $(($(date +%s%N) - admitted)) -gt 2100000000 ]'
	ok "after two seconds more packets are sent by them" \
		sim $(route4) -S "$work/expiring" -m beacon --expect expired -c 100 -r 0
	kill -CONT "$agent_pid"
	ok "and refused as expired" counters_agree
	ok "a prefix is denied" control deny add 10.7.77.0/24
	ok "its packets are refused, however good they are" \
		agrees -t $gate4 -M "$gate_mac" -f 10.7.77.0/24 -n 100 -g "$sock" -m accepted,forged --expect denied -c 1000 -r 0
	ok "and let in when the prefix is taken off the list" control deny remove 10.7.77.0/24
	ok "... all of them" agrees -t $gate4 -M "$gate_mac" -f 10.7.77.0/24 -n 100 -g "$sock" -m accepted -c 1000 -r 0
	control policy set session-rate 1 >/dev/null
	control policy set session-burst 5 >/dev/null
	ok "beyond its budget a vehicle is refused, and another one is not" agrees $(route4) -n 20 -g "$sock" \
		-m over-budget --session-burst 5 --session-rate 1 -c 200 -r 0
	ok "... over-budget was reached" reached over-budget
	control policy set session-rate 100 >/dev/null
	control policy set session-burst 200 >/dev/null
}
ok "alarms were raised, and each line is as the schema says" alarms_are_valid
ok "the verdict log verifies" verdict_log_is_good
finish

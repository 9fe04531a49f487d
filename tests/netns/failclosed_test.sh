#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A gate in trouble lets nothing through: the program detached under traffic, the agent killed under load,
# the interface gone, floods. And what is not the gate's is never touched. KTAP.
. "$(dirname "$0")/lib.sh"
gate_begin closed
echo "KTAP version 1"
sock=$work/control.sock

acted() { status_of 'd["agent"]["actions"]["acted"]'; }
acted_is() { [ "$(acted)" = "$1" ]; }
frames_received() { ip -n "$gate_ns" -s -j link show gw0 | json_of 'd[0]["stats64"]["rx"]["packets"]'; }
detached() { [ "$(status_of 'len(d["interfaces"])')" = 0 ]; }
attached() { [ "$(status_of 'len(d["interfaces"])')" = 1 ]; }
public_key=$(printf '%064d' 42)

foreign_passes() { # ping over both families, and a TCP transfer of a megabyte whose bytes are compared
	in_cars ping -q -c 3 -i 0.02 -W 2 $gate4 && in_cars ping -q -c 3 -i 0.02 -W 2 $gate6 || return 1
	head -c 1000000 /dev/urandom >"$work/sent"
	rm -f "$work/listening"
	in_gate /usr/bin/python3 -c '
import socket, sys
listener = socket.create_server(("10.7.0.1", 8080))
open(sys.argv[2], "w").close()
link, _ = listener.accept()
with open(sys.argv[1], "wb") as out:
    while chunk := link.recv(65536):
        out.write(chunk)
' "$work/got" "$work/listening" &
	local server=$!
	wait_for 10 test -e "$work/listening"
	in_cars bash -c "cat $work/sent >/dev/tcp/$gate4/8080"
	wait $server && cmp "$work/sent" "$work/got"
}

ok "the gate starts" agent_start

# --- foreign traffic ---
ok "ping and TCP pass the gate" foreign_passes
counters_mark
ok "other UDP ports and other protocols are sent" sim $(route4) $(route6) -n 10 -m foreign -c 5000 -r 0
ok "the gate counts none of it" counters_agree

# --- actions are acted on only under a verdict ---
ok "a hundred vehicles send actions" sim $(route4) -n 100 -g "$sock" -w "$work/cars" -m action -c 1000 -r 2000
ok "each is acted on, once its verdict is there" wait_for 10 acted_is 1000 || status_of 'd["agent"]["actions"]' | sed 's/^/# /'

in_cars "$bin/voltgate-sim" -j -i car0 $(route4) -S "$work/cars" -m action -c 0 -d 4s -r 500 >"$work/tally" 2>/dev/null &
running=$!
ok "... while more come" wait_for 10 eval '[ "$(acted)" -gt 1200 ]'
ok "the program is detached under traffic" control detach gw0
ok "and off the interface" wait_for 5 detached
before=$(acted) received=$(frames_received)
ok "packets go on arriving" wait_for 10 eval '[ "$(frames_received)" -gt $((received + 500)) ]'
# What was in flight at the moment of detaching may still be covered; after it nothing is.
ok "and reach the agent" eval '[ "$(status_of "d[\"agent\"][\"actions\"][\"received\"]")" -gt 1200 ]'
after=$(acted)
ok "but none is acted on ($before, then $after)" eval '[ $((after - before)) -le 20 ]'
wait $running
ok "to the last" acted_is "$after"
ok "the program is attached again" control attach gw0
ok "and is" wait_for 5 attached

# --- the agent is killed under load ---
counters_mark
in_cars "$bin/voltgate-sim" -j -i car0 $(route4) -S "$work/cars" -m action:3,forged -c 0 -d 5s -r 1000 >"$work/tally" 2>/dev/null &
running=$!
ok "load is on" wait_for 10 eval '[ "$(acted)" -gt $((after + 300)) ]'
known=$(records_of action)
agent_kill9
ok "the agent is killed in the midst of it; what it signed is whole" verdict_log_is_good
ok "no record that was acknowledged is lost ($known before)" eval '[ "$(records_of action)" -ge "$known" ]'
ok "it starts again while packets come" agent_start
ok "and goes on in the same chain" verdict_log_is_good
wait $running
ok "a new epoch names the one before" eval '[ "$(verdict_log_is_good | json_of "d[\"epochs\"]")" -ge 2 ]'

# --- floods ---
ok "the gateway's public key is set" control_raw "{\"do\": \"handshake-set\", \"public_key\": \"$public_key\"}"
ok "vehicles are admitted" in_cars "$bin/voltgate-sim" --add-only -n 200 -g "$sock" -w "$work/steady"
agrees() { counters_mark && sim "$@" && counters_agree; }
ok "hellos with a right mac1 pass" agrees $(route4) $(route6) --gateway-key "$public_key" -m hello -c 2000 -r 0
ok "hellos with a wrong one do not" agrees $(route4) --gateway-key "$public_key" -m hello-bad-mac1 -c 5000 -r 0
control policy set under-load 1 >/dev/null
ok "under load, hellos need a cookie" agrees $(route4) $(route6) --gateway-key "$public_key" \
	-m hello-no-cookie,hello-bad-cookie,hello-bad-mac1 -c 10000 -r 0
/usr/bin/python3 "$top/tests/netns/cookie_secret.py" "$agent_pid" "$work/cookie" 2>"$work/cookie.log"
if [ -s "$work/cookie" ]; then
	ok "with a right cookie they pass" agrees $(route4) $(route6) --gateway-key "$public_key" \
		--cookie-secret "$work/cookie" -m hello-cookie:2,hello-no-cookie,hello-bad-cookie -c 5000 -r 0
else
	skip "with a right cookie they pass" "the cookie secret cannot be read from the gate's map: $(tail -n 1 "$work/cookie.log")"
fi
control policy set under-load 0 >/dev/null
counters_mark
in_cars "$bin/voltgate-sim" -j -i car0 $(route4) -m hello-bad-mac1:3,unknown:2 -n 50 -c 50000 -r 25000 -d 10s -s 5 \
	>"$work/flood" 2>/dev/null &
flood=$!
ok "vehicles drive on while a flood of hellos and strangers runs" sim $(route4) -S "$work/steady" -m accepted -c 2000 -r 1000
wait $flood
ok "admitted vehicles are untouched by it: all counts agree" counters_agree "$work/tally" "$work/flood"

# --- the interface goes ---
in_cars "$bin/voltgate-sim" -j -i car0 $(route4) -n 50 -m unknown -c 0 -d 20s -r 1000 >/dev/null 2>&1 &
running=$!
ip -n "$gate_ns" link del gw0
ok "an interface removed under traffic is noticed" wait_for 10 detached
ok "and the agent lives" agent_answers
wait $running
wire_make
ok "a new one of that name can be attached" wait_for 10 eval 'attached || control attach gw0'
ok "and lets vehicles in" agrees $(route4) -S "$work/steady" -m accepted,forged -c 500 -r 0
ok "alarms were raised, and each line is as the schema says" alarms_are_valid
ok "the agent ends when asked to" eval 'kill $agent_pid && wait $agent_pid; agent_pid='
ok "the verdict log verifies" verdict_log_is_good
finish

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh - a gateway and its vehicles in two network namespaces, for tests and
# the demo. Source it, then:
#
#   gate_begin [NAME]       makes namespaces and wires; removed again on exit
#   agent_start [KEY=VALUE...]   starts voltgated; lines for the configuration's [gate] section
#   sim ...                 voltgate-sim in the vehicles' namespace, tally in $work/tally
#   counters_mark, counters_agree   counters before and after equal the tally, exactly
#
# Two veth pairs: car0 (vehicles) to gw0 (gateway), addresses 10.7.0.1/16 and
# fd00:7::1/64 on gw0. Everything waits for conditions, never for time.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
B=${B:-build}
case $B in /*) bin=$B ;; *) bin=$top/$B ;; esac
SHARED=${SHARED:-../shared}
case $SHARED in /*) ;; *) SHARED=$top/$SHARED ;; esac
gate4=10.7.0.1 gate6=fd00:7::1
count=0 failed=0 skipped=0 agent_pid= work=

# --- KTAP ---

ok() { # ok DESCRIPTION COMMAND...: a test point; the command's output is shown if it fails
	local what=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $count $what"
		return 0
	fi
	echo "not ok $count $what"
	sed 's/^/# /' "$work/out" | cut -c1-400 | head -40
	failed=1
	return 1
}

skip() { # skip DESCRIPTION REASON
	count=$((count + 1)) skipped=$((skipped + 1))
	echo "ok $count $1 # SKIP $2"
}

skip_all() { # skip_all REASON: ends the test
	echo "KTAP version 1"
	echo "1..0 # SKIP $1"
	exit 4
}

finish() {
	[ $failed = 0 ] || sed 's/^/# agent: /' "$work/agent.log" | tail -n 20
	echo "1..$count"
	[ $failed = 0 ] || exit 1
	[ $skipped != $count ] || exit 4
	exit 0
}

wait_for() { # wait_for SECONDS COMMAND...: true as soon as the command is, false when the time is up
	local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" 2>/dev/null; do
		[ "${EPOCHREALTIME/./}" -lt $deadline ] || return 1
		sleep 0.05
	done
}

# --- namespaces ---

in_gate() { ip netns exec "$gate_ns" "$@"; }
in_cars() { ip netns exec "$cars_ns" "$@"; }

gate_end() {
	local pid
	trap - EXIT INT TERM
	agent_stop
	for pid in $(ip netns pids "$gate_ns" 2>/dev/null) $(ip netns pids "$cars_ns" 2>/dev/null); do
		kill "$pid" 2>/dev/null
	done
	ip netns del "$cars_ns" 2>/dev/null
	ip netns del "$gate_ns" 2>/dev/null
	[ -n "$KEEP_WORK" ] || rm -rf "$work"
}

wire_make() {
	ip -n "$gate_ns" link add gw0 type veth peer name car0 netns "$cars_ns" || return 1
	ip -n "$gate_ns" addr add $gate4/16 dev gw0
	ip -n "$gate_ns" addr add $gate6/64 dev gw0 nodad
	ip -n "$cars_ns" addr add 10.7.255.254/16 dev car0
	ip -n "$cars_ns" addr add fd00:7::ffff:fffe/64 dev car0 nodad
	ip -n "$gate_ns" link set gw0 up
	ip -n "$cars_ns" link set car0 up
	gate_mac=$(ip -n "$gate_ns" -br link show gw0 | awk '{print $3}')
}

gate_begin() { # gate_begin [NAME]
	local name=${1:-e2e}
	[ "$(id -u)" = 0 ] || skip_all "network namespaces and BPF need root; run as root"
	gate_ns=vg-$name-gate-$$ cars_ns=vg-$name-cars-$$
	work=${WORK_DIR:-$(mktemp -d)}
	chmod 755 "$work"
	trap gate_end EXIT
	trap 'exit 130' INT TERM
	ip netns add "$gate_ns" 2>/dev/null || skip_all "this machine makes no network namespaces; run outside of the container"
	ip netns add "$cars_ns" && wire_make || skip_all "this machine makes no veth interfaces; load the module veth"
	ip -n "$gate_ns" link set lo up
	ip -n "$cars_ns" link set lo up
	mkdir -p "$work/trust"
	: >"$work/agent.log"
}

# --- the agent ---

control() { "$bin/voltgate" -S "$work/control.sock" "$@"; }

agent_config() { # agent_config [KEY=VALUE...]
	local line
	cat <<-END
		[agent]
		name = gateway
		user =
		group =
		state-dir = $work/state
		control = $work/control.sock
		alarm-log = $work/alarms.json
		object = $bin/voltgate.bpf.o
		syslog = no
		[its]
		trust-dir = $work/trust
		waiting-ms = 2500
		[interface gw0]
		mode = ${GATE_MODE:-native}
		[gate]
		grade = ${GATE_GRADE:-plain}
	END
	for line in "$@"; do
		echo "$line"
	done
}

agent_answers() { control status -j >/dev/null 2>&1; }

agent_start() { # agent_start [KEY=VALUE...]
	agent_config "$@" >"$work/voltgated.conf"
	ip netns exec "$gate_ns" "$bin/voltgated" -c "$work/voltgated.conf" >>"$work/agent.log" 2>&1 &
	agent_pid=$! # ip becomes the agent, so this is the agent's own
	wait_for 20 agent_answers
}

agent_stop() {
	[ -n "$agent_pid" ] || return 0
	kill "$agent_pid" 2>/dev/null
	wait "$agent_pid" 2>/dev/null
	agent_pid=
}

agent_kill9() {
	kill -9 "$agent_pid"
	wait "$agent_pid" 2>/dev/null
	agent_pid=
}

# A request that the command line has no word for: control_raw '{"do": ...}'
control_raw() {
	/usr/bin/python3 -c '
import json, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
link.sendall(sys.argv[2].encode() + b"\n")
for line in link.makefile():
    answer = json.loads(line)
    if "end" in answer or "error" in answer:
        sys.exit(json.dumps(answer) if "error" in answer else 0)
    print(line, end="")
' "$work/control.sock" "$1"
}

# status_of 'd["sessions"]': one value of the status
status_of() { control status -j | json_of "$1"; }
json_of() { /usr/bin/python3 -c 'import json, sys; d = json.loads(sys.stdin.readline()); print(eval(sys.argv[1]))' "$1"; }
tally_of() { json_of "$1" <"$work/tally"; }

# --- vehicles ---

# The prefixes leave out the gateway's own addresses: the stack drops what claims to come from itself.
route4() { echo "-t $gate4 -f 10.7.128.0/17 -M $gate_mac"; }
route6() { echo "-t $gate6 -f fd00:7:0:0:1::/80 -M $gate_mac"; }

sim() { # sim ARGUMENTS...: in the vehicles' namespace; the tally goes to $work/tally
	in_cars "$bin/voltgate-sim" -j -i car0 "$@" >"$work/tally" 2>"$work/sim.log" || {
		cat "$work/sim.log"
		return 1
	}
}

# --- counters ---

counters_mark() { control counters -j >"$work/counters.before"; }

# counters_agree [TALLY...]: what the gate counted since the mark is what the tallies say, to the last packet
counters_agree() {
	[ $# -gt 0 ] || set -- "$work/tally"
	wait_for 10 counters_settled "$@" || true
	/usr/bin/python3 "$top/tests/netns/agree.py" "$work/counters.before" "$work/counters.after" "$@"
}

counters_settled() {
	control counters -j >"$work/counters.after" &&
		/usr/bin/python3 "$top/tests/netns/agree.py" "$work/counters.before" "$work/counters.after" "$@" >/dev/null
}

verdict_log_is_good() { "$bin/voltgate" verify -j "$work/state/verdicts"; }

# records_of KIND: how many records of that kind the verdict log holds
records_of() { verdict_log_is_good | json_of "d['kinds'].get('$1', 0)"; }

# every line of the alarm log is valid by its schema, and there is one at least
alarms_are_valid() {
	/usr/bin/python3 - "$top/agent/alarm.schema.json" "$work/alarms.json" <<-'END'
		import json, sys
		import jsonschema
		with open(sys.argv[1]) as schema:
		    validator = jsonschema.Draft7Validator(json.load(schema))
		lines = 0
		with open(sys.argv[2]) as log:
		    for number, line in enumerate(log, 1):
		        faults = [fault.message for fault in validator.iter_errors(json.loads(line))]
		        if faults:
		            sys.exit(f"line {number}: {faults[0]}: {line[:300]}")
		        lines = number
		sys.exit(0 if lines else "no alarm was raised")
	END
}

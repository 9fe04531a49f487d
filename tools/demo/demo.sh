#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh - one gate at work: vehicles and attackers in a namespace, the gateway in another, live counters,
# and a summary at the end. Needs root, bash, ip, and the programs of $B; the same script runs natively and
# in the virtual machine of guest.sh.
#
#   tools/demo/demo.sh --out DIR [--grade plain|attested] [--car CAPTURE --car-certificate FILE]
#                      [--vehicles N] [--rate N] [--seconds N]
#
# Leaves in DIR: samples.tsv (counters by second), summary.tsv, phases.tsv, facts.tsv, alarms.json, verdicts/.
# Exit: 0 all as it must be; 1 a forgery got in, or counts do not add up; 4 it cannot run here.

out= grade=plain car= car_certificate= vehicles=3000 rate=8000 seconds=8
while [ $# -gt 0 ]; do
	case $1 in
	--out) out=$2 ;;
	--grade) grade=$2 ;;
	--car) car=$2 ;;
	--car-certificate) car_certificate=$2 ;;
	--vehicles) vehicles=$2 ;;
	--rate) rate=$2 ;;
	--seconds) seconds=$2 ;;
	*)
		echo "demo.sh: $1: not an option; the head of this file lists them" >&2
		exit 1
		;;
	esac
	shift 2
done
[ -n "$out" ] || { echo "demo.sh: say where to leave logs and figures: --out DIR" >&2 && exit 1; }
rm -rf "$out"
mkdir -p "$out" && out=$(cd "$out" && pwd)
GATE_GRADE=$grade WORK_DIR=$out KEEP_WORK=1
. "$(dirname "$0")/../../tests/netns/lib.sh"
sock=$out/control.sock
sent_files=()
phase_number=0
live=false
[ -t 1 ] && [ "$TERM" != dumb ] && live=true

# Numbers out of our own JSON, with what every machine has: in a virtual machine there is no more.
counts() { sed 's/.*"packets": *{//; s/}.*//' "$1" | tr -d '" ' | tr ',' '\n'; }
expected() { sed 's/.*"expected": *{//; s/}.*//' "$1" | tr -d '" ' | tr ',' '\n'; }
judged() { control status -j 2>/dev/null | sed 's/.*"its":{//; s/.*"verdicts":{//; s/}.*//' | tr -d '" ' | tr ',' '\n'; }
its_sent() { sed 's/.*"its": *{//; s/}.*//' "$1" | tr -d '" ' | tr ',' '\n'; }
value() { sed -n "s/^$1://p"; }

say() { echo "$*"; }

progress() { # one line a second; a terminal sees one that changes
	if $live; then
		printf '\r\033[K  %s' "$*"
	else
		echo "  $*"
	fi
}

sample() { # sample PHASE: one line of samples.tsv, and what people see of it
	local now line
	control counters -j >"$out/counters.now" 2>/dev/null || return 0
	now=$(((${EPOCHREALTIME/./} - began) / 1000))
	counts "$out/counters.now" | awk -F: -v now="$now" -v phase="$1" '{ print now "\t" phase "\t" $1 "\t" $2 }' >>"$out/samples.tsv"
	line=$(counts "$out/counters.now" | awk -F: '
		$1 == "accepted" || $1 == "its-handed" { passed += $2; next }
		{ dropped += $2 }
		$2 > most { most = $2; reason = $1 }
		END { printf "let in %d, dropped %d%s", passed, dropped, most ? " (most as " reason ": " most ")" : "" }')
	progress "$(printf '%4d s  %-10s %s, alarms %d' $((now / 1000)) "$1" "$line" \
		"$(wc -l <"$out/alarms.json" 2>/dev/null || echo 0)")"
}

phase() { # phase WORD SENTENCE SIM-ARGUMENTS...: runs the simulator, sampling
	local word=$1 tally=$out/tally.$((++phase_number)).json pid
	say "== $2"
	shift 2
	printf '%s\t%d\n' "$word" $(((${EPOCHREALTIME/./} - began) / 1000)) >>"$out/phases.tsv"
	ip netns exec "$cars_ns" "$bin/voltgate-sim" -j -i car0 "$@" >"$tally" 2>"$out/sim.$phase_number.log" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 1
		sample "$word"
	done
	! $live || echo
	wait $pid || { sed 's/^/demo.sh: /' "$out/sim.$phase_number.log" >&2; exit 1; }
	sent_files+=("$tally")
}

play_car() { # the frames of a real car, under a clock of their own time
	local offset before
	[ -n "$car" ] || { say "== No capture of a real car at hand; that part is left out"; return; }
	say "== A real car's signed frames (ITS, captured on the road in 2019), played under a test clock"
	printf 'car\t%d\n' $(((${EPOCHREALTIME/./} - began) / 1000)) >>"$out/phases.tsv"
	[ -z "$car_certificate" ] || cp "$car_certificate" "$out/trust/car.oer"
	control its reload >/dev/null || exit 1
	offset=$("$bin/voltgate-play" --info -j "$car" | sed 's/.*clock_offset_us": *//; s/}.*//')
	control policy set clock-offset-us "$offset" >/dev/null || exit 1
	before=$(judged | value accepted)
	ip netns exec "$cars_ns" "$bin/voltgate-play" -j -i car0 "$car" >"$out/played.json" 2>/dev/null || exit 1
	car_frames=$(sed 's/.*"frames": *//; s/,.*//' "$out/played.json")
	wait_for 10 car_judged $((before + car_frames))
	car_accepted=$(($(judged | value accepted) - before))
	control policy set clock-offset-us 0 >/dev/null
	say "  $car_frames frames played, $car_accepted let in"
}

car_judged() { [ "$(judged | value accepted)" = "$1" ]; }

all_counted() { # the gate has counted as many packets as were sent to it
	control counters -j >"$out/counters.json" 2>/dev/null
	[ "$(counts "$out/counters.json" | awk -F: '{ n += $2 } END { print n + 0 }')" = "$sent_total" ]
}

its_all_judged() { [ "$(judged | awk -F: '{ n += $2 } END { print n + 0 }')" -ge "$handed_total" ]; }

# reason, sent, counted by the gate, alarm lines
summarize() {
	local file
	for file in "${sent_files[@]}"; do
		expected "$file"
	done | awk -F: '{ n[$1] += $2 } END { for (r in n) print r ":" n[r] }' >"$out/sent"
	awk -F: -v n="$car_frames" '$1 == "its-handed" { $2 += n } { print $1 ":" $2 }' "$out/sent" >"$out/sent.all"
	sent_total=$(awk -F: '{ n += $2 } END { print n }' "$out/sent.all")
	handed_total=$(value its-handed <"$out/sent.all")
	wait_for 15 all_counted
	wait_for 15 its_all_judged
	sed 's/.*"reason":"//; s/".*//' "$out/alarms.json" | sort | uniq -c | awk '{ print $2 ":" $1 }' >"$out/alarmed"
	counts "$out/counters.json" | while IFS=: read -r reason counted; do
		printf '%s\t%s\t%s\t%s\n' "$reason" "$(value "$reason" <"$out/sent.all")" "$counted" \
			"$(value "$reason" <"$out/alarmed")"
	done | awk -F'\t' -v OFS='\t' '{ print $1, $2 + 0, $3 + 0, $4 + 0 }' >"$out/summary.tsv"
	for file in "${sent_files[@]}"; do
		its_sent "$file"
	done | awk -F: -v n="$car_frames" 'NF == 2 { n_of[$1] += $2 } END { n_of["accepted"] += n; for (r in n_of) print r ":" n_of[r] }' >"$out/its.sent"
	judged | while IFS=: read -r reason counted; do
		printf '%s\t%d\t%d\n' "$reason" "$(value "$reason" <"$out/its.sent")" "$counted"
	done >"$out/its.tsv"
}

fact() { printf '%s\t%s\n' "$1" "$2" >>"$out/facts.tsv"; }

conclude() {
	local accepted_sent accepted_counted its_sent its_in actions records verified=no
	accepted_sent=$(awk '$1 == "accepted" { print $2 }' "$out/summary.tsv")
	accepted_counted=$(awk '$1 == "accepted" { print $3 }' "$out/summary.tsv")
	its_sent=$(awk '$1 == "accepted" { print $2 }' "$out/its.tsv")
	its_in=$(awk '$1 == "accepted" { print $3 }' "$out/its.tsv")
	forgeries_in=$((accepted_counted > accepted_sent ? accepted_counted - accepted_sent : 0))
	[ "$its_in" -le "$its_sent" ] || forgeries_in=$((forgeries_in + its_in - its_sent))
	wrong=$(awk '$2 != $3 { n++ } END { print n + 0 }' "$out/summary.tsv")
	its_wrong=$(awk '$2 != $3 { n++ } END { print n + 0 }' "$out/its.tsv")
	actions=$(cat "${sent_files[@]}" | sed 's/.*"actions": *//; s/,.*//' | awk '{ n += $1 } END { print n }')
	agent_stop
	"$bin/voltgate" verify -j "$out/state/verdicts" >"$out/verify.json" 2>&1 && verified=yes
	records=$(sed 's/.*"action"://; s/[,}].*//' "$out/verify.json")
	fact grade "$grade"
	fact kernel "$(uname -r)"
	fact vehicles "$vehicles"
	fact sent "$sent_total"
	fact forgeries_in "$forgeries_in"
	fact reasons_wrong "$wrong"
	fact its_wrong "$its_wrong"
	fact actions "$actions"
	fact action_records "$records"
	fact verdict_log_verifies "$verified"
	fact alarm_lines "$(wc -l <"$out/alarms.json")"
	[ -z "$car" ] || fact car_frames "$car_frames"
	[ -z "$car" ] || fact car_accepted "$car_accepted"
	[ "$forgeries_in" = 0 ] && [ "$wrong" = 0 ] && [ "$its_wrong" = 0 ] && [ "$verified" = yes ] &&
		[ "$records" = "$actions" ] && [ "$car_accepted" = "$car_frames" ]
}

show_summary() {
	echo
	printf '%-20s %12s %12s %12s %8s\n' "what the gate said" sent "let in" dropped alarms
	awk -F'\t' '$2 || $3 {
		in_ = $1 == "accepted" || $1 == "its-handed" ? $3 : 0
		printf "%-20s %12d %12d %12d %8d%s\n", $1, $2, in_, $3 - in_, $4, $2 == $3 ? "" : "   <- does not add up"
		sent += $2; passed += in_; dropped += $3 - in_; alarms += $4
	} END { printf "%-20s %12d %12d %12d %8d\n", "total", sent, passed, dropped, alarms }' "$out/summary.tsv"
	awk -F'\t' '$2 || $3 {
		if (!n++) print "\nITS frames handed on, by the agent (signatures):"
		printf "%-20s %12d %12d %12d%s\n", $1, $2, $1 == "accepted" ? $3 : 0, $1 == "accepted" ? 0 : $3, $2 == $3 ? "" : "            <- does not add up"
	}' "$out/its.tsv"
	echo
	echo "forgeries let in: $forgeries_in"
	echo "action packets let in: $(awk '$1 == "actions" { print $2 }' "$out/facts.tsv"), signed verdict records of them: $(awk '$1 == "action_records" { print $2 }' "$out/facts.tsv")"
	echo "verdict log verifies: $(awk '$1 == "verdict_log_verifies" { print $2 }' "$out/facts.tsv")"
}

mkdir -p "$out"
gate_begin demo
began=${EPOCHREALTIME/./}
car_frames=0 car_accepted=0
say "== A gateway and its vehicles, each in a network namespace of its own ($grade grade)"
agent_start "alarm-new-rate = 200" "[ingress]" "its-stale-us = 5000000" || {
	echo "demo.sh: the agent did not start: $(tail -n 1 "$out/agent.log")" >&2
	exit 1
}
play_car

# shellcheck disable=SC2046
{
	phase drive "$vehicles vehicles are admitted and drive past" $(route4) $(route6) -n "$vehicles" -g "$sock" \
		-w "$out/sessions" -m accepted -c 0 -d "${seconds}s" -r $((rate / 4)) -T 2
	phase attack "forgers, replayers and bit-flippers join in" $(route4) $(route6) -S "$out/sessions" -T 2 \
		-m accepted:6,forged:4,bit-flip:4,replay:2,old-sequence,stale,future,unknown,truncated,oversized,malformed,fragment,foreign \
		-c 0 -d "${seconds}s" -r "$rate"
	phase flood "a flood of hellos that know nothing, from spoofed addresses" $(route4) $(route6) -n 100 \
		-m hello-bad-mac1:3,unknown:2 -c $((rate * seconds > 60000 ? 60000 : rate * seconds)) -r "$rate" -d "${seconds}s"
	phase its "stations sign ITS frames, others alter them" -g "$sock" --its-trust "$out/trust" --its-stations 20 \
		-m its:8,its-altered:3,its-untrusted,its-stale,its-future,its-duplicate,its-unsigned \
		-c 0 -d "${seconds}s" -r $((rate / 20 > 20 ? rate / 20 : 20))
	phase drive "and still the vehicles drive past" $(route4) $(route6) -S "$out/sessions" -T 2 -m accepted \
		-c 0 -d "${seconds}s" -r $((rate / 4))
}
sample end
summarize
conclude
code=$?
show_summary
[ $code = 0 ] || echo "demo.sh: something got in, or does not add up" >&2
rm -f "$out"/sent* "$out"/its.sent "$out"/alarmed "$out"/counters.now "$out/sessions" "$out/control.sock"
exit $code

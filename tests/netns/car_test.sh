#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Signed ITS frames: those of a real car, played from a capture under a test clock, and altered ones; those of
# simulated stations, trusted and not. KTAP.
. "$(dirname "$0")/lib.sh"
gate_begin car
echo "KTAP version 1"
sock=$work/control.sock
car=$SHARED/data/its/vw-golf8.pcap
[ -e "$car" ] || car=$SHARED/its/vw-golf8.pcap

play() { in_cars "$bin/voltgate-play" -i car0 "$@"; }
verdicts_of() { status_of "d['agent']['its']['verdicts'].get('$1', 0)"; }
kernel_counts() { control counters -j | json_of "d['packets']['$1']"; }
is() { [ "$($1 "$2")" = "$3" ]; }

# What the agent said of ITS frames since the mark is what the tally says.
its_mark() { status_of 'json.dumps(d["agent"]["its"]["verdicts"])' >"$work/its.before"; }
its_settled() {
	status_of 'json.dumps(d["agent"]["its"]["verdicts"])' >"$work/its.after"
	/usr/bin/python3 - "$work" <<-'END'
		import json, sys
		work = sys.argv[1]
		before, after, tally = (json.load(open(f"{work}/{name}")) for name in ("its.before", "its.after", "tally"))
		wrong = [f"{reason}: sent {tally['its'].get(reason, 0)}, judged {after[reason] - before[reason]}"
		         for reason in after if after[reason] - before[reason] != tally["its"].get(reason, 0)]
		sys.exit("\n".join(wrong) if wrong else 0)
	END
}
its_agree() { wait_for 10 its_settled || its_settled; }

ok "the gate starts" agent_start "[ingress]" "its-stale-us = 5000000"

# --- simulated stations ---
counters_mark
its_mark
ok "stations send authentic, altered and invented frames" sim -g "$sock" --its-trust "$work/trust" --its-stations 20 \
	-m its:8,its-altered:2,its-untrusted,its-stale,its-future,its-duplicate,its-unsigned -c 1500 -r 500
ok "the kernel counts each as it should" counters_agree
ok "the agent lets in the authentic ones and nothing else" its_agree
ok "... forged ones were among them" eval '[ "$(tally_of "d[\"its\"][\"its-forged\"]")" -gt 50 ]'

# --- a real car ---
if [ ! -e "$car" ]; then
	skip "a real car's frames" "$car is not here; it is part of the shared data"
	finish
fi

# One copy of the second frame for each of 400 bits, spread over all that the signature covers or is: not the basic
# header, which any hop may write, and not the form in which the two signatures give r, of which ECDSA uses x alone.
alter() {
	/usr/bin/python3 - "$car" "$work/altered.pcap" <<-'END'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		at = 24 + 16 + struct.unpack("<I", data[32:36])[0]
		header, frame = data[at:at + 16], data[at + 16:]
		out = data[:24]
		forms = len(frame) - 66 + 1, len(frame) - 2 * 66 + 1
		for number in range(400):
		    bit = 18 * 8 + (len(frame) - 18) * 8 * number // 400
		    bit += 8 * (bit // 8 in forms)
		    changed = bytearray(frame)
		    changed[bit // 8] ^= 1 << bit % 8
		    out += header + bytes(changed)
		open(sys.argv[2], "wb").write(out)
	END
}

clock_set() { # the gate's clock becomes that of the capture
	offset=$("$bin/voltgate-play" --info -j "$1" | json_of 'd["clock_offset_us"]')
	control policy set clock-offset-us "$offset"
}

# ITS frames that the kernel refused and the agent refused; what it only handed on is not refused yet
refused() { control counters -j | json_of 'sum(n for r, n in d["packets"].items() if r.startswith("its-") and r != "its-handed")'; }
judged() { status_of 'sum(d["agent"]["its"]["verdicts"].values())'; }
all_judged() { [ $(($(judged) - judged_before + $(refused) - refused_before)) = "$1" ]; }

stale=$(kernel_counts its-stale)
ok "a real car's frames are played years later" play -r 100 "$car"
ok "they are stale" wait_for 5 is kernel_counts its-stale $((stale + 2))
ok "the car's certificate is put into the trust folder" \
	/usr/bin/python3 "$top/tests/netns/car_certificate.py" "$car" "$work/trust/car.oer"
ok "and read" control its reload
ok "the gate's clock is set to the time of the capture" clock_set "$car"
accepted=$(verdicts_of accepted)
ok "the car's frames are played as they were sent" play "$car"
ok "both are let in" wait_for 5 is verdicts_of accepted $((accepted + 2))
ok "played again" play -r 100 "$car"
ok "they are duplicates" wait_for 5 eval '[ "$(kernel_counts its-duplicate)" -ge 2 ]'
accepted=$(verdicts_of accepted) judged_before=$(judged) refused_before=$(refused)
alter
clock_set "$work/altered.pcap"
ok "400 copies with one bit flipped are played" play -r 400 "$work/altered.pcap"
ok "each is judged" wait_for 10 all_judged 400
ok "and none is let in" test "$(verdicts_of accepted)" = "$accepted"
counters_mark
# shellcheck disable=SC2046
ok "vehicles send under the test clock" sim $(route4) -n 20 -g "$sock" -m action,forged -c 200 --clock-offset-us "$offset"
ok "and are judged by it" counters_agree
ok "alarms were raised, and each line is as the schema says" alarms_are_valid
ok "the verdict log verifies, and says that a test clock was set" \
	eval '[ "$(verdict_log_is_good | json_of "d[\"test_clock\"]")" -gt 0 ]'
finish

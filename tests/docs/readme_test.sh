#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The README's examples: every line of its ```sh blocks is run as it stands there, against a gate in a
# namespace of its own. KTAP, a point a line.
. "$(dirname "$0")/../netns/lib.sh"
gate_begin docs
echo "KTAP version 1"
agent_start || { echo "1..1"; echo "not ok 1 the gate starts"; sed 's/^/# /' "$work/agent.log"; exit 1; }

# The commands as installed ones, with the socket of this gate.
mkdir -p "$work/bin" "$work/home"
printf '#!/bin/sh\nexec %s/voltgate -S %s/control.sock "$@"\n' "$bin" "$work" >"$work/bin/voltgate"
chmod +x "$work/bin/voltgate"
export PATH=$work/bin:$PATH VERDICTS=$work/state/verdicts

run_line() {
	(cd "$work/home" && bash -euc "$1")
}

lines=0
while IFS= read -r line; do
	[ -n "$line" ] || continue
	lines=$((lines + 1))
	ok "README: $line" run_line "$line"
done < <(sed -n '/^```sh$/,/^```$/{/^```/!p}' "$top/README.md")
ok "the README has examples" test "$lines" -gt 5

# targets_are_in_help: what the documents tell people to make, make help explains
targets_are_in_help() {
	make -s -C "$top" help | awk '{ print $2 }' | sort -u >"$work/helped"
	grep -ohE '(^ +|`)make [a-z][a-z-]+' "$top/README.md" "$top"/tools/pages/*.md | awk '{ print $2 }' | sort -u >"$work/named"
	[ "$(wc -l <"$work/named")" -gt 8 ] && [ -z "$(comm -13 "$work/helped" "$work/named" | tee /dev/stderr)" ]
}
ok "make help explains every target that README and pages name" targets_are_in_help
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# `make demo`: the gate at work in both grades, a summary and a report. Leaves everything in $B/demo.
# Exit 0: nothing got in that must not, and every count adds up.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
SHARED=${SHARED:-../shared}
demo=$B/demo
worst=0 runs=()
car=()
mkdir -p "$demo"

capture=$SHARED/data/its/vw-golf8.pcap
[ -e "$capture" ] || capture=$SHARED/its/vw-golf8.pcap
if [ -e "$capture" ] && tests/netns/car_certificate.py "$capture" "$demo/car.oer" >/dev/null; then
	car=(--car "$capture" --car-certificate "$demo/car.oer")
fi

run() { # run FOLDER COMMAND...
	local folder=$1 code
	shift
	"$@" --out "$demo/$folder" "${car[@]}" "${arguments[@]}"
	code=$?
	if [ $code = 0 ] || [ -e "$demo/$folder/summary.tsv" ]; then
		runs+=("$demo/$folder")
	fi
	case $code in
	0 | 4) ;;
	130) exit 130 ;;
	*) worst=1 ;;
	esac
	return $code
}

# The module in this kernel, if it takes one: loaded already, or built and loaded for the demo.
module_here() {
	case $(B=$B tools/demo/module.sh load "$demo/kmod.log") in
	loaded) trap 'tools/demo/module.sh unload' EXIT ;;
	present) ;;
	*) return 1 ;;
	esac
}

echo "=== Voltgate: plain grade, natively"
arguments=()
run plain tools/demo/demo.sh --grade plain
[ $? != 4 ] || echo "    skipped: $(id -un) may not make network namespaces here"

echo
if module_here; then
	echo "=== Voltgate: attested grade, natively"
	run attested tools/demo/demo.sh --grade attested
else
	echo "=== Voltgate: attested grade, in a virtual machine (this kernel takes no module of ours)"
	arguments=(--vehicles 200 --rate 400 --seconds 5)
	run attested tools/demo/guest.sh
	[ $? != 4 ] || echo "    skipped, see above"
fi

echo
if [ ${#runs[@]} = 0 ]; then
	echo "Nothing could be shown on this machine. Run as root; \`voltgate doctor\` says what else is missing." >&2
	exit 1
fi
tools/demo/report.py "$demo/report.html" "${runs[@]}" || exit 1
echo "=== Done"
for folder in "${runs[@]}"; do
	printf '%-10s forgeries let in: %s; reasons whose counts do not add up: %s; logs: %s\n' "$(basename "$folder")" \
		"$(awk -F'\t' '$1 == "forgeries_in" { print $2 }' "$folder/facts.tsv")" \
		"$(awk -F'\t' '$1 == "reasons_wrong" || $1 == "its_wrong" { n += $2 } END { print n + 0 }' "$folder/facts.tsv")" "$folder"
done
echo "Report: $demo/report.html"
exit $worst

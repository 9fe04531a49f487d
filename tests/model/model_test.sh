#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Consensus as a model (pbft.pml) through spin: agreement holds in every state, and stops holding when a rule is taken
# away. `model_test.sh --all` (make model) searches the large ones to the end as well; it takes some 15 minutes and 8 GB.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(realpath -m "${B:-build}")/model
model=$(realpath tests/model/pbft.pml)
all=
[ "${1:-}" = --all ] && all=1
number=0
failed=0
printf 'KTAP version 1\n'
if ! command -v spin >/dev/null; then
	printf '1..1\nok 1 consensus model # SKIP spin is not installed: apt-get install spin\n'
	exit 4
fi

point() { # point 0|1 NAME
	number=$((number + 1))
	if [ "$1" = 0 ]; then printf 'ok %d %s\n' $number "$2"; else printf 'not ok %d %s\n' $number "$2"; failed=1; fi
}

# search NAME SECONDS SPIN-FLAGS...: leaves pan's words in $work/NAME/log
search() {
	local name=$1 seconds=$2
	shift 2
	rm -rf "${work:?}/$name"
	mkdir -p "$work/$name"
	(
		cd "$work/$name" || exit 1
		cp "$model" . && spin "$@" -a pbft.pml >log 2>&1 &&
			gcc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM="${MEMORY_MB:-2048}" -o pan pan.c >>log 2>&1 &&
			timeout -s INT "$seconds" ./pan -m100000 >>log 2>&1
		echo "ended: $?" >>log
	)
}

states() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/$1/log" | tail -1; }

holds() { # holds NAME SECONDS SENTENCE SPIN-FLAGS...
	local name=$1 seconds=$2 sentence=$3
	shift 3
	search "$name" "$seconds" "$@"
	grep -q 'errors: 0' "$work/$name/log" && grep -q 'ended: 0' "$work/$name/log" &&
		! grep -q 'max search depth too small\|out of memory\|reached -DMEMLIM' "$work/$name/log"
	point $? "$sentence: $(states "$name") states"
}

holds_so_far() { # the same, not searched to the end
	local name=$1 seconds=$2 sentence=$3
	shift 3
	search "$name" "$seconds" "$@"
	grep -q 'errors: 0' "$work/$name/log"
	point $? "$sentence: $(states "$name") states in $seconds s at most"
}

breaks() { # breaks NAME SENTENCE SPIN-FLAGS...
	local name=$1 sentence=$2
	shift 2
	search "$name" 120 "$@"
	grep -q 'assertion violated' "$work/$name/log"
	point $? "$sentence"
}

holds first 60 "two views, one number, the first primary lies" -DVIEWS=2 -DNUMBERS=1 -DLIAR=0
holds second 60 "two views, one number, the second primary lies" -DVIEWS=2 -DNUMBERS=1 -DLIAR=1
holds backup 60 "two views, one number, a backup lies" -DVIEWS=2 -DNUMBERS=1 -DLIAR=3
holds three 180 "three views, one number, the first primary lies" -DVIEWS=3 -DNUMBERS=1 -DLIAR=0
if [ $all ]; then
	export MEMORY_MB=16000
	holds three-second 3000 "three views, one number, the second primary lies" -DVIEWS=3 -DNUMBERS=1 -DLIAR=1
	holds three-backup 3000 "three views, one number, a backup lies" -DVIEWS=3 -DNUMBERS=1 -DLIAR=3
	holds chain 3000 "two views, two numbers, the first primary lies" -DVIEWS=2 -DNUMBERS=2 -DLIAR=0
	holds chain-second 3000 "two views, two numbers, the second primary lies" -DVIEWS=2 -DNUMBERS=2 -DLIAR=1
	export MEMORY_MB=2048
else
	holds_so_far chain 12 "two views, two numbers, the first primary lies" -DVIEWS=2 -DNUMBERS=2 -DLIAR=0
fi
breaks decides "blocks are decided after the last view change" -DVIEWS=3 -DNUMBERS=1 -DLIAR=0 -DNEVER_DECIDES
breaks quorum "a quorum of two is too small (C8, C9)" -DVIEWS=2 -DNUMBERS=1 -DLIAR=0 -DQUORUM=2
breaks forget "a new view must not forget certificates (C13)" -DVIEWS=2 -DNUMBERS=1 -DLIAR=0 -DFORGET_PREPARED
breaks lowest "the certificate of the highest view counts (C13)" -DVIEWS=3 -DNUMBERS=1 -DLIAR=0 -DLOWEST_VIEW
breaks order "commit votes go out in order (C8)" -DVIEWS=2 -DNUMBERS=2 -DLIAR=0 -DOUT_OF_ORDER
breaks late "a view that was left gets no vote (C12)" -DVIEWS=2 -DNUMBERS=1 -DLIAR=0 -DVOTE_LATE
breaks previous "a proposal must name the block accepted before it (C5)" -DVIEWS=2 -DNUMBERS=2 -DLIAR=0 -DNO_PREVIOUS
printf '1..%d\n' $number
exit $failed

# SPDX-License-Identifier: GPL-2.0
# `make demo` builds everything and comes here: one gate close up, then the whole network's day.
run-demo: $(B)/voltgate $(B)/voltgated $(B)/voltgate-sim $(B)/voltgate-play $(B)/voltgate.bpf.o $(B)/btfids $(B)/gen/.done run-day
	@B=$(B) SHARED=$(SHARED) tools/demo/run.sh

$(eval $(call vg_program,demo/voltgate-relay,tools/demo/relay.c,-levent))

DAY_PROGRAMS := $(addprefix $(B)/,voltgate voltgated voltgate-sim voltgate-vehicle voltgate-station demo/voltgated-liar \
		demo/voltgate-relay voltgate.bpf.o btfids gen/.done)
.PHONY: run-day
run-day: $(DAY_PROGRAMS)
	@B=$(B) tools/demo/day.py || [ $$? -eq 4 ] # 4: not on this machine, as it said

#: make demo-day      install what is missing, build, and run a day of 12 gateways, 13 vehicles and their attackers; leaves a report
.PHONY: demo-day
demo-day: depends
	$(MAKE) -j$(shell nproc) $(DAY_PROGRAMS)
	@B=$(B) tools/demo/day.py

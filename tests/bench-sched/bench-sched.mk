# SPDX-License-Identifier: GPL-2.0
# `make bench-sched`: dispatch by factors against the full form, and vehicles through prices. Raw numbers: $(B)/bench/sched.json
SCHED_BENCH := tests/bench-sched/sched_bench.c tests/bench-sched/synthetic.c $(DISPATCH_SOURCES)
$(B)/tests/bench-sched/sched_bench: $(patsubst %.c,$(B)/obj/%.o,$(SCHED_BENCH))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -ljansson $(SCHED_LIBS)
-include $(patsubst %.c,$(B)/obj/%.d,$(SCHED_BENCH))

.PHONY: bench-sched run-bench-sched
#: make bench-sched   the scheduler's dispatch and prices, measured (2 minutes: the baseline is stopped after 20 s a case); FULL=1: after 600 s
bench-sched: depends
	$(MAKE) run-bench-sched
run-bench-sched: $(B)/tests/bench-sched/sched_bench
	@mkdir -p $(B)/bench
	SHARED=$(SHARED) $(B)/tests/bench-sched/sched_bench $(B)/bench/sched.json $(if $(FULL),600,20)

# SPDX-License-Identifier: GPL-2.0
# Benchmarks: `make bench` prints tables and leaves raw numbers in $(B)/bench.
# BENCH_QUICK=1 shortens them to a smoke test, BENCH_CPU=N chooses the CPU.
# Other rooms add executables to BENCHES; each is called with the folder for raw numbers.

# $(call vg_bench,name,sources,libraries): built like a program, without sanitizers
define vg_bench
BENCHES += $(B)/tests/bench/$(1)
$(B)/tests/bench/$(1): $$(patsubst %.c,$(B)/obj/%.o,$(2))
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) -o $$@ $$^ $(3)
-include $$(patsubst %.c,$(B)/obj/%.d,$(2))
endef

$(B)/tests/bench/feed.bpf.o: tests/bench/feed.bpf.c tests/bench/feed.h include/voltgate/types.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -I. -c -o $@ $<
	llvm-strip -g $@

BENCH_STAGE := tests/bench/stage.c tests/bench/series.c
BENCH_OBJECTS := $(B)/voltgate.bpf.o $(B)/tests/bench/feed.bpf.o
$(eval $(call vg_bench,gate_bench,tests/bench/gate_bench.c $(BENCH_STAGE),-lbpf -lsodium -ljansson))
$(eval $(call vg_bench,live_bench,tests/bench/live_bench.c $(BENCH_STAGE),-lbpf -ljansson))
$(eval $(call vg_bench,records_bench,tests/bench/records_bench.c tests/bench/series.c agent/attest.c agent/secret_file.c agent/verdicts.c $(AGENT_VERDICTS),-lsodium -lcrypto -ljansson))

# Runs in a virtual machine, see attested_bench.sh.
BENCH_GUEST := $(B)/tests/bench/attested
$(BENCH_GUEST): $(patsubst %.c,$(B)/obj/%.o,tests/bench/attested_bench.c $(BENCH_STAGE) $(AGENT_GATES) agent/policy_word.c)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ -lbpf -lnl-genl-3 -lnl-3 -ljansson

.PHONY: run-bench
.SECONDEXPANSION:
BENCHES += tests/bench/alarm_bench.py tests/bench/attested_bench.sh
run-bench: $$(BENCHES) $(BENCH_OBJECTS) $(BENCH_GUEST) $(B)/btfids $(B)/voltgated
	tests/bench/run $(BENCHES)

# The smoke test of `make check`.
TESTS += $(B)/tests/bench/smoke
$(B)/tests/bench/smoke: $$(filter $(B)/%,$$(BENCHES)) $(BENCH_OBJECTS) tests/bench/smoke_test.sh
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nB=$(B) exec tests/bench/smoke_test.sh\n' >$@
	@chmod +x $@

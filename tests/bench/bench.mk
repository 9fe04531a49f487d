# SPDX-License-Identifier: GPL-2.0
# Benchmarks: `make bench` prints tables and leaves raw numbers in $(B)/bench.
# BENCH_QUICK=1 shortens them to a smoke test, BENCH_CPU=N chooses the CPU.
BENCH_DIR := $(B)/bench

$(B)/tests/bench/feed.bpf.o: tests/bench/feed.bpf.c tests/bench/feed.h include/voltgate/types.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -I. -c -o $@ $<
	llvm-strip -g $@

# $(call vg_bench,name,sources,libraries): built like a program, without sanitizers
define vg_bench
BENCH_PROGRAMS += $(B)/tests/bench/$(1)
$(B)/tests/bench/$(1): $$(patsubst %.c,$(B)/obj/%.o,$(2))
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) -o $$@ $$^ $(3)
-include $$(patsubst %.c,$(B)/obj/%.d,$(2))
endef

$(eval $(call vg_bench,gate_bench,tests/bench/gate_bench.c tests/bench/stage.c tests/bench/series.c,-lbpf -lsodium -ljansson))
$(eval $(call vg_bench,live_bench,tests/bench/live_bench.c tests/bench/stage.c tests/bench/series.c,-lbpf -ljansson))

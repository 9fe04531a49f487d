# SPDX-License-Identifier: GPL-2.0
# `make bench-ledger`: a consortium on loopback, loaded and measured.
BENCH_LEDGER_SOURCES := tests/bench-ledger/deal.c tests/txn/action.c tools/voltgate/org_key.c tools/voltgate/key_file.c \
	tools/voltgate/genesis_file.c agent/time_text.c

$(B)/tests/bench-ledger/load: $(patsubst %.c,$(B)/obj/%.o,tests/bench-ledger/load.c $(BENCH_LEDGER_SOURCES) $(NET_GRPC_SOURCES) $(LEDGER_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -ljansson $(NET_LIBS) $(LEDGER_LIBS)
$(B)/tests/bench-ledger/grow: $(patsubst %.c,$(B)/obj/%.o,tests/bench-ledger/grow.c $(BENCH_LEDGER_SOURCES) $(LEDGER_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(LEDGER_LIBS)
$(B)/tests/bench-ledger/cap: $(patsubst %.c,$(B)/obj/%.o,tests/bench-ledger/cap.c ledger/hash.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lsodium
-include $(patsubst %.c,$(B)/obj/%.d,tests/bench-ledger/load.c tests/bench-ledger/grow.c tests/bench-ledger/deal.c tests/txn/action.c tests/bench-ledger/cap.c)

.PHONY: bench-ledger run-bench-ledger
#: make bench-ledger   a ledger's consortium on loopback, measured (25 minutes); QUICK=1: 3 minutes; RESUME=1 goes on
bench-ledger: depends
	$(MAKE) -j$(shell nproc) all
	$(MAKE) run-bench-ledger
run-bench-ledger: $(addprefix $(B)/tests/bench-ledger/,load grow cap) $(B)/voltgate $(B)/voltgated \
		$(filter $(B)/demo/voltgated-liar,$(PROGRAMS))
	tests/bench-ledger/bench.py $(if $(QUICK),--quick) $(if $(RESUME),--resume)

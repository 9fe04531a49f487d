# SPDX-License-Identifier: GPL-2.0
# `make bench-ledger`: a consortium on loopback, loaded and measured.
BENCH_LEDGER_SOURCES := tests/bench-ledger/deal.c tools/voltgate/org_key.c tools/voltgate/key_file.c \
	tools/voltgate/genesis_file.c agent/time_text.c

$(B)/tests/bench-ledger/load: $(patsubst %.c,$(B)/obj/%.o,tests/bench-ledger/load.c $(BENCH_LEDGER_SOURCES) $(NET_GRPC_SOURCES) $(LEDGER_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -ljansson $(NET_LIBS) $(LEDGER_LIBS)
$(B)/tests/bench-ledger/grow: $(patsubst %.c,$(B)/obj/%.o,tests/bench-ledger/grow.c $(BENCH_LEDGER_SOURCES) $(wildcard agent/channel/votelog*.c) $(LEDGER_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(LEDGER_LIBS)
-include $(patsubst %.c,$(B)/obj/%.d,tests/bench-ledger/load.c tests/bench-ledger/grow.c tests/bench-ledger/deal.c)

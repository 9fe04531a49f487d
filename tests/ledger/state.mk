# SPDX-License-Identifier: GPL-2.0
# State, stores, ledger and snapshots.
STATE_SOURCES := $(wildcard ledger/state*.c) ledger/buckettree.c ledger/cursor.c ledger/hash.c ledger/store_memory.c $(wildcard ledger/store_leveldb*.c) ledger/crc32c.c
$(eval $(call vg_test,ledger/state_model,tests/ledger/state_model_test.c tests/ledger/state_rig.c $(STATE_SOURCES),-lleveldb -lsodium))
$(eval $(call vg_test,ledger/state_example,tests/ledger/state_example_test.c $(STATE_SOURCES),-lleveldb -lsodium))
STATE_LEDGER := tests/ledger/state_rig.c tests/ledger/state_channel.c $(filter-out ledger/audit%.c,$(LEDGER_SOURCES))
$(eval $(call vg_test,ledger/state_ledger,tests/ledger/state_ledger_test.c $(STATE_LEDGER),$(LEDGER_LIBS)))
$(eval $(call vg_test,ledger/state_snapshot,tests/ledger/state_snapshot_test.c $(STATE_LEDGER),$(LEDGER_LIBS)))
# By hand: what blocks cost on states of any size.
$(B)/tests/ledger/state_bench: $(patsubst %.c,$(B)/obj/%.o,tests/ledger/state_bench.c tests/ledger/state_rig.c $(STATE_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lleveldb -lsodium
$(eval $(call vg_test,ledger/state_crash,tests/ledger/state_crash_test.c tests/ledger/state_lasting.c $(STATE_LEDGER),$(LEDGER_LIBS)))
$(eval $(call vg_test,ledger/state_damage,tests/ledger/state_damage_test.c $(STATE_LEDGER),$(LEDGER_LIBS)))
$(eval $(call vg_fuzzer,ledger-state,tests/ledger/state_fuzz.c $(filter-out ledger/audit%.c,$(LEDGER_SOURCES)),$(LEDGER_LIBS)))
$(eval $(call vg_test,ledger/state_journal,tests/ledger/state_journal_test.c tests/ledger/state_rig.c tests/ledger/state_lasting.c $(wildcard ledger/disk*.c) $(STATE_SOURCES),-lleveldb -lsodium))
$(eval $(call vg_test,ledger/state_store,tests/ledger/state_store_test.c tests/ledger/state_rig.c $(STATE_SOURCES),-lleveldb -lsodium))

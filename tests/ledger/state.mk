# SPDX-License-Identifier: GPL-2.0
# State, stores, ledger and snapshots.
STATE_SOURCES := $(wildcard ledger/state*.c) ledger/buckettree.c ledger/cursor.c ledger/hash.c ledger/store_memory.c $(wildcard ledger/store_leveldb*.c) ledger/crc32c.c
$(eval $(call vg_test,ledger/state_model,tests/ledger/state_model_test.c tests/ledger/state_rig.c $(STATE_SOURCES),-lleveldb -lsodium))
STATE_LEDGER := tests/ledger/state_rig.c tests/ledger/state_channel.c $(filter-out ledger/audit%.c,$(LEDGER_SOURCES))
$(eval $(call vg_test,ledger/state_ledger,tests/ledger/state_ledger_test.c $(STATE_LEDGER),$(LEDGER_LIBS)))
$(eval $(call vg_test,ledger/state_snapshot,tests/ledger/state_snapshot_test.c $(STATE_LEDGER),$(LEDGER_LIBS)))

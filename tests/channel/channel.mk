# SPDX-License-Identifier: GPL-2.0
# Tests of channels: four of them wired in memory, the vote log under crashes, private collections.
CHANNEL_TEST_SOURCES := tests/channel/net.c tests/channel/lent_disk.c $(CHANNEL_SOURCES) $(PBFT_SOURCES) $(LEDGER_SOURCES)

$(eval $(call vg_test,channel_test,tests/channel/channel_test.c $(CHANNEL_TEST_SOURCES),$(LEDGER_LIBS)))
VOTELOG_TEST_SOURCES := $(addprefix agent/channel/,votelog.c votelog_record.c votelog_scan.c) $(addprefix ledger/,crc32c.c cursor.c \
	disk_memory.c disk_posix.c)
$(eval $(call vg_test,channel_votelog_test,tests/channel/votelog_test.c $(VOTELOG_TEST_SOURCES)))
$(eval $(call vg_test,channel_recovery_test,tests/channel/recovery_test.c $(CHANNEL_TEST_SOURCES),$(LEDGER_LIBS)))
$(eval $(call vg_test,channel_snapshot_test,tests/channel/snapshot_test.c $(CHANNEL_TEST_SOURCES),$(LEDGER_LIBS)))
$(eval $(call vg_test,channel_private_test,tests/channel/private_test.c tests/txn/world.c tests/txn/world_draft.c tests/txn/action.c \
	agent/channel/private.c agent/channel/private_block.c agent/channel/private_record.c agent/channel/parcel.c $(LEDGER_SOURCES),$(LEDGER_LIBS)))
$(eval $(call vg_fuzzer,channel_parcel_fuzz,tests/channel/parcel_fuzz.c agent/channel/parcel.c ledger/cursor.c))
$(eval $(call vg_fuzzer,channel_votelog_fuzz,tests/channel/votelog_fuzz.c $(VOTELOG_TEST_SOURCES)))

# SPDX-License-Identifier: GPL-2.0
# Tests of the ledger's bytes: hashes, blocks, block files.
LEDGER_BYTES := ledger/hash.c ledger/cursor.c ledger/merkle.c ledger/block.c
LEDGER_FILES := $(LEDGER_BYTES) ledger/crc32c.c ledger/blockscan.c ledger/blockindex.c ledger/blockrow.c \
	ledger/blockfile.c ledger/disk_memory.c ledger/disk_posix.c

$(eval $(call vg_test,ledger/file_merkle,tests/ledger/file_merkle_test.c $(LEDGER_BYTES),-lsodium))
$(eval $(call vg_test,ledger/file_hash,tests/ledger/file_hash_test.c ledger/hash.c,-lsodium))
$(eval $(call vg_test,ledger/file_block,tests/ledger/file_block_test.c tests/ledger/file_sample.c $(LEDGER_BYTES) ledger/crc32c.c,-lsodium))
$(eval $(call vg_test,ledger/file_example,tests/ledger/file_example_test.c $(LEDGER_FILES),-lsodium))
$(eval $(call vg_test,ledger/file_row,tests/ledger/file_row_test.c tests/ledger/file_sample.c $(LEDGER_FILES),-lsodium))
$(eval $(call vg_test,ledger/file_crash,tests/ledger/file_crash_test.c tests/ledger/file_sample.c $(LEDGER_FILES),-lsodium))
$(eval $(call vg_fuzzer,ledger_block_fuzz,tests/ledger/file_block_fuzz.c $(LEDGER_BYTES),-lsodium))
$(eval $(call vg_fuzzer,ledger_blockfile_fuzz,tests/ledger/file_row_fuzz.c tests/ledger/file_sample.c $(LEDGER_FILES),-lsodium))
$(eval $(call vg_test,ledger/file_audit,tests/ledger/file_audit_test.c tests/ledger/file_consort.c $(LEDGER_SOURCES),$(LEDGER_LIBS)))

// SPDX-License-Identifier: GPL-2.0
/*
 * state_fuzz.c - the first byte chooses: pieces of a snapshot, a proof, a LevelDB table, a LevelDB log.
 */
#include <stdlib.h>

#include "ledger/buckettree.h"
#include "ledger/ledger.h"
#include "ledger/store_leveldb_scan.h"

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);

/* Pieces with their length u16 before them; the channel is whatever the first head says. */
static void fuzz_snapshot(const u8 *bytes, size_t len)
{
	static struct membership trusted;
	struct ledger_options options = { .folder = NULL };
	struct snapshot_import *import;
	struct ledger *ledger = NULL;
	struct ledger_error error;
	struct reader reader;
	u8 channel[32] = { 0 };

	if (len >= 32)
		memcpy(channel, bytes, 32);
	reader_init(&reader, bytes, len);
	reader_bytes(&reader, 32);
	if (reader.bad || disk_memory_open(&options.disk) || store_memory_open(&options.store) ||
	    snapshot_import_open(&options, &trusted, channel, &import, &error))
		return;
	while (reader_left(&reader)) {
		struct span piece = reader_span16(&reader, 0xffff);

		if (reader.bad || snapshot_import_piece(import, piece, &error)) {
			snapshot_import_close(import);
			return;
		}
	}
	if (!snapshot_import_finish(import, &ledger, &error))
		ledger_close(ledger);
}

static void fuzz_proof(const u8 *bytes, size_t len)
{
	static const u8 seed[32];
	u8 root[32] = { 0 }, hash[32];

	if (buckettree_check(seed, root, (struct span){ bytes, len < 4 ? len : 4 }, (struct span){ bytes, len },
			     hash) >= 0)
		abort(); /* nobody knows what hashes to zeros */
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	const char *what;
	u64 offset;

	if (!len)
		return 0;
	switch (bytes[0] % 4) {
	case 0:
		fuzz_snapshot(bytes + 1, len - 1);
		break;
	case 1:
		fuzz_proof(bytes + 1, len - 1);
		break;
	case 2:
		store_leveldb_scan_table(bytes + 1, len - 1, &offset, &what);
		break;
	case 3:
		store_leveldb_scan_log(bytes + 1, len - 1, &offset, &what);
		break;
	}
	return 0;
}

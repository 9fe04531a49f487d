/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store_leveldb_scan.h - where a LevelDB database is damaged: LevelDB itself
 * says only that a checksum is wrong, not in which file.
 */
#ifndef VOLTGATE_LEDGER_STORE_LEVELDB_SCAN_H
#define VOLTGATE_LEDGER_STORE_LEVELDB_SCAN_H

#include "voltgate/types.h"

struct store_leveldb_fault {
	char file[64];
	u64 offset;
	char what[96]; /* "has a wrong checksum", to follow a name */
};

/*
 * Reads every table, log and manifest of @folder, checks each checksum, changes
 * nothing. 0: no fault; -EBADMSG: the first one; -errno: cannot be read.
 */
int store_leveldb_scan(const char *folder, struct store_leveldb_fault *ret_fault);
/* One file's bytes; for the fuzzer, too. */
int store_leveldb_scan_table(const u8 *bytes, size_t len, u64 *ret_offset, const char **ret_what);
int store_leveldb_scan_log(const u8 *bytes, size_t len, u64 *ret_offset, const char **ret_what);

#endif

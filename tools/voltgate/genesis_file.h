/* SPDX-License-Identifier: GPL-2.0 */
/*
 * genesis_file.h - files of the ledger's own encodings: a channel's genesis
 * (membership.h), a transaction. New files only; bounded reading.
 */
#ifndef VOLTGATE_TOOLS_GENESIS_FILE_H
#define VOLTGATE_TOOLS_GENESIS_FILE_H

#include "ledger/membership.h"

struct genesis_file_error {
	char text[320];
};

/* The genesis in @path, decoded and checked. */
int genesis_file_read(const char *path, struct membership *ret_genesis, struct genesis_file_error *ret_error);
/* @bytes to a new file (0644), on the disk when it returns. -EEXIST: nothing is overwritten. */
int genesis_file_write(const char *path, struct span bytes, struct genesis_file_error *ret_error);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * votelog_files.h - what votelog.c (writing) and votelog_scan.c (reading) share.
 */
#ifndef VOLTGATE_VOTELOG_FILES_H
#define VOLTGATE_VOTELOG_FILES_H

#include "agent/channel/votelog_record.h"

#define VOTELOG_NAME_LEN 16

struct votelog_file {
	u32 index;
	u64 size, highest; /* bytes on the disk; highest block its records are about */
};

struct votelog {
	struct votelog_options options;
	struct votelog_file *files; /* ascending; the last is written to */
	u32 file_count, next_index;
	struct disk_file *open; /* the last file, once it was made */
	bool made;		/* its header is on the disk */
	bool ended;		/* the last file is not to be continued */
	u64 size, highest;	/* of the last file, without and with the buffer */
	u32 batch;		/* last one written */
	u8 *buffer;
	size_t buffer_len, buffer_size;
};

struct votelog *votelog_new(const struct votelog_options *options);
void votelog_name(u32 index, char ret_name[VOTELOG_NAME_LEN]);
bool votelog_name_index(const char *name, u32 *ret_index);
/* The folder's vote log files, ascending; malloc'd. */
int votelog_list(struct disk *disk, u32 **ret_indexes, u32 *ret_count);

#endif

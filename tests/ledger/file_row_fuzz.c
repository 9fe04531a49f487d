// SPDX-License-Identifier: GPL-2.0
/*
 * file_row_fuzz.c - any bytes as a block file, and as its index; and right
 * files with bytes changed, for which the input says where. Opening and reading end, and serve only right blocks.
 */
#include <stdlib.h>

#include "ledger/blockfile.h"
#include "tests/ledger/file_sample.h"

static void put_file(struct disk *disk, const char *name, const u8 *bytes, size_t len)
{
	struct disk_file *file;

	if (disk->ops->open(disk, name, true, &file))
		abort();
	disk->ops->truncate(file, 0);
	disk->ops->write(file, 0, bytes, len);
	disk->ops->close(file);
}

static int open_row(struct disk *disk, struct blockfile **ret_files)
{
	struct blockfile_options options = { .disk = disk, .file_bytes = 1500 };
	struct blockfile_error error;
	u64 torn;

	memcpy(options.channel, sample_channel, 32);
	return blockfile_open(&options, ret_files, &torn, &error);
}

static void append_right(struct disk *disk)
{
	struct blockfile *files;
	struct span block;
	u64 number;

	if (open_row(disk, &files))
		abort();
	for (number = 0; number < 6; number++) {
		block = sample_block(number, 2, 50);
		if (blockfile_append(files, number, block))
			abort();
		free((void *)block.bytes);
		if (number % 2)
			blockfile_sync(files);
	}
	blockfile_close(files);
}

/* @strict: only blocks that were written may come out. */
static void read_all(struct disk *disk, bool strict)
{
	struct blockfile_error error;
	struct blockfile *files;
	struct span block;
	u8 *bytes;
	u64 number;

	if (open_row(disk, &files))
		return;
	for (number = blockfile_first(files); number < blockfile_next(files); number++) {
		if (blockfile_read(files, number, &bytes, &block.len, &error))
			continue;
		block.bytes = bytes;
		if (strict && !sample_is(block, number, 2, 50))
			abort();
		free(bytes);
	}
	blockfile_close(files);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct disk *disk;
	size_t at;

	if (!size)
		return 0;
	disk_memory_open(&disk);
	switch (data[0] % 3) {
	case 0:
		put_file(disk, "0000000000.vgb", data + 1, size - 1);
		read_all(disk, false);
		break;
	case 1:
		append_right(disk);
		put_file(disk, "0000000000.vgi", data + 1, size - 1);
		read_all(disk, true);
		break;
	default:
		append_right(disk);
		for (at = 1; at + 4 <= size && at < 64; at += 4)
			disk_memory_flip(disk, data[at] & 1 ? "0000000000.vgb" : "0000000003.vgb",
					 (u64)data[at + 1] << 8 | data[at + 2], data[at + 3]);
		read_all(disk, true);
	}
	disk_done(disk);
	return 0;
}

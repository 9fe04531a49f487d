// SPDX-License-Identifier: GPL-2.0
/*
 * file_row_test.c - block files: appended, rolled, read, cut, opened again;
 * lost indexes made again; every byte of every file damaged once and found; other formats
 * refused by name. On the disk in memory, and once on a real folder.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/blockfile.h"
#include "ledger/crc32c.h"
#include "tests/ktap.h"
#include "tests/ledger/file_sample.h"

#define FILE_BYTES 3000 /* so that a few blocks fill one */

static struct blockfile_error error;
static u64 torn;

static struct blockfile *row_open(struct disk *disk, u64 first, int *ret_code)
{
	struct blockfile_options options = { .disk = disk, .file_bytes = FILE_BYTES, .first = first };
	struct blockfile *files = NULL;

	memcpy(options.channel, sample_channel, 32);
	*ret_code = blockfile_open(&options, &files, &torn, &error);
	return *ret_code ? NULL : files;
}

static u32 row_count(u64 number)
{
	return (u32)(number % 5);
}

static int row_append(struct blockfile *files, u64 number)
{
	struct span block = sample_block(number, row_count(number), 60);
	int code = blockfile_append(files, number, block);

	free((void *)block.bytes);
	return code;
}

static bool row_reads(struct blockfile *files, u64 number)
{
	struct span block = { NULL, 0 };
	bool same;
	u8 *bytes = NULL;

	if (blockfile_read(files, number, &bytes, &block.len, &error))
		return false;
	block.bytes = bytes;
	same = sample_is(block, number, row_count(number), 60);
	free(bytes);
	return same;
}

static u64 row_reads_all(struct blockfile *files)
{
	u64 number, right = 0;

	for (number = blockfile_first(files); number < blockfile_next(files); number++)
		right += row_reads(files, number);
	return right;
}

/* A disk with blocks @first .. @next - 1, closed. */
static struct disk *row_disk(u64 first, u64 next)
{
	struct blockfile *files;
	struct disk *disk;
	int code;

	disk_memory_open(&disk);
	files = row_open(disk, first, &code);
	for (; first < next; first++)
		if (row_append(files, first))
			abort();
	blockfile_close(files);
	return disk;
}

static void test_grow(struct disk *disk, const char *kind)
{
	struct blockfile *files;
	u64 number, right = 0;
	int code;

	files = row_open(disk, 0, &code);
	ktap_ok(files && blockfile_next(files) == 0, "%s: an empty folder is a row without blocks", kind);
	for (number = 0; number < 40; number++)
		right += !row_append(files, number) && row_reads(files, number);
	ktap_ok(right == 40 && row_reads_all(files) == 40, "%s: blocks are read as they were appended, before sync",
		kind);
	ktap_ok(row_append(files, 41) == -EINVAL && row_append(files, 39) == -EINVAL, "%s: only the next block fits",
		kind);
	ktap_ok(!row_reads(files, 40), "%s: no block beyond the end", kind);
	blockfile_close(files);
	files = row_open(disk, 0, &code);
	ktap_ok(files && !torn && blockfile_next(files) == 40 && row_reads_all(files) == 40,
		"%s: and after opening again", kind);
	ktap_ok(!blockfile_cut(files, 38) && blockfile_next(files) == 38 && !row_reads(files, 38),
		"%s: the last are cut", kind);
	ktap_ok(!blockfile_cut(files, 7) && blockfile_next(files) == 7 && row_reads_all(files) == 7,
		"%s: and whole files with them", kind);
	for (right = 0, number = 7; number < 30; number++)
		right += !row_append(files, number);
	ktap_ok(right == 23 && row_reads_all(files) == 30, "%s: and others appended", kind);
	blockfile_close(files);
	files = row_open(disk, 0, &code);
	ktap_ok(files && blockfile_next(files) == 30 && row_reads_all(files) == 30, "%s: and found again", kind);
	blockfile_close(files);
}

static void test_real_folder(void)
{
	char folder[] = "/tmp/voltgate-row-XXXXXX", command[64];
	struct disk *disk;

	if (!mkdtemp(folder) || disk_posix_open(folder, false, &disk)) {
		ktap_skip("real folder", "no folder can be made in /tmp");
		return;
	}
	test_grow(disk, "real folder");
	disk_done(disk);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		printf("# %s stays behind\n", folder);
}

static void test_first(void)
{
	struct disk *disk = row_disk(1000, 1020);
	struct blockfile *files;
	int code;

	files = row_open(disk, 0, &code);
	ktap_ok(files && blockfile_first(files) == 1000 && row_reads_all(files) == 20,
		"a row may begin after a snapshot");
	blockfile_close(files);
	files = row_open(disk, 900, &code);
	ktap_ok(!files && code == -EBADMSG && strstr(error.text, "1000"), "but not elsewhere than expected: %s",
		error.text);
	disk_done(disk);
}

struct names {
	char name[32][64];
	u32 count;
};

static void names_note(void *arg, const char *name)
{
	struct names *names = arg;

	snprintf(names->name[names->count++], 64, "%s", name);
}

static struct names names_of(struct disk *disk)
{
	struct names names = { .count = 0 };

	disk->ops->list(disk, names_note, &names);
	return names;
}

static bool is_index(const char *name)
{
	return strstr(name, ".vgi");
}

/* Removes the indexes of all files; gives how many. */
static u32 indexes_remove(struct disk *disk)
{
	struct names names = names_of(disk);
	u32 i, removed = 0;

	for (i = 0; i < names.count; i++)
		if (is_index(names.name[i]))
			removed += !disk->ops->remove(disk, names.name[i]);
	return removed;
}

static void test_index_lost(void)
{
	struct disk *disk = row_disk(0, 40);
	u32 removed = indexes_remove(disk);
	struct blockfile *files;
	int code;

	files = row_open(disk, 0, &code);
	ktap_ok(removed > 3 && files && row_reads_all(files) == 40, "lost indexes are made again (%u)", removed);
	blockfile_close(files);
	disk_done(disk);
}

static void test_index_unwritten(void)
{
	struct disk *disk = row_disk(0, 40);
	struct blockfile *files;
	u64 after, right = 0;
	int code;

	for (after = 1; after < 8; after++) {
		files = row_open(disk, 0, &code);
		indexes_remove(disk);
		disk_memory_fail_after(disk, after, ENOSPC);
		right += files && row_reads_all(files) == 40 && row_reads_all(files) == 40;
		disk_memory_fail_after(disk, 0, 0);
		right += files && row_reads_all(files) == 40;
		blockfile_close(files);
	}
	ktap_ok(right == 14, "blocks are read where a lost index cannot be written, for the disk is full (%llu of 14)",
		(unsigned long long)right);
	disk_done(disk);
}

/* Opens, reads everything. 0: all right and right bytes served; 1: damage named; -1: wrong bytes or silence. */
static int row_verdict(struct disk *disk, u64 count, const char *name, u64 offset)
{
	struct blockfile *files;
	u64 number, right = 0, named = 0;
	int code;

	files = row_open(disk, 0, &code);
	if (!files)
		return (code == -EBADMSG || code == -EPROTO) && !strcmp(error.file, name) && error.offset <= offset &&
				       error.text[0]
			       ? 1
			       : -1;
	for (number = 0; number < blockfile_next(files); number++) {
		if (row_reads(files, number))
			right++;
		else if (!strcmp(error.file, name) && error.offset <= offset && error.text[0])
			named++;
	}
	code = right + named != count ? -1 : named ? 1 : 0;
	blockfile_close(files);
	return code;
}

/* Any byte of any file: damage to blocks is named and never served, damage to an index mended. */
static void test_flip(void)
{
	struct disk *disk = row_disk(0, 24);
	struct names names = names_of(disk);
	u64 offset, blocks = 0, blocks_named = 0, index = 0, index_mended = 0;
	int verdict;
	u32 i;

	for (i = 0; i < names.count; i++) {
		for (offset = 0; !disk_memory_flip(disk, names.name[i], offset, 1 << offset % 8); offset++) {
			verdict = row_verdict(disk, 24, names.name[i], offset);
			if (is_index(names.name[i])) {
				index++;
				index_mended += !verdict;
				continue; /* it is whole again */
			}
			blocks++;
			blocks_named += verdict == 1;
			if (verdict != 1)
				printf("# %s byte %llu: verdict %d\n", names.name[i], (unsigned long long)offset,
				       verdict);
			disk_memory_flip(disk, names.name[i], offset, 1 << offset % 8);
		}
	}
	ktap_ok(blocks > 5000 && blocks_named == blocks,
		"any changed byte of a block file is named, no wrong block served "
		"(%llu of %llu)",
		(unsigned long long)blocks_named, (unsigned long long)blocks);
	ktap_ok(index > 200 && index_mended == index, "any changed byte of an index is mended (%llu of %llu)",
		(unsigned long long)index_mended, (unsigned long long)index);
	disk_done(disk);
}

static void test_missing_file(void)
{
	struct disk *disk = row_disk(0, 40);
	struct blockfile *files;
	struct names names;
	u32 i, place = 0;
	int code;

	names = names_of(disk);
	for (i = 0; i < names.count; i++) /* one in the middle */
		if (!is_index(names.name[i]) && strcmp(names.name[i], "0000000000.vgb") &&
		    (!place || strcmp(names.name[i], names.name[place]) < 0))
			place = i;
	disk->ops->remove(disk, names.name[place]);
	files = row_open(disk, 0, &code);
	ktap_ok(!files && code == -EBADMSG && !strcmp(error.file, "0000000000.vgb"), "a missing file is named: %s %s",
		error.file, error.text);
	disk_done(disk);
}

/* Other versions keep the first 52 bytes, so that they can be named. */
static void test_format(void)
{
	u8 header[52] = "VGBLKS02";
	struct disk_file *file;
	struct disk *disk;
	u32 crc;
	int code;

	disk_memory_open(&disk);
	memcpy(header + 16, sample_channel, 32);
	crc = vg_be32(crc32c(header, 48));
	memcpy(header + 48, &crc, 4);
	disk->ops->open(disk, "0000000000.vgb", true, &file);
	disk->ops->write(file, 0, header, sizeof(header));
	row_open(disk, 0, &code);
	ktap_ok(code == -EPROTO && strstr(error.text, "VGBLKS02") && strstr(error.text, "VGBLKS01"),
		"another format version is refused by name: %s", error.text);
	memcpy(header, "VGBLKS01", 8);
	header[20] ^= 1;
	crc = vg_be32(crc32c(header, 48));
	memcpy(header + 48, &crc, 4);
	disk->ops->write(file, 0, header, sizeof(header));
	row_open(disk, 0, &code);
	ktap_ok(code == -EPROTO && strstr(error.text, "channel"), "and another channel's file: %s", error.text);
	disk->ops->close(file);
	disk_done(disk);
}

/* Disk full at any operation: the row stays as it was, what was synced stays, and it goes on with room again. */
static void test_full(void)
{
	u64 after, number, right = 0, all = 0;
	struct blockfile *files;
	struct disk *disk;
	int code = 0;

	for (after = 1; after < 60; after++, all++) {
		disk_memory_open(&disk);
		files = row_open(disk, 0, &code);
		disk_memory_fail_after(disk, after, ENOSPC);
		for (number = 0; number < 40; number++) {
			code = row_append(files, number);
			if (code)
				break;
			code = number % 3 ? 0 : blockfile_sync(files);
			if (code) {
				number++;
				break;
			}
		}
		if (code == -ENOSPC && blockfile_next(files) == number && row_reads_all(files) == number) {
			disk_memory_fail_after(disk, 0, 0);
			code = row_append(files, number) ?: blockfile_sync(files);
			/* What a sync that failed may have dropped is on the disk now. */
			disk_memory_crash(disk, 0);
			blockfile_close(files);
			files = row_open(disk, 0, &code);
			right += !code && row_reads_all(files) == number + 1;
		} else {
			right += number == 40;
		}
		blockfile_close(files);
		disk_done(disk);
	}
	ktap_ok(right == all, "a full disk at any operation leaves all as it was, and is got over (%llu of %llu)",
		(unsigned long long)right, (unsigned long long)all);
}

/*
 * A process is killed after a sync that failed: the next one reads blocks that are not on the disk. What it goes on
 * with must be there after a power cut.
 */
static void test_killed(void)
{
	struct blockfile *files;
	struct disk *disk;
	u64 after, number, right = 0;
	int code = 0;

	for (after = 0; after < 12; after++) {
		disk_memory_open(&disk);
		files = row_open(disk, 0, &code);
		for (number = 0; number < 5; number++)
			row_append(files, number);
		if (after % 2)
			blockfile_sync(files);
		for (; number < 5 + after; number++)
			row_append(files, number);
		disk_memory_fail_after(disk, 1, ENOSPC);
		disk->ops->sync_folder(disk); /* the one that is let through */
		blockfile_sync(files);
		blockfile_close(files);
		disk_memory_fail_after(disk, 0, 0);
		files = row_open(disk, 0, &code);
		if (files && row_reads_all(files) == number && !row_append(files, number) && !blockfile_sync(files)) {
			disk_memory_crash(disk, 0);
			blockfile_close(files);
			files = row_open(disk, 0, &code);
			right += files && row_reads_all(files) == number + 1;
		}
		blockfile_close(files);
		disk_done(disk);
	}
	ktap_ok(right == 12, "what a killed process left in memory is on the disk once it is opened (%llu of 12)",
		(unsigned long long)right);
}

int main(void)
{
	struct disk *disk;

	ktap_plan(0);
	disk_memory_open(&disk);
	test_grow(disk, "memory");
	disk_done(disk);
	test_real_folder();
	test_first();
	test_index_lost();
	test_index_unwritten();
	test_flip();
	test_missing_file();
	test_format();
	test_full();
	test_killed();
	return ktap_exit();
}

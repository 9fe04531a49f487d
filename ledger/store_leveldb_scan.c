// SPDX-License-Identifier: GPL-2.0
/*
 * store_leveldb_scan.c - LevelDB's files, read as its documents describe them.
 *
 * log, manifest: blocks of 32 KiB of records: masked CRC-32C u32 (of type and data), length u16, type u8, data; little-
 *                endian; fewer than 7 bytes at a block's end are zeros. A record that the file's end cuts is no fault.
 * table:         blocks, each followed by its type u8 and masked CRC-32C u32 (of block and type); at the end 48 bytes:
 * the places of the index of meta blocks and of the index, then a magic number. The index' values are places. place:
 * offset and length, varints
 */
#include "ledger/store_leveldb_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/crc32c.h"

#define LOG_BLOCK 32768
#define LOG_HEAD 7
#define LOG_TYPE_LAST 4
#define TABLE_FOOTER 48
#define TABLE_TRAILER 5
#define CRC_MASK 0xa282ead8u

static const u8 table_magic[8] = { 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb };

static u32 little32(const u8 *bytes)
{
	return bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;
}

static u32 unmask(u32 masked)
{
	u32 turned = masked - CRC_MASK;

	return turned >> 17 | turned << 15;
}

static int fault(u64 offset, const char *what, u64 *ret_offset, const char **ret_what)
{
	*ret_offset = offset;
	*ret_what = what;
	return -EBADMSG;
}

int store_leveldb_scan_log(const u8 *bytes, size_t len, u64 *ret_offset, const char **ret_what)
{
	size_t at = 0, left, size;

	while (len - at >= LOG_HEAD) {
		left = LOG_BLOCK - at % LOG_BLOCK;
		if (left < LOG_HEAD) {
			if (left > len - at)
				break;
			at += left;
			continue;
		}
		size = bytes[at + 4] | (size_t)bytes[at + 5] << 8;
		if (!bytes[at + 6] && !size &&
		    !little32(bytes + at)) { /* the rest of a block that was made beforehand */
			at += left < len - at ? left : len - at;
			continue;
		}
		if (LOG_HEAD + size > left && len - at >= left)
			return fault(at, "has a record that is longer than its block", ret_offset, ret_what);
		if (LOG_HEAD + size > len - at)
			break;
		if (unmask(little32(bytes + at)) != crc32c(bytes + at + 6, 1 + size))
			return fault(at, "has a record with a wrong checksum", ret_offset, ret_what);
		if (!bytes[at + 6] || bytes[at + 6] > LOG_TYPE_LAST)
			return fault(at, "has a record of no known type", ret_offset, ret_what);
		at += LOG_HEAD + size;
	}
	return 0;
}

static bool varint(const u8 **at, const u8 *end, u64 *ret_value)
{
	u32 shift;

	*ret_value = 0;
	for (shift = 0; shift < 64 && *at < end; shift += 7) {
		u8 byte = *(*at)++;

		*ret_value |= (u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

struct block_place {
	u64 offset, size;
};

static bool place_read(const u8 **at, const u8 *end, struct block_place *ret_place)
{
	return varint(at, end, &ret_place->offset) && varint(at, end, &ret_place->size);
}

static int block_check(const u8 *bytes, size_t len, const struct block_place *place, u64 *ret_offset,
		       const char **ret_what)
{
	if (place->offset > len || place->size > len || len - place->offset < place->size + TABLE_TRAILER)
		return fault(place->offset, "names a block that is not there", ret_offset, ret_what);
	if (unmask(little32(bytes + place->offset + place->size + 1)) != crc32c(bytes + place->offset, place->size + 1))
		return fault(place->offset, "has a block with a wrong checksum", ret_offset, ret_what);
	return 0;
}

/* Checks the blocks that the block at @index, itself right, names. */
static int index_check(const u8 *bytes, size_t len, const struct block_place *index, u64 *ret_offset,
		       const char **ret_what)
{
	const u8 *at = bytes + index->offset, *end = at + index->size, *value;
	struct block_place place;
	u64 shared, rest, size;
	u32 restarts;
	int error = 0;

	if (index->size < 4)
		return fault(index->offset, "has an index that is too short", ret_offset, ret_what);
	restarts = little32(end - 4);
	if (restarts > (index->size - 4) / 4)
		return fault(index->offset, "has an index without order", ret_offset, ret_what);
	end -= 4 + 4 * (size_t)restarts;
	while (!error && at < end) {
		if (!varint(&at, end, &shared) || !varint(&at, end, &rest) || !varint(&at, end, &size) ||
		    rest > (u64)(end - at) || size > (u64)(end - at) - rest)
			return fault(index->offset, "has an index without order", ret_offset, ret_what);
		at += rest;
		value = at;
		at += size;
		if (!place_read(&value, at, &place))
			return fault(index->offset, "has an index without order", ret_offset, ret_what);
		error = block_check(bytes, len, &place, ret_offset, ret_what);
	}
	return error;
}

int store_leveldb_scan_table(const u8 *bytes, size_t len, u64 *ret_offset, const char **ret_what)
{
	struct block_place meta, index;
	const u8 *at, *end;
	int error;

	if (len < TABLE_FOOTER)
		return fault(0, "is too short for a table", ret_offset, ret_what);
	at = bytes + len - TABLE_FOOTER;
	end = bytes + len - sizeof(table_magic);
	if (memcmp(end, table_magic, sizeof(table_magic)))
		return fault(end - bytes, "does not end as tables do", ret_offset, ret_what);
	if (!place_read(&at, end, &meta) || !place_read(&at, end, &index))
		return fault(len - TABLE_FOOTER, "does not say where its index is", ret_offset, ret_what);
	error = block_check(bytes, len, &index, ret_offset, ret_what)
			?: index_check(bytes, len, &index, ret_offset, ret_what);
	if (!error)
		error = block_check(bytes, len, &meta, ret_offset, ret_what)
				?: index_check(bytes, len, &meta, ret_offset, ret_what);
	return error;
}

static bool ends(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len > tail && !strcmp(name + len - tail, suffix);
}

static int scan_file(int folder, const char *name, struct store_leveldb_fault *ret_fault)
{
	bool table = ends(name, ".ldb") || ends(name, ".sst");
	const char *what = "";
	struct stat stat;
	void *bytes;
	int fd, error = 0;

	if (!table && !ends(name, ".log") && strncmp(name, "MANIFEST-", 9))
		return 0;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat)) {
		error = -errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	bytes = stat.st_size ? mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	if (bytes != MAP_FAILED) {
		error = table ? store_leveldb_scan_table(bytes, stat.st_size, &ret_fault->offset, &what)
			      : store_leveldb_scan_log(bytes, stat.st_size, &ret_fault->offset, &what);
		munmap(bytes, stat.st_size);
	} else if (stat.st_size) {
		error = -errno;
	}
	close(fd);
	if (error == -EBADMSG) {
		snprintf(ret_fault->file, sizeof(ret_fault->file), "%.63s", name);
		snprintf(ret_fault->what, sizeof(ret_fault->what), "%s", what);
	}
	return error;
}

int store_leveldb_scan(const char *folder, struct store_leveldb_fault *ret_fault)
{
	DIR *listing = opendir(folder);
	struct dirent *entry;
	int error = 0;

	if (!listing)
		return -errno;
	while (!error && (entry = readdir(listing)))
		error = scan_file(dirfd(listing), entry->d_name, ret_fault);
	closedir(listing);
	return error;
}

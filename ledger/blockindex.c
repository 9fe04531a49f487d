// SPDX-License-Identifier: GPL-2.0
/*
 * blockindex.c - the offsets of a block file's records.
 */
#include "ledger/blockindex.h"

#include <errno.h>
#include <stdlib.h>

#include "ledger/blockscan.h"
#include "ledger/crc32c.h"

#define INDEX_MAGIC "VGINDEX1"
#define INDEX_HEADER_LEN 20
#define INDEX_ENTRY_LEN 12
#define INDEX_CHUNK 256 /* entries handled at once */

struct blockindex {
	const struct disk_ops *ops;
	struct disk_file *file;
	u64 first, count;
	bool broken; /* a write failed: no more are tried, what is there stays good */
};

static void index_entry(const struct blockindex *index, u64 entry, u64 offset, u8 ret_bytes[INDEX_ENTRY_LEN])
{
	u64 bound[2] = { vg_be64(index->first + entry), vg_be64(offset) };
	struct writer writer;

	writer_init(&writer, ret_bytes, INDEX_ENTRY_LEN);
	writer_u64(&writer, offset);
	writer_u32(&writer, crc32c(bound, sizeof(bound)));
}

u64 blockindex_place(u64 entry)
{
	return INDEX_HEADER_LEN + entry * INDEX_ENTRY_LEN;
}

static void index_header(u64 first, u8 ret_bytes[INDEX_HEADER_LEN])
{
	struct writer writer;

	writer_init(&writer, ret_bytes, INDEX_HEADER_LEN);
	writer_bytes(&writer, INDEX_MAGIC, 8);
	writer_u64(&writer, first);
	writer_u32(&writer, crc32c(ret_bytes, INDEX_HEADER_LEN - 4));
}

static int index_open(struct disk *disk, u64 first, bool create, struct blockindex **ret_index)
{
	struct blockindex *index = calloc(1, sizeof(*index));
	char name[64];
	int error;

	if (!index)
		return -ENOMEM;
	index->ops = disk->ops;
	index->first = first;
	blockscan_name(first, ".vgi", name);
	error = disk->ops->open(disk, name, create, &index->file);
	if (error) {
		free(index);
		return error;
	}
	*ret_index = index;
	return 0;
}

/* Is the header the right one? Then the file's size says how many entries there are. */
static bool index_whole(struct blockindex *index)
{
	u8 header[INDEX_HEADER_LEN], found[INDEX_HEADER_LEN];
	ssize_t size = index->ops->size(index->file);

	index_header(index->first, header);
	if (size < INDEX_HEADER_LEN ||
	    index->ops->read(index->file, 0, found, sizeof(found)) != (ssize_t)sizeof(found) ||
	    memcmp(found, header, sizeof(found)))
		return false;
	index->count = ((u64)size - INDEX_HEADER_LEN) / INDEX_ENTRY_LEN;
	return true;
}

int blockindex_open(struct disk *disk, u64 first, struct blockindex **ret_index)
{
	u8 header[INDEX_HEADER_LEN];
	struct blockindex *index;
	int error = index_open(disk, first, true, &index);

	if (error)
		return error;
	index_header(first, header);
	if (!index_whole(index) &&
	    (disk->ops->truncate(index->file, 0) || disk->ops->write(index->file, 0, header, sizeof(header))))
		index->broken = true;
	*ret_index = index;
	return 0;
}

int blockindex_look(struct disk *disk, u64 first, struct blockindex **ret_index)
{
	struct blockindex *index;
	int error = index_open(disk, first, false, &index);

	if (error)
		return error;
	index->broken = true;
	if (!index_whole(index)) {
		blockindex_close(index);
		return -EBADMSG;
	}
	*ret_index = index;
	return 0;
}

void blockindex_close(struct blockindex *index)
{
	if (!index)
		return;
	index->ops->close(index->file);
	free(index);
}

u64 blockindex_count(const struct blockindex *index)
{
	return index->count;
}

int blockindex_get(struct blockindex *index, u64 entry, u64 *ret_offset)
{
	u8 bytes[INDEX_ENTRY_LEN], right[INDEX_ENTRY_LEN];
	struct reader reader;

	if (entry >= index->count ||
	    index->ops->read(index->file, blockindex_place(entry), bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		return -EBADMSG;
	reader_init(&reader, bytes, sizeof(bytes));
	*ret_offset = reader_u64(&reader);
	index_entry(index, entry, *ret_offset, right);
	return memcmp(bytes, right, sizeof(right)) ? -EBADMSG : 0;
}

u64 blockindex_fit(struct blockindex *index, const u64 *offsets, u64 count)
{
	u64 entry = 0, offset;

	while (entry < count && entry < index->count && !blockindex_get(index, entry, &offset) &&
	       offset == offsets[entry])
		entry++;
	index->count = entry;
	return entry;
}

void blockindex_append(struct blockindex *index, const u64 *offsets, u64 count)
{
	u8 bytes[INDEX_CHUNK * INDEX_ENTRY_LEN];
	u64 n, i;

	while (!index->broken && index->count < count) {
		n = count - index->count < INDEX_CHUNK ? count - index->count : INDEX_CHUNK;
		for (i = 0; i < n; i++)
			index_entry(index, index->count + i, offsets[index->count + i], bytes + i * INDEX_ENTRY_LEN);
		if (index->ops->write(index->file, blockindex_place(index->count), bytes, n * INDEX_ENTRY_LEN))
			index->broken = true;
		else
			index->count += n;
	}
}

int blockindex_cut(struct blockindex *index, u64 count)
{
	int error;

	if (count >= index->count)
		return 0;
	error = index->ops->truncate(index->file, blockindex_place(count));
	if (!error)
		error = index->ops->sync(index->file);
	if (!error)
		index->count = count;
	return error;
}

int blockindex_sync(struct blockindex *index)
{
	return index->ops->sync(index->file);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * votelog_fuzz.c - a vote log's file with any content: opened, replayed and
 * written to, or refused with a sentence. The first byte says whether the header's checksum is mended first.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/votelog_record.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static int count(void *arg, enum votelog_kind kind, u64 number, struct span bytes)
{
	u32 *seen = arg;

	(void)kind;
	(void)number;
	*seen += 1 + (bytes.len && bytes.bytes[bytes.len - 1] == 7);
	return 0;
}

static void file_fill(struct disk *disk, const struct votelog_options *options, const u8 *data, size_t size)
{
	u8 header[VOTELOG_HEADER_LEN], *bytes = malloc(size + sizeof(header) + 4096);
	struct writer writer;
	struct disk_file *file;
	size_t len = 0;

	if (data[0] & 1) { /* a right header, then a right record, then the bytes */
		votelog_header_encode(options, header);
		memcpy(bytes, header, sizeof(header));
		len = sizeof(header);
		writer_init(&writer, bytes + len, 4096);
		if (data[0] & 2)
			votelog_record_encode(&writer, len, 1, VOTELOG_MESSAGE, data[0],
					      (struct span){ data, size % 500 });
		len += writer_len(&writer);
	}
	memcpy(bytes + len, data + 1, size - 1);
	if (disk->ops->open(disk, "0000000000.vgv", true, &file) || disk->ops->write(file, 0, bytes, len + size - 1))
		abort();
	disk->ops->close(file);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct votelog_options options = { 0 };
	struct votelog_error fault;
	struct votelog *log;
	u32 before = 0, after = 0;
	bool fresh;
	int error;

	if (!size || size > 65536 || disk_memory_open(&options.disk))
		return 0;
	file_fill(options.disk, &options, data, size);
	error = votelog_open(&options, &log, &fresh, &fault);
	if (error && (!fault.text[0] || !fault.file[0]))
		abort();
	if (!error) {
		if (votelog_replay(log, count, &before, &fault))
			abort();
		if (fresh && votelog_restart(log, 0))
			abort();
		if (votelog_append(log, VOTELOG_MESSAGE, 5, (struct span){ data, 1 }) || votelog_sync(log))
			abort();
		votelog_close(log);
		if (votelog_open(&options, &log, &fresh, &fault) || votelog_replay(log, count, &after, &fault) ||
		    after <= before || fresh)
			abort();
		votelog_close(log);
	}
	disk_done(options.disk);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * verdictlog_fuzz.c - any bytes as a segment: the reader gives only frames
 * that are whole, the writer repairs or refuses, and after a repair both agree.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/dev/shm/voltgate-fuzz-XXXXXX"; /* in memory: every open syncs */
static char path[64];

static void fuzz_clean(void)
{
	unlink(path);
	rmdir(dir);
}

static void fuzz_init(void)
{
	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof(path), "%s/0000000000.vgl", dir);
	atexit(fuzz_clean);
}

/* Batches read; @ret_end is what ended it. */
static int fuzz_read(int *ret_end, struct verdictlog_error *error)
{
	static struct batch batch;
	struct verdictlog_reader *reader;
	struct chain chain = { 0 };
	int count = 0;

	*ret_end = verdictlog_reader_open(path, &reader, error);
	if (*ret_end)
		return 0;
	while ((*ret_end = verdictlog_reader_next(reader, &batch, error)) == 1) {
		count++;
		chain_accept(&chain, &batch);
	}
	if (*ret_end < 0 && !strstr(error->text, "offset"))
		abort();
	verdictlog_reader_close(reader);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u8 header[] = "VGVLOG01\0\0\0\0\0\0\0";
	struct verdictlog_error error = { "" };
	struct verdictlog *log;
	int fd, before, after, end;

	if (!*path)
		fuzz_init();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		abort();
	/* an odd first byte: a right header, so that frames are reached */
	if (size && (data[0] & 1) && write(fd, header, 16) != 16)
		abort();
	if (size && write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	close(fd);
	before = fuzz_read(&end, &error);
	if (verdictlog_open(dir, 65536, &log, &error))
		return 0;
	verdictlog_close(log);
	after = fuzz_read(&end, &error);
	if (end || after != before)
		abort(); /* opened for writing, so now it must read whole, with all that was whole before */
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * verdictlog_test.c - the log comes back after any cut, and no corrupted byte
 * of it is ever served.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "batches.h"
#include "tests/ktap.h"

static char top[] = "/tmp/voltgate-verdictlog-XXXXXX";
static char dir[64], segment[96];
static struct verdictlog_error error;
static struct batches signer;
static struct batch made[6];

static void wipe_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		exit(1);
}

static struct verdictlog *opened(void)
{
	struct verdictlog *log = NULL;

	error.text[0] = 0;
	if (verdictlog_open(dir, 65536, &log, &error))
		return NULL;
	return log;
}

/* Batches that a reader gives before it stops; @ret_end is what it stopped with. Wrong bytes count as -1. */
static int read_all(const char *path, int *ret_end)
{
	struct verdictlog_reader *reader;
	static struct batch batch;
	int count = 0;

	*ret_end = verdictlog_reader_open(path, &reader, &error);
	if (*ret_end)
		return 0;
	while ((*ret_end = verdictlog_reader_next(reader, &batch, &error)) == 1) {
		size_t bytes = sizeof(batch.seal) + vg_be32(batch.seal.head.count) * sizeof(struct vg_record);

		if (count >= 6 || memcmp(&batch, &made[count], bytes)) {
			count = -1;
			break;
		}
		count++;
	}
	verdictlog_reader_close(reader);
	return count;
}

static void fill(int count)
{
	struct verdictlog *log;
	int i;

	wipe_dir();
	log = opened();
	for (i = 0; log && i < count; i++)
		verdictlog_append(log, &made[i], &error);
	if (log)
		verdictlog_sync(log, &error);
	verdictlog_close(log);
}

static u8 *slurp(size_t *ret_len)
{
	int fd = open(segment, O_RDONLY);
	struct stat status;
	u8 *bytes;

	fstat(fd, &status);
	bytes = malloc((size_t)status.st_size);
	*ret_len = (size_t)read(fd, bytes, (size_t)status.st_size);
	close(fd);
	return bytes;
}

static void spill(const u8 *bytes, size_t len)
{
	int fd = open(segment, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, bytes, len) != (ssize_t)len)
		exit(1);
	close(fd);
}

static void test_round_trip(void)
{
	struct vg_batch_seal last;
	struct verdictlog *log;
	int end;

	fill(6);
	ktap_ok(read_all(dir, &end) == 6 && end == 0, "six batches come back, then the end");
	log = opened();
	ktap_ok(log && verdictlog_last(log, &last) && !memcmp(&last, &made[5].seal, sizeof(last)) &&
			!verdictlog_cut(log),
		"reopening finds the last batch and cuts nothing");
	ktap_ok(!opened() && strstr(error.text, "Another process"), "a second writer is refused: %s", error.text);
	verdictlog_close(log);
}

/* The file cut at every byte: what is whole is kept, what is not is cut off and can be written again. */
static void test_torn(void)
{
	size_t len, cut, starts[4] = { 16 }, whole;
	u32 wrong_open = 0, wrong_read = 0, wrong_go_on = 0;
	struct verdictlog *log;
	int i, end, count;
	u8 *bytes;

	fill(3);
	bytes = slurp(&len);
	for (i = 0; i < 3; i++)
		starts[i + 1] = starts[i] + 8 + sizeof(made[i].seal) + vg_be32(made[i].seal.head.count) * 64;
	for (cut = 0; cut < len; cut++) {
		for (whole = 0; whole < 3 && starts[whole + 1] <= cut; whole++)
			;
		spill(bytes, cut);
		count = read_all(dir, &end);
		wrong_read += count != (int)whole || end != (cut == starts[whole] ? 0 : -ENODATA);
		log = opened();
		wrong_open += !log || verdictlog_cut(log) != (cut < 16 ? cut : cut - starts[whole]);
		if (!log)
			continue;
		for (i = (int)whole; i < 3; i++)
			verdictlog_append(log, &made[i], &error);
		verdictlog_close(log);
		wrong_go_on += read_all(dir, &end) != 3 || end;
	}
	ktap_ok(!wrong_read, "cut at each of %zu bytes: the reader gives the whole batches and names the torn tail",
		len);
	ktap_ok(!wrong_open, "cut at each of %zu bytes: opening cuts exactly the torn tail", len);
	ktap_ok(!wrong_go_on, "and the log goes on from there");
	free(bytes);
}

/* Each byte altered, one at a time: never served, never silently skipped. */
static void test_corrupt(void)
{
	size_t len, at, last_frame;
	u32 served = 0, unnamed = 0, cut_away = 0;
	struct verdictlog *log;
	int end, count;
	u8 *bytes;

	fill(3);
	bytes = slurp(&len);
	last_frame = len - 8 - sizeof(made[2].seal) - vg_be32(made[2].seal.head.count) * 64;
	for (at = 0; at < len; at++) {
		bytes[at] ^= 0x41;
		spill(bytes, len);
		count = read_all(dir, &end);
		served += count < 0 || count >= 3;
		unnamed += end >= 0 || !strstr(error.text, "offset");
		log = opened();
		cut_away += log && at < last_frame;
		unnamed += !log && !strstr(error.text, segment);
		verdictlog_close(log);
		bytes[at] ^= 0x41;
	}
	ktap_ok(!served, "no altered byte of %zu is served", len);
	ktap_ok(!unnamed, "each is named with file and offset");
	ktap_ok(!cut_away, "an altered byte before the last batch is never taken for a torn tail");
	free(bytes);
}

static void test_rotation(void)
{
	struct batches big;
	struct verdictlog *log;
	struct vg_batch_seal last;
	static struct batch batch;
	struct verdictlog_reader *reader;
	char path[128];
	int i, count = 0, end;

	wipe_dir();
	batches_init(&big, 5);
	log = opened();
	for (i = 0; i < 9; i++) {
		batches_make(&big, 400, &batch);
		verdictlog_append(log, &batch, &error);
	}
	verdictlog_close(log);
	end = verdictlog_reader_open(dir, &reader, &error);
	while (!end && verdictlog_reader_next(reader, &batch, &error) == 1)
		count++;
	ktap_ok(count == 9 && strstr(verdictlog_reader_file(reader), "0000000004.vgl"),
		"nine large batches fill segments of two each and are read on");
	verdictlog_reader_close(reader);
	snprintf(path, sizeof(path), "%s/0000000004.vgl", dir);
	if (truncate(path, 16))
		exit(1);
	log = opened();
	ktap_ok(log && verdictlog_last(log, &last) && vg_be64(last.head.number) == 7,
		"the head is found in the segment before an empty last one");
	verdictlog_close(log);
	snprintf(path, sizeof(path), "%s/0000000002.vgl", dir);
	unlink(path);
	ktap_ok(!opened() && strstr(error.text, "Segment 2"), "a missing segment is named: %s", error.text);
	ktap_ok(verdictlog_reader_open(dir, &reader, &error) == -EBADMSG && strstr(error.text, "Segment 2"),
		"by the reader too");
	snprintf(path, sizeof(path), "rm %s/000000000[01].vgl", dir);
	log = system(path) ? NULL : opened();
	ktap_ok(log != NULL, "segments archived from the front are not missed");
	verdictlog_close(log);
}

/* A file size limit stands for the full disk. */
static void test_full(void)
{
	struct rlimit limit = { 16 + 8 + sizeof(made[0].seal) + 64 + 100, RLIM_INFINITY },
		      no_limit = { RLIM_INFINITY, RLIM_INFINITY };
	struct verdictlog *log;
	int refused, end;

	signal(SIGXFSZ, SIG_IGN);
	wipe_dir();
	log = opened();
	verdictlog_append(log, &made[0], &error);
	setrlimit(RLIMIT_FSIZE, &limit);
	refused = verdictlog_append(log, &made[1], &error);
	setrlimit(RLIMIT_FSIZE, &no_limit);
	ktap_ok(refused < 0, "a batch that finds no room is refused: %s", error.text);
	ktap_ok(read_all(dir, &end) == 1 && !end, "and leaves no half frame");
	ktap_ok(!verdictlog_append(log, &made[1], &error) && read_all(dir, &end) == 2 && !end,
		"with room again the same batch is taken");
	verdictlog_close(log);
}

static void test_single_file(void)
{
	int end;

	fill(2);
	ktap_ok(read_all(segment, &end) == 2 && !end, "a segment can be read by itself");
	ktap_ok(read_all("/nonexistent/log", &end) == 0 && end == -ENOENT && strstr(error.text, "/nonexistent/log"),
		"a log that is not there is named");
}

int main(void)
{
	int i;

	ktap_plan(0);
	if (sodium_init() < 0 || !mkdtemp(top))
		return 1;
	snprintf(dir, sizeof(dir), "%s/log", top);
	snprintf(segment, sizeof(segment), "%s/0000000000.vgl", dir);
	batches_init(&signer, 1000000);
	for (i = 0; i < 6; i++)
		batches_make(&signer, 1 + (u32)i, &made[i]);
	test_round_trip();
	test_torn();
	test_corrupt();
	test_rotation();
	test_full();
	test_single_file();
	wipe_dir();
	rmdir(top);
	return ktap_exit();
}

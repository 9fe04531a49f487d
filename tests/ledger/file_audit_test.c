// SPDX-License-Identifier: GPL-2.0
/*
 * file_audit_test.c - ledger_audit() on real folders: a right ledger passes
 * unchanged; a byte changed anywhere is named by file; blocks that lie with
 * right checksums, hashes and signatures are found by what does not follow.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/blockscan.h"
#include "tests/ktap.h"
#include "tests/ledger/file_consort.h"

#define BLOCKS 9
#define FILE_BYTES 4096

static struct consort consort;
static char home[64], folder[128], last_index[256];
static struct ledger_error error;
static struct audit_report report;

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
	(void)about, (void)kind, (void)place;
	return remove(path);
}

static void fresh_folder(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Blocks 1 to 8: requests, a repetition, an enrolment, and in block 5 other replicas. */
static struct span body_of(u64 number)
{
	consort_body(&consort);
	consort_open(&consort, 7, number, "a request of some length, so that there is something to read");
	consort_open(&consort, 8, number / 2 + 1, "another, which is a repetition in every second block");
	if (number == 2)
		consort_enrol(&consort, 99, 1);
	if (number == 5)
		consort_configure(&consort);
	return consort_body_end(&consort);
}

static void make_ledger(void)
{
	struct ledger_options options = { .folder = folder, .file_bytes = FILE_BYTES };
	struct ledger *ledger;
	u64 number;

	fresh_folder();
	if (ledger_create(&options, &consort.genesis, 1000, &ledger, &error)) {
		printf("Bail out! %s\n", error.text);
		exit(1);
	}
	for (number = 1; number < BLOCKS; number++)
		if (consort_append(&consort, ledger, 1000 + number, body_of(number)) || ledger_sync(ledger, &error)) {
			printf("Bail out! block %llu: %s\n", (unsigned long long)number, error.text);
			exit(1);
		}
	ledger_close(ledger);
}

static int audit(void)
{
	return ledger_audit(folder, NULL, NULL, &report, &error);
}

static u64 sum_of_folder;

static int sum_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
	int byte, fd;
	FILE *file;

	(void)place;
	sum_of_folder = sum_of_folder * 31 + (u64)about->st_size + (kind == FTW_F);
	fd = kind == FTW_F ? open(path, O_RDONLY) : -1;
	file = fd < 0 ? NULL : fdopen(fd, "r");
	while (file && (byte = fgetc(file)) != EOF)
		sum_of_folder = sum_of_folder * 31 + (u64)byte;
	if (file)
		fclose(file);
	return 0;
}

static u64 sum(void)
{
	sum_of_folder = 0;
	nftw(folder, sum_one, 16, FTW_PHYS);
	return sum_of_folder;
}

static void test_right(void)
{
	u64 before;
	int code;

	make_ledger();
	before = sum();
	code = audit();
	ktap_ok(!code && report.last == BLOCKS - 1 && report.transactions == 19 && report.valid == 16 &&
			report.keys > 3,
		"a right ledger passes: %llu blocks, %llu transactions, %llu valid, %llu keys (%s %s)",
		(unsigned long long)report.last, (unsigned long long)report.transactions,
		(unsigned long long)report.valid, (unsigned long long)report.keys, error.file, error.text);
	ktap_ok(sum() == before, "and is not changed by the audit");
	fresh_folder();
	ktap_ok(audit() == -ENOENT && error.text[0], "no ledger: %s", error.text);
}

static bool flip(const char *path, off_t offset)
{
	int fd = open(path, O_RDWR);
	u8 byte;
	bool flipped;

	if (fd < 0)
		return false;
	flipped = pread(fd, &byte, 1, offset) == 1;
	byte ^= 1 << offset % 8;
	flipped = flipped && pwrite(fd, &byte, 1, offset) == 1;
	close(fd);
	return flipped;
}

/* The end of the last index may be torn by a crash, so the last entry there is not missed: the node makes it again. */
static bool may_pass(const char *name, off_t offset)
{
	char path[256];
	struct stat about;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return strstr(name, ".vgi") && !stat(path, &about) && offset >= about.st_size - 12 && !strcmp(name, last_index);
}

/* Every @step-th byte of a file; the fault must be in that file, not behind the byte. */
static void flip_file(const char *name, off_t step, u64 *all, u64 *named)
{
	char path[256];
	off_t offset;
	int code;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (offset = 0; flip(path, offset); offset += step) {
		++*all;
		code = audit();
		if (!code && may_pass(name, offset))
			++*named;
		else if (code == -EBADMSG && !strcmp(error.file, name) && error.offset <= (u64)offset && error.text[0])
			++*named;
		else
			printf("# %s byte %ld: %s at %llu: %s\n", name, (long)offset, error.file,
			       (unsigned long long)error.offset, error.text);
		flip(path, offset);
	}
}

static void test_flip(void)
{
	u64 all = 0, named = 0;
	char path[256], whole[512];
	u64 first;

	make_ledger();
	for (first = 0; first < BLOCKS; first++) {
		snprintf(path, sizeof(path), "blocks/%010llu.vgi", (unsigned long long)first);
		snprintf(whole, sizeof(whole), "%s/%s", folder, path);
		if (!access(whole, F_OK))
			snprintf(last_index, sizeof(last_index), "%s", path);
	}
	flip_file("FORMAT", 3, &all, &named);
	for (first = 0; first < BLOCKS; first++) {
		snprintf(path, sizeof(path), "blocks/%010llu.vgb", (unsigned long long)first);
		flip_file(path, 61, &all, &named);
		snprintf(path, sizeof(path), "blocks/%010llu.vgi", (unsigned long long)first);
		flip_file(path, 5, &all, &named);
	}
	ktap_ok(all > 100 && named == all, "a changed byte of FORMAT, blocks and indexes is named (%llu of %llu)",
		(unsigned long long)named, (unsigned long long)all);
	ktap_ok(!audit(), "and all is well once they are back");
}

static int each_state(const char *path, const struct stat *about, int kind, struct FTW *place)
{
	const char *name = path + place->base;
	static u32 tried, found;
	off_t offset;

	if (kind != FTW_F || !about->st_size ||
	    (!strstr(name, ".ldb") && !strstr(name, "MANIFEST") && !strstr(name, ".log")))
		return 0;
	for (offset = about->st_size / 3; offset < about->st_size; offset += about->st_size / 3 + 1) {
		flip(path, offset);
		tried++;
		found += audit() == -EBADMSG && !strncmp(error.file, "state", 5);
		if (!error.text[0])
			printf("# %s byte %ld of %ld goes unseen\n", name, (long)offset, (long)about->st_size);
		flip(path, offset);
	}
	if (tried)
		ktap_ok(found == tried, "state: changed bytes of %s are found (%u of %u so far)", name, found, tried);
	return 0;
}

static void test_state(void)
{
	char path[160];

	make_ledger();
	snprintf(path, sizeof(path), "%s/state", folder);
	nftw(path, each_state, 16, FTW_PHYS);
}

/* --- blocks that lie --- */

enum lie {
	LIE_NONE,
	LIE_OUTCOME,
	LIE_STATE,
	LIE_TIME,
	LIE_LINK,
	LIE_NUMBER,
	LIE_REPLICAS,
	LIE_NEXT,
	LIE_EPOCH,
	LIE_FEW,
	LIE_SIGNATURE,
	LIE_OLD_REPLICAS,
	LIE_TRANSACTIONS,
	LIES
};

static const char *const lie_words[LIES] = { "nothing",
					     "an outcome",
					     "the state root",
					     "its time",
					     "its link",
					     "its number",
					     "the replica set",
					     "the next set",
					     "the epoch",
					     "too few votes",
					     "a vote",
					     "votes of replicas that left",
					     "the transactions root" };

/* What the sentence must speak of. */
static const char *const lie_signs[LIES] = { "",
					     "when carried out",
					     "state root",
					     "by its time",
					     "does not follow",
					     "",
					     "epoch or replica set",
					     "next replica set",
					     "epoch or replica set",
					     "quorum",
					     "signature",
					     "signature",
					     "do not have the root" };

static void tell_lie(enum lie lie, struct block_header *header, u8 *outcomes, struct span body)
{
	if (lie == LIE_OUTCOME)
		outcomes[0] ^= 3;
	block_transactions_root(body, outcomes, header->count, header->transactions);
	if (lie == LIE_STATE)
		header->state[5] ^= 1;
	if (lie == LIE_TIME)
		header->time = 1000 + header->number - 1;
	if (lie == LIE_LINK)
		header->previous[0] ^= 1;
	if (lie == LIE_REPLICAS)
		header->replicas[9] ^= 1;
	if (lie == LIE_NEXT)
		header->next_replicas[9] ^= 1;
	if (lie == LIE_EPOCH)
		header->epoch++;
	if (lie == LIE_TRANSACTIONS)
		header->transactions[1] ^= 1;
}

/* Writes the last block again with @lie in it, signed by those who would have to sign it. */
static void rewrite_last(enum lie lie)
{
	struct blockfile_options options = { .file_bytes = FILE_BYTES };
	struct block_certificate certificate;
	const struct membership *signers = lie == LIE_OLD_REPLICAS ? &consort.genesis : &consort.second;
	struct blockfile_error fault;
	struct blockfile *files;
	struct writer writer;
	struct block block;
	u8 *bytes, outcomes[64], again[65536];
	char path[160];
	size_t len;
	u64 torn;

	snprintf(path, sizeof(path), "%s/blocks", folder);
	memcpy(options.channel, consort.channel, 32);
	if (disk_posix_open(path, false, &options.disk) || blockfile_open(&options, &files, &torn, &fault) ||
	    blockfile_read(files, BLOCKS - 1, &bytes, &len, &fault) ||
	    block_decode((struct span){ bytes, len }, &block))
		abort();
	memcpy(outcomes, block.outcomes, block.header.count);
	tell_lie(lie, &block.header, outcomes, block.body);
	consort_certify(&consort, signers, &block.header, lie == LIE_FEW ? 2 : 3, &certificate);
	if (lie == LIE_SIGNATURE)
		certificate.signatures[1].bytes[7] ^= 1;
	writer_init(&writer, again, sizeof(again));
	block_encode(&writer, &block.header, outcomes, block.body, &certificate);
	blockfile_cut(files, BLOCKS - 1);
	if (blockfile_append(files, BLOCKS - 1, (struct span){ again, writer_len(&writer) }))
		abort();
	blockfile_close(files);
	disk_done(options.disk);
	free(bytes);
}

static void test_lies(void)
{
	enum lie lie;
	int code;

	for (lie = LIE_NONE; lie < LIES; lie++) {
		if (lie == LIE_NUMBER)
			continue; /* the record's place says it already */
		make_ledger();
		rewrite_last(lie);
		code = audit();
		if (lie == LIE_NONE)
			ktap_ok(!code, "a block written again without a lie passes (%s)", error.text);
		else
			ktap_ok(code == -EBADMSG && !strncmp(error.file, "blocks/", 7) && error.offset >= 52 &&
					strstr(error.text, lie_signs[lie]),
				"a lie about %s is found: %s", lie_words[lie], error.text);
	}
}

/* Blocks are missing that the state has; the state is of another time. */
static void test_missing(void)
{
	struct blockfile_options options = { .file_bytes = FILE_BYTES };
	struct blockfile_error fault;
	struct blockfile *files;
	char path[160];
	u64 torn;

	make_ledger();
	snprintf(path, sizeof(path), "%s/blocks", folder);
	memcpy(options.channel, consort.channel, 32);
	if (disk_posix_open(path, false, &options.disk) || blockfile_open(&options, &files, &torn, &fault))
		abort();
	blockfile_cut(files, BLOCKS - 2);
	blockfile_close(files);
	disk_done(options.disk);
	ktap_ok(audit() == -EBADMSG && !strcmp(error.file, "state"), "blocks cut off that were on the disk: %s",
		error.text);
}

int main(void)
{
	ktap_plan(0);
	snprintf(home, sizeof(home), "/tmp/voltgate-audit-test-XXXXXX");
	if (sodium_init() < 0 || !mkdtemp(home)) {
		ktap_skip("audit", "no folder can be made in /tmp");
		return ktap_exit();
	}
	snprintf(folder, sizeof(folder), "%s/channel", home);
	setenv("TMPDIR", home, 1);
	consort_init(&consort);
	test_right();
	test_lies();
	test_missing();
	test_flip();
	test_state();
	fresh_folder();
	ktap_ok(!rmdir(home), "no audit leaves anything in TMPDIR");
	return ktap_exit();
}

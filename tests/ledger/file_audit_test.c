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

static struct audit_pins pins;

static int audit(void)
{
	return ledger_audit(folder, &pins, NULL, NULL, &report, &error);
}

static void copy_state(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf %s && cp -r %s %s", to, from, to);
	if (system(command))
		abort();
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

/* --- ledgers that begin with a snapshot --- */

static u8 hashes[BLOCKS][32];

/* A ledger in @folder that takes a snapshot of block @base of the right ledger, and blocks up to @last after it. */
static void make_snapshot(u64 base, u64 last)
{
	struct ledger_options from = { .file_bytes = FILE_BYTES }, to = { .folder = folder, .file_bytes = FILE_BYTES };
	struct snapshot_export *export_;
	struct snapshot_import *import;
	struct ledger *giver, *taker;
	size_t len;
	u64 number;
	u8 *bytes;
	int code;

	fresh_folder();
	if (disk_memory_open(&from.disk) || store_memory_open(&from.store) ||
	    ledger_create(&from, &consort.genesis, 1000, &giver, &error) ||
	    ledger_create(&to, &consort.genesis, 1000, &taker, &error))
		abort();
	for (number = 1; number <= last; number++) {
		if (consort_append(&consort, giver, 1000 + number, body_of(number)) || ledger_sync(giver, &error))
			abort();
		memcpy(hashes[number], ledger_head_hash(giver), 32);
		if (number > base && (ledger_block(giver, number, &bytes, &len, &error) ||
				      ledger_take(taker, (struct span){ bytes, len }, &error)))
			abort();
		if (number > base)
			free(bytes);
		if (number != base)
			continue;
		if (snapshot_export_open(giver, 0, &export_) || snapshot_import_over(taker, &import, &error))
			abort();
		while (snapshot_export_next(export_, &bytes, &len) == 1) {
			code = snapshot_import_piece(import, (struct span){ bytes, len }, &error);
			free(bytes);
			if (code)
				abort();
		}
		snapshot_export_close(export_);
		if (snapshot_import_finish(import, NULL, &error))
			abort();
	}
	ledger_close(giver);
	ledger_close(taker);
}

static void test_snapshot(u64 base, u64 last)
{
	u64 before;
	int code;

	make_snapshot(base, last);
	before = sum();
	code = audit();
	ktap_ok(!code && report.base == base && report.first == base + 1 && report.last == last && report.keys > 3 &&
			!memcmp(report.base_hash, hashes[base], 32) && !memcmp(report.head, hashes[last], 32) &&
			!memcmp(report.channel, consort.channel, 32) && report.vouched == last - base,
		"a snapshot of block %llu and blocks up to %llu: %llu of them vouched for (%s %s)",
		(unsigned long long)base, (unsigned long long)last, (unsigned long long)report.vouched, error.file,
		error.text);
	ktap_ok(sum() == before, "and is not changed by the audit");
}

/* The state may be behind the blocks: those that follow it are carried out. */
static void test_snapshot_behind(void)
{
	struct ledger_options options = { .folder = folder, .file_bytes = FILE_BYTES };
	char state[160], kept[160];
	struct ledger *ledger;
	u64 number;
	int code;

	make_snapshot(4, 6);
	snprintf(state, sizeof(state), "%s/state", folder);
	snprintf(kept, sizeof(kept), "%s/kept", home);
	if (mkdir(kept, 0700))
		abort();
	copy_state(state, kept);
	if (ledger_open(&options, &ledger, &error))
		abort();
	for (number = 7; number < BLOCKS; number++)
		if (consort_append(&consort, ledger, 1000 + number, body_of(number)) || ledger_sync(ledger, &error))
			abort();
	ledger_close(ledger);
	copy_state(kept, state);
	nftw(kept, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	code = audit();
	ktap_ok(!code && report.vouched == 2 && report.last == BLOCKS - 1,
		"blocks after the state's are carried out: %llu vouched for of %llu (%s)",
		(unsigned long long)report.vouched, (unsigned long long)(report.last - report.base), error.text);
	rewrite_last(LIE_STATE);
	code = audit();
	ktap_ok(code == -EBADMSG && strstr(error.text, "state root"), "and a false state root is found there: %s",
		error.text);
}

static void test_snapshot_pins(void)
{
	u8 other[32];

	make_snapshot(4, 6);
	pins.channel = consort.channel;
	pins.checkpoint = hashes[4];
	ktap_ok(!audit(), "the channel and the snapshot's block as pins");
	pins.checkpoint = hashes[6];
	ktap_ok(!audit(), "a later block as a pin");
	pins.checkpoint = hashes[3];
	ktap_ok(audit() == -EBADMSG && strstr(error.text, "checkpoint"), "a block that is not here: %s", error.text);
	pins.checkpoint = NULL;
	memcpy(other, consort.channel, 32);
	other[31] ^= 1;
	pins.channel = other;
	ktap_ok(audit() == -EBADMSG && strstr(error.text, "another channel"), "another genesis: %s", error.text);
	pins.channel = NULL;
}

/* Records beside the state that somebody made up: the chain of certificates must notice. */
static void test_snapshot_forged(void)
{
	static const struct {
		const char *key, *word;
		size_t len, at;
	} forgeries[] = {
		{ "B", "its header's time", 1, 200 },
		{ "B", "a vote of its certificate", 1, 228 + 4 + 8 + 2 + 2 + 9 },
		{ "C\0\0\0\0\0\0\0\5", "a vote for a configuration", 9, 228 + 4 + 8 + 2 + 2 + 9 },
		{ "C\0\0\0\0\0\0\0\5", "a replica of a configuration", 9, 228 + 4 + 8 + 2 + 3 * 66 + 2 + 5 },
		{ "G", "the genesis", 1, 60 },
	};
	char state[160], sentence[320];
	struct store_batch *batch;
	struct store *store;
	size_t i, len;
	u8 *bytes;

	snprintf(state, sizeof(state), "%s/state", folder);
	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		struct span key = { (const u8 *)forgeries[i].key, forgeries[i].len };

		make_snapshot(7, 8);
		if (store_leveldb_open(state, false, &store, sentence) || store->ops->get(store, key, &bytes, &len) ||
		    len <= forgeries[i].at)
			abort();
		bytes[forgeries[i].at] ^= 1;
		batch = store->ops->batch_new(store);
		store->ops->batch_put(batch, key, (struct span){ bytes, len });
		store->ops->batch_write(store, batch, true);
		store->ops->close(store);
		free(bytes);
		ktap_ok(audit() == -EBADMSG && error.text[0], "forged: %s: %s", forgeries[i].word, error.text);
	}
	make_snapshot(7, 8);
	rewrite_last(LIE_SIGNATURE);
	ktap_ok(audit() == -EBADMSG && strstr(error.text, "signature"), "a block after the snapshot: %s", error.text);
	make_snapshot(2, 8);
	rewrite_last(LIE_OLD_REPLICAS);
	ktap_ok(audit() == -EBADMSG && strstr(error.text, "signature"),
		"votes of replicas that left after the snapshot: %s", error.text);
	make_snapshot(2, 8);
	rewrite_last(LIE_TRANSACTIONS);
	ktap_ok(audit() == -EBADMSG && strstr(error.text, "root"), "its transactions: %s", error.text);
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
	test_snapshot(4, 4);
	test_snapshot(5, 5); /* the one that changes the replicas */
	test_snapshot(7, 7);
	test_snapshot(2, 8); /* through it */
	test_snapshot_behind();
	test_snapshot_pins();
	test_snapshot_forged();
	fresh_folder();
	ktap_ok(!rmdir(home), "no audit leaves anything in TMPDIR");
	return ktap_exit();
}

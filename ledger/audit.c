// SPDX-License-Identifier: GPL-2.0
/*
 * audit.c - checks a stored ledger from its genesis, or from the snapshot that it began with (audit_base.c), and
 * changes nothing of it.
 *
 *   FORMAT -> block files in order -> each record: checksum, place, block (audit_block.c) -> index
 *          -> stored state (audit_state.c) against the state that the blocks make
 *
 * What is made again lies in a folder below TMPDIR, as large as the state, until the audit ends.
 */
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/audit_parts.h"
#include "ledger/blockindex.h"

struct audit_files {
	u64 *firsts;
	size_t count, room;
	int error;
};

int audit_fault(struct audit *audit, const char *file, u64 offset, int code, const char *format, ...)
{
	va_list args;

	snprintf(audit->error->file, sizeof(audit->error->file), "%s", file);
	audit->error->offset = offset;
	va_start(args, format);
	vsnprintf(audit->error->text, sizeof(audit->error->text), format, args);
	va_end(args);
	return code;
}

static int check_format(struct audit *audit)
{
	char path[4096], found[sizeof(LEDGER_FORMAT) + 1] = "";
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/FORMAT", audit->folder);
	file = fopen(path, "re");
	if (!file)
		return audit_fault(audit, "FORMAT", 0, -errno, "%s is no channel's ledger: FORMAT cannot be read: %s.",
				   audit->folder, strerror(errno));
	len = fread(found, 1, sizeof(found) - 1, file);
	fclose(file);
	if (len == strlen(LEDGER_FORMAT) && !memcmp(found, LEDGER_FORMAT, len))
		return 0;
	found[strcspn(found, "\n")] = '\0';
	return audit_fault(audit, "FORMAT", 0, -EBADMSG, "The ledger's format is \"%s\"; this program knows \"%.*s\".",
			   found, (int)strlen(LEDGER_FORMAT) - 1, LEDGER_FORMAT);
}

static void files_note(void *arg, const char *name)
{
	struct audit_files *files = arg;
	u64 first = strtoull(name, NULL, 10), *firsts;
	char right[64];

	blockscan_name(first, ".vgb", right);
	if (files->error || strcmp(name, right))
		return;
	if (files->count == files->room) {
		firsts = realloc(files->firsts, (files->room * 2 + 16) * sizeof(*firsts));
		if (!firsts) {
			files->error = -ENOMEM;
			return;
		}
		files->firsts = firsts;
		files->room = files->room * 2 + 16;
	}
	files->firsts[files->count++] = first;
}

static int first_order(const void *one, const void *other)
{
	u64 a = *(const u64 *)one, b = *(const u64 *)other;

	return a < b ? -1 : a > b;
}

static int find_files(struct audit *audit, struct audit_files *files)
{
	char path[4096];
	int error;

	snprintf(path, sizeof(path), "%s/blocks", audit->folder);
	error = disk_posix_open(path, false, &audit->disk);
	if (!error)
		error = audit->disk->ops->list(audit->disk, files_note, files);
	if (error || files->error)
		return audit_fault(audit, "blocks", 0, error ? error : files->error, "%s cannot be read: %s.", path,
				   strerror(error ? -error : -files->error));
	if (files->count)
		qsort(files->firsts, files->count, sizeof(*files->firsts), first_order);
	return 0;
}

void audit_met(struct audit *audit, const struct block_header *header, const u8 hash[32])
{
	struct audit_report *report = audit->report;

	report->last = header->number;
	memcpy(report->head, hash, 32);
	memcpy(report->root, header->state, 32);
	memcpy(report->channel, audit->channel, 32);
	if (audit->pins->checkpoint && !memcmp(audit->pins->checkpoint, hash, 32))
		audit->checkpoint_met = true;
}

/* An entry that does not say where its block lies. A crash may leave the end of the last file's index unwritten. */
static int check_index(struct audit *audit, u64 first, const struct blockscan *scan, bool last)
{
	struct blockindex *index;
	u64 entry, offset, damaged = ~0ull;
	char name[64], file[96];
	int error;

	blockscan_name(first, ".vgi", name);
	snprintf(file, sizeof(file), "blocks/%s", name);
	error = blockindex_look(audit->disk, first, &index);
	if (error == -ENOENT)
		return 0;
	if (error)
		return audit_fault(audit, file, 0, -EBADMSG,
				   "The index is damaged. Remove it; the node makes it again.");
	for (entry = 0; !error && entry < blockindex_count(index); entry++) {
		if (blockindex_get(index, entry, &offset)) {
			damaged = damaged == ~0ull ? entry : damaged;
			error = last ? 0 : -EBADMSG;
		} else if (damaged != ~0ull || entry >= scan->count || offset != scan->offsets[entry]) {
			damaged = damaged == ~0ull ? entry : damaged;
			error = -EBADMSG;
		}
	}
	blockindex_close(index);
	if (error)
		audit_fault(audit, file, blockindex_place(damaged), -EBADMSG,
			    "The index's entry %llu does not fit the blocks. Remove it; the node makes it again.",
			    (unsigned long long)damaged);
	return error;
}

/* Is what ends the last file's whole records a torn tail, which the node would cut off? */
static bool is_torn(struct audit *audit, const struct blockscan_file *scanned, const struct blockscan *scan)
{
	struct blockindex *index;
	u64 offset;
	bool proof = false;

	if (!blockindex_look(audit->disk, scanned->first, &index)) {
		proof = !blockindex_get(index, scan->count, &offset) && offset == scan->end;
		blockindex_close(index);
	}
	return !proof && !blockscan_synced_past(scanned, scan->end);
}

static int walk_records(struct audit *audit, const struct blockscan_file *scanned, const char *file, bool last,
			struct blockscan *scan, void (*progress)(u64 number, void *arg), void *arg)
{
	struct blockfile_error error;
	u8 *record = NULL;
	size_t room = 0;
	ssize_t len;
	int code = 0;

	while (!code && scan->end < scanned->size) {
		len = blockscan_read(scanned, scan->end, scanned->first + scan->count, &record, &room, &error);
		if (len == -EBADMSG && last && is_torn(audit, scanned, scan))
			break;
		if (len < 0) {
			code = audit_fault(audit, file, scan->end, (int)len, "%s", error.text);
			break;
		}
		code = audit_block(audit, file, scan->end, (struct span){ record + BLOCKSCAN_RECORD_LEN, (size_t)len });
		if (!code)
			code = blockscan_add(scan, scan->end, scan->end + BLOCKSCAN_RECORD_LEN + (u64)len);
		if (!code)
			progress(audit->blocks - 1, arg);
	}
	free(record);
	return code;
}

struct audit_progress {
	void (*tell)(void *arg, u64 number, u64 last);
	void *arg;
	u64 last;
};

static void tell_progress(u64 number, void *arg)
{
	struct audit_progress *progress = arg;

	if (progress->tell)
		progress->tell(progress->arg, number, number > progress->last ? number : progress->last);
}

static int walk_file(struct audit *audit, u64 first, bool last, struct audit_progress *progress)
{
	struct blockscan_file scanned = { .ops = audit->disk->ops, .channel = audit->channel, .first = first };
	struct blockscan scan = { .end = BLOCKSCAN_HEADER_LEN };
	struct blockfile_error error;
	char name[64], file[96];
	ssize_t size;
	int code;

	blockscan_name(first, ".vgb", name);
	snprintf(file, sizeof(file), "blocks/%s", name);
	scanned.name = name;
	if (first != audit->blocks)
		return audit_fault(audit, file, 0, -EBADMSG, "Blocks %llu to %llu are missing before this file.",
				   (unsigned long long)audit->blocks, (unsigned long long)(first - 1));
	code = audit->disk->ops->open(audit->disk, name, false, &scanned.file);
	if (code)
		return audit_fault(audit, file, 0, code, "The block file cannot be opened: %s.", strerror(-code));
	size = audit->disk->ops->size(scanned.file);
	scanned.size = size < 0 ? 0 : (u64)size;
	if (!first) /* the channel is what the genesis says; audit_block() compares */
		audit->disk->ops->read(scanned.file, 16, audit->channel, 32);
	code = blockscan_check_header(&scanned, &error);
	if (code)
		audit_fault(audit, file, error.offset, -EBADMSG, "%s", error.text);
	/* A crash can keep a file from being made: the node removes it. */
	if (code == -EBADMSG && last && first && scanned.size <= BLOCKSCAN_HEADER_LEN)
		code = 0;
	else if (code)
		code = -EBADMSG;
	else
		code = walk_records(audit, &scanned, file, last, &scan, tell_progress, progress);
	audit->disk->ops->close(scanned.file);
	if (!code)
		code = check_index(audit, first, &scan, last);
	blockscan_done(&scan);
	return code;
}

/* About how many blocks there are: what the last file's index says. */
static u64 last_block(struct audit *audit, u64 first)
{
	struct blockindex *index;
	u64 count = 0;

	if (!blockindex_look(audit->disk, first, &index)) {
		count = blockindex_count(index);
		blockindex_close(index);
	}
	return first + (count ? count - 1 : 0);
}

/* The genesis has the seed by which the state's buckets are chosen; it is needed before block 0 can be judged. */
static int read_seed(struct audit *audit, u8 ret_seed[32])
{
	struct blockscan_file scanned = { .ops = audit->disk->ops,
					  .name = "0000000000.vgb",
					  .channel = audit->channel };
	struct blockfile_error fault = { .offset = 0 };
	struct transaction transaction;
	struct reader body;
	struct block block;
	struct span bytes;
	u8 *record = NULL;
	size_t room = 0;
	u32 previous;
	ssize_t len = -1, size;
	int error = -EBADMSG;

	if (audit->disk->ops->open(audit->disk, scanned.name, false, &scanned.file))
		return audit_fault(audit, "blocks/0000000000.vgb", 0, -EIO, "The block file cannot be opened.");
	size = audit->disk->ops->size(scanned.file);
	scanned.size = size < 0 ? 0 : (u64)size;
	if (audit->disk->ops->read(scanned.file, 16, audit->channel, 32) == 32 &&
	    !blockscan_check_header(&scanned, &fault))
		len = blockscan_read(&scanned, BLOCKSCAN_HEADER_LEN, 0, &record, &room, &fault);
	if (len > 0 && !block_decode((struct span){ record + BLOCKSCAN_RECORD_LEN, (size_t)len }, &block) &&
	    block_body_open(block.body, &body) == 1 && block_body_next(&body, &bytes) &&
	    !transaction_decode(bytes.bytes, bytes.len, &transaction) && transaction.kind == TRANSACTION_CONFIG &&
	    !membership_update_decode(transaction.update, &previous, &audit->membership)) {
		memcpy(ret_seed, audit->membership.seed, 32);
		error = 0;
	}
	free(record);
	audit->disk->ops->close(scanned.file);
	if (error)
		audit_fault(audit, "blocks/0000000000.vgb", fault.offset, error, "%s",
			    fault.text[0] ? fault.text : "Block 0 is not the genesis of a channel.");
	return error;
}

static int open_replayed(struct audit *audit, const u8 seed[32])
{
	char path[300], sentence[320] = "";
	struct store *store;
	int error;

	snprintf(path, sizeof(path), "%s/replayed", audit->scratch);
	error = store_leveldb_open(path, true, &store, sentence);
	if (!error) {
		error = state_open(store, seed, &audit->replayed);
		if (error)
			store->ops->close(store);
	}
	return error ? audit_fault(audit, "", 0, -EIO, "No state can be made in %s: %.200s", path, sentence) : 0;
}

static int make_scratch(struct audit *audit)
{
	const char *below = getenv("TMPDIR");

	snprintf(audit->scratch, sizeof(audit->scratch), "%.200s/voltgate-audit-XXXXXX",
		 below && *below ? below : "/tmp");
	if (mkdtemp(audit->scratch))
		return 0;
	audit_fault(audit, "", 0, -errno, "No folder can be made in %.200s: %s. Set TMPDIR to one that can be written.",
		    below && *below ? below : "/tmp", strerror(errno));
	audit->scratch[0] = '\0';
	return -EIO;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
	(void)about, (void)kind, (void)place;
	return remove(path);
}

/* Everything before the first block in the files. */
static int begin(struct audit *audit, const struct audit_files *files)
{
	u8 seed[32];
	int error = audit_state_copy(audit);

	if (!error && files->count && !files->firsts[0]) {
		error = read_seed(audit, seed);
		if (!error)
			error = audit_state_open(audit, seed);
		return error ? error : open_replayed(audit, seed);
	}
	if (!error)
		error = audit_base_open(audit);
	if (!error)
		error = audit_state_open(audit, audit->membership.seed);
	if (!error && files->count && files->firsts[0] != audit->blocks)
		error = audit_fault(audit, "blocks", 0, -EBADMSG,
				    "The block files begin with block %llu, but this ledger began with a snapshot of "
				    "block %llu. Restore them from a copy, or remove the ledger and join again.",
				    (unsigned long long)files->firsts[0], (unsigned long long)audit->report->base);
	if (!error)
		error = audit_state_mark(audit, audit->last.number, audit->last_hash, audit->last.state);
	return !error && audit->mark_seen ? audit_base_adopt(audit) : error;
}

/* Is it the ledger that the auditor knows of? */
static int check_pins(struct audit *audit)
{
	const struct audit_pins *pins = audit->pins;

	if (pins->channel && memcmp(pins->channel, audit->channel, 32))
		return audit_fault(audit, "FORMAT", 0, -EBADMSG,
				   "This is the ledger of another channel than the genesis that was named.");
	if (pins->checkpoint && !audit->checkpoint_met)
		return audit_fault(audit, "blocks", 0, -EBADMSG,
				   "No block here, from %llu to %llu, has the hash that was named as a checkpoint.",
				   (unsigned long long)(audit->report->base), (unsigned long long)audit->report->last);
	return 0;
}

/* What the stored state says, or the one that the blocks made of the snapshot's. */
static int check_content(struct audit *audit)
{
	const struct audit_pins *pins = audit->pins;
	int error = pins->content
			    ? pins->content(pins->arg, audit->stored ? audit->stored : audit->replayed, audit->error)
			    : 0;

	if (error) {
		snprintf(audit->error->file, sizeof(audit->error->file), "state");
		audit->error->offset = 0;
	}
	return error;
}

static int run(struct audit *audit, struct audit_files *files, struct audit_progress *progress)
{
	size_t i;
	int error = check_format(audit);

	if (!error)
		error = find_files(audit, files);
	if (!error)
		error = make_scratch(audit);
	if (!error)
		error = begin(audit, files);
	if (!error && files->count)
		progress->last = last_block(audit, files->firsts[files->count - 1]);
	for (i = 0; !error && i < files->count; i++)
		error = walk_file(audit, files->firsts[i], i + 1 == files->count, progress);
	if (!error && (audit->stored || !audit->mark_seen)) /* else it was adopted, and judged then */
		error = audit_state_finish(audit);
	error = error ? error : check_pins(audit);
	return error ? error : check_content(audit);
}

int ledger_audit(const char *folder, const struct audit_pins *pins, void (*tell)(void *arg, u64 number, u64 last),
		 void *arg, struct audit_report *ret_report, struct ledger_error *ret_error)
{
	static const struct audit_pins no_pins;
	struct audit_progress progress = { .tell = tell, .arg = arg };
	struct audit *audit = calloc(1, sizeof(*audit));
	struct audit_files files = { .count = 0 };
	int error;

	*ret_report = (struct audit_report){ 0 };
	*ret_error = (struct ledger_error){ .text = "" };
	if (!audit)
		return -ENOMEM;
	audit->folder = folder;
	audit->pins = pins ? pins : &no_pins;
	audit->report = ret_report;
	audit->error = ret_error;
	audit->verifier = verifier_new(1024);
	error = audit->verifier ? run(audit, &files, &progress) : -ENOMEM;
	if (!error)
		*ret_error = (struct ledger_error){ .text = "" };
	if (audit->stored)
		state_close(audit->stored);
	else if (audit->store && !audit->opened)
		audit->store->ops->close(audit->store);
	if (audit->replayed)
		state_close(audit->replayed);
	if (audit->scratch[0])
		nftw(audit->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	disk_done(audit->disk);
	verifier_free(audit->verifier);
	free(files.firsts);
	free(audit);
	return error;
}

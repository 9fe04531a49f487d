// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_open.c - making a ledger, opening one, bringing its state up to its blocks.
 *
 *   store knows the channel:  state at its mark -> blocks after the mark are carried out
 *   store is empty:           block 0 says the channel -> all blocks are carried out
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/ledger_parts.h"

#define LEDGER_SIGNATURE_MEMORY 65536
#define LEDGER_PROVEN_BYTES (8u << 20) /* some 300 batches of 256 */

int ledger_new(const struct ledger_options *options, struct ledger_place *place, const struct membership *genesis,
	       struct ledger **ret_ledger, struct ledger_error *ret_error)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int error = -ENOMEM;

	if (ledger) {
		membership_channel_id(genesis, ledger->channel);
		ledger->verifier = verifier_new(options->signature_memory ?: LEDGER_SIGNATURE_MEMORY);
		ledger->proven = proven_new(LEDGER_PROVEN_BYTES);
		ledger->result = malloc(sizeof(*ledger->result));
	}
	if (ledger && ledger->verifier && ledger->proven && ledger->result) {
		error = state_open(place->store, genesis->seed, &ledger->state);
		if (error)
			ledger_fail_store(ret_error, error, place->store);
	}
	if (error) {
		ledger_place_close(place);
		ledger_free(ledger);
		return error;
	}
	ledger->folder = options->folder ? strdup(options->folder) : NULL;
	ledger->signature_memory = options->signature_memory;
	ledger->file_bytes = options->file_bytes;
	ledger->store = place->store;
	ledger->disk = place->disk;
	place->disk = NULL;
	place->store = NULL;
	*ret_ledger = ledger;
	return 0;
}

int ledger_files_open(struct ledger *ledger, const struct ledger_options *options, u64 first,
		      struct ledger_error *ret_error)
{
	struct blockfile_options files = { .disk = ledger->disk, .file_bytes = options->file_bytes, .first = first };
	struct blockfile_error fault = { .text = "" };
	u64 torn;
	int error;

	memcpy(files.channel, ledger->channel, LEDGER_HASH_LEN);
	error = blockfile_open(&files, &ledger->files, &torn, &fault);
	return error ? ledger_fail_files(ret_error, error, &fault) : 0;
}

void ledger_free(struct ledger *ledger)
{
	struct candidate *candidate, *above;

	if (!ledger)
		return;
	candidate_drop(ledger->next);
	for (candidate = ledger->unsynced; candidate; candidate = above) {
		above = candidate->above;
		candidate_free(candidate); /* state_close() drops the overlays */
	}
	ledger_index_done(ledger);
	if (ledger->files)
		blockfile_close(ledger->files);
	state_close(ledger->state);
	if (ledger->disk)
		disk_done(ledger->disk);
	verifier_free(ledger->verifier);
	proven_free(ledger->proven);
	ledger_member_put(ledger->member);
	free(ledger->result);
	free(ledger->folder);
	free(ledger->bytes);
	free(ledger);
}

void ledger_close(struct ledger *ledger)
{
	struct store *store;
	struct store_batch *batch;

	if (!ledger || !ledger->state) { /* a snapshot that could not take its place */
		if (ledger)
			ledger_member_put(ledger->member);
		free(ledger);
		return;
	}
	store = state_store(ledger->state);
	if (!ledger_sync(ledger, NULL)) {
		batch = store->ops->batch_new(store);
		if (batch) /* nothing in it: what was written before it is brought to the disk */
			store->ops->batch_write(store, batch, true);
	}
	ledger_free(ledger);
}

static int create_genesis(struct ledger *ledger, const struct membership *genesis, u64 time,
			  struct ledger_error *ret_error)
{
	const struct block_certificate none = { .count = 0 };
	struct candidate *candidate;
	int error = genesis_candidate(ledger, genesis, time, &candidate);

	if (error)
		return ledger_fail(ret_error, error, "state", 0, "The genesis cannot be carried out: %s.",
				   strerror(-error));
	error = ledger_write(ledger, candidate, &none);
	if (error) {
		candidate_drop(candidate);
		return ledger_fail(ret_error, error, "blocks", 0, "Block 0 cannot be written: %s.", strerror(-error));
	}
	ledger_advance(ledger, candidate);
	return ledger_sync(ledger, ret_error);
}

int ledger_create(const struct ledger_options *options, const struct membership *genesis, u64 time,
		  struct ledger **ret_ledger, struct ledger_error *ret_error)
{
	struct membership_error why = { .text = "" };
	struct ledger *ledger = NULL;
	struct ledger_place place;
	u8 channel[LEDGER_HASH_LEN];
	int error = ledger_place_open(options, true, &place, ret_error);

	if (!error && !options->folder && ledger_place_channel(place.disk, channel) != -ENOENT)
		error = ledger_fail(ret_error, -EEXIST, "blocks", 0, "There are blocks already.");
	if (error == -EEXIST) {
		ledger_place_close(&place);
		return error;
	}
	if (!error && membership_check(genesis, &why))
		error = ledger_fail(ret_error, -EINVAL, "", 0, "The genesis is refused: %s", why.text);
	if (error)
		ledger_place_close(&place);
	else
		error = ledger_new(options, &place, genesis, &ledger, ret_error);
	if (!error)
		error = ledger_files_open(ledger, options, 0, ret_error);
	if (!error)
		error = ledger_index_open(ledger, 0, ret_error);
	if (!error)
		error = create_genesis(ledger, genesis, time, ret_error);
	if (!error)
		error = ledger_format_write(options, ret_error);
	if (error) {
		ledger_free(ledger);
		ledger_place_remove(options, &place);
		return error;
	}
	*ret_ledger = ledger;
	return 0;
}

static int read_block(struct ledger *ledger, u64 number, u8 **ret_bytes, struct block *ret_block,
		      struct ledger_error *ret_error)
{
	size_t len;
	int error = ledger_block(ledger, number, ret_bytes, &len, ret_error);

	if (error)
		return error;
	error = block_decode((struct span){ *ret_bytes, len }, ret_block);
	if (!error)
		return 0;
	free(*ret_bytes);
	return ledger_fail(ret_error, -EBADMSG, "blocks", 0, "Block %llu in the files is no block.",
			   (unsigned long long)number);
}

/* Block @block, which is in the files, becomes part of the state. */
static int catch_up_block(struct ledger *ledger, const struct block *block, struct ledger_error *ret_error)
{
	unsigned long long number = block->header.number;
	struct membership *genesis = NULL;
	struct candidate *candidate = NULL;
	int error = -ENOMEM;

	if (number) {
		error = ledger_execute(ledger, NULL, block->header.time, block->body, &candidate);
	} else {
		genesis = malloc(sizeof(*genesis));
		if (genesis)
			error = genesis_decode(block->body, genesis);
		if (!error)
			error = genesis_candidate(ledger, genesis, block->header.time, &candidate);
		free(genesis);
	}
	if (error == -EIO)
		return ledger_fail_store(ret_error, error, state_store(ledger->state));
	if (!error && candidate_reconfigures(candidate))
		error = chain_note(candidate->overlay, &candidate->header, &block->certificate,
				   &candidate->after->membership);
	if (!error && !ledger_agrees(candidate, block))
		error = -EBADMSG;
	if (error) {
		if (candidate)
			candidate_drop(candidate);
		return ledger_fail(ret_error, error, "blocks", 0,
				   "Block %llu in the files does not follow from the state before it.", number);
	}
	ledger_advance(ledger, candidate);
	return ledger_settle(ledger, ret_error);
}

static int catch_up(struct ledger *ledger, u64 number, struct ledger_error *ret_error)
{
	struct block *block = malloc(sizeof(*block));
	u8 *bytes;
	int error = block ? 0 : -ENOMEM;

	for (; !error && number < blockfile_next(ledger->files); number++) {
		error = read_block(ledger, number, &bytes, block, ret_error);
		if (error)
			break;
		error = catch_up_block(ledger, block, ret_error);
		free(bytes);
	}
	free(block);
	return error;
}

/* The head is the block of the state's mark: in the files, or what a snapshot brought. */
static int head_load(struct ledger *ledger, const struct chain_link *base, struct ledger_error *ret_error)
{
	const struct state_mark *mark = state_mark(ledger->state);
	struct block *block;
	u8 *bytes;
	int error;

	if (base && base->header.number == mark->number) {
		ledger->head = base->header;
	} else {
		if (mark->number >= blockfile_next(ledger->files) || mark->number < blockfile_first(ledger->files))
			return ledger_fail(
				ret_error, -EBADMSG, "blocks", 0,
				"The state is at block %llu, the block files hold %llu to %llu: blocks that were "
				"on the disk are missing.",
				(unsigned long long)mark->number, (unsigned long long)blockfile_first(ledger->files),
				(unsigned long long)blockfile_next(ledger->files) - 1);
		block = malloc(sizeof(*block));
		error = block ? read_block(ledger, mark->number, &bytes, block, ret_error) : -ENOMEM;
		if (error) {
			free(block);
			return error;
		}
		ledger->head = block->header;
		free(bytes);
		free(block);
	}
	block_header_hash(&ledger->head, ledger->head_hash);
	if (memcmp(ledger->head_hash, mark->header, LEDGER_HASH_LEN) ||
	    memcmp(ledger->head.state, mark->root, LEDGER_HASH_LEN))
		return ledger_fail(ret_error, -EBADMSG, "state", 0,
				   "The state's mark is of another block %llu than the block files'.",
				   (unsigned long long)mark->number);
	ledger->durable = ledger->state_synced_at = mark->number;
	return 0;
}

static int member_load(struct ledger *ledger, struct ledger_error *ret_error)
{
	struct state_value value;
	struct membership *membership = malloc(sizeof(*membership));
	int error = membership ? state_get(ledger->state, (struct span){ (const u8 *)"c", 1 }, &value) : -ENOMEM;

	if (!error)
		error = membership_decode(value.bytes, membership);
	if (!error) {
		ledger->member = ledger_member_new(membership);
		error = ledger->member ? 0 : -ENOMEM;
	}
	free(membership);
	if (error == -EIO)
		return ledger_fail_store(ret_error, error, state_store(ledger->state));
	return error ? ledger_fail(ret_error, -EIO, "state", 0, "The state holds no configuration that can be read.")
		     : 0;
}

/* The channel's genesis, from the store (*ret_fresh false) or from block 0. */
static int genesis_find(struct ledger_place *place, const struct ledger_options *options,
			struct membership *ret_genesis, bool *ret_fresh, struct ledger_error *ret_error)
{
	struct blockfile_options files = { .disk = place->disk, .file_bytes = options->file_bytes };
	struct blockfile_error fault = { .text = "" };
	struct blockfile *opened;
	struct block *block;
	u8 *bytes = NULL;
	size_t len;
	u64 torn;
	int error = chain_genesis(place->store, ret_genesis);

	*ret_fresh = error == -ENOENT;
	if (error != -ENOENT)
		return error ? ledger_fail_store(ret_error, error, place->store) : 0;
	error = ledger_place_channel(place->disk, files.channel);
	if (error)
		return ledger_fail(ret_error, error, "blocks", 0, "There is no ledger: neither blocks nor state.");
	error = blockfile_open(&files, &opened, &torn, &fault);
	if (error)
		return ledger_fail_files(ret_error, error, &fault);
	block = malloc(sizeof(*block));
	error = block ? blockfile_read(opened, 0, &bytes, &len, &fault) : -ENOMEM;
	if (!error)
		error = block_decode((struct span){ bytes, len }, block) ?: genesis_decode(block->body, ret_genesis);
	if (error == -ENOENT)
		ledger_fail(ret_error, error, "state", 0,
			    "The state is missing and the blocks do not begin at 0: join the channel again in an empty "
			    "folder.");
	else if (error)
		ledger_fail_files(ret_error, error, &fault);
	blockfile_close(opened);
	free(bytes);
	free(block);
	return error;
}

struct obsolete {
	u64 number;
	char (*names)[32];
	u32 count;
	int error;
};

/* Noted first and removed then: a folder that changes while it is listed may leave names out. */
static void obsolete_each(void *arg, const char *name)
{
	struct obsolete *obsolete = arg;
	char(*grown)[32];

	if (*name < '0' || *name > '9' || strtoull(name, NULL, 10) > obsolete->number || strlen(name) >= sizeof(*grown))
		return;
	grown = realloc(obsolete->names, (obsolete->count + 1) * sizeof(*grown));
	if (!grown) {
		obsolete->error = -ENOMEM;
		return;
	}
	obsolete->names = grown;
	strcpy(grown[obsolete->count++], name);
}

/* A snapshot of block @number took the place of the blocks up to it: a crash may have left them. */
static int files_forget(struct disk *disk, u64 number)
{
	struct obsolete obsolete = { .number = number };
	int error = disk->ops->list(disk, obsolete_each, &obsolete);
	u32 i;

	error = error ? error : obsolete.error;
	for (i = 0; !error && i < obsolete.count; i++)
		error = disk->ops->remove(disk, obsolete.names[i]);
	free(obsolete.names);
	return error;
}

int ledger_start(struct ledger *ledger, const struct ledger_options *options, bool fresh,
		 struct ledger_error *ret_error)
{
	struct chain_link *base = malloc(sizeof(*base));
	int error = base ? chain_base(state_store(ledger->state), base) : -ENOMEM;
	bool based = !error;

	if (error == -EIO)
		ledger_fail_store(ret_error, error, state_store(ledger->state));
	if (based)
		error = files_forget(ledger->disk, base->header.number);
	if (based && error)
		ledger_fail(ret_error, error, "blocks", 0, "Block files that a snapshot replaced cannot be removed.");
	if (!error || error == -ENOENT)
		error = ledger_files_open(ledger, options, based ? base->header.number + 1 : 0, ret_error);
	if (!error && !fresh)
		error = head_load(ledger, based ? base : NULL, ret_error);
	if (!error && !fresh)
		error = member_load(ledger, ret_error);
	if (!error)
		error = catch_up(ledger, fresh ? 0 : ledger->head.number + 1, ret_error);
	if (!error)
		error = ledger_index_open(ledger, based ? base->header.number : 0, ret_error);
	free(base);
	return error;
}

int ledger_open(const struct ledger_options *options, struct ledger **ret_ledger, struct ledger_error *ret_error)
{
	struct membership *genesis = malloc(sizeof(*genesis));
	struct ledger *ledger = NULL;
	struct ledger_place place = { .disk = NULL };
	bool fresh = false;
	int error = genesis ? ledger_place_open(options, false, &place, ret_error) : -ENOMEM;

	if (!error)
		error = genesis_find(&place, options, genesis, &fresh, ret_error);
	if (error)
		ledger_place_close(&place);
	else
		error = ledger_new(options, &place, genesis, &ledger, ret_error);
	if (!error)
		error = ledger_start(ledger, options, fresh, ret_error);
	free(genesis);
	if (error) {
		ledger_free(ledger);
		return error;
	}
	*ret_ledger = ledger;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_index.c - where a transaction was ordered, by its hash or its proposal's.
 *
 * An entry is the first eight bytes of the hash and the place: block << 16 | index. Entries gather in memory; when
 * 65,536 have come (or 8,192 blocks) they are sorted and written as a run of 256 parts by their first byte. So a
 * transaction costs 16 bytes and a share of a sort, and a search a read for each run. What is in memory is made again
 * from the blocks on opening: 'I' says up to which block the runs go. A hash found is checked against the transaction
 * itself.
 *
 * Store: 'I': runs u32, block u64.   'i' run u32 part u8: entries (hash u64, place u64).
 */
#include "ledger/ledger_parts.h"

#include <errno.h>
#include <stdlib.h>

#define INDEX_ENTRIES 65536
#define INDEX_BLOCKS 8192
#define INDEX_PARTS 256
#define INDEX_ENTRY_LEN 16
#define INDEX_HASHES 64 /* made in one call */

struct entry {
	u64 hash, place;
};

struct ledger_index {
	u32 runs;
	u64 through; /* last block in the runs */
	u64 last;    /* last block added */
	size_t count, room;
	struct entry *entries;
};

struct search {
	struct ledger *ledger;
	const u8 *hash;
	bool found, valid;
	u64 number;
	u32 index;
};

static u64 entry_hash(const u8 hash[LEDGER_HASH_LEN])
{
	return vg_be64(vg_load64(hash));
}

static int entry_compare(const void *one, const void *other)
{
	const struct entry *a = one, *b = other;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static struct span run_name(u8 name[6], u32 run, u32 part)
{
	struct writer writer;

	writer_init(&writer, name, 6);
	writer_u8(&writer, 'i');
	writer_u32(&writer, run);
	writer_u8(&writer, (u8)part);
	return (struct span){ name, 6 };
}

static void run_part(struct store *store, struct store_batch *batch, u32 run, u32 part, const struct entry *entries,
		     size_t count, u8 *bytes)
{
	struct writer writer;
	u8 name[6];
	size_t i;

	if (!count)
		return;
	writer_init(&writer, bytes, count * INDEX_ENTRY_LEN);
	for (i = 0; i < count; i++) {
		writer_u64(&writer, entries[i].hash);
		writer_u64(&writer, entries[i].place);
	}
	store->ops->batch_put(batch, run_name(name, run, part), (struct span){ bytes, writer_len(&writer) });
}

static int index_run(struct ledger *ledger)
{
	struct ledger_index *index = ledger->index;
	struct store *store = state_store(ledger->state);
	struct store_batch *batch = store->ops->batch_new(store);
	u8 head[12], *bytes = malloc(index->count * INDEX_ENTRY_LEN + 1);
	struct writer writer;
	size_t first = 0, beyond;
	u32 part;
	int error;

	if (!batch || !bytes) {
		store->ops->batch_free(batch);
		free(bytes);
		return -ENOMEM;
	}
	qsort(index->entries, index->count, sizeof(*index->entries), entry_compare);
	for (part = 0; part < INDEX_PARTS; part++, first = beyond) {
		for (beyond = first; beyond < index->count && index->entries[beyond].hash >> 56 == part;)
			beyond++;
		run_part(store, batch, index->runs, part, index->entries + first, beyond - first, bytes);
	}
	free(bytes);
	writer_init(&writer, head, sizeof(head));
	writer_u32(&writer, index->runs + 1);
	writer_u64(&writer, index->last);
	store->ops->batch_put(batch, (struct span){ (const u8 *)"I", 1 }, (struct span){ head, sizeof(head) });
	error = store->ops->batch_write(store, batch, false);
	if (error)
		return error;
	index->runs++;
	index->through = index->last;
	index->count = 0;
	return 0;
}

static int index_push(struct ledger_index *index, const u8 hash[LEDGER_HASH_LEN], u64 number, u32 at)
{
	struct entry *entries;

	if (index->count == index->room) {
		size_t room = index->room ? 2 * index->room : 1024;

		entries = realloc(index->entries, room * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		index->entries = entries;
		index->room = room;
	}
	index->entries[index->count++] = (struct entry){ entry_hash(hash), number << 16 | at };
	return 0;
}

/* An invocation's proposal. False: the transaction has none. */
static bool index_proposal(struct span transaction, struct span *ret_proposal)
{
	struct reader reader;
	u8 kind;

	reader_init(&reader, transaction.bytes, transaction.len);
	kind = reader_u8(&reader);
	*ret_proposal = reader_span32(&reader, TRANSACTION_MAX);
	return !reader.bad && kind == TRANSACTION_INVOKE;
}

/* Proposals of one block that wait to be hashed together. */
struct proposals {
	struct ledger_message messages[INDEX_HASHES];
	u8 hashes[INDEX_HASHES][LEDGER_HASH_LEN];
	u32 places[INDEX_HASHES], count;
};

static void proposals_add(struct proposals *proposals, struct span proposal, u32 place)
{
	proposals->messages[proposals->count] = (struct ledger_message){
		.bytes = proposal.bytes, .len = proposal.len, .ret_hash = proposals->hashes[proposals->count]
	};
	proposals->places[proposals->count++] = place;
}

static int proposals_push(struct proposals *proposals, struct ledger_index *index, u64 number)
{
	int error = 0;
	u32 i;

	ledger_hash_many(LEDGER_DOMAIN_PROPOSAL, proposals->messages, proposals->count);
	for (i = 0; i < proposals->count && !error; i++)
		error = index_push(index, proposals->hashes[i], number, proposals->places[i]);
	proposals->count = 0;
	return error;
}

int ledger_index_add(struct ledger *ledger, u64 number, struct span body, const u8 (*digests)[LEDGER_HASH_LEN])
{
	struct ledger_index *index = ledger->index;
	struct proposals proposals = { .count = 0 };
	struct span transaction, proposal;
	struct reader reader;
	size_t before = index ? index->count : 0;
	int error = 0;
	u32 i;

	if (!index || number <= index->last) /* no index: opening reads the blocks itself */
		return 0;
	block_body_open(body, &reader);
	for (i = 0; !error && block_body_next(&reader, &transaction); i++) {
		error = index_push(index, digests[i], number, i);
		if (index_proposal(transaction, &proposal))
			proposals_add(&proposals, proposal, i);
		if (!error && proposals.count == INDEX_HASHES)
			error = proposals_push(&proposals, index, number);
	}
	if (!error)
		error = proposals_push(&proposals, index, number);
	if (error) {
		index->count = before;
		return error;
	}
	index->last = number;
	if (index->count >= INDEX_ENTRIES || index->last - index->through >= INDEX_BLOCKS)
		index_run(ledger); /* what cannot be written now is tried after the next block */
	return 0;
}

static int index_block(struct ledger *ledger, u64 number, struct ledger_error *ret_error)
{
	u8(*digests)[LEDGER_HASH_LEN] = NULL, *bytes;
	struct block *block = malloc(sizeof(*block));
	size_t len;
	int error = block ? ledger_block(ledger, number, &bytes, &len, ret_error) : -ENOMEM;

	if (error) {
		free(block);
		return error;
	}
	error = block_decode((struct span){ bytes, len }, block);
	if (!error)
		digests = malloc((block->header.count + 1) * sizeof(*digests));
	if (digests) {
		block_digests(block->body, block->header.count, digests); /* decoding found it whole */
		error = ledger_index_add(ledger, number, block->body, (const u8(*)[LEDGER_HASH_LEN])digests);
	} else if (!error) {
		error = -ENOMEM;
	}
	free(digests);
	free(bytes);
	free(block);
	return error;
}

int ledger_index_open(struct ledger *ledger, u64 base, struct ledger_error *ret_error)
{
	struct store *store = state_store(ledger->state);
	struct ledger_index *index = calloc(1, sizeof(*index));
	struct reader reader;
	u64 number;
	u8 *bytes;
	size_t len;
	int error;

	if (!index)
		return -ENOMEM;
	ledger->index = index;
	index->through = index->last = base;
	error = store->ops->get(store, (struct span){ (const u8 *)"I", 1 }, &bytes, &len);
	if (error && error != -ENOENT)
		return ledger_fail_store(ret_error, error, store);
	if (!error) {
		reader_init(&reader, bytes, len);
		index->runs = reader_u32(&reader);
		index->through = index->last = reader_u64(&reader);
		free(bytes);
		if (!reader_done(&reader) || index->last > ledger->durable)
			return ledger_fail(
				ret_error, -EIO, "state", 0,
				"The index of transactions is damaged. Move the state's folder away: it is made "
				"again from the blocks.");
	}
	for (number = index->last + 1, error = 0; number <= ledger->durable && !error; number++)
		error = index_block(ledger, number, ret_error);
	return error;
}

void ledger_index_done(struct ledger *ledger)
{
	if (!ledger->index)
		return;
	free(ledger->index->entries);
	free(ledger->index);
	ledger->index = NULL;
}

/* Is @wanted the hash of the transaction or of its proposal? */
static bool index_is(struct span transaction, const u8 wanted[LEDGER_HASH_LEN])
{
	u8 hash[LEDGER_HASH_LEN];
	struct span proposal;

	transaction_hash(transaction, hash);
	if (!memcmp(hash, wanted, sizeof(hash)))
		return true;
	if (!index_proposal(transaction, &proposal))
		return false;
	ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, proposal.bytes, proposal.len, hash);
	return !memcmp(hash, wanted, sizeof(hash));
}

/* Is it the one at @place? Keeps the place if it is better than what was found. */
static int search_check(struct search *search, u64 place)
{
	u64 number = place >> 16;
	u32 at = place & 0xffff, i;
	u8 *bytes;
	struct block *block = malloc(sizeof(*block));
	struct span transaction = { NULL, 0 };
	struct reader reader;
	size_t len;
	int error = block ? ledger_block(search->ledger, number, &bytes, &len, NULL) : -ENOMEM;

	if (error) {
		free(block);
		return error;
	}
	error = block_decode((struct span){ bytes, len }, block);
	if (!error && at < block->header.count) {
		block_body_open(block->body, &reader);
		for (i = 0; i <= at; i++)
			block_body_next(&reader, &transaction);
		if (index_is(transaction, search->hash) && (!search->found || block->outcomes[at] == LEDGER_VALID)) {
			search->found = true;
			search->valid = block->outcomes[at] == LEDGER_VALID;
			search->number = number;
			search->index = at;
		}
	}
	free(bytes);
	free(block);
	return error;
}

static int search_run(struct search *search, u32 run, u64 wanted)
{
	struct store *store = state_store(search->ledger->state);
	u8 name[6], *bytes;
	struct reader reader;
	u64 hash, place;
	size_t len;
	int error = store->ops->get(store, run_name(name, run, wanted >> 56), &bytes, &len);

	if (error)
		return error == -ENOENT ? 0 : error;
	reader_init(&reader, bytes, len);
	while (!error && !search->valid && reader_left(&reader)) {
		hash = reader_u64(&reader);
		place = reader_u64(&reader);
		if (hash == wanted && !reader.bad)
			error = search_check(search, place);
	}
	free(bytes);
	return error;
}

int ledger_find(struct ledger *ledger, const u8 hash[32], u64 *ret_number, u32 *ret_index)
{
	struct search search = { .ledger = ledger, .hash = hash };
	const struct ledger_index *index = ledger->index;
	u64 wanted = entry_hash(hash);
	int error = 0;
	size_t i;
	u32 run;

	for (run = 0; run < index->runs && !search.valid && !error; run++)
		error = search_run(&search, run, wanted);
	for (i = 0; i < index->count && !search.valid && !error; i++)
		if (index->entries[i].hash == wanted)
			error = search_check(&search, index->entries[i].place);
	if (error)
		return error;
	if (!search.found)
		return -ENOENT;
	*ret_number = search.number;
	*ret_index = search.index;
	return 0;
}

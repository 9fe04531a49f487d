// SPDX-License-Identifier: GPL-2.0
/*
 * state_journal.c - the bucket hashes in the store, so that opening reads them instead of every bucket.
 *
 * Every commit writes one record 'j' sequence u64: bucket u32 and hash 32 of each bucket it changed. From time to time
 * it also writes one of 256 chunks, in turn: 't' chunk u16: sequence u64, a bit map of the 1,024 buckets that are not
 * empty, their hashes. A chunk is due after 1,024 changes or 64 commits, and 512 KiB written; so the journal costs at
 * most 68 bytes a changed bucket, and a whole turn of chunks spans at least 128 MiB, more than LevelDB holds
 * unwritten. Records older than all chunks go.
 *
 * On opening the records must follow each other without a gap up to the mark, and the root must be the mark's. That
 * also finds what LevelDB itself would pass over: a damaged length in its manifest hides the tables of a span of
 * batches.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

#define JOURNAL_CHANGES 1024
#define JOURNAL_COMMITS 64
#define JOURNAL_BYTES (512 * 1024)
#define CHUNK_MAP (STATE_CHUNK_BUCKETS / 8)
#define CHUNK_MAX (8 + CHUNK_MAP + STATE_CHUNK_BUCKETS * LEDGER_HASH_LEN)
#define MARK_LEN (8 + LEDGER_HASH_LEN + LEDGER_HASH_LEN + 8 + 8 + 8 + 8 + 2)

static struct span journal_name(u8 name[9], char space, u64 number, u32 len)
{
	struct writer writer;

	writer_init(&writer, name, 9);
	writer_u8(&writer, (u8)space);
	if (len == 8)
		writer_u64(&writer, number);
	else
		writer_u16(&writer, (u16)number);
	return state_span(name, 1 + len);
}

void mark_encode(const struct state *state, const struct state_mark *mark, const struct state_journal *journal,
		 struct store_batch *batch)
{
	u8 bytes[MARK_LEN];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, mark->number);
	writer_bytes(&writer, mark->header, LEDGER_HASH_LEN);
	writer_bytes(&writer, mark->root, LEDGER_HASH_LEN);
	writer_u64(&writer, journal->sequence);
	writer_u64(&writer, journal->bytes);
	writer_u64(&writer, journal->bytes_rolled);
	writer_u64(&writer, journal->changes);
	writer_u16(&writer, (u16)journal->next);
	state->store->ops->batch_put(batch, state_span("M", 1), state_span(bytes, sizeof(bytes)));
}

int mark_load(struct state *state)
{
	struct state_journal *journal = &state->journal;
	struct reader reader;
	u8 *bytes;
	size_t len;
	int error = state->store->ops->get(state->store, state_span("M", 1), &bytes, &len);

	state->turn_changes = JOURNAL_CHANGES;
	state->turn_bytes = JOURNAL_BYTES;
	journal->first = 1;
	if (error)
		return error;
	reader_init(&reader, bytes, len);
	state->mark.number = reader_u64(&reader);
	reader_copy(&reader, state->mark.header, LEDGER_HASH_LEN);
	reader_copy(&reader, state->mark.root, LEDGER_HASH_LEN);
	journal->sequence = reader_u64(&reader);
	journal->bytes = reader_u64(&reader);
	journal->bytes_rolled = reader_u64(&reader);
	journal->changes = reader_u64(&reader);
	journal->next = reader_u16(&reader);
	free(bytes);
	if (!reader_done(&reader) || journal->next >= STATE_CHUNKS)
		return state_damaged(state, "The state's mark is damaged.");
	return 0;
}

static int chunk_load(struct state *state, u32 chunk)
{
	u8 name[9], *bytes;
	const u8 *map;
	struct reader reader;
	size_t len;
	u32 i;
	int error = state->store->ops->get(state->store, journal_name(name, 't', chunk, 2), &bytes, &len);

	if (error)
		return error == -ENOENT ? 0 : error;
	reader_init(&reader, bytes, len);
	state->journal.stamps[chunk] = reader_u64(&reader);
	map = reader_bytes(&reader, CHUNK_MAP);
	for (i = 0; map && i < STATE_CHUNK_BUCKETS; i++)
		if (map[i / 8] >> (i % 8) & 1)
			reader_copy(&reader, buckettree_hash(state->tree, 0, chunk * STATE_CHUNK_BUCKETS + i),
				    LEDGER_HASH_LEN);
	error = reader_done(&reader) && state->journal.stamps[chunk] <= state->journal.sequence
			? 0
			: state_damaged(state, "Chunk %u of the state's bucket hashes is damaged.", chunk);
	free(bytes);
	return error;
}

static int record_apply(struct state *state, u64 sequence, struct span record)
{
	struct reader reader;
	u8 hash[LEDGER_HASH_LEN];
	u32 bucket;

	reader_init(&reader, record.bytes, record.len);
	while (reader_left(&reader)) {
		bucket = reader_u32(&reader);
		reader_copy(&reader, hash, sizeof(hash));
		if (reader.bad || bucket >= BUCKETTREE_BUCKETS)
			return state_damaged(state, "Record %llu of the state's journal is damaged.",
					     (unsigned long long)sequence);
		if (state->journal.stamps[bucket / STATE_CHUNK_BUCKETS] < sequence)
			memcpy(buckettree_hash(state->tree, 0, bucket), hash, sizeof(hash));
	}
	return 0;
}

/* Applies the records that are there; they must be @from..sequence without a gap, or begin earlier. */
static int records_load(struct state *state, u64 from)
{
	u8 name[9];
	struct store_walk *walk = state->store->ops->walk(state->store, journal_name(name, 'j', 0, 8));
	u64 next = 0, sequence;
	struct span key, value;
	struct reader reader;
	int error = 0;

	if (!walk)
		return -ENOMEM;
	while (!error && state->store->ops->walk_next(walk, &key, &value, &error)) {
		if (key.len != 9 || key.bytes[0] != 'j')
			break;
		reader_init(&reader, key.bytes + 1, 8);
		sequence = reader_u64(&reader);
		if (!next)
			state->journal.first = next = sequence;
		if (sequence != next++)
			break;
		error = record_apply(state, sequence, value);
	}
	state->store->ops->walk_free(walk);
	if (error)
		return error;
	if (!next)
		state->journal.first = next = state->journal.sequence + 1;
	if (state->journal.first > from || next != state->journal.sequence + 1)
		return state_damaged(
			state,
			"Commits are missing from the state's journal (it has %llu to %llu, should have "
			"%llu to %llu): the database lost what was written. Move its folder away: it is made "
			"again from the blocks.",
			(unsigned long long)state->journal.first, (unsigned long long)next - 1,
			(unsigned long long)from, (unsigned long long)state->journal.sequence);
	return 0;
}

/* The sequence after which records are needed: the oldest chunk's. */
static u64 journal_oldest(const struct state_journal *journal)
{
	return journal->stamps[journal->next];
}

int journal_open(struct state *state)
{
	u64 oldest = ~0ULL;
	u32 chunk;
	int error;

	for (chunk = 0; chunk < STATE_CHUNKS; chunk++) {
		error = chunk_load(state, chunk);
		if (error)
			return error;
		if (state->journal.stamps[chunk] < oldest)
			oldest = state->journal.stamps[chunk];
	}
	error = records_load(state, oldest + 1);
	if (error)
		return error;
	buckettree_fill(state->tree);
	if (memcmp(buckettree_hash(state->tree, BUCKETTREE_LEVELS, 0), state->mark.root, LEDGER_HASH_LEN))
		return state_damaged(state,
				     "The state's bucket hashes do not give the root of block %llu. Move the "
				     "database's folder away: it is made again from the blocks.",
				     (unsigned long long)state->mark.number);
	return 0;
}

static void chunk_put(struct state *state, const u8 (*hashes)[LEDGER_HASH_LEN], u32 chunk, u64 sequence,
		      struct store_batch *batch)
{
	static const u8 zeros[LEDGER_HASH_LEN];
	u8 bytes[CHUNK_MAX], map[CHUNK_MAP] = { 0 }, name[9];
	struct writer writer;
	u32 i;

	for (i = 0; i < STATE_CHUNK_BUCKETS; i++)
		if (memcmp(hashes[i], zeros, sizeof(zeros)))
			map[i / 8] |= (u8)(1 << (i % 8));
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, sequence);
	writer_bytes(&writer, map, sizeof(map));
	for (i = 0; i < STATE_CHUNK_BUCKETS; i++)
		if (map[i / 8] >> (i % 8) & 1)
			writer_bytes(&writer, hashes[i], LEDGER_HASH_LEN);
	state->store->ops->batch_put(batch, journal_name(name, 't', chunk, 2), state_span(bytes, writer_len(&writer)));
}

/* The next chunk as it is with @overlay, without what lies above it. */
static void journal_roll(struct state *state, struct overlay *overlay, struct state_journal *next,
			 struct store_batch *batch)
{
	u8 hashes[STATE_CHUNK_BUCKETS][LEDGER_HASH_LEN], name[9];
	u32 first = next->next * STATE_CHUNK_BUCKETS, i;
	const struct overlay *above;

	memcpy(hashes, buckettree_hash(state->tree, 0, first), sizeof(hashes));
	for (above = state->top; above != overlay; above = above->below)
		for (i = above->saved_count; i--;)
			if (above->saved[i].level == 0 && above->saved[i].position - first < STATE_CHUNK_BUCKETS)
				memcpy(hashes[above->saved[i].position - first], above->saved[i].hash, LEDGER_HASH_LEN);
	chunk_put(state, (const u8(*)[LEDGER_HASH_LEN])hashes, next->next, next->sequence, batch);
	next->stamps[next->next] = next->sequence;
	next->next = (next->next + 1) % STATE_CHUNKS;
	next->changes = 0;
	next->bytes_rolled = next->bytes;
	for (; next->first <= journal_oldest(next); next->first++)
		state->store->ops->batch_delete(batch, journal_name(name, 'j', next->first, 8));
}

int journal_commit(struct state *state, struct overlay *overlay, struct store_batch *batch, u64 bytes,
		   struct state_journal *ret_next)
{
	size_t len = overlay->change_count * (4 + LEDGER_HASH_LEN), i;
	struct writer writer;
	u8 name[9], *record = malloc(len + 1);

	if (!record)
		return -ENOMEM;
	*ret_next = state->journal;
	ret_next->sequence++;
	ret_next->bytes += bytes + len;
	ret_next->changes += overlay->change_count;
	writer_init(&writer, record, len);
	for (i = 0; i < overlay->change_count; i++) {
		writer_u32(&writer, overlay->changes[i].bucket);
		writer_bytes(&writer, overlay->changes[i].hash, LEDGER_HASH_LEN);
	}
	state->store->ops->batch_put(batch, journal_name(name, 'j', ret_next->sequence, 8), state_span(record, len));
	free(record);
	if ((ret_next->changes >= state->turn_changes ||
	     ret_next->sequence - state->journal.stamps[(ret_next->next + STATE_CHUNKS - 1) % STATE_CHUNKS] >=
		     JOURNAL_COMMITS) &&
	    ret_next->bytes - ret_next->bytes_rolled >= state->turn_bytes)
		journal_roll(state, overlay, ret_next, batch);
	return 0;
}

void journal_build(struct state *state, struct store_batch *batch)
{
	struct state_journal *journal = &state->journal;
	u32 chunk;

	memset(journal, 0, sizeof(*journal));
	journal->first = 1;
	for (chunk = 0; chunk < STATE_CHUNKS; chunk++)
		chunk_put(state,
			  (const u8(*)[LEDGER_HASH_LEN])buckettree_hash(state->tree, 0, chunk * STATE_CHUNK_BUCKETS),
			  chunk, 0, batch);
}

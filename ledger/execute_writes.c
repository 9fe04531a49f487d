// SPDX-License-Identifier: GPL-2.0
/*
 * execute_writes.c - a read/write set against the state: may it name these
 * keys, is what it read still so, do its deltas fit; then what it writes (PROTOCOL.md L5).
 */
#include "ledger/execute_run.h"
#include "ledger/rating.h"

#define COUNTER_LEN 8

/* A contract has its own keys, "k" name 0, and shares the hashes of private values, "p" and a pseudonym. */
static bool key_allowed(const struct proposal *proposal, struct span key)
{
	size_t name = proposal->contract.len;

	if (key.bytes[0] == 'p')
		return key.len == 1 + LEDGER_HASH_LEN;
	return key.bytes[0] == 'k' && key.len > name + 2 && !memcmp(key.bytes + 1, proposal->contract.bytes, name) &&
	       !key.bytes[1 + name];
}

/* Reads may also lean on who is enrolled, 'm' and 'r' and a key of 32. */
static bool read_allowed(const struct proposal *proposal, struct span key)
{
	if (key.bytes[0] == 'm' || key.bytes[0] == 'r')
		return key.len == 1 + TRANSACTION_KEY_LEN;
	return key_allowed(proposal, key);
}

static bool write_allowed(const struct proposal *proposal, const struct rwset_write *write)
{
	if (!key_allowed(proposal, write->key))
		return false;
	if (write->key.bytes[0] != 'p')
		return true;
	return write->operation == RWSET_DELETE ||
	       (write->operation == RWSET_PUT && write->value.len == LEDGER_HASH_LEN);
}

enum ledger_outcome execute_keys(const struct transaction *transaction)
{
	struct span reads = transaction->rwset.reads, writes = transaction->rwset.writes;
	struct rwset_write write;
	struct rwset_read read;

	while (rwset_next_read(&reads, &read))
		if (!read_allowed(&transaction->proposal, read.key))
			return LEDGER_NOT_ALLOWED;
	while (rwset_next_write(&writes, &write))
		if (!write_allowed(&transaction->proposal, &write))
			return LEDGER_NOT_ALLOWED;
	return LEDGER_VALID;
}

enum ledger_outcome execute_reads(struct execute_run *run, const struct transaction *transaction)
{
	struct span reads = transaction->rwset.reads;
	struct state_value value;
	struct rwset_read read;

	while (rwset_next_read(&reads, &read)) {
		execute_get(run, read.key, &value);
		if (value.version.number != read.number || value.version.index != read.index)
			return LEDGER_CONFLICT;
	}
	return LEDGER_VALID;
}

/* The counter after @write; false if what is there is no counter, or the sum leaves its range. */
static bool counter_after(struct execute_run *run, const struct rwset_write *write, s64 *ret_sum)
{
	struct state_value value;
	struct reader reader;
	s64 now = 0;

	if (!execute_get(run, write->key, &value)) {
		if (value.bytes.len != COUNTER_LEN)
			return false;
		reader_init(&reader, value.bytes.bytes, value.bytes.len);
		now = (s64)reader_u64(&reader);
	}
	return !__builtin_add_overflow(now, write->amount, ret_sum) && *ret_sum >= write->least &&
	       *ret_sum <= write->most;
}

/* The rating before @write, 0 if there is none; false if what is there is no rating. */
static bool rating_before(struct execute_run *run, const struct rwset_write *write, s64 *ret_rating)
{
	struct state_value value;
	struct reader reader;

	*ret_rating = 0;
	if (execute_get(run, write->key, &value))
		return true;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	*ret_rating = (s64)reader_u64(&reader);
	return reader_done(&reader) && *ret_rating >= 0 && *ret_rating <= RATING_MOST;
}

enum ledger_outcome execute_deltas(struct execute_run *run, const struct transaction *transaction)
{
	struct span writes = transaction->rwset.writes;
	struct rwset_write write;
	s64 number;

	while (rwset_next_write(&writes, &write)) {
		if (write.operation == RWSET_DELTA && !counter_after(run, &write, &number))
			return LEDGER_OUT_OF_RANGE;
		if (write.operation == RWSET_RATE && !rating_before(run, &write, &number))
			return LEDGER_OUT_OF_RANGE;
	}
	return LEDGER_VALID;
}

static void put_number(struct execute_run *run, struct span key, s64 number)
{
	struct writer writer;
	u8 bytes[COUNTER_LEN];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, (u64)number);
	execute_put(run, key, (struct span){ bytes, sizeof(bytes) }, run->index);
}

/* execute_deltas() has said yes to both: only a failing state can say no now, and run->error is set. */
static void apply_delta(struct execute_run *run, const struct rwset_write *write)
{
	s64 sum;

	if (counter_after(run, write, &sum))
		put_number(run, write->key, sum);
}

/* M is that of the counts before the block, which are written at its end (PROTOCOL.md M4). */
static void apply_rate(struct execute_run *run, const struct rwset_write *write)
{
	struct rating_input input = {
		.score = write->score,
		.credibility = write->credibility,
		.experience = execute_run_experience(run, write->node),
		.alpha_milli = execute_parameter(run, MEMBERSHIP_RATING_ALPHA_MILLI),
		.scaled = execute_parameter(run, MEMBERSHIP_RATING_SCALED),
	};
	s64 rating;

	if (rating_before(run, write, &rating))
		put_number(run, write->key, rating_next(rating, &input));
}

void execute_apply(struct execute_run *run, const struct transaction *transaction)
{
	struct span writes = transaction->rwset.writes;
	struct rwset_write write;

	while (!run->error && rwset_next_write(&writes, &write)) {
		if (write.operation == RWSET_PUT)
			execute_put(run, write.key, write.value, run->index);
		else if (write.operation == RWSET_DELETE)
			execute_delete(run, write.key);
		else if (write.operation == RWSET_DELTA)
			apply_delta(run, &write);
		else
			apply_rate(run, &write);
	}
}

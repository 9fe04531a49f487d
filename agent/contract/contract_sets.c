// SPDX-License-Identifier: GPL-2.0
/*
 * contract_sets.c - the read set and the write set of a simulation, in key
 * order, each key once: what comes later in a run changes what it did before.
 *
 *   before \ now   put     delete   delta                                 rate
 *   nothing        put     delete   delta                                 rate
 *   put            put     delete   put of the sum, range checked now     refused
 *   delete         put     delete   put of the amount, range checked now  refused
 *   delta          refused refused  one delta: amounts added, ranges met  refused
 *   rate           refused refused  refused                               refused
 *
 * A put over a delta would drop the delta's range, which only the block can check; what a score makes of a rating only
 * the block knows: -EBUSY. A rating that the run itself scored reads as it was before.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/contract/contract_run.h"

#define COUNTER_LEN 8

static int key_compare(struct span one, struct span other)
{
	int order = memcmp(one.bytes, other.bytes, one.len < other.len ? one.len : other.len);

	return order ?: (one.len > other.len) - (one.len < other.len);
}

/* Where @key is or belongs in a list of @count records of @size bytes that start with, or hold at @at, their key. */
static u32 list_find(const void *list, u32 count, size_t size, size_t at, struct span key, bool *ret_found)
{
	u32 low = 0, high = count, middle;
	int order;

	*ret_found = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = key_compare(*(const struct span *)((const u8 *)list + middle * size + at), key);
		if (!order) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Opens a gap at @index; NULL: too many keys, or no memory. */
static void *list_open(void *list, u32 *count, u32 *room, size_t size, u32 index)
{
	u32 more = *room ? 2 * *room : 16;

	if (*count == *room) {
		list = realloc(list, more * size);
		if (!list)
			return NULL;
		*room = more;
	}
	memmove((u8 *)list + (index + 1) * size, (u8 *)list + index * size, (*count - index) * size);
	++*count;
	return list;
}

static struct rwset_write *write_find(struct contract_run *run, struct span key, u32 *ret_index)
{
	bool found;

	*ret_index = list_find(run->writes.list, run->writes.count, sizeof(struct rwset_write),
			       offsetof(struct rwset_write, key), key, &found);
	return found ? &run->writes.list[*ret_index] : NULL;
}

/* The record of @key, new if there is none (operation 0 then). */
static int write_open(struct contract_run *run, struct span key, struct rwset_write **ret_write)
{
	struct contract_writes *writes = &run->writes;
	struct rwset_write *list;
	u32 index;

	*ret_write = write_find(run, key, &index);
	if (*ret_write)
		return 0;
	if (writes->count == TRANSACTION_KEYS_MAX)
		return -E2BIG;
	key = contract_memory_copy(run, key);
	list = key.bytes ? list_open(writes->list, &writes->count, &writes->room, sizeof(*list), index) : NULL;
	if (!list)
		return -ENOMEM;
	writes->list = list;
	*ret_write = &list[index];
	**ret_write = (struct rwset_write){ .key = key };
	return 0;
}

static int read_record(struct contract_run *run, struct span key, const struct state_version *version)
{
	struct contract_reads *reads = &run->reads;
	struct rwset_read *list;
	bool found;
	u32 index;

	if (contract_is_query(run)) /* nothing is ordered: it may look at as much as its answer needs */
		return 0;
	index = list_find(reads->list, reads->count, sizeof(*list), offsetof(struct rwset_read, key), key, &found);
	if (found)
		return 0;
	if (reads->count == TRANSACTION_KEYS_MAX)
		return -E2BIG;
	key = contract_memory_copy(run, key);
	list = key.bytes ? list_open(reads->list, &reads->count, &reads->room, sizeof(*list), index) : NULL;
	if (!list)
		return -ENOMEM;
	reads->list = list;
	list[index] = (struct rwset_read){ key, version->number, version->index };
	return 0;
}

/* The committed value, copied; absent: bytes NULL. */
static int read_state(struct contract_run *run, struct span key, bool record, struct span *ret_value)
{
	struct state_value value = { .version = { 0, 0 } };
	int result = state_get(run->input->state, key, &value);

	*ret_value = (struct span){ NULL, 0 };
	if (result && result != -ENOENT)
		return result;
	if (!result) {
		*ret_value = contract_memory_copy(run, value.bytes);
		if (!ret_value->bytes)
			return -ENOMEM;
	} else {
		value.version = (struct state_version){ 0, 0 };
	}
	return record ? read_record(run, key, &value.version) : 0;
}

static s64 counter_of(struct span value)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	return (s64)reader_u64(&reader);
}

static int counter_copy(struct contract_run *run, s64 counter, struct span *ret_value)
{
	struct writer writer;
	u8 bytes[COUNTER_LEN];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, (u64)counter);
	*ret_value = contract_memory_copy(run, (struct span){ bytes, sizeof(bytes) });
	return ret_value->bytes ? 0 : -ENOMEM;
}

/* What a counter with an own delta on it shows. */
static int get_delta(struct contract_run *run, const struct rwset_write *write, bool record, struct span *ret_value)
{
	s64 amount = write->amount, sum = 0;
	int result = read_state(run, write->key, record, ret_value);

	if (result)
		return result;
	if (ret_value->bytes && ret_value->len != COUNTER_LEN)
		return -EINVAL;
	if (ret_value->bytes)
		sum = counter_of(*ret_value);
	if (__builtin_add_overflow(sum, amount, &sum))
		return -ERANGE;
	return counter_copy(run, sum, ret_value);
}

int contract_sets_get(struct contract_run *run, struct span key, bool record, struct span *ret_value)
{
	struct rwset_write *write;
	u32 index;
	int result;

	write = write_find(run, key, &index);
	if (write && write->operation == RWSET_DELTA)
		return get_delta(run, write, record, ret_value);
	if (write && write->operation != RWSET_RATE) {
		*ret_value = write->operation == RWSET_PUT ? write->value : (struct span){ NULL, 0 };
		return write->operation == RWSET_PUT ? 0 : -ENOENT;
	}
	result = read_state(run, key, record, ret_value);
	return result ?: (ret_value->bytes ? 0 : -ENOENT);
}

int contract_sets_put(struct contract_run *run, struct span key, struct span value)
{
	struct rwset_write *write;
	int result;

	if (value.len > TRANSACTION_MAX)
		return -E2BIG;
	value = contract_memory_copy(run, value);
	if (!value.bytes)
		return -ENOMEM;
	result = write_open(run, key, &write);
	if (result)
		return result;
	if (write->operation == RWSET_DELTA || write->operation == RWSET_RATE)
		return -EBUSY;
	write->operation = RWSET_PUT;
	write->value = value;
	return 0;
}

int contract_sets_delete(struct contract_run *run, struct span key)
{
	struct rwset_write *write;
	int result = write_open(run, key, &write);

	if (result)
		return result;
	if (write->operation == RWSET_DELTA || write->operation == RWSET_RATE)
		return -EBUSY;
	write->operation = RWSET_DELETE;
	write->value = (struct span){ NULL, 0 };
	return 0;
}

/* Two deltas as one: the first's range is what the sum had to meet before the second amount came to it. */
static int delta_onto_delta(struct rwset_write *write, s64 amount, s64 least, s64 most)
{
	s64 sum, first_least, first_most;

	if (__builtin_add_overflow(write->amount, amount, &sum))
		return -ERANGE;
	/* A limit that moves out of 64 bits binds nothing, or everything. */
	if (__builtin_add_overflow(write->least, amount, &first_least)) {
		if (amount > 0)
			return -ERANGE;
		first_least = INT64_MIN;
	}
	if (__builtin_add_overflow(write->most, amount, &first_most)) {
		if (amount < 0)
			return -ERANGE;
		first_most = INT64_MAX;
	}
	least = least > first_least ? least : first_least;
	most = most < first_most ? most : first_most;
	if (least > most)
		return -ERANGE;
	write->amount = sum;
	write->least = least;
	write->most = most;
	return 0;
}

static int delta_onto_value(struct contract_run *run, struct rwset_write *write, s64 amount, s64 least, s64 most)
{
	s64 sum = 0;

	if (write->operation == RWSET_PUT && write->value.len != COUNTER_LEN)
		return -EINVAL;
	if (write->operation == RWSET_PUT)
		sum = counter_of(write->value);
	if (__builtin_add_overflow(sum, amount, &sum) || sum < least || sum > most)
		return -ERANGE;
	write->operation = RWSET_PUT;
	return counter_copy(run, sum, &write->value);
}

int contract_sets_delta(struct contract_run *run, struct span key, s64 amount, s64 least, s64 most)
{
	struct rwset_write *write;
	int result = least > most ? -ERANGE : write_open(run, key, &write);

	if (result)
		return result;
	if (write->operation == RWSET_RATE)
		return -EBUSY;
	if (write->operation == RWSET_DELTA)
		return delta_onto_delta(write, amount, least, most);
	if (write->operation)
		return delta_onto_value(run, write, amount, least, most);
	write->operation = RWSET_DELTA;
	write->amount = amount;
	write->least = least;
	write->most = most;
	return 0;
}

int contract_sets_rate(struct contract_run *run, struct span key, const struct rwset_write *rate)
{
	struct rwset_write *write;
	struct span node;
	int result;

	if (!rwset_rate_valid(rate))
		return -ERANGE;
	node = contract_memory_copy(run, (struct span){ rate->node, TRANSACTION_KEY_LEN });
	if (!node.bytes)
		return -ENOMEM;
	result = write_open(run, key, &write);
	if (result)
		return result;
	if (write->operation)
		return -EBUSY;
	write->operation = RWSET_RATE;
	write->node = node.bytes;
	write->credibility = rate->credibility;
	write->score = rate->score;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* model_store.c - the reference model's lists, and what it writes at a block's end. */
#include <stdlib.h>
#include <string.h>

#include "tests/txn/model.h"

static void number_bytes(u64 number, u8 ret_bytes[8])
{
	u32 i;

	for (i = 0; i < 8; i++)
		ret_bytes[i] = number >> (56 - 8 * i);
}

struct model_pair *model_get(struct model *model, const void *key, size_t len)
{
	size_t i;

	for (i = 0; i < model->pair_count; i++)
		if (model->pairs[i].key_len == len && !memcmp(model->pairs[i].key, key, len))
			return &model->pairs[i];
	return NULL;
}

static u8 *copy(const void *bytes, size_t len)
{
	u8 *copied = malloc(len + 1);

	memcpy(copied, bytes, len);
	return copied;
}

void model_put(struct model *model, const void *key, size_t key_len, const void *value, size_t value_len, u32 index)
{
	struct model_pair *pair = model_get(model, key, key_len);

	if (!pair) {
		model->pairs = realloc(model->pairs, (model->pair_count + 1) * sizeof(*pair));
		pair = &model->pairs[model->pair_count++];
		*pair = (struct model_pair){ .key = copy(key, key_len), .key_len = key_len };
	}
	free(pair->value);
	pair->value = copy(value, value_len);
	pair->value_len = value_len;
	pair->number = model->number;
	pair->index = index;
}

void model_delete(struct model *model, const void *key, size_t len)
{
	struct model_pair *pair = model_get(model, key, len);

	if (!pair)
		return;
	free(pair->key);
	free(pair->value);
	*pair = model->pairs[--model->pair_count];
}

static int pair_order(const void *one, const void *other)
{
	const struct model_pair *a = one, *b = other;
	int order = memcmp(a->key, b->key, a->key_len < b->key_len ? a->key_len : b->key_len);

	return order ?: (int)a->key_len - (int)b->key_len;
}

void model_sort(struct model *model)
{
	qsort(model->pairs, model->pair_count, sizeof(*model->pairs), pair_order);
}

struct model_client *model_client(struct model *model, const u8 key[32])
{
	struct model_client *client;
	size_t i;

	for (i = 0; i < model->client_count; i++)
		if (!memcmp(model->clients[i].key, key, 32))
			return &model->clients[i];
	model->clients = realloc(model->clients, (model->client_count + 1) * sizeof(*client));
	client = &model->clients[model->client_count++];
	memset(client, 0, sizeof(*client));
	memcpy(client->key, key, 32);
	return client;
}

static u64 highest(const struct model_client *client)
{
	u64 high = client->closed_to;
	size_t i;

	for (i = 0; i < client->count; i++)
		if (client->nonces[i] > high)
			high = client->nonces[i];
	return high;
}

static bool listed(const struct model_client *client, u64 nonce)
{
	size_t i;

	for (i = 0; i < client->count; i++)
		if (client->nonces[i] == nonce)
			return true;
	return nonce <= client->closed_to;
}

bool model_spent(const struct model_client *client, u64 nonce)
{
	return listed(client, nonce) || nonce + 1024 <= highest(client);
}

void model_spend(struct model_client *client, u64 nonce, bool open)
{
	client->nonces = realloc(client->nonces, (client->count + 1) * sizeof(u64));
	client->nonces[client->count++] = nonce;
	client->touched = true;
	client->open |= open;
}

void model_use(struct model *model, const u8 batch[73], u16 index, u64 time)
{
	struct model_use *use;

	model->uses = realloc(model->uses, (model->use_count + 1) * sizeof(*use));
	use = &model->uses[model->use_count++];
	memcpy(use->batch, batch, sizeof(use->batch));
	use->index = index;
	use->time = time;
	use->now = true;
}

static void due_add(struct model *model, u64 due, const u8 *key, size_t len, u32 count)
{
	u8 state_key[1 + 8 + 73] = { 'x' };
	struct model_due *entry;

	model->dues = realloc(model->dues, (model->due_count + 1) * sizeof(*entry));
	entry = &model->dues[model->due_count++];
	memset(entry, 0, sizeof(*entry));
	entry->due = due;
	memcpy(entry->key, key, len);
	entry->key_len = len;
	number_bytes(due, state_key + 1);
	memcpy(state_key + 9, key, len);
	model_put(model, state_key, 9 + len, "\x01", 1, count);
}

static u64 window_due(const struct model *model, const struct model_client *client)
{
	return client->last + 2000000 * model->membership.parameters[MEMBERSHIP_TRANSACTION_LIFE_S];
}

static void write_window(struct model *model, struct model_client *client, u32 count)
{
	u64 high = highest(client), nonce;
	u8 key[33] = { 'n' }, value[145] = { 0 };
	u32 at;

	memcpy(key + 1, client->key, 32);
	number_bytes(high, value);
	number_bytes(client->last, value + 8);
	value[16] = (client->open ? 1 : 0) | (client->closed ? 2 : 0);
	for (nonce = high >= 1023 ? high - 1023 : 0; !client->closed && nonce <= high; nonce++) {
		at = nonce % 1024;
		/* The ring's place of nonce 0, and of those below it, is taken in a window that was closed before. */
		if (listed(client, nonce) && (nonce || client->closed_to))
			value[17 + at / 64 * 8 + 7 - at % 64 / 8] |= 1 << at % 8;
	}
	if (!client->closed && client->closed_to && high < 1023)
		for (at = high + 1; at < 1024; at++)
			value[17 + at / 64 * 8 + 7 - at % 64 / 8] |= 1 << at % 8;
	model_put(model, key, 33, value, client->closed ? 17 : 145, count);
}

static u64 latest(const struct model *model, const u8 batch[73])
{
	u64 time = 0;
	size_t i;

	for (i = 0; i < model->use_count; i++)
		if (!memcmp(model->uses[i].batch, batch, 73) && model->uses[i].time > time)
			time = model->uses[i].time;
	return time;
}

static u64 batch_due(const struct model *model, const u8 batch[73])
{
	return latest(model, batch) + 1000000 * model->membership.parameters[MEMBERSHIP_EVIDENCE_AGE_S];
}

static void write_batch(struct model *model, const u8 batch[73], u32 count)
{
	bool was_there = model_get(model, batch, 49);
	u8 value[72] = { 0 };
	size_t i;

	number_bytes(latest(model, batch), value);
	for (i = 0; i < model->use_count; i++)
		if (!memcmp(model->uses[i].batch, batch, 73))
			value[8 + model->uses[i].index / 8] |= 1 << model->uses[i].index % 8;
	model_put(model, batch, 49, value, sizeof(value), count);
	if (!was_there)
		due_add(model, batch_due(model, batch), batch, 49, count);
}

static void write_count(struct model *model, const u8 *key, size_t len, u64 more, u32 count)
{
	struct model_pair *pair = model_get(model, key, len);
	u64 number = 0;
	u8 value[8];
	u32 i;

	for (i = 0; pair && i < 8; i++)
		number = number << 8 | pair->value[i];
	number_bytes(number + more, value);
	if (more)
		model_put(model, key, len, value, 8, count);
}

static void prune_window(struct model *model, const u8 *key, u32 count)
{
	struct model_client *client = model_client(model, key + 1);
	u64 later = model->time + 2000000 * model->membership.parameters[MEMBERSHIP_TRANSACTION_LIFE_S];

	if (!client->kept)
		return;
	if (!client->closed && window_due(model, client) >= model->time) {
		due_add(model, window_due(model, client), key, 33, count);
		return;
	}
	if (client->open && model->membership.parameters[MEMBERSHIP_OPEN_REQUESTS]) {
		client->closed_to = highest(client);
		if (!client->closed) {
			client->closed = true;
			write_window(model, client, count);
		}
		due_add(model, later, key, 33, count);
	} else {
		client->kept = client->open = client->closed = false;
		client->closed_to = 0;
		model_delete(model, key, 33);
	}
	client->count = 0;
}

static void prune_batch(struct model *model, const u8 *key, u32 count)
{
	u8 batch[73] = { 0 };
	size_t i;

	memcpy(batch, key, 49);
	if (batch_due(model, batch) >= model->time) {
		due_add(model, batch_due(model, batch), key, 49, count);
		return;
	}
	for (i = 0; i < model->use_count;)
		if (!memcmp(model->uses[i].batch, batch, 73))
			model->uses[i] = model->uses[--model->use_count];
		else
			i++;
	model_delete(model, key, 49);
}

static int due_order(const struct model_due *one, const struct model_due *other)
{
	size_t len = one->key_len < other->key_len ? one->key_len : other->key_len;
	int order;

	if (one->due != other->due)
		return one->due < other->due ? -1 : 1;
	order = memcmp(one->key, other->key, len);
	return order ?: (int)one->key_len - (int)other->key_len;
}

static void prune(struct model *model, u32 count)
{
	u8 state_key[1 + 8 + 73] = { 'x' }, bytes[8];
	struct model_due due;
	size_t first, i;
	u32 done;

	for (done = 0; done < 64 + 2 * count && model->due_count; done++) {
		for (first = 0, i = 1; i < model->due_count; i++)
			if (due_order(&model->dues[i], &model->dues[first]) < 0)
				first = i;
		due = model->dues[first];
		if (due.due >= model->time)
			return;
		model->dues[first] = model->dues[--model->due_count];
		number_bytes(due.due, bytes);
		memcpy(state_key + 1, bytes, 8);
		memcpy(state_key + 9, due.key, due.key_len);
		model_delete(model, state_key, 9 + due.key_len);
		if (due.key[0] == 'n')
			prune_window(model, due.key, count);
		else
			prune_batch(model, due.key, count);
		model_put(model, "x", 1, bytes, 8, count);
	}
}

void model_end(struct model *model, u32 count)
{
	u8 key[33] = { 'n' }, batch[73];
	size_t i, j;

	for (i = 0; i < model->client_count; i++) {
		struct model_client *client = &model->clients[i];

		if (!client->touched)
			continue;
		client->last = model->time;
		client->touched = client->closed = false;
		write_window(model, client, count);
		memcpy(key + 1, client->key, 32);
		if (!client->kept)
			due_add(model, window_due(model, client), key, 33, count);
		client->kept = true;
	}
	for (i = 0; i < model->use_count; i++) {
		if (!model->uses[i].now)
			continue;
		memcpy(batch, model->uses[i].batch, sizeof(batch));
		for (j = 0; j < model->use_count; j++)
			if (!memcmp(model->uses[j].batch, batch, 73))
				model->uses[j].now = false;
		write_batch(model, batch, count);
	}
	key[0] = 'M';
	write_count(model, key, 1, model->all, count);
	for (i = 0; i < model->membership.node_count; i++) {
		memcpy(key + 1, model->membership.nodes[i].key, 32);
		write_count(model, key, 33, model->by_node[i], count);
	}
	prune(model, count);
}

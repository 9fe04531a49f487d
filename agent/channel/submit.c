// SPDX-License-Identifier: GPL-2.0
/*
 * submit.c - transactions on their way in: judged, held, given to the core,
 * passed on, and answered when that goes wrong (commits.c answers when it goes right).
 *
 * A client's transaction is judged in full before it is held. What another
 * replica passes on it has judged itself: it is only decoded, unless an invalid one of its came into a block lately.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/room.h"

#define SWEEP_MOST 1024		/* requests looked at in one sweep */
#define HASHES 32		/* made in one call */
#define JUDGED_AGAIN_US 5000000 /* a request that waits so long may have become invalid */

static u64 client_of(const struct transaction *transaction)
{
	u64 client = transaction->kind;

	if (transaction->client)
		memcpy(&client, transaction->client, sizeof(client));
	return client;
}

static enum ledger_outcome judge(struct channel *channel, const struct transaction *transaction)
{
	const struct block_header *head = ledger_head(channel->ledger);
	struct execute_context context = {
		.channel = channel->id,
		.membership = channel->membership,
		.verifier = ledger_verifier(channel->ledger),
		.proven = ledger_proven(channel->ledger),
		.number = head->number + 1,
		.time = channel->clock > head->time ? channel->clock : head->time + 1,
	};
	enum ledger_outcome outcome = LEDGER_VALID;
	int error = execute_precheck(&context, ledger_state(channel->ledger), transaction, &outcome);

	if (error == -EIO)
		channel_break(channel, "A transaction cannot be judged: %s",
			      state_store(ledger_state(channel->ledger))->error);
	return error ? LEDGER_MALFORMED : outcome;
}

static void answer(struct channel *channel, void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	const struct channel_io *io = &channel->options.io;

	channel->counters.busy += answer == CHANNEL_BUSY;
	channel->counters.refused_submissions += answer == CHANNEL_REFUSED;
	io->answer(io->arg, cookie, answer, number, index, outcome);
}

/* Does it stand in a block already? Then that is the answer. */
static bool found_in_ledger(struct channel *channel, const u8 digest[32], u64 *ret_number, u32 *ret_index,
			    u8 *ret_outcome)
{
	struct ledger_error fault;
	struct block block;
	bool found = false;
	size_t len;
	u8 *bytes;

	if (ledger_find(channel->ledger, digest, ret_number, ret_index) ||
	    *ret_number > ledger_durable(channel->ledger) ||
	    ledger_block(channel->ledger, *ret_number, &bytes, &len, &fault))
		return false;
	if (!block_decode((struct span){ bytes, len }, &block) && *ret_index < block.header.count) {
		*ret_outcome = block.outcomes[*ret_index];
		found = true;
	}
	free(bytes);
	return found;
}

static void answer_waiting(struct channel *channel, struct request *request, enum channel_answer how, u8 outcome)
{
	u8 digest[32], placed = 0;
	u64 number = 0;
	u32 index = 0;
	void *cookie;
	bool found = how == CHANNEL_REFUSED && request->waiters &&
		     found_in_ledger(channel, request->digest, &number, &index, &placed);

	memcpy(digest, request->digest, 32);
	while (request && requests_answer(channel->requests, request, &cookie)) {
		if (found)
			answer(channel, cookie, CHANNEL_COMMITTED, number, index, placed);
		else
			answer(channel, cookie, how, 0, 0, outcome);
		request = requests_find(channel->requests, digest);
	}
	if (request)
		requests_remove(channel->requests, request);
}

/* --- passing on --- */

void submit_forward(struct channel *channel, u64 replicas, const u8 (*digests)[32], u32 count)
{
	for (u32 i = 0; i < count; i++) {
		const struct request *request = requests_find(channel->requests, digests[i]);
		struct span bytes;

		if (!request)
			continue;
		bytes = (struct span){ request->bytes, request->len };
		if (outbox_batch_add(&channel->forwards, replicas, bytes))
			continue;
		channel_send(channel, channel->forwards.replicas, CHANNEL_BODIES,
			     outbox_batch_parcel(&channel->forwards));
		outbox_batch_clear(&channel->forwards);
		outbox_batch_add(&channel->forwards, replicas, bytes);
	}
}

/* A node that is no replica gives it to one that is, then to all. */
static void pass_on(struct channel *channel, struct request *request)
{
	u64 replicas = PBFT_EVERYONE;

	for (u32 i = 0; i < channel->n && !request->passed_on; i++) {
		u32 replica = (channel->turn + i) % channel->n;

		if (!channel->peers[channel->replica_nodes[replica]].up)
			continue;
		replicas = 1ull << replica;
		if (requests_count(channel->requests) % 64 == 0)
			channel->turn++; /* some of them in one parcel */
		break;
	}
	if (request->passed_on < 2)
		request->passed_on++;
	submit_forward(channel, replicas, (const u8(*)[32])request->digest, 1);
}

static void give_core(struct channel *channel, struct request *request, bool forwarded)
{
	struct pbft_event event = { .type = PBFT_REQUEST };

	if (!channel->core) {
		pass_on(channel, request);
		return;
	}
	memcpy(event.request.digest, request->digest, 32);
	event.request.client = request->client;
	event.request.bytes = request->len + 4;
	event.request.forwarded = forwarded;
	channel_step(channel, &event);
}

void submit_again(struct channel *channel)
{
	struct request *request = requests_oldest(channel->requests), *next;
	u8 digest[32];

	for (; request; request = next) {
		next = request->newer;
		if (next)
			memcpy(digest, next->digest, 32);
		request->passed_on = 0;
		give_core(channel, request, false);
		if (next) /* the core may have dropped it meanwhile */
			next = requests_find(channel->requests, digest);
	}
}

/* --- coming in --- */

void channel_submit(struct channel *channel, struct span bytes, void *cookie)
{
	struct transaction transaction;
	enum ledger_outcome outcome;
	struct request *request;
	u8 digest[32], placed;
	u64 number;
	u32 index;

	channel_now(channel);
	if (channel->broken || channel->closing) {
		answer(channel, cookie, CHANNEL_STOPPING, 0, 0, 0);
		return;
	}
	if (transaction_decode(bytes.bytes, bytes.len, &transaction)) {
		answer(channel, cookie, CHANNEL_REFUSED, 0, 0, LEDGER_MALFORMED);
		return;
	}
	transaction_hash(bytes, digest);
	request = requests_find(channel->requests, digest);
	if (request) {
		if (requests_wait(channel->requests, request, cookie))
			answer(channel, cookie, CHANNEL_BUSY, 0, 0, 0);
		return;
	}
	outcome = judge(channel, &transaction);
	if (outcome != LEDGER_VALID) {
		if (found_in_ledger(channel, digest, &number, &index, &placed))
			answer(channel, cookie, CHANNEL_COMMITTED, number, index, placed);
		else
			answer(channel, cookie, CHANNEL_REFUSED, 0, 0, outcome);
		return;
	}
	if (!channel->stopped)
		request = requests_add(channel->requests, digest, bytes, client_of(&transaction), REQUEST_OWN,
				       channel->now_us);
	if (!request || requests_wait(channel->requests, request, cookie)) {
		if (request)
			requests_remove(channel->requests, request);
		answer(channel, cookie, CHANNEL_BUSY, 0, 0, 0);
		return;
	}
	give_core(channel, request, false);
}

void channel_forget(struct channel *channel, void *cookie)
{
	requests_forget(channel->requests, cookie);
}

static void receive_one(struct channel *channel, u32 from, struct span bytes, const u8 digest[32])
{
	struct room_peer *peer = &channel->peers[from];
	struct transaction transaction;
	struct request *request;

	if (requests_find(channel->requests, digest) || requests_was_done(channel->requests, digest))
		return;
	if (transaction_decode(bytes.bytes, bytes.len, &transaction)) {
		channel->counters.damaged++;
		peer->doubts = 1000;
		return;
	}
	if (peer->doubts || peer->replica < 0) {
		peer->doubts -= peer->doubts > 0;
		if (judge(channel, &transaction) != LEDGER_VALID)
			return;
	}
	request = requests_add(channel->requests, digest, bytes, client_of(&transaction), from, channel->now_us);
	if (!request)
		channel->counters.busy++;
	else
		give_core(channel, request, peer->replica >= 0);
}

void submit_received(struct channel *channel, u32 peer, const struct parcel *parcel)
{
	struct ledger_message messages[HASHES] = { 0 };
	struct span list = parcel->list, bytes[HASHES];
	u8 digests[HASHES][32];
	u32 count, i;

	if (!channel->core || channel->stopped)
		return;
	do {
		for (count = 0; count < HASHES && parcel_next(&list, &bytes[count]); count++) {
			messages[count].bytes = bytes[count].bytes;
			messages[count].len = bytes[count].len;
			messages[count].ret_hash = digests[count];
		}
		ledger_hash_many(LEDGER_DOMAIN_TRANSACTION, messages, count);
		for (i = 0; i < count && !channel->broken; i++)
			receive_one(channel, peer, bytes[i], digests[i]);
	} while (count == HASHES && !channel->broken);
}

void submit_dropped(struct channel *channel, const u8 (*digests)[32], u32 count)
{
	for (u32 i = 0; i < count; i++) {
		struct request *request = requests_find(channel->requests, digests[i]);

		if (request)
			answer_waiting(channel, request, CHANNEL_BUSY, 0);
	}
}

static void sweep_one(struct channel *channel, struct request *request, u64 patience_us)
{
	u64 age_us = channel->now_us - request->since_us;
	struct pbft_event event = { .type = PBFT_DONE };
	struct transaction transaction;
	enum ledger_outcome outcome;
	u8 digest[1][32];

	if (age_us < JUDGED_AGAIN_US) {
		if (!channel->core && request->passed_on < 2 && age_us >= patience_us / 2)
			pass_on(channel, request);
		return;
	}
	outcome = transaction_decode(request->bytes, request->len, &transaction) ? LEDGER_MALFORMED
										 : judge(channel, &transaction);
	if (outcome == LEDGER_VALID) {
		if (!channel->core)
			pass_on(channel, request);
		return;
	}
	memcpy(digest[0], request->digest, 32);
	answer_waiting(channel, request, CHANNEL_REFUSED, outcome);
	event.done.count = 1;
	event.done.digests = (const u8(*)[32])digest;
	channel_step(channel, &event);
}

void submit_sweep(struct channel *channel)
{
	u64 patience_us = channel->membership->parameters[MEMBERSHIP_REQUEST_TIMEOUT_MS] * 1000;
	struct request *request = requests_oldest(channel->requests), *next;
	u8 digest[32];

	/* The blocks that may hold some of them are not told yet. */
	if (channel->appended || channel->stopped)
		return;
	for (u32 i = 0; request && i < SWEEP_MOST && !channel->broken; i++, request = next) {
		if (channel->now_us - request->since_us < patience_us / 2)
			break;
		next = request->newer;
		if (next)
			memcpy(digest, next->digest, 32);
		sweep_one(channel, request, patience_us);
		if (next)
			next = requests_find(channel->requests, digest);
	}
}

void submit_stop(struct channel *channel)
{
	while (requests_oldest(channel->requests))
		answer_waiting(channel, requests_oldest(channel->requests), CHANNEL_STOPPING, 0);
}

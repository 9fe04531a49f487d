// SPDX-License-Identifier: GPL-2.0
/*
 * wired_shell.c - what a shell does with an update's effects, in memory; and the
 * judgement of all ledgers.
 */
#include "tests/pbft/wired.h"

#include <stdio.h>
#include <stdlib.h>

u32 wired_count(const struct wired *wired, u32 replica, u32 request)
{
	const struct wired_replica *at = &wired->replicas[replica];
	u64 number;
	u32 i, count = 0;

	for (number = wired->config.base + 1; number <= at->height; number++)
		for (i = 0; i < at->blocks[number].body->count; i++)
			count += at->blocks[number].body->requests[i] == request;
	return count;
}

static u32 request_of(struct wired *wired, const u8 digest[32])
{
	u32 request;

	memcpy(&request, digest + 28, 4);
	if (request >= wired->requests) {
		wired->fault = "a digest that nobody asked for";
		return 0;
	}
	return request;
}

/* A block's header is the hash of everything in it: what carrying it out gives. */
static void make_header(const struct pbft_block *block, const u32 *requests, u32 count, u8 ret_header[32])
{
	struct ledger_piece pieces[] = { { &block->number, 8 },
					 { &block->time, 8 },
					 { block->previous, 32 },
					 { requests, count * sizeof(u32) },
					 { &block->last, 1 } };

	ledger_hash(LEDGER_DOMAIN_HEADER, pieces, 5, ret_header);
}

static struct wired_body *find_body(struct wired *wired, const u8 header[32])
{
	u32 i;

	for (i = wired->body_count; i-- > 0;)
		if (!memcmp(wired->bodies[i]->header, header, 32))
			return wired->bodies[i];
	return NULL;
}

static void answer(struct wired *wired, u32 replica, const struct pbft_event *event)
{
	struct wired_event queued = { .type = WIRED_EVENT, .from = replica, .to = replica, .event = *event };

	wired_queue(wired, &queued, 20 + wired_random(wired, 50));
}

static void propose(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	struct wired_body *body = calloc(1, sizeof(*body));
	struct pbft_event event = { .type = PBFT_PROPOSED };
	u32 i;

	body->block = *effect->block;
	body->count = effect->count;
	body->requests = calloc(effect->count, sizeof(u32));
	body->digests = calloc(effect->count, 32);
	memcpy(body->digests, effect->digests, effect->count * 32);
	for (i = 0; i < effect->count; i++) {
		body->requests[i] = request_of(wired, effect->digests[i]);
		body->block.bytes += wired->request_bytes[body->requests[i]];
	}
	body->block.requests = effect->count;
	body->block.last = wired->hooks.last && wired->hooks.last(wired, effect->number);
	make_header(&body->block, body->requests, body->count, body->block.header);
	memcpy(body->header, body->block.header, 32);
	body->owners = 1U << replica->self;
	wired->bodies[wired->body_count++] = body;
	event.proposed.view = effect->view;
	event.proposed.block = body->block;
	answer(wired, replica->self, &event);
}

/* The body is here, or can be had from one of the set. */
static bool have_body(struct wired *wired, struct wired_replica *replica, struct wired_body *body, u64 set)
{
	u32 i;

	for (i = 0; i < wired->n && !(body->owners >> replica->self & 1); i++) {
		const struct wired_replica *other = &wired->replicas[i];

		if ((set >> i & 1) && (body->owners >> i & 1) && other->up && other->share == replica->share &&
		    !other->keep_bodies_back)
			body->owners |= 1U << replica->self;
	}
	return body->owners >> replica->self & 1;
}

static void execute(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	struct wired_body *body = find_body(wired, effect->block->header);
	struct pbft_event event = { .type = PBFT_EXECUTED };

	event.executed.view = effect->view;
	event.executed.number = effect->number;
	memcpy(event.executed.header, effect->block->header, 32);
	event.executed.verdict = PBFT_MISSING;
	if (body && have_body(wired, replica, body, effect->replicas)) {
		replica->executed++;
		event.executed.verdict = PBFT_ACCEPTED;
		if (wired->hooks.refusers >> replica->self & 1 || body->block.time != effect->block->time ||
		    memcmp(body->block.previous, effect->block->previous, 32) || body->count != effect->block->requests)
			event.executed.verdict = PBFT_REFUSED;
		event.executed.last = body->block.last;
		event.executed.count = body->count;
		event.executed.digests = (const void *)body->digests;
	}
	answer(wired, replica->self, &event);
}

/* Never two votes of a kind for one view and number, whatever crashed in between (C10). A table by hash. */
static void watch_votes(struct wired *wired, struct wired_replica *replica, const struct pbft_message *message)
{
	struct wired_vote vote = { .kind = message->kind }, *at;
	u32 place;

	if (message->kind > PBFT_COMMITTED_VOTE || message->sender != replica->self ||
	    (wired->liars >> replica->self & 1))
		return;
	if (message->kind == PBFT_PREPREPARE) {
		vote.view = message->preprepare.view;
		vote.number = message->preprepare.block.number;
		pbft_block_hash(&message->preprepare.block, vote.hash);
	} else {
		vote.view = message->vote.view;
		vote.number = message->vote.number;
		memcpy(vote.hash, message->vote.hash, 32);
	}
	place = (vote.view * 31 + vote.number * 7919 + vote.kind) % WIRED_VOTES;
	for (at = &replica->votes[place]; at->kind; at = &replica->votes[place]) {
		if (at->kind == vote.kind && at->view == vote.view && at->number == vote.number) {
			if (memcmp(at->hash, vote.hash, 32))
				wired->fault = "a replica contradicts itself";
			return;
		}
		place = (place + 1) % WIRED_VOTES;
	}
	*at = vote;
	replica->vote_count++;
}

static void send_message(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	struct wired_event event = { .type = WIRED_MESSAGE, .from = replica->self };
	size_t len = pbft_message_encode(effect->message, wired->scratch, wired->scratch_size);
	u32 to;

	watch_votes(wired, replica, effect->message);
	if (!len)
		wired->fault = "a message larger than pbft_message_size()";
	if (effect->message->kind == PBFT_PREPREPARE)
		event.body = find_body(wired, effect->message->preprepare.block.header);
	if (event.body && !(event.body->owners >> replica->self & 1))
		event.body = NULL;
	for (to = 0; to < wired->n; to++) {
		if (to == replica->self || !(effect->replicas >> to & 1))
			continue;
		event.to = to;
		event.bytes = malloc(len);
		event.len = len;
		memcpy(event.bytes, wired->scratch, len);
		replica->sent++;
		wired->bytes_sent += len;
		wired_queue(wired, &event, wired->delay_us + wired_random(wired, wired->jitter_us));
	}
}

static void persist(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	struct wired_record *record = &replica->log[replica->log_count++];

	record->len = pbft_message_encode(effect->message, wired->scratch, wired->scratch_size);
	record->bytes = malloc(record->len);
	memcpy(record->bytes, wired->scratch, record->len);
	record->number = effect->number;
}

static void forget(struct wired_replica *replica, u64 number)
{
	u32 from = 0, to = 0;

	/* As files go: from the front only. */
	while (from < replica->log_count && replica->log[from].number <= number)
		free(replica->log[from++].bytes);
	while (from < replica->log_count)
		replica->log[to++] = replica->log[from++];
	replica->log_count = to;
	replica->stable = number;
}

static void done(struct wired *wired, struct wired_replica *replica, u64 number)
{
	struct pbft_event event = { .type = PBFT_DONE };
	const struct wired_body *body = replica->blocks[number].body;

	event.done.count = body->count;
	event.done.digests = (const void *)body->digests;
	wired_step(wired, replica->self, &event);
}

static void commit(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	struct pbft_event event = { .type = PBFT_APPENDED };
	struct wired_block *block = &replica->blocks[effect->number];

	if (effect->number != replica->height + 1 ||
	    memcmp(effect->block->previous,
		   replica->height > wired->config.base ? replica->blocks[replica->height].block.header
							: wired->config.base_hash,
		   32)) {
		wired->fault = "a commit that does not follow the ledger";
		return;
	}
	block->block = *effect->block;
	block->certificate = *effect->certificate;
	block->body = find_body(wired, effect->block->header);
	if (!block->body || !(block->body->owners >> replica->self & 1))
		wired->fault = "a commit without its body";
	if (block->certificate.count < block_quorum(wired->n))
		wired->fault = "a certificate without a quorum";
	replica->height++;
	event.appended.number = effect->number;
	answer(wired, replica->self, &event);
}

static void fetch(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	struct wired_event event = { .type = WIRED_FETCHED, .to = replica->self };
	u32 i;

	replica->fetched++;
	for (i = 0; i < wired->n; i++) {
		event.from = i;
		if (effect->replicas >> i & 1)
			wired_queue(wired, &event, 2 * wired->delay_us);
	}
}

/* Copies blocks of another that has more, a few at a time; their certificates make them good. */
void wired_fetched(struct wired *wired, u32 index, u32 from)
{
	struct wired_replica *replica = &wired->replicas[index], *best = &wired->replicas[from];
	struct pbft_event event = { .type = PBFT_SYNCED };
	u64 first = replica->height + 1, number;

	if (!best->up || best->height < first)
		return;
	for (number = first; number <= best->height && number < first + 16; number++) {
		replica->blocks[number] = best->blocks[number];
		replica->blocks[number].body->owners |= 1U << replica->self;
		replica->height = number;
	}
	event.synced.block = replica->blocks[replica->height].block;
	event.synced.certificate = &replica->blocks[replica->height].certificate;
	wired_step(wired, index, &event);
	for (number = first; number <= replica->height; number++)
		done(wired, replica, number);
}

static void forward(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	u32 i, to;

	for (to = 0; to < wired->n; to++)
		for (i = 0; to != replica->self && (effect->replicas >> to & 1) && i < effect->count; i++)
			wired_give(wired, request_of(wired, effect->digests[i]), replica->self, to);
}

/* What the effects say, in one number that equal runs share. */
static void trace(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	u64 words[] = { replica->trace, effect->type,  effect->replicas, effect->view,
			effect->number, effect->count, effect->replica };
	size_t len = effect->message ? pbft_message_encode(effect->message, wired->scratch, wired->scratch_size) : 0;
	struct ledger_piece pieces[4] = { { words, sizeof(words) }, { wired->scratch, len }, { "", 0 }, { "", 0 } };
	u8 block[32] = { 0 }, hash[32];

	if (effect->digests)
		pieces[2] = (struct ledger_piece){ effect->digests, effect->count * 32 };
	if (effect->block) {
		pbft_block_hash(effect->block, block);
		pieces[3] = (struct ledger_piece){ block, 32 };
	}
	ledger_hash(LEDGER_DOMAIN_CLIENT, pieces, 4, hash);
	memcpy(&replica->trace, hash, 8);
}

u64 wired_trace(const struct wired *wired)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < wired->n; i++)
		sum = sum * 31 + wired->replicas[i].trace;
	return sum;
}

static void carry_out(struct wired *wired, struct wired_replica *replica, const struct pbft_effect *effect)
{
	switch (effect->type) {
	case PBFT_PERSIST:
		persist(wired, replica, effect);
		break;
	case PBFT_SEND:
		send_message(wired, replica, effect);
		break;
	case PBFT_PROPOSE:
		propose(wired, replica, effect);
		break;
	case PBFT_EXECUTE:
		execute(wired, replica, effect);
		break;
	case PBFT_COMMIT:
		commit(wired, replica, effect);
		break;
	case PBFT_FETCH:
		fetch(wired, replica, effect);
		break;
	case PBFT_FORWARD:
		forward(wired, replica, effect);
		break;
	case PBFT_STABLE:
		forget(replica, effect->number);
		break;
	case PBFT_DISCARD:
		replica->discarded++;
		break;
	case PBFT_ENTERED:
		replica->entered++;
		break;
	case PBFT_MISBEHAVED:
		replica->misbehaved++;
		break;
	case PBFT_ENDED:
		replica->ended = true;
		break;
	case PBFT_DROPPED:
		break;
	}
}

void wired_carry_out(struct wired *wired, struct wired_replica *replica, const struct pbft_update *update)
{
	u64 height = replica->height, number;
	u32 i;

	for (i = 0; i < update->count; i++) {
		trace(wired, replica, &update->effects[i]);
		if (!wired->hooks.effect || wired->hooks.effect(wired, replica->self, &update->effects[i]))
			carry_out(wired, replica, &update->effects[i]);
	}
	for (number = height + 1; number <= replica->height && !wired->fault; number++)
		done(wired, replica, number);
}

bool wired_agree(struct wired *wired)
{
	u64 number;
	u32 i, j;
	u32 *seen = calloc(wired->requests + 1, sizeof(*seen));

	for (i = 0; i < wired->n; i++)
		for (j = 0; j < i; j++)
			for (number = wired->config.base + 1;
			     number <= wired->replicas[i].height && number <= wired->replicas[j].height; number++)
				if (memcmp(wired->replicas[i].blocks[number].block.header,
					   wired->replicas[j].blocks[number].block.header, 32))
					wired->fault = "two ledgers differ";
	for (i = 0, wired->duplicates = 0; i < wired->n; i++) {
		memset(seen, 0, (wired->requests + 1) * sizeof(*seen));
		for (number = wired->config.base + 1; number <= wired->replicas[i].height; number++)
			for (j = 0; j < wired->replicas[i].blocks[number].body->count; j++)
				wired->duplicates += seen[wired->replicas[i].blocks[number].body->requests[j]]++ > 0;
	}
	free(seen);
	return !wired->fault;
}

#define POOL_ALL (~0U)
static u64 settle_set;

static bool settled(struct wired *wired)
{
	u64 height = 0;
	u32 i, request, some = POOL_ALL;

	for (i = 0; i < wired->n; i++) {
		const struct wired_replica *replica = &wired->replicas[i];

		if (!(settle_set >> i & 1) || !replica->up)
			continue;
		if (replica->last.pool || (some != POOL_ALL && replica->height != height))
			return false;
		height = replica->height;
		some = i;
	}
	for (request = 0; some != POOL_ALL && request < wired->requests; request++)
		if (!wired_count(wired, some, request))
			return false;
	return true;
}

bool wired_settle(struct wired *wired, u64 set, u64 us)
{
	settle_set = set;
	return wired_until(wired, settled, us) && wired_agree(wired);
}

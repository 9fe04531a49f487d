// SPDX-License-Identifier: GPL-2.0
/*
 * proposals.c - building blocks as primary, carrying out others' proposals, and
 * getting the bodies that did not come along.
 *
 *   EXECUTE -> wish -> candidate there? accepted : body there? carried out : asked for, of one after the other of those
 *   who should have it, until it came or MISSING_US passed (answered MISSING; the core asks again)
 *
 * A body that does not give the header convicts the primary only if the
 * primary itself gave it, in this view; else it convicts nobody, is dropped, and another is asked.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/room.h"

#define ASK_US 20000		 /* between two questions for one body */
#define MISSING_US 200000	 /* then the core is told */
#define SERVED_BYTES (64u << 20) /* of bodies to one peer in a second */

static u64 head_number(const struct channel *channel)
{
	return ledger_head(channel->ledger)->number;
}

/* --- building --- */

struct built {
	u8 *bytes;
	size_t len;
	u8 (*digests)[32];
	u32 count;
};

/* The requests that are still here, each copied once. -ENOENT: none is; -ENOMEM. */
static int body_build(struct channel *channel, const struct pbft_effect *effect, struct built *ret_built)
{
	struct writer writer, count;
	size_t size = 4;

	*ret_built = (struct built){ .digests = malloc((effect->count + 1) * 32) };
	for (u32 i = 0; i < effect->count && ret_built->digests; i++) {
		const struct request *request = requests_find(channel->requests, effect->digests[i]);

		if (!request || size + 4 + request->len > BLOCK_BODY_MAX)
			continue;
		size += 4 + request->len;
		memcpy(ret_built->digests[ret_built->count++], effect->digests[i], 32);
	}
	ret_built->bytes = malloc(size);
	if (!ret_built->count || !ret_built->bytes || !ret_built->digests) {
		int error = ret_built->digests && !ret_built->count ? -ENOENT : -ENOMEM;

		free(ret_built->bytes);
		free(ret_built->digests);
		return error;
	}
	writer_init(&writer, ret_built->bytes, size);
	writer_init(&count, ret_built->bytes, 4);
	writer_u32(&count, ret_built->count);
	writer_u32(&writer, ret_built->count);
	for (u32 i = 0; i < ret_built->count; i++) {
		const struct request *request = requests_find(channel->requests, ret_built->digests[i]);

		writer_span32(&writer, (struct span){ request->bytes, request->len });
	}
	ret_built->len = writer_len(&writer);
	return 0;
}

static int proposal_make(struct channel *channel, const struct pbft_effect *effect, struct pbft_block *ret_block)
{
	const struct pbft_block *wanted = effect->block;
	struct candidate *candidate;
	struct built built;
	struct body *body;
	int error = channel->stopped ? -ENOSPC : body_build(channel, effect, &built);

	if (error)
		return error;
	error = candidates_execute(&channel->candidates, channel->ledger, wanted->number, wanted->previous,
				   wanted->time, (struct span){ built.bytes, built.len }, &candidate);
	free(built.digests);
	if (error) {
		free(built.bytes);
		return error;
	}
	*ret_block = *wanted;
	memcpy(ret_block->header, candidate_hash(candidate), 32);
	ret_block->requests = built.count;
	ret_block->bytes = built.len;
	ret_block->last = candidate_reconfigures(candidate);
	body = bodies_put(&channel->bodies, wanted->number, ret_block->header, built.bytes, built.len, BODIES_OWN);
	if (!body)
		return -ENOBUFS;
	body->proved = true;
	return 0;
}

void proposal_build(struct channel *channel, const struct pbft_effect *effect)
{
	struct pbft_event event = { .type = PBFT_PROPOSED };
	int error;

	proposal_cancel(channel, effect->block->number, effect->view);
	event.proposed.view = effect->view;
	event.proposed.block = *effect->block;
	error = proposal_make(channel, effect, &event.proposed.block);
	event.proposed.failed = error != 0;
	if (error == -EIO)
		channel_break(channel, "Block %llu cannot be carried out: the ledger's data cannot be read.",
			      (unsigned long long)effect->block->number);
	channel_tell(channel, &event);
}

/* --- carrying out --- */

static void wish_end(struct channel *channel, struct room_wish *wish)
{
	wish->active = false;
	channel->wish_count--;
}

static void wish_answer(struct channel *channel, struct room_wish *wish, enum pbft_verdict verdict,
			const struct candidate *candidate)
{
	struct pbft_event event = { .type = PBFT_EXECUTED };

	event.executed.view = wish->view;
	event.executed.number = wish->block.number;
	memcpy(event.executed.header, wish->block.header, 32);
	event.executed.verdict = verdict;
	if (candidate) {
		event.executed.last = candidate_reconfigures(candidate);
		event.executed.count = candidate_header(candidate)->count;
		event.executed.digests = candidate_digests(candidate);
	}
	if (verdict == PBFT_MISSING) {
		wish->answered = true; /* the body is still welcome */
	} else {
		wish_end(channel, wish);
	}
	channel_tell(channel, &event);
}

void proposal_cancel(struct channel *channel, u64 from, u64 view)
{
	for (u32 i = 0; i < PBFT_WINDOW_MAX && channel->wish_count; i++) {
		struct room_wish *wish = &channel->wishes[i];

		if (!wish->active || (wish->block.number < from && wish->view >= view))
			continue;
		wish_answer(channel, wish, PBFT_MISSING, NULL);
		wish_end(channel, wish);
	}
}

static void wish_ask(struct channel *channel, struct room_wish *wish)
{
	struct parcel parcel = { .kind = PARCEL_BODY_WANTED, .number = wish->block.number, .hash = wish->block.header };
	u64 among = wish->replicas & ~(1ull << channel->self);
	u32 replica = wish->tries % channel->n;

	if (wish->asked_us && channel->now_us < wish->asked_us + ASK_US)
		return;
	if (!(among & (channel->n == 64 ? ~0ull : (1ull << channel->n) - 1)))
		among = ~(1ull << channel->self);
	for (u32 i = 0; i < channel->n && !(among >> replica & 1); i++)
		replica = (replica + 1) % channel->n;
	wish->asked_us = channel->now_us ? channel->now_us : 1;
	wish->tries = replica + 1;
	outbox_add(&channel->outbox, 1ull << replica, CHANNEL_VOTES, &parcel);
}

/* The body is here: does it give the header that was promised? */
static void wish_execute(struct channel *channel, struct room_wish *wish, struct body *body)
{
	const struct pbft_block *block = &wish->block;
	u32 primary = channel->replica_nodes[wish->view % channel->n];
	struct candidate *candidate = NULL;
	int error = -EBADMSG;

	if (body->len == block->bytes)
		error = candidates_execute(&channel->candidates, channel->ledger, block->number, block->previous,
					   block->time, (struct span){ body->bytes, body->len }, &candidate);
	if (!error && (memcmp(candidate_hash(candidate), block->header, 32) ||
		       candidate_header(candidate)->count != block->requests ||
		       candidate_reconfigures(candidate) != block->last)) {
		candidates_cut(&channel->candidates, block->number);
		error = -EBADMSG;
	}
	if (!error) {
		body->proved = true;
		wish_answer(channel, wish, PBFT_ACCEPTED, candidate);
	} else if (error == -EBADMSG) {
		bool guilty = body->giver == primary || body->proved;

		channel->counters.mismatched_bodies++;
		bodies_drop(&channel->bodies, body);
		if (guilty)
			wish_answer(channel, wish, PBFT_REFUSED, NULL);
		else
			wish_ask(channel, wish);
	} else if (error == -EIO) {
		channel_break(channel, "Block %llu cannot be carried out: the ledger's data cannot be read.",
			      (unsigned long long)block->number);
	}
}

static void wish_try(struct channel *channel, struct room_wish *wish)
{
	const struct pbft_block *block = &wish->block;
	struct candidate *candidate = candidates_find(&channel->candidates, block->number, block->header);
	struct body *body;

	if (block->number <= head_number(channel)) { /* it came as a block meanwhile: SYNCED says so */
		wish_answer(channel, wish, PBFT_MISSING, NULL);
		wish_end(channel, wish);
		return;
	}
	if (candidate) {
		wish_answer(channel, wish, PBFT_ACCEPTED, candidate);
		return;
	}
	body = bodies_find(&channel->bodies, block->number, block->header);
	if (!body)
		wish_ask(channel, wish);
	else if (candidates_reach(&channel->candidates, channel->ledger, block->number, block->previous))
		wish_execute(channel, wish, body);
	if (wish->active && !wish->answered && channel->now_us >= wish->since_us + MISSING_US)
		wish_answer(channel, wish, PBFT_MISSING, NULL);
}

void proposal_run(struct channel *channel)
{
	u64 first = head_number(channel) + 1;

	if (!channel->wish_count || !channel->core)
		return;
	for (u32 i = 0; i < PBFT_WINDOW_MAX; i++)
		if (channel->wishes[i].active && channel->wishes[i].block.number < first)
			wish_try(channel, &channel->wishes[i]);
	for (u32 i = 0; i < PBFT_WINDOW_MAX && channel->wish_count && !channel->broken; i++) {
		struct room_wish *wish = &channel->wishes[(first + i) % PBFT_WINDOW_MAX];

		if (wish->active && wish->block.number == first + i)
			wish_try(channel, wish);
	}
}

void proposal_execute(struct channel *channel, const struct pbft_effect *effect)
{
	struct room_wish *wish = &channel->wishes[effect->block->number % PBFT_WINDOW_MAX];

	if (!wish->active)
		channel->wish_count++;
	*wish = (struct room_wish){ .active = true,
				    .view = effect->view,
				    .block = *effect->block,
				    .replicas = effect->replicas,
				    .since_us = channel->now_us,
				    .tries = effect->view % channel->n };
	wish_try(channel, wish);
}

u64 proposal_wake_us(const struct channel *channel)
{
	return channel->wish_count ? channel->now_us + ASK_US : CHANNEL_NEVER;
}

/* --- bodies for others, and from them --- */

void proposal_body_wanted(struct channel *channel, u32 peer, const struct parcel *parcel)
{
	struct room_peer *from = &channel->peers[peer];
	struct body *body = bodies_find(&channel->bodies, parcel->number, parcel->hash);
	struct parcel answer = { .kind = PARCEL_BODY, .hash = parcel->hash };

	if (!body || from->replica < 0 || !channel->core)
		return;
	if (channel->now_us >= from->bodies_us + 1000000) {
		from->bodies_us = channel->now_us;
		from->bodies_len = 0;
	}
	if (from->bodies_len > SERVED_BYTES)
		return;
	from->bodies_len += body->len;
	answer.body = (struct span){ body->bytes, body->len };
	if (outbox_add(&channel->outbox, 1ull << from->replica, CHANNEL_BODIES, &answer))
		channel->counters.lost_sends++;
}

/* Only what is wished for, and not more of it than was promised. */
void proposal_body(struct channel *channel, u32 peer, const struct parcel *parcel)
{
	for (u32 i = 0; i < PBFT_WINDOW_MAX && channel->wish_count; i++) {
		struct room_wish *wish = &channel->wishes[i];
		u8 *bytes;

		if (!wish->active || memcmp(wish->block.header, parcel->hash, 32))
			continue;
		if (parcel->body.len != wish->block.bytes ||
		    bodies_find(&channel->bodies, wish->block.number, parcel->hash))
			return;
		bytes = malloc(parcel->body.len ? parcel->body.len : 1);
		if (!bytes)
			return;
		memcpy(bytes, parcel->body.bytes, parcel->body.len);
		bodies_put(&channel->bodies, wish->block.number, parcel->hash, bytes, parcel->body.len, peer);
		proposal_run(channel);
		channel_settle(channel);
		return;
	}
}

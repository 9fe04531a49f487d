// SPDX-License-Identifier: GPL-2.0
/*
 * catchup.c - getting blocks that others have (PROTOCOL.md C17).
 *
 *   head of a peer, FETCH of the core, a message of a later epoch -> want -> ranges asked of several peers at once ->
 *   parcels -> taken in order, certificate and body checked -> one sync for many -> SYNCED
 *
 * What a peer claims costs it nothing to claim, so it decides only who is
 * asked; what is false costs it half a minute of not being asked. Four parcels at most are under way
 * or waiting to be taken, and a bounded part of one is taken in a round.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/room.h"

#define TAKE_US 20000	       /* spent on taking in one round */
#define FETCH_US 1500000       /* patience with one parcel */
#define SLOW_SHUN_US 500000    /* did not answer */
#define FALSE_SHUN_US 30000000 /* answered with what is not true */
#define AHEAD_PARCELS 4

static u64 head_number(const struct channel *channel)
{
	return ledger_head(channel->ledger)->number;
}

static void fetch_end(struct channel *channel, struct room_fetch *fetch)
{
	if (!fetch->used)
		return;
	if (!fetch->bytes && channel->peers[fetch->peer].asked)
		channel->peers[fetch->peer].asked--;
	free(fetch->bytes);
	*fetch = (struct room_fetch){ 0 };
}

void catchup_done(struct channel *channel)
{
	for (u32 i = 0; i < CHANNEL_FETCHES; i++)
		fetch_end(channel, &channel->fetches[i]);
	transfer_done(channel);
}

void catchup_want(struct channel *channel, u64 number, u64 replicas)
{
	for (u32 i = 0; i < channel->n; i++) {
		struct room_peer *peer = &channel->peers[channel->replica_nodes[i]];

		if (replicas >> i & 1 && peer->head < number)
			peer->head = number;
	}
	if (number > channel->want)
		channel->want = number;
}

/* Blocks come by votes to a replica; it asks for them only where votes cannot reach, or do not. */
static bool worth_asking(const struct channel *channel, u64 claimed)
{
	u64 head = head_number(channel);
	u64 patience_us = channel->membership->parameters[MEMBERSHIP_REQUEST_TIMEOUT_MS] * 1000;

	if (claimed <= head)
		return false;
	return !channel->core || claimed > head + channel->config.window ||
	       channel->now_us >= channel->progress_us + patience_us;
}

void catchup_head(struct channel *channel, u32 peer, const struct parcel *parcel)
{
	struct room_peer *from = &channel->peers[peer];

	from->head = parcel->number;
	from->first = parcel->first;
	from->heard_us = channel->now_us;
	if (worth_asking(channel, parcel->number) && parcel->number > channel->want &&
	    channel->now_us >= from->shunned_us)
		channel->want = parcel->number;
	for (u32 i = 0; i < CHANNEL_FETCHES; i++) { /* it has not got what we asked it for */
		struct room_fetch *fetch = &channel->fetches[i];

		if (fetch->used && !fetch->bytes && fetch->peer == peer &&
		    (fetch->from < from->first || fetch->from > from->head))
			fetch_end(channel, fetch);
	}
	if (parcel->number < ledger_durable(channel->ledger) && channel->now_us >= from->told_us + 100000)
		serve_head(channel, peer);
}

int catchup_peer(struct channel *channel, u64 number, bool *ret_pruned)
{
	u32 count = channel->membership->node_count;
	int best = -1;

	*ret_pruned = false;
	for (u32 i = 0; i < count; i++) {
		u32 at = (channel->turn + i) % count;
		struct room_peer *peer = &channel->peers[at];

		if (!peer->known || !peer->up || (int)at == channel->own_node || peer->head < number ||
		    channel->now_us < peer->shunned_us)
			continue;
		if (peer->first > number) {
			*ret_pruned = true;
			continue;
		}
		if (best < 0 || peer->asked < channel->peers[best].asked)
			best = at;
	}
	channel->turn++;
	if (best >= 0)
		*ret_pruned = false;
	return best;
}

/* The lowest number above the head that nobody was asked for; *@ret_last: how far nobody was. */
static u64 gap_find(const struct channel *channel, u64 *ret_last)
{
	u64 number = head_number(channel) + 1;
	bool moved = true;

	*ret_last = channel->want;
	while (moved) {
		moved = false;
		for (u32 i = 0; i < CHANNEL_FETCHES; i++) {
			const struct room_fetch *fetch = &channel->fetches[i];

			if (!fetch->used || number < fetch->from || number > fetch->last)
				continue;
			number = fetch->last + 1;
			moved = true;
		}
	}
	for (u32 i = 0; i < CHANNEL_FETCHES; i++)
		if (channel->fetches[i].used && channel->fetches[i].from > number &&
		    channel->fetches[i].from - 1 < *ret_last)
			*ret_last = channel->fetches[i].from - 1;
	return number;
}

static void ask(struct channel *channel, struct room_fetch *fetch, u32 peer, u64 from, u64 last)
{
	struct parcel parcel = { .kind = PARCEL_BLOCKS_WANTED, .number = from, .most = last - from + 1 };
	struct writer writer;
	u8 bytes[32];

	writer_init(&writer, bytes, sizeof(bytes));
	parcel_encode(&writer, &parcel);
	*fetch = (struct room_fetch){
		.used = true, .peer = peer, .from = from, .last = last, .deadline_us = channel->now_us + FETCH_US
	};
	channel->peers[peer].asked++;
	channel_send_node(channel, peer, CHANNEL_VOTES, (struct span){ bytes, writer_len(&writer) });
}

/* How many blocks make a parcel, going by those that came. */
static u64 parcel_blocks(const struct channel *channel)
{
	u64 blocks = channel->block_bytes ? PARCEL_BLOCKS_BYTES / (channel->block_bytes + 64) : 64;

	return blocks < 1 ? 1 : blocks > PARCEL_BLOCKS_MAX ? PARCEL_BLOCKS_MAX : blocks;
}

static void ask_more(struct channel *channel)
{
	u64 most = parcel_blocks(channel), head = head_number(channel);
	u32 far = channel->options.snapshot_after;
	bool pruned = false;

	if (far && channel->want - head > far && transfer_run(channel, true))
		return; /* blocks from where the snapshot ends */
	for (u32 i = 0; i < CHANNEL_FETCHES; i++) {
		struct room_fetch *fetch = &channel->fetches[i];
		u64 last, from = gap_find(channel, &last);
		int peer;

		if (fetch->used)
			continue;
		if (from > last || from > head + AHEAD_PARCELS * most)
			break;
		peer = catchup_peer(channel, from, &pruned);
		if (peer < 0) {
			if (from == head + 1 && !pruned)
				channel->want = head; /* nobody who claims more is to be believed now */
			break;
		}
		if (last > channel->peers[peer].head)
			last = channel->peers[peer].head;
		if (last - from >= most)
			last = from + most - 1;
		ask(channel, fetch, peer, from, last);
	}
	transfer_run(channel, pruned && gap_find(channel, &most) == head + 1);
}

/* A parcel must be the start of what its sender was asked for. */
void catchup_blocks(struct channel *channel, u32 peer, struct span bytes, const struct parcel *parcel)
{
	struct span list = parcel->list, first;
	struct room_fetch *fetch = NULL;
	struct block block;

	if ((parcel->count > 1 && bytes.len > PARCEL_BLOCKS_BYTES + 64) || !parcel_next(&list, &first) ||
	    block_decode(first, &block)) {
		channel->counters.damaged++;
		return;
	}
	for (u32 i = 0; i < CHANNEL_FETCHES && !fetch; i++)
		if (channel->fetches[i].used && channel->fetches[i].peer == peer && !channel->fetches[i].bytes &&
		    channel->fetches[i].from == block.header.number)
			fetch = &channel->fetches[i];
	if (!fetch)
		return; /* nobody asked, or long ago */
	channel->peers[peer].asked--;
	fetch->bytes = malloc(bytes.len);
	if (!fetch->bytes || parcel->count > fetch->last - fetch->from + 1) {
		channel->peers[peer].asked++;
		fetch_end(channel, fetch);
		return;
	}
	memcpy(fetch->bytes, bytes.bytes, bytes.len);
	fetch->left = (struct span){ fetch->bytes + (parcel->list.bytes - bytes.bytes), parcel->list.len };
	fetch->next = fetch->from;
	fetch->last = fetch->from + parcel->count - 1;
	channel->block_bytes = parcel->list.len / parcel->count;
}

/*
 * The next block as a candidate that was carried out already: its certificate is to be checked, and that the rest is
 * what the header says, which the candidate tells.
 */
static int take_candidate(struct channel *channel, const struct block *block, struct ledger_error *fault)
{
	struct candidate *candidate = candidates_find(&channel->candidates, block->header.number, block->hash);
	int error;

	if (!candidate || !ledger_certified(ledger_verifier(channel->ledger), channel->membership, &block->header,
					    &block->certificate))
		return -ENOENT;
	if (!span_equal(block->body, candidate_body(candidate)) ||
	    memcmp(block->outcomes, candidate_outcomes(candidate), block->header.count))
		return -EBADMSG;
	error = ledger_append(channel->ledger, candidate, &block->certificate, fault);
	if (!error)
		candidates_shift(&channel->candidates);
	return error;
}

/* The block that came and was appended, for the list of those that wait for the disk. */
static int taken(struct channel *channel, struct span bytes)
{
	u8 *copy = malloc(bytes.len);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes.bytes, bytes.len);
	return commit_appended(channel, copy, bytes.len, ledger_head_digests(channel->ledger), true);
}

/* 0; -EBADMSG: a false block; -ENOSPC; else the channel is broken. */
static int take(struct channel *channel, struct span bytes)
{
	struct ledger_error fault = { 0 };
	struct block block;
	int error = block_decode(bytes, &block);

	if (error || block.header.number != head_number(channel) + 1)
		return -EBADMSG;
	error = take_candidate(channel, &block, &fault);
	if (error == -ENOENT) {
		if (!ledger_certified(ledger_verifier(channel->ledger), channel->membership, &block.header,
				      &block.certificate))
			return -EBADMSG;
		candidates_cut(&channel->candidates, 0);
		error = ledger_take(channel->ledger, bytes, &fault);
	}
	if (!error)
		error = taken(channel, bytes);
	if (error == -ENOSPC)
		channel_stop(channel, "the disk of the block files is full");
	else if (error && error != -EBADMSG)
		channel_break(channel, "Block %llu cannot be taken over: %s (%s, offset %llu)",
			      (unsigned long long)block.header.number, fault.text, fault.file,
			      (unsigned long long)fault.offset);
	return error;
}

static struct room_fetch *fetch_of(struct channel *channel, u64 number)
{
	for (u32 i = 0; i < CHANNEL_FETCHES; i++)
		if (channel->fetches[i].used && channel->fetches[i].bytes && channel->fetches[i].next <= number &&
		    channel->fetches[i].last >= number)
			return &channel->fetches[i];
	return NULL;
}

static void take_more(struct channel *channel)
{
	const struct channel_io *io = &channel->options.io;
	u64 until = io->now_us(io->arg) + TAKE_US;
	struct room_fetch *fetch;
	struct span bytes;

	/* A block that changes the configuration is told before the next is judged by it. */
	while ((fetch = fetch_of(channel, head_number(channel) + 1)) && !channel->broken && !channel->stopped &&
	       ledger_membership(channel->ledger)->sequence == channel->sequence) {
		int error = -EBADMSG;

		while (fetch->next <= head_number(channel) && parcel_next(&fetch->left, &bytes))
			fetch->next++;
		if (parcel_next(&fetch->left, &bytes))
			error = take(channel, bytes);
		if (error == -EBADMSG) {
			channel->counters.refused_blocks++;
			channel->peers[fetch->peer].shunned_us = channel->now_us + FALSE_SHUN_US;
			channel->peers[fetch->peer].head = 0;
			fetch_end(channel, fetch);
			continue;
		}
		if (error)
			return;
		fetch->next++;
		if (io->now_us(io->arg) >= until)
			return;
	}
}

static void ends(struct channel *channel)
{
	u64 head = head_number(channel), known = 0;

	for (u32 i = 0; i < CHANNEL_FETCHES; i++) {
		struct room_fetch *fetch = &channel->fetches[i];

		if (fetch->used && fetch->last <= head)
			fetch_end(channel, fetch);
		if (fetch->used && !fetch->bytes && channel->now_us >= fetch->deadline_us) {
			channel->peers[fetch->peer].shunned_us = channel->now_us + SLOW_SHUN_US;
			fetch_end(channel, fetch);
		}
	}
	for (u32 i = 0; i < channel->membership->node_count; i++)
		if (channel->peers[i].known && (int)i != channel->own_node && channel->peers[i].head > known &&
		    channel->now_us >= channel->peers[i].shunned_us)
			known = channel->peers[i].head;
	if (worth_asking(channel, known) && known > channel->want)
		channel->want = known;
}

void catchup_run(struct channel *channel)
{
	ends(channel);
	if (channel->want <= head_number(channel) || channel->broken || channel->stopped)
		return;
	take_more(channel);
	ends(channel);
	if (channel->want > head_number(channel) && !channel->broken && !channel->stopped)
		ask_more(channel);
}

u64 catchup_wake_us(const struct channel *channel)
{
	u64 wake = CHANNEL_NEVER, head = head_number(channel);

	if (channel->want <= head)
		return wake;
	for (u32 i = 0; i < CHANNEL_FETCHES; i++) {
		const struct room_fetch *fetch = &channel->fetches[i];

		if (!fetch->used)
			continue;
		if (fetch->bytes && fetch->next <= head + 1 && fetch->last > head)
			return channel->now_us; /* there is more to take */
		if (!fetch->bytes && fetch->deadline_us < wake)
			wake = fetch->deadline_us;
	}
	return wake < channel->now_us + 100000 ? wake : channel->now_us + 100000;
}

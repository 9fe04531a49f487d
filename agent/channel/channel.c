// SPDX-License-Identifier: GPL-2.0
/*
 * channel.c - one channel on one node: opening and closing, what comes in, and
 * the group commit that lets things out. The parts, each in its file:
 *
 *   submit.c     transactions: judged, held (requests.c), passed on, answered    effects.c   the core's wishes
 *   proposals.c  blocks built and carried out (candidates.c, bodies.c)           commits.c   appended, durable, told
 *   epoch.c      the core, its vote log (votelog*.c), the peers                  outbox.c    what waits for the disk
 *   catchup.c    blocks from others       serve.c  blocks for others             transfer.c  snapshots, both ways
 *   parcel.c     bytes between nodes      private*.c  private collections
 */
#include "agent/channel/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/channel/room.h"

#define POOL_REQUESTS 65536
#define POOL_BYTES (64u << 20)
#define RETRY_US 500000	    /* a full disk is tried again so often */
#define HEADS_US 1000000    /* everybody is told where we are */
#define SWEEP_US 100000	    /* old requests are looked at */
#define FLUSH_ROUNDS 16	    /* what the core does after that waits for the next call */
#define OLD_EPOCH_US 100000 /* between two hints to one who is behind */

void channel_now(struct channel *channel)
{
	const struct channel_io *io = &channel->options.io;

	channel->now_us = io->now_us(io->arg);
	channel->clock = io->clock(io->arg);
}

void channel_say(struct channel *channel, bool error, const char *format, ...)
{
	const struct channel_io *io = &channel->options.io;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (io->say)
		io->say(io->arg, error, text);
}

void channel_break(struct channel *channel, const char *format, ...)
{
	const struct channel_io *io = &channel->options.io;
	char text[512];
	va_list args;

	if (channel->broken)
		return;
	channel->broken = true;
	channel->stopped = "its own data is damaged or its disk is gone";
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (io->broken)
		io->broken(io->arg, text);
}

void channel_stop(struct channel *channel, const char *why)
{
	if (!channel->stop_said)
		channel_say(channel, true,
			    "Nothing is acknowledged: %s. Make room; it goes on by itself, nothing is lost.", why);
	channel->stop_said = true;
	channel->stopped = why;
	channel->retry_us = channel->now_us + RETRY_US;
}

int channel_send_node(struct channel *channel, u32 node, enum channel_urgency urgency, struct span parcel)
{
	const struct channel_io *io = &channel->options.io;
	int error;

	if ((int)node == channel->own_node)
		return 0;
	error = io->send(io->arg, channel->peers[node].key, urgency, parcel);
	channel->counters.lost_sends += error != 0;
	return error;
}

void channel_send(struct channel *channel, u64 replicas, enum channel_urgency urgency, struct span parcel)
{
	for (u32 i = 0; i < channel->n; i++)
		if (i != channel->self && replicas >> i & 1)
			channel_send_node(channel, channel->replica_nodes[i], urgency, parcel);
}

/* --- opening and closing --- */

/* A number that only who has the node's key can know. */
static u64 secret_number(const struct channel *channel)
{
	const struct pbft_crypto *crypto = &channel->options.crypto;
	struct ledger_piece pieces[2] = { { "places of requests", 18 }, { channel->id, 32 } };
	u8 digest[32], signature[64];
	u64 secret = 0x9e3779b97f4a7c15ull;

	ledger_hash(LEDGER_DOMAIN_MESSAGE, pieces, 2, digest);
	if (crypto->sign) {
		crypto->sign(crypto->arg, digest, signature);
		memcpy(&secret, signature + 32, sizeof(secret));
	}
	return secret;
}

int channel_open(const struct channel_options *options, struct channel **ret_channel, struct channel_error *ret_error)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int error = -ENOMEM;

	ret_error->text[0] = 0;
	if (!channel)
		goto fail;
	channel->options = *options;
	if (!channel->options.pool_requests)
		channel->options.pool_requests = POOL_REQUESTS;
	if (!channel->options.pool_bytes)
		channel->options.pool_bytes = POOL_BYTES;
	channel->ledger = options->ledger;
	channel->appended_end = &channel->appended;
	channel->core_wake_us = CHANNEL_NEVER;
	memcpy(channel->id, ledger_channel(options->ledger), 32);
	channel_now(channel);
	channel->progress_us = channel->now_us;
	/* A few more than the core holds, so that it is the core that says which client has too many. */
	channel->requests = requests_new(channel->options.pool_requests + 1024, channel->options.pool_bytes,
					 secret_number(channel));
	if (!channel->requests)
		goto fail;
	error = epoch_open(channel, ret_error);
	if (error)
		goto fail;
	*ret_channel = channel;
	return 0;
fail:
	if (!ret_error->text[0])
		snprintf(ret_error->text, sizeof(ret_error->text), "The channel cannot be opened: %s.",
			 strerror(-error));
	if (channel) {
		channel_close(channel);
	} else {
		ledger_close(options->ledger);
		if (options->votes)
			disk_done(options->votes);
	}
	return error;
}

void channel_close(struct channel *channel)
{
	if (!channel)
		return;
	channel_now(channel);
	channel->closing = true;
	if (channel->requests) {
		if (!channel->broken && channel->membership)
			channel_flush(channel);
		submit_stop(channel);
	}
	transfer_served(channel, true);
	catchup_done(channel);
	commit_done(channel);
	bodies_clear(&channel->bodies);
	outbox_done(&channel->outbox);
	outbox_batch_done(&channel->forwards);
	epoch_close(channel);
	requests_free(channel->requests);
	if (channel->ledger)
		ledger_close(channel->ledger);
	if (channel->options.votes)
		disk_done(channel->options.votes);
	free(channel);
}

struct ledger *channel_ledger(struct channel *channel)
{
	return channel->ledger;
}

/* --- coming in --- */

/* Who is of another epoch is told, or believed enough to be asked. */
static bool of_this_epoch(struct channel *channel, u32 from, struct span message)
{
	struct room_peer *peer = &channel->peers[from];
	struct reader reader;
	u64 epoch;

	reader_init(&reader, message.bytes, message.len);
	reader_u8(&reader);
	epoch = reader_u64(&reader);
	if (reader.bad || epoch == channel->epoch)
		return true;
	if (epoch > channel->epoch && peer->replica >= 0)
		catchup_want(channel, ledger_head(channel->ledger)->number + 1, 1ull << peer->replica);
	else if (epoch < channel->epoch && channel->now_us >= peer->told_us + OLD_EPOCH_US)
		serve_head(channel, from);
	return false;
}

/* The body that came beside a proposal of the sender itself. */
static void body_beside(struct channel *channel, u32 from, const struct pbft_message *message, struct span body)
{
	const struct pbft_block *block = &message->preprepare.block;
	u64 head = ledger_head(channel->ledger)->number;
	u8 *bytes;

	if ((int)message->sender != channel->peers[from].replica || block->number <= head ||
	    block->number > head + 2 * channel->config.window || body.len != block->bytes ||
	    message->preprepare.view % channel->n != message->sender ||
	    body.len > channel->config.batch_bytes + TRANSACTION_MAX + 8)
		return;
	bytes = malloc(body.len ? body.len : 1);
	if (!bytes)
		return;
	memcpy(bytes, body.bytes, body.len);
	bodies_put(&channel->bodies, block->number, block->header, bytes, body.len, from);
}

static int receive_message(struct channel *channel, u32 from, const struct parcel *parcel)
{
	struct pbft_event event = { .type = PBFT_RECEIVED };
	struct pbft_message message;

	if (!channel->core) {
		/* A replica of an epoch that this node has not reached counts us in. */
		of_this_epoch(channel, from, parcel->message);
		return 0;
	}
	if (channel->peers[from].replica < 0 || !of_this_epoch(channel, from, parcel->message))
		return 0;
	if (pbft_message_decode(parcel->message, channel->n, channel->config.window, channel->room, channel->room_size,
				&message) ||
	    (parcel->kind == PARCEL_PREPREPARE && message.kind != PBFT_PREPREPARE))
		return -EBADMSG;
	if (parcel->kind == PARCEL_PREPREPARE)
		body_beside(channel, from, &message, parcel->body);
	event.received.from = channel->peers[from].replica;
	event.received.message = &message;
	channel_step(channel, &event);
	if (channel->wish_count) {
		proposal_run(channel);
		channel_settle(channel);
	}
	return 0;
}

static int receive(struct channel *channel, u32 from, struct span bytes, const struct parcel *parcel)
{
	switch (parcel->kind) {
	case PARCEL_MESSAGE:
	case PARCEL_PREPREPARE:
		return channel->stopped ? 0 : receive_message(channel, from, parcel);
	case PARCEL_TRANSACTIONS:
		submit_received(channel, from, parcel);
		return 0;
	case PARCEL_BODY_WANTED:
		if (!channel->stopped)
			proposal_body_wanted(channel, from, parcel);
		return 0;
	case PARCEL_BODY:
		if (!channel->stopped)
			proposal_body(channel, from, parcel);
		return 0;
	case PARCEL_BLOCKS_WANTED:
		serve_wanted(channel, from, parcel);
		return 0;
	case PARCEL_BLOCKS:
		catchup_blocks(channel, from, bytes, parcel);
		return 0;
	case PARCEL_HEAD:
		catchup_head(channel, from, parcel);
		return 0;
	case PARCEL_SNAPSHOT_WANTED:
		transfer_wanted(channel, from, parcel);
		return 0;
	case PARCEL_SNAPSHOT:
		transfer_piece(channel, from, parcel);
		return 0;
	case PARCEL_PRIVATE:
	case PARCEL_PRIVATE_WANTED:
		return 0; /* the node keeps these for itself (agent/node/dissemination.c) */
	}
	return -EBADMSG;
}

int channel_receive(struct channel *channel, const u8 key[32], struct span parcel)
{
	struct parcel decoded;
	int from, error;

	channel_now(channel);
	if (channel->broken || channel->closing)
		return 0;
	from = room_peer_find(channel, key);
	error = from < 0 || from == channel->own_node ? -EBADMSG : parcel_decode(parcel, &decoded);
	if (!error)
		error = receive(channel, from, parcel, &decoded);
	channel->counters.damaged += error != 0;
	return error;
}

void channel_peer(struct channel *channel, const u8 key[32], bool up)
{
	int peer = room_peer_find(channel, key);

	if (peer < 0 || channel->broken)
		return;
	channel_now(channel);
	channel->peers[peer].up = up;
	if (up)
		serve_head(channel, peer);
}

void channel_tick(struct channel *channel)
{
	struct pbft_event event = { .type = PBFT_TICK };

	channel_now(channel);
	if (channel->broken)
		return;
	if (!channel->stopped)
		channel_step(channel, &event);
	if (channel->now_us >= channel->sweep_us) {
		submit_sweep(channel);
		transfer_served(channel, false);
		channel->sweep_us = channel->now_us + SWEEP_US;
	}
	if (channel->now_us >= channel->heads_us && !channel->broken) {
		serve_heads(channel, false);
		channel->heads_us = channel->now_us + HEADS_US;
	}
}

/* --- letting out --- */

static void forwards_send(struct channel *channel)
{
	if (!channel->forwards.count)
		return;
	channel_send(channel, channel->forwards.replicas, CHANNEL_BODIES, outbox_batch_parcel(&channel->forwards));
	outbox_batch_clear(&channel->forwards);
}

static void votes_flush(struct channel *channel)
{
	int error = channel->votes ? votelog_sync(channel->votes) : 0;

	if (error == -ENOSPC)
		channel_stop(channel, "the disk of the vote log is full");
	else if (error)
		channel_break(channel, "The vote log cannot be brought to the disk: %s.", strerror(-error));
	if (error || !channel->stable)
		return;
	error = channel->votes ? votelog_stable(channel->votes, channel->stable) : 0;
	if (error && error != -ENOSPC)
		channel_break(channel, "The vote log's old files cannot be removed: %s.", strerror(-error));
	bodies_stable(&channel->bodies, channel->stable);
	channel->stable = 0;
}

static void outbox_send(struct channel *channel)
{
	for (u32 i = 0; i < channel->outbox.count; i++) {
		const struct outbox_item *item = &channel->outbox.items[i];

		channel_send(channel, item->replicas, item->urgency,
			     (struct span){ channel->outbox.bytes + item->at, item->len });
	}
	outbox_clear(&channel->outbox);
}

/* True: there may be more to do at once. */
static bool flush_round(struct channel *channel)
{
	channel_settle(channel);
	proposal_run(channel);
	channel_settle(channel);
	forwards_send(channel);
	if (!channel->broken)
		votes_flush(channel);
	if (channel->broken || channel->stopped)
		return false;
	outbox_send(channel);
	commit_run(channel);
	if (channel->broken || channel->stopped || !commit_flush(channel))
		return false;
	channel_settle(channel);
	if (!channel->event_count && !channel->unsynced && !channel->outbox.count && !channel->broken) {
		transfer_finish(channel);
		if (channel->broken || epoch_follow(channel))
			return false;
		catchup_run(channel);
	}
	return !channel->broken &&
	       (channel->event_count || channel->unsynced || channel->outbox.count || channel->forwards.count ||
		channel->commit_count || (channel->votes && votelog_waiting(channel->votes)));
}

static u64 least(u64 one, u64 other)
{
	return one < other ? one : other;
}

static void wake_set(struct channel *channel, bool more)
{
	const struct channel_io *io = &channel->options.io;
	u64 when = channel->heads_us;

	if (channel->stopped) {
		when = least(when, channel->retry_us);
	} else {
		when = least(when, channel->core ? channel->core_wake_us : CHANNEL_NEVER);
		when = least(when, proposal_wake_us(channel));
		when = least(when, catchup_wake_us(channel));
		when = least(when, transfer_wake_us(channel));
		if (requests_count(channel->requests))
			when = least(when, channel->sweep_us);
	}
	when = least(when, serve_wake_us(channel));
	io->wake(io->arg, more || when < channel->now_us ? channel->now_us : when);
}

void channel_flush(struct channel *channel)
{
	bool more = true, was_stopped = channel->stopped;

	channel_now(channel);
	if (channel->broken)
		return;
	if (channel->stopped && channel->now_us >= channel->retry_us)
		channel->stopped = NULL;
	if (!channel->stopped) {
		for (u32 i = 0; i < FLUSH_ROUNDS && more; i++)
			more = flush_round(channel);
	} else {
		more = false;
	}
	if (channel->broken)
		return;
	if (was_stopped && !channel->stopped) {
		channel->stop_said = false;
		channel_say(channel, false, "There is room on the disk again; it goes on.");
	}
	if (!channel->closing) {
		if (channel->heads_due)
			serve_heads(channel, true);
		channel->heads_due = false;
		serve_run(channel);
	}
	if (!channel->broken)
		wake_set(channel, more);
}

void channel_status(const struct channel *channel, struct channel_status *ret_status)
{
	const struct block_header *head = channel->ledger ? ledger_head(channel->ledger) : NULL;

	memset(ret_status, 0, sizeof(*ret_status));
	if (channel->core)
		pbft_status(channel->core, &ret_status->consensus);
	ret_status->replica = channel->core;
	ret_status->epoch = channel->epoch;
	if (head) {
		ret_status->height = head->number;
		ret_status->durable = ledger_durable(channel->ledger);
		memcpy(ret_status->head, ledger_head_hash(channel->ledger), 32);
		memcpy(ret_status->root, head->state, 32);
		ret_status->behind = channel->want > head->number ? channel->want - head->number : 0;
	}
	ret_status->waiting = requests_count(channel->requests);
	ret_status->waiting_bytes = requests_bytes(channel->requests);
	ret_status->transactions = channel->counters.transactions;
	ret_status->valid = channel->counters.valid;
	ret_status->damaged_parcels = channel->counters.damaged;
	ret_status->refused_blocks = channel->counters.refused_blocks;
	ret_status->snapshots = channel->counters.snapshots;
	ret_status->refused_submissions = channel->counters.refused_submissions;
	ret_status->busy = channel->counters.busy;
	ret_status->stopped = channel->stopped;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * serve.c - what this node gives others: its head, and blocks in large parcels.
 * One parcel is read from the disk in a round, so that a crowd of late nodes
 * does not hold up consensus; what waits is bounded, for each peer and in all.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/room.h"

#define SERVES_PER_PEER 8
#define SERVE_LIFE_US 2000000 /* the asker has asked another by then */
#define SERVE_AGAIN_US 5000   /* its queue was full */
#define HEAD_LEAST_US 20000   /* between two heads for one peer, unless it follows us */

void serve_head(struct channel *channel, u32 peer)
{
	struct room_peer *to = &channel->peers[peer];
	u64 durable = ledger_durable(channel->ledger);
	struct ledger_error fault;
	struct parcel parcel = { .kind = PARCEL_HEAD, .number = durable, .first = ledger_first(channel->ledger) };
	struct writer writer;
	u8 bytes[128], hash[32];

	memcpy(hash, ledger_head_hash(channel->ledger), 32);
	if (durable != ledger_head(channel->ledger)->number &&
	    ledger_header(channel->ledger, durable, NULL, hash, NULL, &fault))
		return;
	parcel.hash = hash;
	writer_init(&writer, bytes, sizeof(bytes));
	parcel_encode(&writer, &parcel);
	to->told_us = channel->now_us;
	channel_send_node(channel, peer, CHANNEL_VOTES, (struct span){ bytes, writer_len(&writer) });
}

void serve_heads(struct channel *channel, bool followers_only)
{
	for (u32 i = 0; i < channel->membership->node_count; i++)
		if (channel->peers[i].up && (int)i != channel->own_node &&
		    (!followers_only || channel->peers[i].replica < 0))
			serve_head(channel, i);
}

void serve_wanted(struct channel *channel, u32 peer, const struct parcel *parcel)
{
	u32 own = 0;

	if (parcel->number < ledger_first(channel->ledger) || parcel->number > ledger_durable(channel->ledger) ||
	    !parcel->most) {
		serve_head(channel, peer); /* says what there is */
		return;
	}
	for (u32 i = 0; i < channel->serve_count; i++)
		own += !memcmp(channel->serves[i].key, channel->peers[peer].key, 32);
	if (channel->serve_count == CHANNEL_SERVES || own == SERVES_PER_PEER)
		return;
	channel->serves[channel->serve_count] =
		(struct room_serve){ .from = parcel->number, .most = parcel->most, .since_us = channel->now_us };
	memcpy(channel->serves[channel->serve_count++].key, channel->peers[peer].key, 32);
}

/* Blocks from @from on, as many as fit; malloc'd. */
static u8 *blocks_read(struct channel *channel, u64 from, u32 most, size_t *ret_len)
{
	struct parcel parcel = { .kind = PARCEL_BLOCKS };
	size_t size = 64 * 1024, len = 5;
	u8 *bytes = malloc(size), *block;
	struct ledger_error fault;
	struct writer writer;
	size_t block_len;
	int error = bytes ? 0 : -ENOMEM;

	if (most > PARCEL_BLOCKS_MAX)
		most = PARCEL_BLOCKS_MAX;
	while (!error && parcel.count < most && from + parcel.count <= ledger_durable(channel->ledger)) {
		error = ledger_block(channel->ledger, from + parcel.count, &block, &block_len, &fault);
		if (error == -EBADMSG || error == -EIO)
			channel_break(channel, "Block %llu is damaged: %s (%s, offset %llu)",
				      (unsigned long long)(from + parcel.count), fault.text, fault.file,
				      (unsigned long long)fault.offset);
		if (error)
			break;
		if (parcel.count && len + 4 + block_len > PARCEL_BLOCKS_BYTES) {
			free(block);
			break;
		}
		if (len + 4 + block_len > size) {
			u8 *grown;

			size = 2 * size > len + 4 + block_len ? 2 * size : len + 4 + block_len;
			grown = realloc(bytes, size);
			error = grown ? 0 : -ENOMEM;
			bytes = grown ? grown : bytes;
		}
		if (!error) {
			writer_init(&writer, bytes + len, size - len);
			writer_span32(&writer, (struct span){ block, block_len });
			len += 4 + block_len;
			parcel.count++;
		}
		free(block);
	}
	if (!parcel.count) {
		free(bytes);
		return NULL;
	}
	writer_init(&writer, bytes, 5);
	parcel_encode(&writer, &parcel);
	*ret_len = len;
	return bytes;
}

void serve_run(struct channel *channel)
{
	struct room_serve serve;
	size_t len;
	u8 *bytes;
	int peer, error = 0;

	while (channel->serve_count && channel->now_us > channel->serves[0].since_us + SERVE_LIFE_US)
		memmove(channel->serves, channel->serves + 1, --channel->serve_count * sizeof(serve));
	if (!channel->serve_count)
		return;
	serve = channel->serves[0];
	memmove(channel->serves, channel->serves + 1, --channel->serve_count * sizeof(serve));
	peer = room_peer_find(channel, serve.key);
	bytes = peer < 0 ? NULL : blocks_read(channel, serve.from, serve.most, &len);
	if (bytes)
		error = channel_send_node(channel, peer, CHANNEL_BULK, (struct span){ bytes, len });
	free(bytes);
	if (error == -ENOBUFS) { /* later; others first */
		channel->serves[channel->serve_count++] = serve;
		channel->serve_later_us = channel->now_us + SERVE_AGAIN_US;
	} else {
		channel->serve_later_us = 0;
	}
}

u64 serve_wake_us(const struct channel *channel)
{
	if (!channel->serve_count)
		return CHANNEL_NEVER;
	return channel->serve_later_us > channel->now_us ? channel->serve_later_us : channel->now_us;
}

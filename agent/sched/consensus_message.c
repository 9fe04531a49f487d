// SPDX-License-Identifier: GPL-2.0
/*
 * consensus_message.c - see consensus_message.h.
 */
#include <errno.h>
#include <math.h>

#include "agent/sched/consensus_message.h"

static const u8 consensus_magic[4] = { 'V', 'G', 'A', '1' };

static void put(u8 *to, u64 value, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		to[i] = (u8)(value >> 8 * i);
}

static u64 get(const u8 *from, u32 bytes)
{
	u64 value = 0;
	u32 i;

	for (i = 0; i < bytes; i++)
		value |= (u64)from[i] << 8 * i;
	return value;
}

size_t consensus_encode(const struct consensus_message *message, u8 *to)
{
	u64 bits;
	u32 i;

	memcpy(to, consensus_magic, 4);
	to[4] = message->type;
	to[5] = message->flags;
	put(to + 6, message->from, 2);
	put(to + 8, message->to, 2);
	put(to + 10, message->chunk, 2);
	put(to + 12, message->chunks, 2);
	put(to + 14, message->calm, 2);
	put(to + 16, message->epoch, 4);
	put(to + 20, message->round, 4);
	put(to + 24, message->stop, 4);
	put(to + 28, message->first, 4);
	put(to + 32, message->count, 4);
	put(to + 36, message->total, 4);
	put(to + 40, message->instance, 8);
	for (i = 0; i < message->count; i++) {
		memcpy(&bits, &message->number[i], 8);
		put(to + CONSENSUS_HEADER + 8 * i, bits, 8);
	}
	return CONSENSUS_HEADER + 8 * (size_t)message->count;
}

static bool consensus_fits(const struct consensus_message *message, size_t len)
{
	if (message->type < CONSENSUS_SYNC || message->type > CONSENSUS_WANT || message->flags > CONSENSUS_VOID)
		return false;
	if (!message->chunks || message->chunks > CONSENSUS_CHUNKS || message->chunk >= message->chunks)
		return false;
	if (message->count > CONSENSUS_NUMBERS || len != CONSENSUS_HEADER + 8 * (size_t)message->count)
		return false;
	if (message->total > CONSENSUS_CHUNKS * CONSENSUS_NUMBERS || message->count > message->total)
		return false;
	return message->first <= message->total - message->count && message->instance;
}

int consensus_decode(const u8 *from, size_t len, struct consensus_message *ret_message)
{
	u64 bits;
	u32 i;

	if (len < CONSENSUS_HEADER || memcmp(from, consensus_magic, 4))
		return -EBADMSG;
	ret_message->type = from[4];
	ret_message->flags = from[5];
	ret_message->from = (u16)get(from + 6, 2);
	ret_message->to = (u16)get(from + 8, 2);
	ret_message->chunk = (u16)get(from + 10, 2);
	ret_message->chunks = (u16)get(from + 12, 2);
	ret_message->calm = (u16)get(from + 14, 2);
	ret_message->epoch = (u32)get(from + 16, 4);
	ret_message->round = (u32)get(from + 20, 4);
	ret_message->stop = (u32)get(from + 24, 4);
	ret_message->first = (u32)get(from + 28, 4);
	ret_message->count = (u32)get(from + 32, 4);
	ret_message->total = (u32)get(from + 36, 4);
	ret_message->instance = get(from + 40, 8);
	if (!consensus_fits(ret_message, len))
		return -EBADMSG;
	for (i = 0; i < ret_message->count; i++) {
		bits = get(from + CONSENSUS_HEADER + 8 * i, 8);
		memcpy(&ret_message->number[i], &bits, 8);
		if (!isfinite(ret_message->number[i]))
			return -EBADMSG;
	}
	return 0;
}

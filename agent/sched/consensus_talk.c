// SPDX-License-Identifier: GPL-2.0
/*
 * consensus_talk.c - what an area says and hears, message by message: see
 * consensus.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/consensus_parts.h"

static void consensus_send(struct consensus *consensus, const struct consensus_peer *peer)
{
	u8 bytes[CONSENSUS_BYTES];
	size_t len;

	consensus->message->from = (u16)consensus->area->index;
	consensus->message->to = (u16)peer->area;
	consensus->message->epoch = consensus->epoch;
	consensus->message->instance = consensus->words.instance;
	len = consensus_encode(consensus->message, bytes);
	consensus->tally.bytes += len;
	consensus->tally.messages++;
	consensus->words.send(consensus->words.context, peer->area, bytes, len);
}

/* @total numbers in as many messages as they need; piece(i) is number i. */
static void consensus_send_numbers(struct consensus *consensus, const struct consensus_peer *peer, u32 total,
				   double (*piece)(const struct consensus *, const struct consensus_peer *, u32))
{
	struct consensus_message *message = consensus->message;
	u32 i;

	message->total = total;
	message->chunks = (u16)((total + CONSENSUS_NUMBERS - 1) / CONSENSUS_NUMBERS);
	message->chunks += !message->chunks;
	for (message->chunk = 0; message->chunk < message->chunks; message->chunk++) {
		message->first = message->chunk * CONSENSUS_NUMBERS;
		message->count =
			total - message->first < CONSENSUS_NUMBERS ? total - message->first : CONSENSUS_NUMBERS;
		for (i = 0; i < message->count; i++)
			message->number[i] = piece(consensus, peer, message->first + i);
		consensus_send(consensus, peer);
	}
}

static double consensus_sync_number(const struct consensus *consensus, const struct consensus_peer *peer, u32 i)
{
	size_t from = (size_t)peer->first * consensus->periods * AREA_KINDS;

	if (i < peer->values)
		return consensus->aim[from + i];
	if (i < 2 * peer->values)
		return consensus->price[from + i - peer->values];
	return consensus->weight[(size_t)peer->first * AREA_KINDS + i - 2 * peer->values];
}

static double consensus_data_number(const struct consensus *consensus, const struct consensus_peer *peer, u32 i)
{
	return consensus->x[consensus->message->round % 2][(size_t)peer->first * consensus->periods * AREA_KINDS + i];
}

/* Its words of @round: the SYNC for 0. */
static void consensus_say(struct consensus *consensus, const struct consensus_peer *peer, u32 round)
{
	struct consensus_message *message = consensus->message;

	*message = (struct consensus_message){ .type = round ? CONSENSUS_DATA : CONSENSUS_SYNC, .round = round };
	if (!round) {
		message->flags = consensus->empty ? CONSENSUS_VOID : 0;
		consensus_send_numbers(consensus, peer, 2 * peer->values + peer->ties * AREA_KINDS,
				       consensus_sync_number);
		return;
	}
	message->calm = (u16)(round == consensus->round ? consensus->calm : consensus->calm_before);
	message->stop = consensus->stop;
	consensus_send_numbers(consensus, peer, peer->values, consensus_data_number);
}

void consensus_say_all(struct consensus *consensus)
{
	u32 i;

	for (i = 0; !consensus->said && i < consensus->peers; i++)
		consensus_say(consensus, &consensus->peer[i], consensus->round);
	consensus->said = true;
}

static void consensus_keep(struct consensus_heard *heard, const struct consensus_message *message, u32 total)
{
	if (message->total != total || message->first != message->chunk * (u32)CONSENSUS_NUMBERS ||
	    message->chunks != (total + CONSENSUS_NUMBERS - 1) / CONSENSUS_NUMBERS)
		return;
	memcpy(heard->number + message->first, message->number, message->count * sizeof(double));
	heard->chunk[message->chunk / 64] |= 1ULL << message->chunk % 64;
	heard->chunks = message->chunks;
	heard->round = message->round;
	heard->calm = message->calm;
	heard->stop = message->stop;
	heard->flags = message->flags;
}

static void consensus_hear(struct consensus *consensus, struct consensus_peer *peer,
			   const struct consensus_message *message)
{
	u32 round = message->round;

	switch (message->type) {
	case CONSENSUS_SYNC:
		if (consensus->phase == CONSENSUS_SYNCING && !round)
			consensus_keep(&peer->sync, message, 2 * peer->values + peer->ties * AREA_KINDS);
		return;
	case CONSENSUS_DATA:
		/* this round's or the next's; the neighbour cannot be further, for it waits for us */
		if (round && (round == consensus->round || round == consensus->round + 1))
			consensus_keep(&peer->heard[round % 2], message, peer->values);
		return;
	default:
		if (round > consensus->round || (round && round + 1 < consensus->round))
			return;
		consensus->tally.again++;
		if (round || consensus->round <= 1)
			consensus_say(consensus, peer, round);
	}
}

int consensus_receive(struct consensus *consensus, const u8 *bytes, size_t len)
{
	struct consensus_message *message = malloc(sizeof(*message));
	struct consensus_peer *peer = consensus->peer;
	int err = 0;

	if (!message)
		return -ENOMEM;
	if (consensus_decode(bytes, len, message) || message->to != consensus->area->index)
		goto refused;
	while (peer < consensus->peer + consensus->peers && peer->area != message->from)
		peer++;
	if (peer == consensus->peer + consensus->peers || message->instance < peer->instance)
		goto refused;
	if (message->instance > peer->instance) {
		if (peer->instance) /* it was killed and came back */
			consensus_epoch(consensus,
					(message->epoch > consensus->epoch ? message->epoch : consensus->epoch) + 1);
		peer->instance = message->instance;
	}
	if (message->epoch > consensus->epoch)
		consensus_epoch(consensus, message->epoch);
	if (message->epoch < consensus->epoch)
		consensus->said = false; /* it does not know of this epoch: say this phase's words again */
	else if (consensus->phase != CONSENSUS_FAILED)
		consensus_hear(consensus, peer, message);
	free(message);
	consensus_say_all(consensus);
	err = consensus_advance(consensus);
	return err;
refused:
	consensus->tally.refused++;
	free(message);
	return 0;
}

static void consensus_ask(struct consensus *consensus)
{
	u32 i;

	for (i = 0; i < consensus->peers; i++) {
		if (consensus_has(consensus, &consensus->peer[i]))
			continue;
		*consensus->message =
			(struct consensus_message){ .type = CONSENSUS_WANT, .round = consensus->round, .chunks = 1 };
		consensus_send(consensus, &consensus->peer[i]);
		if (consensus->phase == CONSENSUS_SYNCING) /* it may not have heard of us at all */
			consensus_say(consensus, &consensus->peer[i], 0);
	}
}

u64 consensus_tick(struct consensus *consensus, u64 now_ms)
{
	if (consensus->phase > CONSENSUS_WAITING)
		return now_ms + CONSENSUS_ASK_MOST_MS;
	consensus_say_all(consensus);
	consensus_advance(consensus);
	if (!consensus->asked) {
		consensus->pause = CONSENSUS_ASK_MS;
		consensus->asked = now_ms + 1;
	} else if (now_ms + 1 >= consensus->asked + consensus->pause) {
		consensus_ask(consensus);
		consensus->asked = now_ms + 1;
		consensus->pause =
			consensus->pause * 2 > CONSENSUS_ASK_MOST_MS ? CONSENSUS_ASK_MOST_MS : consensus->pause * 2;
	}
	return consensus->asked - 1 + consensus->pause;
}

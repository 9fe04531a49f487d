// SPDX-License-Identifier: GPL-2.0
/*
 * liar.c - what makes voltgated-liar of voltgated: a node that votes for two
 * things at once. It is linked over node_send() (ld --wrap), so that the daemon that is installed holds none of it.
 *
 * It tells half of the others the truth and the other half a proposal with another header, prepares and commits for
 * another hash, checkpoints of a state that never was; all well signed with its own key. From its start on it does so
 * in every second of two seconds, so that it can be seen to come and go.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/node/node_state.h"
#include "agent/pbft/message.h"
#include "agent/say.h"

#define LIAR_MESSAGE 1 /* channel.h: parcels */
#define LIAR_PREPREPARE 2

int __real_node_send(struct node *node, const u8 channel[32], const u8 key[32], enum channel_urgency urgency,
		     struct span parcel);
int __wrap_node_send(struct node *node, const u8 channel[32], const u8 key[32], enum channel_urgency urgency,
		     struct span parcel);

static u64 liar_lies;

static bool liar_lies_now(void)
{
	return node_now_us() / 1000000 % 2;
}

/* Changes what the message says; false: it is of a kind that is left alone. */
static bool liar_twist(struct pbft_message *message)
{
	switch (message->kind) {
	case PBFT_PREPREPARE:
		message->preprepare.block.header[0] ^= 1;
		return true;
	case PBFT_PREPARE:
	case PBFT_COMMITTED_VOTE:
	case PBFT_CHECKPOINT:
		message->vote.hash[0] ^= 1;
		return true;
	default:
		return false;
	}
}

/* The same parcel with another message in it, signed; malloc'd. NULL: sent as it is. */
static u8 *liar_parcel(struct node *node, const struct seat *seat, struct span parcel, size_t *ret_len)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	u32 n = membership_replicas(membership), window = (u32)membership->parameters[MEMBERSHIP_WINDOW];
	size_t room_size = pbft_message_room(n, window), head = parcel.bytes[0] == LIAR_PREPREPARE ? 5 : 1, len;
	struct pbft_message message;
	struct span inner = { parcel.bytes + head, parcel.len - head };
	u8 *room = malloc(room_size), *twisted = NULL, digest[32];
	struct reader reader;

	if (head == 5) {
		reader_init(&reader, parcel.bytes + 1, parcel.len - 1);
		inner = reader_span32(&reader, parcel.len);
	}
	if (room && !pbft_message_decode(inner, n, window, room, room_size, &message) && liar_twist(&message)) {
		pbft_message_digest(&message, seat->id, digest);
		identity_tls_sign(node->tls, digest, sizeof(digest), message.signature);
		twisted = malloc(parcel.len);
		len = twisted ? pbft_message_encode(&message, twisted + head, parcel.len - head) : 0;
		if (twisted && len == inner.len) {
			memcpy(twisted, parcel.bytes, head);
			memcpy(twisted + head + len, parcel.bytes + head + len, parcel.len - head - len);
			*ret_len = parcel.len;
		} else {
			free(twisted);
			twisted = NULL;
		}
	}
	free(room);
	return twisted;
}

int __wrap_node_send(struct node *node, const u8 channel[32], const u8 key[32], enum channel_urgency urgency,
		     struct span parcel)
{
	struct seat *seat = node_seat(node, channel);
	bool other_half = seat && seat->ledger && membership_replica_index(ledger_membership(seat->ledger), key) & 1,
	     kind = parcel.len > 5 && parcel.bytes[0] <= LIAR_PREPREPARE;
	size_t len;
	u8 *twisted;
	int err;

	twisted = kind && other_half && liar_lies_now() ? liar_parcel(node, seat, parcel, &len) : NULL;
	if (!twisted)
		return __real_node_send(node, channel, key, urgency, parcel);
	if (!(liar_lies++ % 1000))
		say_info("This is voltgated-liar: %llu lies told so far.", (unsigned long long)liar_lies);
	err = __real_node_send(node, channel, key, urgency, (struct span){ twisted, len });
	free(twisted);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * dissemination.c - private data between the nodes that are entitled to it:
 * parcels 11 (a value) and 12 (a value wanted), see agent/channel/private.h.
 *
 * A node of an organisation that a collection does not name is sent nothing of it and answered nothing about it; what
 * it sends is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/node_state.h"
#include "ledger/transaction.h"

#define DISSEMINATION_VALUE_MAX (1024 * 1024)
#define DISSEMINATION_ASK_MOST 64 /* values asked for at a time */
#define DISSEMINATION_VALUE 11
#define DISSEMINATION_WANTED 12

static const struct membership_collection *dissemination_collection(const struct membership *membership,
								    struct span name)
{
	u32 i;

	for (i = 0; i < membership->collection_count; i++)
		if (strlen(membership->collections[i].name) == name.len &&
		    !memcmp(membership->collections[i].name, name.bytes, name.len))
			return &membership->collections[i];
	return NULL;
}

static bool dissemination_entitled(const struct membership_collection *collection, int organisation)
{
	return collection && organisation >= 0 && collection->organisations >> organisation & 1;
}

/* Sends @parcel to every other node that is entitled to @collection. */
static void dissemination_spread(struct seat *seat, const struct membership_collection *collection, struct span parcel)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	const u8 *self = identity_tls_self(seat->node->tls)->key;
	u32 i;

	for (i = 0; i < membership->node_count; i++) {
		const struct membership_node *node = &membership->nodes[i];

		if (!memcmp(node->key, self, 32) || !dissemination_entitled(collection, node->organisation))
			continue;
		if (!node_send(seat->node, seat->id, node->key, CHANNEL_BODIES, parcel))
			seat->counts.privates_sent++;
	}
}

static void dissemination_one(struct seat *seat, const u8 proposal_hash[32], const struct contract_private *private,
			      u64 expires)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	const struct membership_collection *collection = dissemination_collection(membership, private->collection);
	size_t room = 1 + 32 + 2 + private->collection.len + 2 + private->key.len + 16 + 4 + private->value.len;
	struct writer writer;
	u8 *bytes;

	if (!dissemination_entitled(collection, seat->organisation))
		return;
	private_offer(seat->privates, membership, (u32)seat->organisation, proposal_hash, private->collection,
		      private->key, private->salt, private->value, expires);
	bytes = malloc(room);
	if (!bytes)
		return; /* those who lack it ask for it */
	writer_init(&writer, bytes, room);
	writer_u8(&writer, DISSEMINATION_VALUE);
	writer_bytes(&writer, proposal_hash, 32);
	writer_span16(&writer, private->collection);
	writer_span16(&writer, private->key);
	writer_bytes(&writer, private->salt, 16);
	writer_span32(&writer, private->value);
	if (writer_len(&writer))
		dissemination_spread(seat, collection, (struct span){ bytes, writer_len(&writer) });
	free(bytes);
}

/* Until when a value waits for its transaction: no proposal lives longer. */
static u64 dissemination_expiry(const struct seat *seat)
{
	return node_clock(seat->node) +
	       2 * ledger_membership(seat->ledger)->parameters[MEMBERSHIP_TRANSACTION_LIFE_S] * 1000000;
}

void dissemination_offer(void *arg, const u8 proposal_hash[32], const struct contract_private *privates, u32 count)
{
	struct seat *seat = arg;
	u32 i;

	for (i = 0; i < count; i++)
		dissemination_one(seat, proposal_hash, &privates[i], dissemination_expiry(seat));
}

int dissemination_get(void *arg, struct span collection, struct span key, u8 **ret_value, size_t *ret_len)
{
	struct seat *seat = arg;

	return private_get(seat->privates, seat->ledger, collection, key, ret_value, ret_len);
}

static int dissemination_take(struct seat *seat, int organisation, struct reader *reader)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	const u8 *proposal_hash = reader_bytes(reader, 32);
	struct span collection = reader_span16(reader, MEMBERSHIP_NAME_MAX);
	struct span key = reader_span16(reader, TRANSACTION_KEY_MAX);
	const u8 *salt = reader_bytes(reader, 16);
	struct span value = reader_span32(reader, DISSEMINATION_VALUE_MAX);

	if (!reader_done(reader))
		return -EBADMSG;
	if (!dissemination_entitled(dissemination_collection(membership, collection), organisation))
		return -EACCES;
	return private_offer(seat->privates, membership, (u32)seat->organisation, proposal_hash, collection, key, salt,
			     value, dissemination_expiry(seat));
}

/* The other wants a value by its state key; it gets it if it is entitled and we have it. */
static int dissemination_serve(struct seat *seat, const u8 key[32], int organisation, struct reader *reader)
{
	struct span state_key = reader_span16(reader, PRIVATE_KEY_LEN);
	size_t len;
	u8 *parcel;
	int err = reader_done(reader) ? 0 : -EBADMSG;

	if (!err)
		err = private_serve(seat->privates, ledger_membership(seat->ledger), (u32)organisation, state_key,
				    &parcel, &len);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (!node_send(seat->node, seat->id, key, CHANNEL_BULK, (struct span){ parcel, len }))
		seat->counts.privates_sent++;
	free(parcel);
	return 0;
}

/* Asks @node for @count values. */
static void dissemination_ask(struct seat *seat, const struct membership_node *node, u8 (*keys)[PRIVATE_KEY_LEN],
			      u32 count)
{
	u8 bytes[1 + 2 + PRIVATE_KEY_LEN];
	struct writer writer;
	u32 i;

	for (i = 0; i < count; i++) {
		writer_init(&writer, bytes, sizeof(bytes));
		writer_u8(&writer, DISSEMINATION_WANTED);
		writer_span16(&writer, (struct span){ keys[i], PRIVATE_KEY_LEN });
		node_send(seat->node, seat->id, node->key, CHANNEL_BULK, (struct span){ bytes, writer_len(&writer) });
	}
}

void dissemination_tick(struct seat *seat)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	const u8 *self = identity_tls_self(seat->node->tls)->key;
	u8 keys[DISSEMINATION_ASK_MOST][PRIVATE_KEY_LEN];
	u32 count, i, at;

	if (seat->organisation < 0)
		return;
	count = private_missing(seat->privates, keys, DISSEMINATION_ASK_MOST);
	for (i = 0; count && i < membership->node_count; i++) {
		at = (seat->turn + i) % membership->node_count;
		if (!memcmp(membership->nodes[at].key, self, 32) ||
		    !private_shared(membership, (u32)seat->organisation, membership->nodes[at].organisation))
			continue;
		dissemination_ask(seat, &membership->nodes[at], keys, count);
		seat->turn = at + 1; /* another one next time */
		return;
	}
}

int dissemination_receive(struct seat *seat, const u8 key[32], struct span parcel)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	int sender = membership_node_index(membership, key), err;
	struct reader reader;

	if (sender < 0 || seat->organisation < 0)
		return -EACCES;
	reader_init(&reader, parcel.bytes, parcel.len);
	if (reader_u8(&reader) == DISSEMINATION_WANTED)
		return dissemination_serve(seat, key, membership->nodes[sender].organisation, &reader);
	err = dissemination_take(seat, membership->nodes[sender].organisation, &reader);
	if (err)
		seat->counts.privates_refused++;
	else
		seat->counts.privates_taken++;
	return err;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * peer.h - a node's links to the other nodes: one client connection with one
 * stream for what goes out to each, reconnecting with back-off, and a bounded queue for each
 * urgency. What comes in arrives through the server (Peer.Exchange, a client stream).
 *
 * Votes go before bodies, bodies before bulk. A queue that is full refuses; nothing waits without end for a dead peer.
 * Parcels that are queued in one round of the loop leave as one Parcels message.
 */
#ifndef VOLTGATE_NET_PEER_H
#define VOLTGATE_NET_PEER_H

#include "agent/channel/channel.h"
#include "agent/net/grpc.h"

struct peers;

struct peers_options {
	struct event_base *base;
	struct identity_tls *tls;
	struct grpc_limits limits;
	u32 queue_bytes[3]; /* by channel_urgency; 0: 4, 32, 16 MiB */
	void (*up)(void *arg, const u8 key[32], bool up);
	void *arg;
};

struct peers *peers_new(const struct peers_options *options);
void peers_free(struct peers *peers);
/* A link to @key at @address; the same again is fine; another address moves it. */
int peers_add(struct peers *peers, const u8 key[32], const char *address, struct identity_error *ret_error);
void peers_remove(struct peers *peers, const u8 key[32]);
/* Queues @parcel of @channel. -ENOBUFS, -ENOENT. */
int peers_send(struct peers *peers, const u8 key[32], const u8 channel[32], enum channel_urgency urgency,
	       struct span parcel);
/* Gives queued parcels to their connections; at the end of a round of the loop. */
void peers_flush(struct peers *peers);

struct peers_status {
	u8 key[32];
	char address[MEMBERSHIP_ADDRESS_MAX + 1];
	enum grpc_client_state state;
	char why[160]; /* last trouble */
	u64 sent_parcels, sent_bytes, refused_parcels, connects;
	u64 queued_bytes;
};

u32 peers_count(const struct peers *peers);
void peers_status(const struct peers *peers, u32 index, struct peers_status *ret_status);

#endif

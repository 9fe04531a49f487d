// SPDX-License-Identifier: GPL-2.0
/*
 * service_peer.c - Exchange: parcels of other nodes, each let in only to the
 * channels that its key is a node of.
 */
#include <errno.h>

#include "agent/node/rpc.h"
#include "agent/node/service.h"

#define PEER_PRIVATE_DATA 11 /* channel.h */
#define PEER_PRIVATE_WANTED 12

static int peer_parcel(struct seat *seat, const u8 key[32], struct span parcel)
{
	if (!parcel.len)
		return -EBADMSG;
	if (parcel.bytes[0] == PEER_PRIVATE_DATA || parcel.bytes[0] == PEER_PRIVATE_WANTED)
		return dissemination_receive(seat, key, parcel);
	return channel_receive(seat->channel, key, parcel);
}

static void peer_message(struct grpc_call *call, struct span bytes)
{
	struct node *node = grpc_call_server_arg(call);
	const struct identity *peer = grpc_call_peer(call);
	Voltgate__V1__Parcels *parcels = rpc_request(call, &voltgate__v1__parcels__descriptor, bytes);
	struct seat *seat;
	u8 key[32];
	size_t i;

	if (!parcels)
		return;
	seat = parcels->channel.len == 32 ? node_seat(node, parcels->channel.data) : NULL;
	if (!seat || !admission_node(seat, peer)) {
		node->unknown_channel_parcels += parcels->n_parcels;
		if (seat)
			seat->counts.strangers_parcels += parcels->n_parcels;
		return;
	}
	memcpy(key, peer->key, 32);
	for (i = 0; i < parcels->n_parcels && seat_is_open(seat); i++)
		if (peer_parcel(seat, key, rpc_span(parcels->parcels[i])))
			node->refused_parcels++;
	node_due(node);
}

/* Only nodes of a channel that we are in may open it; others need not send what would be thrown away. */
static void peer_begin(struct grpc_call *call)
{
	struct node *node = grpc_call_server_arg(call);
	u32 i;

	for (i = 0; i < node->seat_count; i++)
		if (admission_node(node->seats[i], grpc_call_peer(call)))
			return;
	rpc_refuse(call, GRPC_PERMISSION_DENIED, "You are no node of a channel of this node.");
}

static void peer_half_closed(struct grpc_call *call)
{
	Voltgate__V1__ExchangeEnd end = VOLTGATE__V1__EXCHANGE_END__INIT;

	rpc_answer(call, &end.base);
}

const struct grpc_method service_exchange = {
	.path = "/voltgate.v1.Peer/Exchange",
	.begin = peer_begin,
	.message = peer_message,
	.half_closed = peer_half_closed,
};

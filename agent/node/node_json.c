// SPDX-License-Identifier: GPL-2.0
/*
 * node_json.c - the node, its channels and its links as JSON for the control
 * socket. Keys and hashes are hex, times Time64 with their UTC beside.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/node/node_state.h"

static const char *const node_link_states[] = { "down", "connecting", "up" };

json_t *node_status_json(const struct node *node)
{
	const struct identity *self = identity_tls_self(node->tls);
	struct grpc_counts counts;
	json_t *object = json_object();
	int failed = !object;
	u32 i, open = 0;

	grpc_server_counts(node->server, &counts);
	for (i = 0; i < node->seat_count; i++)
		open += seat_is_open(node->seats[i]);
	failed |= json_object_set_new(object, "name", json_string(self->name));
	failed |= json_object_set_new(object, "organisation", json_string(self->organisation));
	failed |= gate_json_put_hex(object, "key", self->key, 32);
	failed |= json_object_set_new(object, "version", json_string(VOLTGATE_VERSION));
	failed |= json_object_set_new(object, "listen", json_string(node->options.listen));
	failed |= json_object_set_new(object, "port", json_integer(node_port(node)));
	failed |= json_object_set_new(object, "metrics_port", json_integer(node_metrics_port(node)));
	failed |= json_object_set_new(object, "folder", json_string(node->folder));
	failed |= gate_json_put_time(object, "clock", node_clock(node));
	failed |=
		json_object_set_new(object, "clock_offset_us", json_integer((json_int_t)node->options.clock_offset_us));
	failed |= json_object_set_new(object, "channels", json_integer(node->seat_count));
	failed |= json_object_set_new(object, "channels_stopped", json_integer(node->seat_count - open));
	failed |= json_object_set_new(object, "connections", json_integer(counts.open_connections));
	failed |= json_object_set_new(object, "calls", json_integer(counts.open_calls));
	failed |= gate_json_put_u64(object, "refused_handshakes", counts.refused_handshakes);
	failed |= gate_json_put_u64(object, "refused_calls", node->refused_calls);
	failed |= gate_json_put_u64(object, "refused_parcels", node->refused_parcels);
	failed |= gate_json_put_u64(object, "unknown_channel_parcels", node->unknown_channel_parcels);
	return gate_json_finish(object, failed);
}

static int json_put_consensus(json_t *object, const struct membership *membership, const struct channel_status *status)
{
	const struct membership_node *primary = membership_replica(membership, status->consensus.primary);
	json_t *inner = json_object();
	int failed = !inner;

	failed |= gate_json_put_u64(inner, "view", status->consensus.view);
	failed |= json_object_set_new(inner, "primary", json_string(primary ? primary->name : ""));
	failed |= json_object_set_new(inner, "changing_view", json_boolean(status->consensus.changing));
	failed |= json_object_set_new(inner, "mute", json_boolean(status->consensus.mute));
	failed |= gate_json_put_u64(inner, "committed", status->consensus.committed);
	failed |= gate_json_put_u64(inner, "proposed", status->consensus.proposed);
	failed |= gate_json_put_u64(inner, "stable", status->consensus.stable);
	failed |= json_object_set_new(inner, "in_flight", json_integer(status->consensus.in_flight));
	return failed | json_object_set_new(object, "consensus", inner);
}

static int json_put_status(json_t *object, const struct seat *seat)
{
	struct channel_status status;
	int failed = 0;

	channel_status(seat->channel, &status);
	failed |= gate_json_put_u64(object, "height", status.height);
	failed |= gate_json_put_u64(object, "durable", status.durable);
	failed |= gate_json_put_hex(object, "head", status.head, 32);
	failed |= gate_json_put_hex(object, "root", status.root, 32);
	failed |= gate_json_put_time(object, "head_time", ledger_head(seat->ledger)->time);
	failed |= gate_json_put_u64(object, "first", ledger_first(seat->ledger));
	failed |= gate_json_put_u64(object, "epoch", status.epoch);
	failed |= json_object_set_new(object, "replica", json_boolean(status.replica));
	failed |= gate_json_put_u64(object, "behind", status.behind);
	failed |= json_object_set_new(object, "waiting", json_integer(status.waiting));
	failed |= gate_json_put_u64(object, "waiting_bytes", status.waiting_bytes);
	failed |= gate_json_put_u64(object, "transactions", status.transactions);
	failed |= gate_json_put_u64(object, "valid", status.valid);
	failed |= gate_json_put_u64(object, "snapshots", status.snapshots);
	failed |= gate_json_put_u64(object, "busy", status.busy);
	failed |= gate_json_put_u64(object, "refused_submissions", status.refused_submissions);
	failed |= gate_json_put_u64(object, "refused_blocks", status.refused_blocks);
	failed |= gate_json_put_u64(object, "damaged_parcels", status.damaged_parcels);
	if (status.stopped)
		failed |= json_object_set_new(object, "stopped", json_string(status.stopped));
	if (status.replica)
		failed |= json_put_consensus(object, ledger_membership(seat->ledger), &status);
	return failed;
}

static json_t *json_node(const struct membership *membership, const struct membership_node *node)
{
	json_t *object = json_object();
	int failed = !object;

	failed |= json_object_set_new(object, "name", json_string(node->name));
	failed |= json_object_set_new(object, "organisation",
				      json_string(membership->organisations[node->organisation].name));
	failed |= gate_json_put_hex(object, "key", node->key, 32);
	failed |= json_object_set_new(object, "address", json_string(node->address));
	failed |= json_object_set_new(object, "replica", json_boolean(node->roles & MEMBERSHIP_REPLICA));
	failed |= json_object_set_new(object, "endorser", json_boolean(node->roles & MEMBERSHIP_ENDORSER));
	return gate_json_finish(object, failed);
}

static int json_put_collections(json_t *object, const struct membership *membership)
{
	json_t *list = json_array(), *inner, *names;
	int failed = !list;
	u32 i, k;

	for (i = 0; i < membership->collection_count; i++) {
		inner = json_object();
		names = json_array();
		for (k = 0; k < membership->organisation_count; k++)
			if (membership->collections[i].organisations >> k & 1)
				failed |= json_array_append_new(names, json_string(membership->organisations[k].name));
		failed |= json_object_set_new(inner, "name", json_string(membership->collections[i].name));
		failed |= json_object_set_new(inner, "organisations", names);
		failed |= gate_json_put_u64(inner, "purge_blocks", membership->collections[i].purge_blocks);
		failed |= json_array_append_new(list, inner);
	}
	return failed | json_object_set_new(object, "collections", list);
}

static int json_put_membership(json_t *object, const struct membership *membership, const struct seat *seat)
{
	static const char *const words[] = {
#define NODE_JSON_WORD(name, word, ...) word,
		MEMBERSHIP_PARAMETERS(NODE_JSON_WORD)
#undef NODE_JSON_WORD
	};
	json_t *organisations = json_array(), *nodes = json_array(), *parameters = json_object(), *inner;
	int failed = !organisations || !nodes || !parameters;
	u32 i;

	for (i = 0; i < membership->organisation_count; i++) {
		inner = json_object();
		failed |= json_object_set_new(inner, "name", json_string(membership->organisations[i].name));
		failed |= gate_json_put_hex(inner, "authority", membership->organisations[i].authority, 32);
		failed |= json_array_append_new(organisations, inner);
	}
	for (i = 0; i < membership->node_count; i++)
		failed |= json_array_append_new(nodes, json_node(membership, &membership->nodes[i]));
	for (i = 0; i < MEMBERSHIP_PARAMETER_COUNT; i++)
		failed |= gate_json_put_u64(parameters, words[i], membership->parameters[i]);
	failed |= json_object_set_new(object, "sequence", json_integer(membership->sequence));
	failed |= json_object_set_new(object, "organisations", organisations);
	failed |= json_object_set_new(object, "nodes", nodes);
	failed |= json_object_set_new(object, "parameters", parameters);
	failed |= json_object_set_new(object, "revoked", json_integer(seat->revoked_count));
	return failed | json_put_collections(object, membership);
}

/* The configuration as it is encoded: what `voltgate channel update` starts from. */
static int json_put_configuration(json_t *object, const struct membership *membership)
{
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	struct writer writer;
	int failed = !bytes;

	if (!failed) {
		writer_init(&writer, bytes, MEMBERSHIP_BYTES_MAX);
		membership_encode(&writer, membership);
		failed = gate_json_put_hex(object, "configuration", bytes, writer_len(&writer));
	}
	free(bytes);
	return failed;
}

json_t *node_channel_json(const struct node *node, u32 index, bool whole)
{
	const struct seat *seat = node->seats[index];
	json_t *object = json_object();
	int failed = !object;

	failed |= json_object_set_new(object, "name", json_string(seat->name));
	failed |= gate_json_put_hex(object, "id", seat->id, 32);
	failed |= json_object_set_new(object, "member", json_boolean(seat->organisation >= 0));
	failed |= json_object_set_new(object, "stopped", *seat->stopped ? json_string(seat->stopped) : json_null());
	if (seat_is_open(seat))
		failed |= json_put_status(object, seat);
	if (seat_is_open(seat) && whole) {
		failed |= json_put_membership(object, ledger_membership(seat->ledger), seat);
		failed |= json_put_configuration(object, ledger_membership(seat->ledger));
	}
	return gate_json_finish(object, failed);
}

u32 node_peers(const struct node *node)
{
	return peers_count(node->peers);
}

/* Names and channels that @key has, as far as we are in them. */
static int json_put_peer_channels(json_t *object, const struct node *node, const u8 key[32])
{
	const struct membership *membership;
	const char *name = "", *organisation = "";
	json_t *channels = json_array();
	int failed = !channels, at;
	u32 i;

	for (i = 0; i < node->seat_count; i++) {
		if (!seat_is_open(node->seats[i]))
			continue;
		membership = ledger_membership(node->seats[i]->ledger);
		at = membership_node_index(membership, key);
		if (at < 0)
			continue;
		name = membership->nodes[at].name;
		organisation = membership->organisations[membership->nodes[at].organisation].name;
		failed |= json_array_append_new(channels, json_string(node->seats[i]->name));
	}
	failed |= json_object_set_new(object, "name", json_string(name));
	failed |= json_object_set_new(object, "organisation", json_string(organisation));
	return failed | json_object_set_new(object, "channels", channels);
}

json_t *node_peer_json(const struct node *node, u32 index)
{
	struct peers_status status;
	json_t *object = json_object();
	int failed = !object;

	peers_status(node->peers, index, &status);
	failed |= gate_json_put_hex(object, "key", status.key, 32);
	failed |= json_put_peer_channels(object, node, status.key);
	failed |= json_object_set_new(object, "address", json_string(status.address));
	failed |= json_object_set_new(object, "state", json_string(node_link_states[status.state]));
	failed |= json_object_set_new(object, "trouble", *status.why ? json_string(status.why) : json_null());
	failed |= gate_json_put_u64(object, "connects", status.connects);
	failed |= gate_json_put_u64(object, "sent_parcels", status.sent_parcels);
	failed |= gate_json_put_u64(object, "sent_bytes", status.sent_bytes);
	failed |= gate_json_put_u64(object, "refused_parcels", status.refused_parcels);
	failed |= gate_json_put_u64(object, "queued_bytes", status.queued_bytes);
	return gate_json_finish(object, failed);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * admission.c - who may connect, and to which channel.
 *
 * A certificate counts for a channel if an organisation of the channel has its name and the authority that signed it,
 * and the channel has not revoked its key. Links go only to nodes of channels we are in; what memberships change, open
 * connections are judged by again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/node_state.h"
#include "agent/say.h"

static const struct membership *admission_membership(const struct seat *seat)
{
	return seat->ledger ? ledger_membership(seat->ledger) : NULL;
}

static bool admission_revoked(const struct seat *seat, const u8 key[32])
{
	u32 i;

	for (i = 0; i < seat->revoked_count; i++)
		if (!memcmp(seat->revoked[i], key, 32))
			return true;
	return false;
}

bool admission_client(const struct seat *seat, const struct identity *identity)
{
	const struct membership *membership = admission_membership(seat);
	int organisation;

	if (!membership)
		return false;
	organisation = membership_organisation_index(membership, identity->organisation);
	return organisation >= 0 && !membership_organisation_left(membership, (u32)organisation) &&
	       !memcmp(membership->organisations[organisation].authority, identity->authority, 32) &&
	       !admission_revoked(seat, identity->key);
}

bool admission_node(const struct seat *seat, const struct identity *identity)
{
	const struct membership *membership = admission_membership(seat);
	int node;

	if (!admission_client(seat, identity))
		return false;
	node = membership_node_index(membership, identity->key);
	return node >= 0 &&
	       !strcmp(membership->organisations[membership->nodes[node].organisation].name, identity->organisation);
}

bool admission_any(void *arg, const struct identity *identity)
{
	struct node *node = arg;
	u32 i;

	for (i = 0; i < node->seat_count; i++)
		if (admission_client(node->seats[i], identity))
			return true;
	return false;
}

static bool admission_take_revoked(void *arg, struct span key, const struct state_value *value)
{
	struct seat *seat = arg;
	u8(*grown)[32];

	(void)value;
	if (key.len != 1 + 32)
		return true;
	grown = realloc(seat->revoked, (seat->revoked_count + 1) * sizeof(*grown));
	if (!grown)
		return false;
	seat->revoked = grown;
	memcpy(seat->revoked[seat->revoked_count++], key.bytes + 1, 32);
	return true;
}

int admission_read(struct seat *seat)
{
	struct span prefix = { (const u8 *)"r", 1 };

	free(seat->revoked);
	seat->revoked = NULL;
	seat->revoked_count = 0;
	return state_walk(ledger_state(seat->ledger), prefix, prefix, admission_take_revoked, seat);
}

/* The authorities of all channels' organisations. */
static void admission_trust(struct node *node)
{
	struct identity_authority *authorities;
	const struct membership *membership;
	u32 count = 0, room = 0, i, k;

	for (i = 0; i < node->seat_count; i++)
		if ((membership = admission_membership(node->seats[i])))
			room += membership->organisation_count;
	authorities = calloc(room ? room : 1, sizeof(*authorities));
	if (!authorities)
		return;
	for (i = 0; i < node->seat_count; i++) {
		membership = admission_membership(node->seats[i]);
		for (k = 0; membership && k < membership->organisation_count; k++) {
			if (membership_organisation_left(membership, k))
				continue;
			snprintf(authorities[count].organisation, sizeof(authorities[count].organisation), "%s",
				 membership->organisations[k].name);
			memcpy(authorities[count++].key, membership->organisations[k].authority, 32);
		}
	}
	if (identity_tls_trust(node->tls, authorities, count, NULL, 0))
		say_error("The list of trusted authorities could not be renewed; the old one stays.");
	free(authorities);
}

static bool admission_linked(const struct node *node, const u8 key[32])
{
	const struct membership *membership;
	u32 i;

	for (i = 0; i < node->seat_count; i++) {
		membership = admission_membership(node->seats[i]);
		if (membership && membership_node_index(membership, key) >= 0 &&
		    !admission_revoked(node->seats[i], key))
			return true;
	}
	return false;
}

/* Also where our configuration does not name us: it may be an old one, from which we have to catch up. */
static void admission_link(struct node *node, const struct seat *seat)
{
	const struct membership *membership = admission_membership(seat);
	const u8 *self = identity_tls_self(node->tls)->key;
	struct identity_error error;
	u32 i;

	for (i = 0; membership && i < membership->node_count; i++) {
		const struct membership_node *other = &membership->nodes[i];

		if (!memcmp(other->key, self, 32) || !*other->address || admission_revoked(seat, other->key))
			continue;
		if (peers_add(node->peers, other->key, other->address, &error))
			say_error("Node %s of channel %s cannot be linked: %s", other->name, membership->name,
				  error.text);
	}
}

static void admission_unlink(struct node *node)
{
	struct peers_status status;
	u32 i = 0;

	while (i < peers_count(node->peers)) {
		peers_status(node->peers, i, &status);
		if (admission_linked(node, status.key))
			i++;
		else
			peers_remove(node->peers, status.key);
	}
}

void admission_refresh(struct node *node)
{
	u32 i;

	node->refresh = false;
	admission_trust(node);
	admission_unlink(node);
	for (i = 0; i < node->seat_count; i++) {
		admission_link(node, node->seats[i]);
		streams_judge(node->seats[i]);
	}
	grpc_server_judge(node->server, admission_any, node);
}

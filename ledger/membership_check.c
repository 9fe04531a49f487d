// SPDX-License-Identifier: GPL-2.0
/*
 * membership_check.c - does a configuration make sense by itself, and may it
 * follow another one? Pure. Each refusal is a sentence that says what to change.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/membership.h"

#define REPLICAS_LEAST 4

__attribute__((format(printf, 2, 3))) static int refuse(struct membership_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* ASCII alone, whatever the locale: replicas must agree. */
static bool plain_char(char c, const char *others)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(others, c));
}

static bool name_valid(const char *name)
{
	size_t len = strnlen(name, MEMBERSHIP_NAME_MAX + 1), i;

	if (!len || len > MEMBERSHIP_NAME_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!plain_char(name[i], "-."))
			return false;
	return true;
}

static bool address_valid(const char *address)
{
	size_t len = strnlen(address, MEMBERSHIP_ADDRESS_MAX + 1), i;
	const char *colon;
	u32 port = 0;

	if (!len || len > MEMBERSHIP_ADDRESS_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!plain_char(address[i], "-.:[]_"))
			return false;
	colon = strrchr(address, ':');
	if (!colon || colon == address || !colon[1] || strlen(colon + 1) > 5)
		return false;
	for (i = 1; colon[i]; i++) {
		if (colon[i] < '0' || colon[i] > '9')
			return false;
		port = port * 10 + (colon[i] - '0');
	}
	return port >= 1 && port <= 65535;
}

static int check_regulators(const struct membership *membership, struct membership_error *error)
{
	u32 i, j;

	if (membership->regulator_count < 1 || membership->regulator_count > MEMBERSHIP_REGULATORS_MAX)
		return refuse(error, "It names %u regulators; there must be 1 to %u.", membership->regulator_count,
			      MEMBERSHIP_REGULATORS_MAX);
	if (membership->regulators_needed < 1 || membership->regulators_needed > membership->regulator_count)
		return refuse(error, "It needs %u regulators' signatures of %u regulators; let it need 1 to %u.",
			      membership->regulators_needed, membership->regulator_count, membership->regulator_count);
	for (i = 0; i < membership->regulator_count; i++)
		for (j = 0; j < i; j++)
			if (!memcmp(membership->regulators[i], membership->regulators[j], 32))
				return refuse(error, "Regulators %u and %u are the same key; name each once.", j, i);
	return 0;
}

static int check_organisations(const struct membership *membership, struct membership_error *error)
{
	const struct membership_organisation *one, *other;
	u32 i, j;

	if (membership->organisation_count < 1 || membership->organisation_count > MEMBERSHIP_ORGANISATIONS_MAX)
		return refuse(error, "It names %u organisations; there must be 1 to %u.",
			      membership->organisation_count, MEMBERSHIP_ORGANISATIONS_MAX);
	for (i = 0; i < membership->organisation_count; i++) {
		one = &membership->organisations[i];
		if (!name_valid(one->name))
			return refuse(error, "The name of organisation %u is not 1 to %u letters, digits, '-' and '.'.",
				      i, MEMBERSHIP_NAME_MAX);
		for (j = 0; j < i; j++) {
			other = &membership->organisations[j];
			if (!strcmp(one->name, other->name))
				return refuse(error, "Two organisations are named %s; name each once.", one->name);
			if (!membership_organisation_left(membership, i) &&
			    !memcmp(one->authority, other->authority, 32))
				return refuse(error, "Organisations %s and %s have the same authority key.",
					      other->name, one->name);
		}
	}
	return 0;
}

static int check_node(const struct membership *membership, u32 index, struct membership_error *error)
{
	const struct membership_node *node = &membership->nodes[index];
	u32 i;

	if (!name_valid(node->name))
		return refuse(error, "The name of node %u is not 1 to %u letters, digits, '-' and '.'.", index,
			      MEMBERSHIP_NAME_MAX);
	if (node->organisation >= membership->organisation_count)
		return refuse(error, "Node %s belongs to organisation %u of %u.", node->name, node->organisation,
			      membership->organisation_count);
	if (membership_organisation_left(membership, node->organisation))
		return refuse(error, "Node %s belongs to %s, which has left; take the node out.", node->name,
			      membership->organisations[node->organisation].name);
	if (node->roles & ~(MEMBERSHIP_REPLICA | MEMBERSHIP_ENDORSER))
		return refuse(error, "Node %s has roles that are unknown (%u).", node->name, node->roles);
	if (!address_valid(node->address))
		return refuse(error, "The address of node %s is not host:port.", node->name);
	if (index && memcmp(membership->nodes[index - 1].key, node->key, 32) >= 0)
		return refuse(error, "Nodes %s and %s are not in ascending order of keys, or share one.",
			      membership->nodes[index - 1].name, node->name);
	for (i = 0; i < index; i++)
		if (!strcmp(membership->nodes[i].name, node->name))
			return refuse(error, "Two nodes are named %s; name each once.", node->name);
	return 0;
}

static int check_nodes(const struct membership *membership, struct membership_error *error)
{
	u32 replicas, i;
	int result;

	if (membership->node_count > MEMBERSHIP_NODES_MAX)
		return refuse(error, "It names %u nodes; at most %u have room.", membership->node_count,
			      MEMBERSHIP_NODES_MAX);
	for (i = 0; i < membership->node_count; i++) {
		result = check_node(membership, i, error);
		if (result)
			return result;
	}
	replicas = membership_replicas(membership);
	if (replicas < REPLICAS_LEAST || replicas > BLOCK_REPLICAS_MAX)
		return refuse(error, "%u nodes have the role replica; %u to %u are needed.", replicas, REPLICAS_LEAST,
			      BLOCK_REPLICAS_MAX);
	return 0;
}

static int check_collections(const struct membership *membership, struct membership_error *error)
{
	const struct membership_collection *collection;
	u64 known = (1ULL << membership->organisation_count) - 1;
	u32 i, j;

	if (membership->collection_count > MEMBERSHIP_COLLECTIONS_MAX)
		return refuse(error, "It names %u collections; at most %u have room.", membership->collection_count,
			      MEMBERSHIP_COLLECTIONS_MAX);
	for (i = 0; i < membership->collection_count; i++) {
		collection = &membership->collections[i];
		if (!name_valid(collection->name))
			return refuse(error, "The name of collection %u is not 1 to %u letters, digits, '-' and '.'.",
				      i, MEMBERSHIP_NAME_MAX);
		if (!collection->organisations || collection->organisations & ~known)
			return refuse(error, "Collection %s is for no organisation, or for one that is not there.",
				      collection->name);
		for (j = 0; j < i; j++)
			if (!strcmp(collection->name, membership->collections[j].name))
				return refuse(error, "Two collections are named %s; name each once.", collection->name);
	}
	return 0;
}

static int check_parameters(const struct membership *membership, struct membership_error *error)
{
	static const struct {
		u64 least, most;
	} limits[] = {
#define MEMBERSHIP_PARAMETER_LIMITS(name, word, value, least, most, meaning) { least, most },
		MEMBERSHIP_PARAMETERS(MEMBERSHIP_PARAMETER_LIMITS)
#undef MEMBERSHIP_PARAMETER_LIMITS
	};
	const u64 *values = membership->parameters;
	u64 endorsing = 0;
	u32 i;

	for (i = 0; i < MEMBERSHIP_PARAMETER_COUNT; i++)
		if (values[i] < limits[i].least || values[i] > limits[i].most)
			return refuse(error, "%s is %llu; it must lie between %llu and %llu.",
				      membership_parameter_word(i), (unsigned long long)values[i],
				      (unsigned long long)limits[i].least, (unsigned long long)limits[i].most);
	if (values[MEMBERSHIP_CHECKPOINT_BLOCKS] * 2 > values[MEMBERSHIP_WINDOW])
		return refuse(error, "checkpoint-blocks is more than half of window: votes would wait for each other.");
	for (i = 0; i < membership->node_count; i++)
		if (membership->nodes[i].roles & MEMBERSHIP_ENDORSER)
			endorsing |= 1ULL << membership->nodes[i].organisation;
	if (!values[MEMBERSHIP_OPEN_REQUESTS] &&
	    (u64)__builtin_popcountll(endorsing) < values[MEMBERSHIP_ENDORSING_ORGANISATIONS])
		return refuse(error,
			      "endorsing-organisations is %llu, but only %d have an endorsing node: nothing could ever "
			      "be valid.",
			      (unsigned long long)values[MEMBERSHIP_ENDORSING_ORGANISATIONS],
			      __builtin_popcountll(endorsing));
	return 0;
}

int membership_check(const struct membership *membership, struct membership_error *ret_error)
{
	int result;

	ret_error->text[0] = 0;
	if (!name_valid(membership->name))
		return refuse(ret_error, "The channel's name is not 1 to %u letters, digits, '-' and '.'.",
			      MEMBERSHIP_NAME_MAX);
	result = check_regulators(membership, ret_error);
	result = result ?: check_organisations(membership, ret_error);
	result = result ?: check_nodes(membership, ret_error);
	result = result ?: check_collections(membership, ret_error);
	return result ?: check_parameters(membership, ret_error);
}

bool membership_renews(const struct membership *present, const struct membership *next)
{
	u8 before[LEDGER_HASH_LEN], after[LEDGER_HASH_LEN];

	membership_replicas_hash(present, before);
	membership_replicas_hash(next, after);
	return memcmp(before, after, sizeof(before)) ||
	       memcmp(&present->parameters[MEMBERSHIP_BATCH_TRANSACTIONS],
		      &next->parameters[MEMBERSHIP_BATCH_TRANSACTIONS],
		      (MEMBERSHIP_PARAMETER_COUNT - MEMBERSHIP_BATCH_TRANSACTIONS) * sizeof(u64));
}

int membership_follows(const struct membership *present, const struct membership *next,
		       struct membership_error *ret_error)
{
	u64 epoch = present->epoch + membership_renews(present, next);
	u32 i;

	ret_error->text[0] = 0;
	if (strcmp(present->name, next->name) || memcmp(present->seed, next->seed, sizeof(next->seed)))
		return refuse(ret_error, "Name and seed are the genesis' and never change.");
	if (next->sequence != present->sequence + 1)
		return refuse(ret_error, "Its sequence is %u, but %u follows.", next->sequence, present->sequence + 1);
	if (next->epoch != epoch)
		return refuse(ret_error, "Its epoch is %llu, but must be %llu: it counts changes of the replica set.",
			      (unsigned long long)next->epoch, (unsigned long long)epoch);
	if (next->parameters[MEMBERSHIP_OPEN_REQUESTS] && !present->parameters[MEMBERSHIP_OPEN_REQUESTS])
		return refuse(ret_error,
			      "Open requests cannot be let in again: their clients' nonces may be forgotten.");
	if (next->organisation_count < present->organisation_count)
		return refuse(ret_error, "An organisation that leaves keeps its place, with an authority of zeros.");
	for (i = 0; i < present->organisation_count; i++)
		if (strcmp(present->organisations[i].name, next->organisations[i].name))
			return refuse(ret_error, "Organisation %u is %s and cannot become %s: credentials name it.", i,
				      present->organisations[i].name, next->organisations[i].name);
	return 0;
}

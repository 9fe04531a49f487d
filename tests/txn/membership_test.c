// SPDX-License-Identifier: GPL-2.0
/* membership_test.c - configurations: one encoding each, each rule's sentence, what may follow what. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/txn/world.h"

static struct world world;
static struct membership changed;
static u8 bytes[MEMBERSHIP_BYTES_MAX], again[MEMBERSHIP_BYTES_MAX];

static size_t encode(const struct membership *membership, u8 *into)
{
	struct writer writer;

	writer_init(&writer, into, MEMBERSHIP_BYTES_MAX);
	membership_encode(&writer, membership);
	return writer_len(&writer);
}

static void tune(struct membership *genesis)
{
	genesis->collection_count = 2;
	strcpy(genesis->collections[0].name, "prices");
	genesis->collections[0].organisations = 3;
	strcpy(genesis->collections[1].name, "people");
	genesis->collections[1].organisations = 8;
	genesis->collections[1].purge_blocks = 100;
}

static void round_trip(void)
{
	static struct membership read;
	size_t len = encode(&world.membership, bytes), at, still = 0, wrong = 0, shorter = 0;
	u32 bit;

	ktap_ok(len && !membership_decode((struct span){ bytes, len }, &read), "a configuration of %zu bytes is read",
		len);
	ktap_ok(!memcmp(&read, &world.membership, sizeof(read)), "it is what was written, to the last byte of memory");
	for (at = 0; at < len; at++)
		shorter += membership_decode((struct span){ bytes, at }, &read) != 0;
	ktap_ok(shorter == len, "each shorter one is refused");
	bytes[len] = 0;
	ktap_ok(membership_decode((struct span){ bytes, len + 1 }, &read), "one byte more is refused");
	for (at = 0; at < len; at++)
		for (bit = 0; bit < 8; bit++) {
			bytes[at] ^= 1 << bit;
			if (!membership_decode((struct span){ bytes, len }, &read)) {
				still++;
				wrong += encode(&read, again) != len || memcmp(again, bytes, len);
			}
			bytes[at] ^= 1 << bit;
		}
	bytes[12] = 0; /* "test", from byte 10 on */
	ktap_ok(membership_decode((struct span){ bytes, len }, &read), "a zero within a name is refused");
	bytes[12] = 's';
	ktap_ok(!membership_decode((struct span){ bytes, len }, &read), "as it was, it is read");
	ktap_ok(still && !wrong, "of %zu bits turned, %zu are still read, each with its own bytes", len * 8, still);
}

/* A rule: @change breaks it, and the sentence says @words. */
static void rule(void (*change)(struct membership *membership), const char *words)
{
	struct membership_error error = { "" };
	static struct membership read;
	size_t len;

	changed = world.membership;
	change(&changed);
	ktap_ok(membership_check(&changed, &error) && strstr(error.text, words), "%s", error.text);
	len = encode(&changed, bytes);
	if (len && !membership_decode((struct span){ bytes, len }, &read))
		ktap_ok(false, "and yet it is read");
}

#define RULE(name, code)                                \
	static void name(struct membership *membership) \
	{                                               \
		code;                                   \
	}

RULE(no_name, membership->name[0] = 0)
RULE(bad_name, strcpy(membership->name, "a b"))
RULE(no_regulator, membership->regulator_count = 0)
RULE(too_few_regulators, membership->regulators_needed = 3)
RULE(regulator_twice, memcpy(membership->regulators[1], membership->regulators[0], 32))
RULE(no_organisation, membership->organisation_count = 0)
RULE(organisation_twice, strcpy(membership->organisations[1].name, "org0"))
RULE(authority_twice, memcpy(membership->organisations[1].authority, membership->organisations[0].authority, 32))
RULE(left_with_node, memset(membership->organisations[1].authority, 0, 32))
RULE(node_nowhere, membership->nodes[0].organisation = 4)
RULE(node_roles, membership->nodes[0].roles = 7)
RULE(node_disorder, memset(membership->nodes[0].key, 0xff, 32))
RULE(node_twice, memcpy(membership->nodes[1].key, membership->nodes[0].key, 32))
RULE(node_name_twice, strcpy(membership->nodes[1].name, "node0"))
RULE(node_address, strcpy(membership->nodes[1].address, "host"))
RULE(node_port, strcpy(membership->nodes[1].address, "host:70000"))
RULE(node_space, strcpy(membership->nodes[1].address, "a b:7"))
RULE(three_replicas, membership->nodes[2].roles = MEMBERSHIP_ENDORSER)
RULE(collection_nobody, membership->collections[0].organisations = 0)
RULE(collection_stranger, membership->collections[0].organisations = 16)
RULE(collection_twice, strcpy(membership->collections[1].name, "prices"))
RULE(parameter_low, membership->parameters[MEMBERSHIP_TRANSACTION_LIFE_S] = 9)
RULE(parameter_high, membership->parameters[MEMBERSHIP_GRADES] = 4)
RULE(checkpoints, membership->parameters[MEMBERSHIP_CHECKPOINT_BLOCKS] = 17)
RULE(nobody_endorses, membership->parameters[MEMBERSHIP_OPEN_REQUESTS] = 0;
     membership->parameters[MEMBERSHIP_ENDORSING_ORGANISATIONS] = 5)

static void rules(void)
{
	rule(no_name, "channel's name");
	rule(bad_name, "channel's name");
	rule(no_regulator, "regulators; there must be");
	rule(too_few_regulators, "signatures of 2");
	rule(regulator_twice, "same key");
	rule(no_organisation, "organisations; there must be");
	rule(organisation_twice, "named org0");
	rule(authority_twice, "same authority");
	rule(left_with_node, "has left");
	rule(node_nowhere, "organisation 4 of 4");
	rule(node_roles, "roles");
	rule(node_disorder, "ascending");
	rule(node_twice, "ascending");
	rule(node_name_twice, "named node0");
	rule(node_address, "host:port");
	rule(node_port, "host:port");
	rule(node_space, "host:port");
	rule(three_replicas, "role replica");
	rule(collection_nobody, "no organisation");
	rule(collection_stranger, "not there");
	rule(collection_twice, "named prices");
	rule(parameter_low, "transaction-life-s is 9");
	rule(parameter_high, "grades is 4");
	rule(checkpoints, "half of window");
	rule(nobody_endorses, "nothing could ever");
}

static bool follows(void (*change)(struct membership *membership))
{
	struct membership_error error;

	changed = world.membership;
	changed.sequence++;
	change(&changed);
	return !membership_follows(&world.membership, &changed, &error);
}

RULE(nothing, (void)membership)
RULE(sequence, membership->sequence++)
RULE(seed, membership->seed[0]++)
RULE(renamed, strcpy(membership->name, "other"))
RULE(organisation_renamed, strcpy(membership->organisations[2].name, "new"))
RULE(organisation_gone, membership->organisation_count--)
RULE(open_requests, membership->parameters[MEMBERSHIP_OPEN_REQUESTS] ^= 1)
RULE(address, strcpy(membership->nodes[0].address, "elsewhere:1"))
RULE(epoch_alone, membership->epoch++)
RULE(replica_changed, membership->nodes[0].key[31] ^= 1)
RULE(replica_and_epoch, membership->nodes[0].key[31] ^= 1; membership->epoch++)
RULE(window_alone, membership->parameters[MEMBERSHIP_WINDOW]++)
RULE(window_and_epoch, membership->parameters[MEMBERSHIP_WINDOW]++; membership->epoch++)
RULE(beta_alone, membership->parameters[MEMBERSHIP_BETA_MILLI]++)

static void following(void)
{
	ktap_ok(follows(nothing), "the same with the next sequence follows");
	ktap_ok(!follows(sequence), "a sequence left out does not");
	ktap_ok(!follows(seed), "another seed does not");
	ktap_ok(!follows(renamed), "another name does not");
	ktap_ok(!follows(organisation_renamed), "an organisation with another name does not");
	ktap_ok(!follows(organisation_gone), "an organisation less does not");
	ktap_ok(follows(address), "another address does, without an epoch");
	ktap_ok(follows(open_requests), "open requests may be refused from now on");
	world.membership.parameters[MEMBERSHIP_OPEN_REQUESTS] = 0;
	ktap_ok(!follows(open_requests), "but not let in again");
	world.membership.parameters[MEMBERSHIP_OPEN_REQUESTS] = 1;
	ktap_ok(!follows(epoch_alone), "an epoch without a reason does not");
	ktap_ok(!follows(replica_changed), "another replica without an epoch does not");
	ktap_ok(follows(replica_and_epoch), "another replica with one does");
	ktap_ok(!follows(window_alone), "another window without an epoch does not");
	ktap_ok(follows(window_and_epoch), "another window with one does");
	ktap_ok(follows(beta_alone), "another beta needs no epoch");
}

static void who_is_who(void)
{
	static struct membership read;
	u8 update[MEMBERSHIP_UPDATE_MAX], one[32], other[32];
	struct writer writer;
	u32 previous, i;
	bool right = true;

	changed = world.membership;
	changed.nodes[1].roles = MEMBERSHIP_ENDORSER;
	for (i = 0; i < 4; i++)
		right &= membership_node_index(&changed, changed.nodes[i].key) == (int)i;
	ktap_ok(right, "each node is found by its key");
	ktap_ok(membership_replicas(&changed) == 3 && membership_replica(&changed, 1) == &changed.nodes[2] &&
			membership_replica_index(&changed, changed.nodes[2].key) == 1 &&
			membership_replica_index(&changed, changed.nodes[1].key) == -1 &&
			!membership_replica(&changed, 3),
		"replicas are numbered in the order of keys");
	ktap_ok(membership_node_index(&changed, world.client.public) == -1, "a stranger is no node");
	ktap_ok(membership_organisation_index(&changed, "org3") == 3 &&
			membership_organisation_index(&changed, "org") == -1,
		"organisations are found by name");
	membership_replicas_hash(&world.membership, one);
	membership_replicas_hash(&changed, other);
	ktap_ok(memcmp(one, other, 32), "another replica set has another hash");
	writer_init(&writer, update, sizeof(update));
	membership_update_encode(&writer, 41, &world.membership);
	ktap_ok(!membership_update_decode((struct span){ update, writer_len(&writer) }, &previous, &read) &&
			previous == 41 && !memcmp(&read, &world.membership, sizeof(read)),
		"an update is read");
	ktap_ok(membership_update_decode((struct span){ update, 3 }, &previous, &read), "a torn one is refused");
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, tune);
	round_trip();
	rules();
	following();
	who_is_who();
	world_close(&world);
	return ktap_exit();
}

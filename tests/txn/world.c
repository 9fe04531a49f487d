// SPDX-License-Identifier: GPL-2.0
/* world.c - see world.h. Nothing here can fail but by a fault: then the test ends at once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "tests/txn/world.h"

#define MUST(condition)                                                                  \
	do {                                                                             \
		if (!(condition)) {                                                      \
			printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                         \
		}                                                                        \
	} while (0)

struct world_key world_key(const char *name)
{
	struct world_key key;
	u8 seed[32];

	MUST(sodium_init() >= 0);
	crypto_generichash(seed, sizeof(seed), (const u8 *)name, strlen(name), NULL, 0);
	crypto_sign_seed_keypair(key.public, key.secret, seed);
	return key;
}

struct span world_text(const char *text)
{
	return (struct span){ (const u8 *)text, strlen(text) };
}

void world_sign(const struct world_key *key, const void *message, size_t len, u8 ret_signature[64])
{
	crypto_sign_detached(ret_signature, NULL, message, len, key->secret);
}

static int key_order(const void *one, const void *other)
{
	return memcmp(((const struct world_key *)one)->public, ((const struct world_key *)other)->public, 32);
}

static void make_membership(struct world *world)
{
	struct membership *genesis = &world->membership;
	char name[16];
	u32 i;

	membership_defaults(genesis);
	strcpy(genesis->name, "test");
	memset(genesis->seed, 7, sizeof(genesis->seed));
	genesis->parameters[MEMBERSHIP_EVIDENCE] = 1;
	genesis->parameters[MEMBERSHIP_OPEN_REQUESTS] = 1;
	genesis->regulator_count = genesis->regulators_needed = 2;
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "regulator%u", i);
		world->regulator[i] = world_key(name);
		memcpy(genesis->regulators[i], world->regulator[i].public, 32);
	}
	genesis->organisation_count = genesis->node_count = WORLD_ORGANISATIONS;
	for (i = 0; i < WORLD_ORGANISATIONS; i++) {
		snprintf(name, sizeof(name), "authority%u", i);
		world->authority[i] = world_key(name);
		snprintf(genesis->organisations[i].name, MEMBERSHIP_NAME_MAX, "org%u", i);
		memcpy(genesis->organisations[i].authority, world->authority[i].public, 32);
		snprintf(name, sizeof(name), "node%u", i);
		world->node[i] = world_key(name);
	}
	qsort(world->node, WORLD_ORGANISATIONS, sizeof(world->node[0]), key_order);
	for (i = 0; i < WORLD_ORGANISATIONS; i++) {
		memcpy(genesis->nodes[i].key, world->node[i].public, 32);
		genesis->nodes[i].organisation = i;
		genesis->nodes[i].roles = MEMBERSHIP_REPLICA | MEMBERSHIP_ENDORSER;
		snprintf(genesis->nodes[i].name, MEMBERSHIP_NAME_MAX, "node%u", i);
		snprintf(genesis->nodes[i].address, MEMBERSHIP_ADDRESS_MAX, "127.0.0.1:%u", 7000 + i);
	}
}

static void commit_block(struct world *world, struct overlay *overlay)
{
	struct state_mark mark = { .number = world->number };

	MUST(!overlay_root(overlay, world->root));
	memcpy(mark.root, world->root, sizeof(mark.root));
	MUST(!state_commit(overlay, &mark, false));
}

static void body_restart(struct world *world)
{
	writer_init(&world->writer, world->body, WORLD_BODY_MAX);
	writer_u32(&world->writer, 0);
	world->count = 0;
}

static void enrol_first(struct world *world)
{
	const struct {
		const struct world_key *subject;
		u16 organisation;
		u8 role;
	} first[] = { { &world->client, 0, CREDENTIAL_CLIENT },
		      { &world->other, 1, CREDENTIAL_CLIENT },
		      { &world->attestor, 0, CREDENTIAL_ATTESTOR } };
	struct credential credential;
	u8 bytes[256];
	size_t len, i;

	for (i = 0; i < 3; i++) {
		credential = world_enrolment(world, first[i].subject, first[i].organisation, first[i].role);
		len = world_credential(TRANSACTION_ENROL, &credential, &world->authority[first[i].organisation], bytes,
				       sizeof(bytes));
		world_add(world, bytes, len);
	}
	world_block(world, WORLD_SECOND);
	MUST(world->result->valid == 3);
}

void world_open(struct world *world, void (*tune)(struct membership *genesis))
{
	struct membership_error error;
	struct overlay *overlay;
	struct store *store;

	memset(world, 0, sizeof(*world));
	make_membership(world);
	if (tune)
		tune(&world->membership);
	if (membership_check(&world->membership, &error)) {
		printf("Bail out! The test's own genesis: %s\n", error.text);
		exit(1);
	}
	membership_channel_id(&world->membership, world->channel);
	world->client = world_key("client");
	world->other = world_key("other");
	world->attestor = world_key("attestor");
	world->body = malloc(WORLD_BODY_MAX);
	world->result = malloc(sizeof(*world->result));
	world->verifier = verifier_new(4096);
	world->proven = proven_new(1 << 20);
	MUST(world->body && world->result && world->verifier && world->proven);
	MUST(!store_memory_open(&store) && !state_open(store, world->membership.seed, &world->state));
	overlay = overlay_new(world->state, NULL);
	MUST(overlay && !execute_genesis(&world->membership, overlay));
	world->time = WORLD_START;
	commit_block(world, overlay);
	body_restart(world);
	enrol_first(world);
}

void world_close(struct world *world)
{
	state_close(world->state);
	verifier_free(world->verifier);
	proven_free(world->proven);
	free(world->result);
	free(world->body);
}

struct execute_context world_context(struct world *world, u64 later_us)
{
	return (struct execute_context){
		.channel = world->channel,
		.membership = &world->membership,
		.verifier = world->verifier,
		.proven = world->proven,
		.number = world->number + 1,
		.time = world->time + later_us,
	};
}

void world_add(struct world *world, const u8 *bytes, size_t len)
{
	writer_span32(&world->writer, (struct span){ bytes, len });
	MUST(!world->writer.full);
	world->count++;
}

void world_block(struct world *world, u64 later_us)
{
	struct execute_context context = world_context(world, later_us);
	struct overlay *overlay = overlay_new(world->state, NULL);
	size_t len = writer_len(&world->writer);
	struct writer writer;

	writer_init(&writer, world->body, 4);
	writer_u32(&writer, world->count);
	MUST(overlay);
	MUST(!execute_body(&context, overlay, (struct span){ world->body, len }, world->result));
	MUST(world->result->count == world->count);
	world->number++;
	world->time += later_us;
	commit_block(world, overlay);
	if (world->result->reconfigured)
		world->membership = world->result->next;
	body_restart(world);
}

enum ledger_outcome world_try(struct world *world, const u8 *bytes, size_t len)
{
	world_add(world, bytes, len);
	world_block(world, WORLD_SECOND);
	return world->result->outcomes[0];
}

enum ledger_outcome world_try_draft(struct world *world, struct world_draft *draft)
{
	static u8 bytes[TRANSACTION_MAX];

	return world_try(world, bytes, world_invoke(world, draft, bytes, sizeof(bytes)));
}

int world_get(struct world *world, struct span key, struct state_value *ret_value)
{
	int result = state_get(world->state, key, ret_value);

	MUST(!result || result == -ENOENT);
	return result;
}

struct span world_state_key(const char *contract, const char *key)
{
	static u8 keys[8][256];
	static u32 turn;
	struct writer writer;
	u8 *bytes = keys[turn++ % 8];

	writer_init(&writer, bytes, sizeof(keys[0]));
	writer_u8(&writer, 'k');
	writer_bytes(&writer, contract, strlen(contract) + 1);
	writer_bytes(&writer, key, strlen(key));
	return (struct span){ bytes, writer_len(&writer) };
}

s64 world_counter(struct world *world, struct span key)
{
	struct state_value value;
	struct reader reader;

	if (world_get(world, key, &value))
		return 0;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	return (s64)reader_u64(&reader);
}

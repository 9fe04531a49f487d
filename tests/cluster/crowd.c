// SPDX-License-Identifier: GPL-2.0
/*
 * crowd.c - clients: what they ask for, to whom they give it, what they were told.
 *
 * A client gives a request to one correct node and waits. It comes again only
 * if it was told to (busy), or if that node died: whoever holds a request has to bring it in (C18).
 */
#include <stdio.h>
#include <stdlib.h>

#include "ledger/credential.h"
#include "ledger/outcome.h"
#include "tests/cluster/seal.h"
#include "tests/cluster/table.h"
#include "tests/cluster/world.h"

#define CROWD_CLIENTS 8
#define CROWD_AHEAD 400 /* nonces: well within the window of 1,024 (L7) */
#define CROWD_BYTES_MAX 2048
#define CROWD_SPENT 16 /* nonces found spent, one after the other: then the client's key is worth nothing any more */

struct request {
	u8 digest[32];
	u8 *bytes;
	u32 len, client, keys; /* keys: of its client, the one it is asked with */
	u64 nonce;
	enum { REQUEST_IDLE, REQUEST_GIVEN } state;
	bool committed;
	bool refused; /* for want of room, so that its client gave it again */
	u32 member;   /* given to */
	u64 height;   /* when it was first given */
	u64 process, again_us;
};

struct client {
	u8 key[32];
	u64 nonce, last; /* last: that stands in a block */
	u32 oldest;	 /* index of its oldest request that may be open */
	bool enrolled, enrolling;
	u32 spent, keys; /* in a row; had so far */
};

struct crowd {
	struct client clients[CROWD_CLIENTS];
	u8 authority[32], regulator[32];
	u32 client_count, most_open;
	struct request *requests;
	u32 count, room, open;
	struct table index;
	u64 gap_us;
	bool stopped, resting, signed_kind;
	s64 configuration; /* request under way, -1 */
};

static struct request *request_add(struct world *world, const u8 *bytes, size_t len, u32 client)
{
	struct crowd *crowd = world->crowd;
	struct request *request;
	bool new;

	if (crowd->count == crowd->room) {
		crowd->room = crowd->room ? crowd->room * 2 : 1024;
		crowd->requests = realloc(crowd->requests, crowd->room * sizeof(*crowd->requests));
		if (!crowd->requests)
			abort();
	}
	request = &crowd->requests[crowd->count];
	memset(request, 0, sizeof(*request));
	request->bytes = malloc(len);
	if (!request->bytes)
		abort();
	memcpy(request->bytes, bytes, len);
	request->len = len;
	request->client = client;
	request->keys = client < CROWD_CLIENTS ? crowd->clients[client].keys : 0;
	transaction_hash((struct span){ bytes, len }, request->digest);
	table_at(&crowd->index, request->digest, &new)->value = crowd->count++;
	crowd->open++;
	return request;
}

s64 crowd_find(const struct world *world, const u8 digest[32])
{
	struct table_entry *entry = table_find(&world->crowd->index, digest);

	return entry && !memcmp(world->crowd->requests[entry->value].digest, digest, 32) ? (s64)entry->value : -1;
}

s64 crowd_proposed(const struct world *world, struct span transaction)
{
	const struct crowd *crowd = world->crowd;
	struct reader reader;
	size_t len;
	u32 i;

	reader_init(&reader, transaction.bytes, transaction.len);
	if (reader_u8(&reader) != TRANSACTION_INVOKE)
		return -1;
	len = 1 + 4 + (size_t)reader_u32(&reader) + 1 + TRANSACTION_SIGNATURE_LEN;
	for (i = 0; len <= transaction.len && i < crowd->count; i++)
		if (crowd->requests[i].len >= len && !memcmp(crowd->requests[i].bytes, transaction.bytes, len))
			return i;
	return -1;
}

struct span crowd_bytes(const struct world *world, u32 request)
{
	return (struct span){ world->crowd->requests[request].bytes, world->crowd->requests[request].len };
}

/* A correct node that is there, or NULL. */
static struct member *someone(struct world *world)
{
	u32 i, at = (u32)draw_below(&world->draw, world->member_count);

	if (world->plan.only != ~0U)
		return world->members[world->plan.only].channel ? &world->members[world->plan.only] : NULL;
	for (i = 0; i < world->member_count; i++) {
		struct member *member = &world->members[(at + i) % world->member_count];

		if (member->channel && member_correct(member) && !member->paused && !member->broken &&
		    member->replica != ~0U && judge_belongs(member))
			return member;
	}
	return NULL;
}

static void give(struct world *world, u32 index)
{
	struct request *request = &world->crowd->requests[index];
	struct member *member = someone(world);

	if (!member || request->committed)
		return;
	if (!request->height)
		request->height = judge_height(world) + 1;
	request->state = REQUEST_GIVEN;
	request->member = member->index;
	request->process = member->process;
	channel_submit(member->channel, (struct span){ request->bytes, request->len }, (void *)((size_t)index + 1));
	member_touched(member);
}

static void encode_open(struct world *world, struct writer *writer, struct client *client)
{
	u8 payload[256];
	size_t len = draw_between(&world->draw, 0, 200);

	draw_bytes(&world->draw, payload, len);
	transaction_encode_open(writer, client->key, ++client->nonce, (struct span){ payload, len });
}

/* A few puts, deletes and deltas, in ascending order of keys, on a small set of keys, by hand. */
static size_t encode_rwset(struct world *world, u8 *ret_bytes, size_t size)
{
	u32 key = (u32)draw_below(&world->draw, 8), count = 0, i;
	struct writer writer, head;
	u8 text[6] = { 'k', 'k', 'v', 0, 'a', 'a' };

	writer_init(&writer, ret_bytes, size);
	writer_u16(&writer, 0);
	writer_u16(&writer, 0);
	for (i = 0; i < 3; i++, key += 1 + (u32)draw_below(&world->draw, 4)) {
		enum rwset_operation operation = key % 2			  ? RWSET_DELTA
						 : draw_chance(&world->draw, 250) ? RWSET_DELETE
										  : RWSET_PUT;

		text[5] = (u8)('a' + key);
		writer_u8(&writer, operation);
		writer_span16(&writer, (struct span){ text, sizeof(text) });
		if (operation == RWSET_PUT) {
			writer_u32(&writer, 8);
			writer_u64(&writer, draw_u64(&world->draw));
		} else if (operation == RWSET_DELTA) {
			writer_u64(&writer, draw_below(&world->draw, 100));
			writer_u64(&writer, 0);
			writer_u64(&writer, 5000);
		}
		count++;
	}
	writer_u32(&writer, 0);
	writer_init(&head, ret_bytes, 4);
	writer_u16(&head, 0);
	writer_u16(&head, (u16)count);
	return writer_len(&writer);
}

static void encode_invoke(struct world *world, struct writer *writer, struct client *client)
{
	u8 bytes[512], rwset[512], channel[32], hash[32], signature[64];
	struct proposal proposal = { .channel = channel,
				     .client = client->key,
				     .nonce = ++client->nonce,
				     .expires = WORLD_EPOCH_US + 40000000000ULL,
				     .contract = { (const u8 *)"kv", 2 },
				     .function = { (const u8 *)"put", 3 } };
	struct writer part;
	size_t len;

	membership_channel_id(&world->plan.genesis, channel);
	writer_init(&part, bytes, sizeof(bytes));
	proposal_encode(&part, &proposal);
	proposal.bytes = (struct span){ bytes, writer_len(&part) };
	proposal_signed_hash(&proposal, hash);
	seal_sign(client->key, hash, 32, signature);
	len = encode_rwset(world, rwset, sizeof(rwset));
	writer_u8(writer, TRANSACTION_INVOKE);
	writer_span32(writer, proposal.bytes);
	writer_u8(writer, TRANSACTION_SIGNED);
	writer_bytes(writer, signature, 64);
	writer_span32(writer, (struct span){ rwset, len });
	writer_u8(writer, 0);
}

static void enrol(struct world *world, u32 index)
{
	struct client *client = &world->crowd->clients[index];
	u8 bytes[256], encoded[CREDENTIAL_LEN], hash[32], signature[64];
	struct credential credential = { .organisation = 0, .role = CREDENTIAL_CLIENT, .serial = 1 };
	struct request *request;
	struct writer writer;

	membership_channel_id(&world->plan.genesis, credential.channel);
	memcpy(credential.subject, client->key, 32);
	credential_encode(&credential, encoded);
	credential_signed_hash(TRANSACTION_ENROL, (struct span){ encoded, sizeof(encoded) }, hash);
	seal_sign(world->crowd->authority, hash, 32, signature);
	writer_init(&writer, bytes, sizeof(bytes));
	transaction_encode_credential(&writer, TRANSACTION_ENROL, (struct span){ encoded, sizeof(encoded) }, signature);
	request = request_add(world, bytes, writer_len(&writer), index);
	give(world, (u32)(request - world->crowd->requests));
}

static void ask(struct world *world, u32 index)
{
	struct client *client = &world->crowd->clients[index];
	u8 bytes[CROWD_BYTES_MAX];
	struct request *request;
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	if (client->enrolled && draw_chance(&world->draw, 400))
		encode_invoke(world, &writer, client);
	else
		encode_open(world, &writer, client);
	request = request_add(world, bytes, writer_len(&writer), index);
	request->nonce = client->nonce;
	give(world, (u32)(request - world->crowd->requests));
}

bool crowd_configure(struct world *world, struct member *at, const struct membership *next)
{
	const struct membership *present = ledger_membership(member_ledger(at));
	u8 update[MEMBERSHIP_BYTES_MAX / 4], bytes[MEMBERSHIP_BYTES_MAX / 4], hash[32], signature[64], channel[32];
	struct crowd *crowd = world->crowd;
	struct request *request;
	struct writer writer;
	struct span span;

	if (crowd->configuration >= 0 && !crowd->requests[crowd->configuration].committed)
		return false;
	writer_init(&writer, update, sizeof(update));
	writer_u32(&writer, present->sequence);
	membership_encode(&writer, next);
	span = (struct span){ update, writer_len(&writer) };
	membership_channel_id(&world->plan.genesis, channel);
	membership_update_hash(channel, span, hash);
	seal_sign(crowd->regulator, hash, 32, signature);
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, TRANSACTION_CONFIG);
	writer_span32(&writer, span);
	writer_u8(&writer, 1);
	writer_u8(&writer, 0);
	writer_bytes(&writer, signature, 64);
	transaction_hash((struct span){ bytes, writer_len(&writer) }, hash);
	if (!writer_len(&writer) || crowd_find(world, hash) >= 0) /* it was asked for before, word by word */
		return false;
	request = request_add(world, bytes, writer_len(&writer), CROWD_CLIENTS);
	crowd->configuration = request - crowd->requests;
	give(world, (u32)crowd->configuration);
	return true;
}

int crowd_init(struct world *world)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	u32 i;

	if (!crowd)
		return -1;
	world->crowd = crowd;
	crowd->configuration = -1;
	memcpy(crowd->regulator, world->plan.genesis.regulators[0], 32);
	memcpy(crowd->authority, world->plan.genesis.organisations[0].authority, 32);
	crowd->client_count = (u32)draw_between(&world->draw, 2, CROWD_CLIENTS);
	crowd->most_open = (u32)draw_between(&world->draw, 4, 60);
	crowd->gap_us = draw_between(&world->draw, 2000, 30000);
	crowd->signed_kind = draw_chance(&world->draw, 500);
	for (i = 0; i < crowd->client_count; i++) {
		draw_bytes(&world->draw, crowd->clients[i].key, 32);
		world_at(world, world->now_us + draw_below(&world->draw, 100000), WIRE_CLIENT, i, 0);
	}
	return 0;
}

void crowd_done(struct world *world)
{
	struct crowd *crowd = world->crowd;
	u32 i;

	if (!crowd)
		return;
	for (i = 0; i < crowd->count; i++)
		free(crowd->requests[i].bytes);
	free(crowd->requests);
	table_done(&crowd->index);
	free(crowd);
}

/* Those given to somebody who died, or told to come again. Returns how many are open. */
static u32 again(struct world *world, u32 client)
{
	struct crowd *crowd = world->crowd;
	struct client *own = &crowd->clients[client];
	u32 i, open = 0;
	bool first = true;

	for (i = own->oldest; i < crowd->count; i++) {
		struct request *request = &crowd->requests[i];

		/* The regulator's requests are brought along by client 0. */
		if (request->committed || (request->client != client && (client || request->client != CROWD_CLIENTS)))
			continue;
		if (first)
			own->oldest = i;
		first = false;
		open++;
		if (request->state == REQUEST_GIVEN && judge_belongs(&world->members[request->member]))
			continue;
		if (world->now_us >= request->again_us)
			give(world, i);
	}
	if (first)
		own->oldest = crowd->count;
	return open;
}

void crowd_turn(struct world *world, u32 index)
{
	struct crowd *crowd = world->crowd;
	struct client *client = &crowd->clients[index];
	u32 open = again(world, index), burst = (u32)draw_between(&world->draw, 1, 6);
	u32 most = crowd->most_open;

	if (world->plan.flood) {
		most = index ? 2 : world->plan.flood;
		burst = most;
	}
	if (!client->enrolling && crowd->signed_kind && index % 2) {
		client->enrolling = true;
		enrol(world, index);
	}
	while (!crowd->stopped && !crowd->resting && burst-- && open++ < most) {
		struct request *oldest = client->oldest < crowd->count ? &crowd->requests[client->oldest] : NULL;

		if (oldest && oldest->client == index && !oldest->committed && oldest->nonce &&
		    client->nonce > oldest->nonce + CROWD_AHEAD)
			break;
		ask(world, index);
	}
	if (!crowd->stopped || crowd->open)
		world_at(world, world->now_us + draw_between(&world->draw, crowd->gap_us / 2, crowd->gap_us * 2),
			 WIRE_CLIENT, index, 0);
}

/*
 * A liar spent this nonce on an altered copy. If it altered an open request's nonce to a great one, the window went
 * there, and every nonce up to it counts as used (L7): the client goes on under another key.
 */
static void nonce_spent(struct world *world, u32 index)
{
	const struct request *request = &world->crowd->requests[index];
	struct client *client = &world->crowd->clients[request->client % CROWD_CLIENTS];
	u32 spent = client->spent + 1;

	crowd_committed(world, index);
	if (request->client >= CROWD_CLIENTS || request->keys != client->keys)
		return;
	client->spent = spent;
	if (spent < CROWD_SPENT)
		return;
	client->spent = 0;
	client->keys++;
	draw_bytes(&world->draw, client->key, 32);
	client->nonce = client->last = 0;
	client->enrolled = client->enrolling = false;
	world_tell(world, "Client %u's nonces are spent; it takes another key.", request->client);
}

void crowd_answer(struct member *member, void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	struct world *world = member->world;
	struct request *request = &world->crowd->requests[(size_t)cookie - 1];

	(void)number;
	(void)index;
	if (answer == CHANNEL_COMMITTED && !request->committed) {
		if (member_correct(member))
			world_fail(world, "%s acknowledged a request that is in no block.", member->name);
		return;
	}
	if (request->committed)
		return;
	if (answer == CHANNEL_REFUSED && outcome == LEDGER_DUPLICATE && world->plan.liars) {
		nonce_spent(world, (u32)((size_t)cookie - 1));
		return;
	}
	if (answer == CHANNEL_REFUSED && outcome == LEDGER_DUPLICATE)
		world_fail(world, "%s calls a request a duplicate that is in no block.", member->name);
	world_tell(world, "%s answers request %zu of client %u (nonce %llu): %s, %s", member->name, (size_t)cookie - 1,
		   request->client, (unsigned long long)request->nonce,
		   answer == CHANNEL_BUSY      ? "busy"
		   : answer == CHANNEL_REFUSED ? "refused"
					       : "stopping",
		   ledger_outcome_word(outcome));
	request->state = REQUEST_IDLE;
	request->refused = true;
	request->again_us = world->now_us + draw_between(&world->draw, 20000, 200000);
	/* A configuration that does not follow any more will never be taken. */
	if (answer == CHANNEL_REFUSED && outcome == LEDGER_BAD_CONFIG)
		crowd_committed(world, (u32)((size_t)cookie - 1));
}

void crowd_lost(struct member *member)
{
	struct crowd *crowd = member->world->crowd;
	u32 i;

	for (i = 0; i < crowd->count; i++)
		if (!crowd->requests[i].committed && crowd->requests[i].state == REQUEST_GIVEN &&
		    crowd->requests[i].member == member->index)
			crowd->requests[i].state = REQUEST_IDLE;
}

bool crowd_is_committed(const struct world *world, u32 request)
{
	return world->crowd->requests[request].committed;
}

/* Where nothing goes wrong, a client's requests stand in its order, and no client's waits for another's many (C19). */
static void check_order(struct world *world, const struct request *request)
{
	struct client *client = &world->crowd->clients[request->client % CROWD_CLIENTS];

	/* What a full pool refused (C21) came again behind later ones, unless it had been passed on before. */
	if (request->client >= CROWD_CLIENTS || !request->nonce || request->refused)
		return;
	if (request->nonce <= client->last)
		world_fail(world, "Request %llu of client %u stands behind its request %llu.",
			   (unsigned long long)request->nonce, request->client, (unsigned long long)client->last);
	client->last = request->nonce;
	if (world->plan.flood && request->client && judge_height(world) > request->height + 40)
		world_fail(world, "A request of client %u waited for %llu blocks while client 0 had %u requests open.",
			   request->client, (unsigned long long)(judge_height(world) - request->height),
			   world->plan.flood);
}

void crowd_committed(struct world *world, u32 request)
{
	struct crowd *crowd = world->crowd;
	u32 client = crowd->requests[request].client;

	if (crowd->requests[request].committed)
		return;
	crowd->requests[request].committed = true;
	crowd->open--;
	if (client < CROWD_CLIENTS)
		crowd->clients[client].spent = 0;
	if (world->plan.quiet)
		check_order(world, &crowd->requests[request]);
	if (client < CROWD_CLIENTS && crowd->requests[request].bytes[0] == TRANSACTION_ENROL &&
	    crowd->requests[request].keys == crowd->clients[client].keys)
		crowd->clients[client].enrolled = true;
}

bool crowd_content(const struct world *world)
{
	return !world->crowd->open;
}

u32 crowd_waiting(const struct world *world)
{
	return world->crowd->open;
}

const char *crowd_waits_for(const struct world *world, char ret_text[128])
{
	const struct crowd *crowd = world->crowd;
	u32 i;

	snprintf(ret_text, 128, "no request is open");
	for (i = 0; i < crowd->count; i++) {
		const struct request *request = &crowd->requests[i];

		if (request->committed)
			continue;
		snprintf(ret_text, 128, "request %u (%02x%02x.., kind %u, nonce %llu) %s %s", i, request->digest[0],
			 request->digest[1], request->bytes[0], (unsigned long long)request->nonce,
			 request->state == REQUEST_GIVEN ? "given to" : "last given to",
			 world->members[request->member].name);
		break;
	}
	return ret_text;
}

void crowd_stop(struct world *world)
{
	world->crowd->stopped = true;
}

void crowd_rest(struct world *world, bool rest)
{
	world->crowd->resting = rest;
}

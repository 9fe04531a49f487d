// SPDX-License-Identifier: GPL-2.0
/* window_test.c - nonces through blocks: once each, in any order within the window, forgotten or closed in time. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/txn/world.h"

#define RANGE 6000

static struct world world;
static struct world_draft draft;
static u8 bytes[TRANSACTION_MAX];
static u64 random_state = 88172645463325252ULL;

static u64 draw(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static void add_open(const u8 client[32], u64 nonce)
{
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	transaction_encode_open(&writer, client, nonce, world_text("request"));
	world_add(&world, bytes, writer_len(&writer));
}

/* Against a plain list of what was used: random walks forward, back, far ahead; 60 blocks of 200. */
static void random_nonces(void)
{
	static bool used[RANGE + 2048];
	const u8 client[32] = { 9 };
	u64 nonces[200], head = 0, wrong = 0, taken = 0;
	u32 block, i;

	for (block = 0; block < 60; block++) {
		for (i = 0; i < 200; i++) {
			nonces[i] = 1 + head + draw(4) - (draw(3) ? 0 : draw(head < 1400 ? head + 1 : 1400));
			if (!draw(150))
				nonces[i] += draw(1300);
			if (nonces[i] < 1 || nonces[i] > RANGE)
				nonces[i] = 1 + draw(RANGE);
			if (nonces[i] > head)
				head += draw(2) ? 1 : nonces[i] - head;
			add_open(client, nonces[i]);
		}
		world_block(&world, WORLD_SECOND);
		for (i = 0; i < 200; i++) {
			static u64 highest;
			bool fresh = nonces[i] > highest || (highest - nonces[i] < 1024 && !used[nonces[i]]);

			wrong += (world.result->outcomes[i] == LEDGER_VALID) != fresh;
			taken += fresh;
			used[nonces[i]] = true;
			highest = nonces[i] > highest ? nonces[i] : highest;
		}
	}
	ktap_ok(!wrong, "12,000 nonces of one client, %llu of them taken: as by a list", (unsigned long long)taken);
}

static void corners(void)
{
	static const struct {
		u64 nonce;
		enum ledger_outcome outcome;
	} steps[] = {
		{ 1, LEDGER_VALID },
		{ 1, LEDGER_DUPLICATE },
		{ 0, LEDGER_MALFORMED },
		{ 1024, LEDGER_VALID },
		{ 2, LEDGER_VALID },
		{ 1025, LEDGER_VALID },
		{ 2, LEDGER_DUPLICATE },
		{ 1, LEDGER_DUPLICATE },
		{ 3000, LEDGER_VALID },
		{ 1976, LEDGER_DUPLICATE },
		{ 1977, LEDGER_VALID },
		{ 1977, LEDGER_DUPLICATE },
		{ ~0ULL, LEDGER_VALID },
		{ 1, LEDGER_DUPLICATE },
		{ ~0ULL - 1023, LEDGER_VALID },
		{ ~0ULL, LEDGER_DUPLICATE },
		{ ~0ULL - 1024, LEDGER_DUPLICATE },
	};
	const u8 client[32] = { 10 };
	u32 i, wrong = 0;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		add_open(client, steps[i].nonce);
		world_block(&world, WORLD_SECOND);
		wrong += world.result->outcomes[0] != steps[i].outcome;
	}
	ktap_ok(!wrong, "the window's edges, block by block");
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		add_open((const u8[32]){ 11 }, steps[i].nonce);
	world_block(&world, WORLD_SECOND);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		wrong += world.result->outcomes[i] != steps[i].outcome;
	ktap_ok(!wrong, "and all in one block");
}

static void spoil_client(u8 signature[64])
{
	signature[0] ^= 1;
}

static enum ledger_outcome signed_try(u64 nonce, u32 endorsers, bool spoilt)
{
	world_draft(&world, &draft, &world.client, nonce);
	draft.endorser_count = endorsers;
	draft.spoil_client = spoilt ? spoil_client : NULL;
	return world_try_draft(&world, &draft);
}

static void spending(void)
{
	ktap_ok(signed_try(50, 2, true) == LEDGER_BAD_SIGNATURE, "a wrong signature");
	ktap_ok(signed_try(50, 1, false) == LEDGER_POLICY_UNMET, "leaves the nonce; a right one whose policy fails");
	ktap_ok(signed_try(50, 2, false) == LEDGER_DUPLICATE, "spends it");
	ktap_ok(signed_try(51, 2, false) == LEDGER_VALID, "the next one is free");
}

static bool count_one(void *arg, struct span key, const struct state_value *value)
{
	(void)key, (void)value;
	++*(u32 *)arg;
	return true;
}

static u32 count_keys(const char *prefix, size_t prefix_len)
{
	struct span span = { (const u8 *)prefix, prefix_len };
	u32 count = 0;

	state_walk(world.state, span, span, count_one, &count);
	return count;
}

static size_t window_len(const u8 client[32])
{
	struct state_value value;
	u8 key[33] = { 'n' };

	memcpy(key + 1, client, 32);
	return world_get(&world, (struct span){ key, 33 }, &value) ? 0 : value.bytes.len;
}

static void pruning(void)
{
	u8 client[32] = { 12 };
	u32 i, blocks, windows;

	ktap_ok(window_len(world.client.public) == 145, "a window is there");
	for (i = 0; i < 1000; i++) {
		client[1] = i;
		client[2] = i >> 8;
		add_open(client, 7);
	}
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->valid == 1000, "a thousand clients, one request each");
	windows = count_keys("n", 1);
	world_block(&world, 1100 * WORLD_SECOND);
	ktap_ok(count_keys("n", 1) == windows, "nothing happens to windows for 1,100 s");
	signed_try(52, 2, false);
	world_block(&world, 110 * WORLD_SECOND);
	ktap_ok(window_len(client) == 145 || window_len(client) == 17, "then they are closed, some a block");
	for (blocks = 1; window_len(client) == 145 && blocks < 100; blocks++)
		world_block(&world, WORLD_SECOND);
	ktap_ok(blocks >= 1000 / 64 && blocks < 25, "%u empty blocks took a thousand", blocks);
	for (i = 0; i < 20; i++)
		world_block(&world, WORLD_SECOND);
	ktap_ok(window_len((const u8[32]){ 9 }) == 17, "a closed window is its head");
	ktap_ok(window_len(world.client.public) == 145, "who was active meanwhile was put off");
	add_open(client, 7);
	add_open(client, 6);
	add_open(client, 8);
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->outcomes[0] == LEDGER_DUPLICATE && world.result->outcomes[1] == LEDGER_DUPLICATE &&
			world.result->outcomes[2] == LEDGER_VALID,
		"an open request is never replayed; what follows is taken");
	world_block(&world, 1300 * WORLD_SECOND);
	ktap_ok(!window_len(world.client.public), "a silent client's window is forgotten");
	for (blocks = 0; window_len(client) == 145 && blocks < 25; blocks++)
		world_block(&world, WORLD_SECOND);
	ktap_ok(window_len(client) == 17, "and the other one closed again");
	ktap_ok(world_try_draft(&world, &draft) == LEDGER_EXPIRED, "what it could still replay has expired");
	ktap_ok(signed_try(1, 2, false) == LEDGER_VALID, "a new window begins anywhere");
	world_block(&world, 1300 * WORLD_SECOND);
	windows = count_keys("n", 1);
	ktap_ok(windows > 1000 && count_keys("x", 1) == 1 + windows, "closed windows are looked at again, %u of them",
		windows);
	world.membership.parameters[MEMBERSHIP_OPEN_REQUESTS] = 0;
	for (blocks = 0; count_keys("n", 1) && blocks < 100; blocks++)
		world_block(&world, blocks ? WORLD_SECOND : 1300 * WORLD_SECOND);
	ktap_ok(!count_keys("n", 1) && blocks >= 1000 / 64,
		"and forgotten once open requests are not taken any more, some a block (%u)", blocks);
	ktap_ok(count_keys("x", 1) == 1, "nothing is left to be looked at but the mark of how far");
	world.membership.parameters[MEMBERSHIP_OPEN_REQUESTS] = 1;
}

static bool newest_due(void *arg, struct span key, const struct state_value *value)
{
	u64 *newest = arg;

	if (key.len > 1 && value->version.number > *newest)
		*newest = value->version.number;
	return true;
}

/* Due exactly now is not yet over: the same microsecond may still bring a transaction that lives that long. */
static void exactly(void)
{
	struct span prefix = world_text("x");
	u64 began, newest = 0;

	ktap_ok(signed_try(1000, 2, false) == LEDGER_VALID, "a window begins");
	began = world.number;
	world_block(&world, 1200 * WORLD_SECOND);
	state_walk(world.state, prefix, prefix, newest_due, &newest);
	ktap_ok(newest == began, "1,200 s later to the microsecond nobody looks at it");
	ktap_ok(signed_try(1001, 2, false) == LEDGER_VALID, "it is used");
	world_block(&world, 1200 * WORLD_SECOND);
	ktap_ok(window_len(world.client.public) == 145, "1,200 s after that, and looked at, it is still there");
	world_block(&world, 1);
	ktap_ok(!window_len(world.client.public), "and a microsecond later it is not");
}

/* A busy channel must prune as fast as it fills. */
static void keeping_up(void)
{
	const u8 busy[32] = { 14 };
	u8 client[32] = { 13 };
	u32 i, left;

	for (i = 0; i < 1000; i++) {
		client[1] = i;
		client[2] = i >> 8;
		add_open(client, 1);
	}
	world_block(&world, WORLD_SECOND);
	for (i = 0; i < 300; i++)
		add_open(busy, i + 1);
	world_block(&world, 1300 * WORLD_SECOND);
	for (i = left = 0; i < 1000; i++) {
		client[1] = i;
		client[2] = i >> 8;
		left += window_len(client) == 145;
	}
	ktap_ok(left == 1000 - 64 - 600, "a block of 300 takes 664 of a thousand: %u are left", left);
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, NULL);
	random_nonces();
	corners();
	spending();
	pruning();
	exactly();
	keeping_up();
	world_close(&world);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/* counter_test.c - deltas: hot keys, order within the block, ranges and the ends of 64 bits, all or nothing. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/txn/world.h"

static struct world world;
static struct world_draft draft;
static u8 bytes[TRANSACTION_MAX];
static u64 nonce;

static struct rwset_write delta(const char *key, s64 amount, s64 least, s64 most)
{
	return (struct rwset_write){ .operation = RWSET_DELTA,
				     .key = world_state_key("kv", key),
				     .amount = amount,
				     .least = least,
				     .most = most };
}

static void add(u32 count, const struct rwset_write *writes)
{
	struct world_set set = { .write_count = count };

	memcpy(set.writes, writes, count * sizeof(*writes));
	world_draft(&world, &draft, &world.client, ++nonce);
	world_set_encode(&draft, &set);
	world_add(&world, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
}

static void add_one(const char *key, s64 amount, s64 least, s64 most)
{
	struct rwset_write write = delta(key, amount, least, most);

	add(1, &write);
}

static enum ledger_outcome one(const char *key, s64 amount, s64 least, s64 most)
{
	add_one(key, amount, least, most);
	world_block(&world, WORLD_SECOND);
	return world.result->outcomes[0];
}

static void hot(void)
{
	u32 i;

	for (i = 0; i < 1000; i++)
		add_one("hot", i & 1 ? 5 : -3, -10000, 10000);
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->valid == 1000 && world_counter(&world, world_state_key("kv", "hot")) == 1000,
		"1,000 deltas on one counter in one block are all valid");
	/* Each may take the last of it; the first ten do. */
	ktap_ok(one("stock", 10, 0, 10) == LEDGER_VALID, "ten in stock");
	for (i = 0; i < 100; i++)
		add_one("stock", -1, 0, 10);
	world_block(&world, WORLD_SECOND);
	for (i = 0; i < 100; i++)
		if (world.result->outcomes[i] != (i < 10 ? LEDGER_VALID : LEDGER_OUT_OF_RANGE))
			break;
	ktap_ok(i == 100, "of a hundred who want one the first ten get it");
}

static void ends(void)
{
	ktap_ok(one("top", INT64_MAX, INT64_MIN, INT64_MAX) == LEDGER_VALID, "the greatest number");
	ktap_ok(one("top", 1, INT64_MIN, INT64_MAX) == LEDGER_OUT_OF_RANGE, "and one more");
	ktap_ok(one("top", INT64_MIN, INT64_MIN, INT64_MAX) == LEDGER_VALID &&
			world_counter(&world, world_state_key("kv", "top")) == -1,
		"greatest and least are -1 together");
	ktap_ok(one("bottom", INT64_MIN, INT64_MIN, INT64_MAX) == LEDGER_VALID, "the least number");
	ktap_ok(one("bottom", -1, INT64_MIN, INT64_MAX) == LEDGER_OUT_OF_RANGE, "and one less");
	ktap_ok(one("edge", 5, 5, 5) == LEDGER_VALID, "a range of one number");
	ktap_ok(one("edge", 0, 6, 9) == LEDGER_OUT_OF_RANGE, "nothing added, but below the least");
	ktap_ok(one("edge", 0, -9, 4) == LEDGER_OUT_OF_RANGE, "nothing added, but above the most");
	ktap_ok(one("edge", 0, 5, 9) == LEDGER_VALID, "the least itself is within");
}

static void together(void)
{
	struct rwset_write both[2] = { delta("left", 7, 0, 100), delta("right", -7, 0, 100) };
	struct rwset_write put = { .operation = RWSET_PUT,
				   .key = world_state_key("kv", "text"),
				   .value = world_text("seven") };

	add(2, both);
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->outcomes[0] == LEDGER_OUT_OF_RANGE &&
			!world_counter(&world, world_state_key("kv", "left")),
		"one of two out of range: neither is applied");
	add_one("right", 50, 0, 100);
	both[0].key = world_state_key("kv", "left");
	both[1].key = world_state_key("kv", "right");
	add(2, both);
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->valid == 2 && world_counter(&world, world_state_key("kv", "left")) == 7 &&
			world_counter(&world, world_state_key("kv", "right")) == 43,
		"what came before in the block counts");
	put.key = world_state_key("kv", "text");
	add(1, &put);
	world_block(&world, WORLD_SECOND);
	ktap_ok(one("text", 1, INT64_MIN, INT64_MAX) == LEDGER_OUT_OF_RANGE, "a text is no counter");
}

static void versions(void)
{
	struct world_set set = { .read_count = 1, .write_count = 1 };
	struct span key = world_state_key("kv", "read");
	struct state_value value;

	one("read", 1, 0, 9);
	world_get(&world, key, &value);
	set.reads[0] = (struct rwset_read){ key, value.version.number, value.version.index };
	set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT, .key = key, .value = world_text("x") };
	add_one("read", 1, 0, 9);
	world_draft(&world, &draft, &world.client, ++nonce);
	world_set_encode(&draft, &set);
	world_add(&world, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->outcomes[0] == LEDGER_VALID && world.result->outcomes[1] == LEDGER_CONFLICT,
		"who read a counter and writes it conflicts with a delta");
	world_get(&world, key, &value);
	ktap_ok(value.version.number == world.number && value.version.index == 0,
		"a delta gives the counter its version");
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, NULL);
	hot();
	ends();
	together();
	versions();
	world_close(&world);
	return ktap_exit();
}

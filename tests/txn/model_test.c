// SPDX-License-Identifier: GPL-2.0
/*
 * model_test.c - random blocks, carried out by the ledger and by the reference
 * model: the same outcomes, the same keys, values and versions, the same root.
 *
 *   model_test [SEED...]     without: twelve seeds
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "tests/ktap.h"
#include "tests/txn/model.h"
#include "tests/txn/random.h"

#define BLOCKS 120
#define TRANSACTIONS_MAX 24

static struct world world;
static struct model model;
static u64 seed, seen[LEDGER_OUTCOME_COUNT];
static u8 *bytes[TRANSACTIONS_MAX];
static struct span transactions[TRANSACTIONS_MAX];

struct compare {
	size_t at;
	bool same;
};

static bool compare_pair(void *arg, struct span key, const struct state_value *value)
{
	struct compare *compare = arg;
	const struct model_pair *pair = &model.pairs[compare->at++];

	compare->same = compare->at <= model.pair_count && pair->key_len == key.len &&
			!memcmp(pair->key, key.bytes, key.len) && pair->value_len == value->bytes.len &&
			!memcmp(pair->value, value->bytes.bytes, value->bytes.len) &&
			pair->number == value->version.number && pair->index == value->version.index;
	if (!compare->same)
		printf("# seed %llu block %llu: pair %zu differs ('%c' in the ledger, '%c' in the model)\n",
		       (unsigned long long)seed, (unsigned long long)world.number, compare->at, key.bytes[0],
		       compare->at <= model.pair_count ? pair->key[0] : '-');
	return compare->same;
}

/* The key spaces one by one: a walk needs a prefix. */
static bool same_pairs(void)
{
	static const char spaces[] = "Mcekmnprx";
	struct compare compare = { 0, true };
	u32 i;

	model_sort(&model);
	for (i = 0; spaces[i] && compare.same; i++) {
		struct span prefix = { (const u8 *)&spaces[i], 1 };

		if (state_walk(world.state, prefix, prefix, compare_pair, &compare))
			return false;
	}
	if (compare.same && compare.at != model.pair_count)
		printf("# seed %llu block %llu: the model has %zu pairs, the ledger %zu\n", (unsigned long long)seed,
		       (unsigned long long)world.number, model.pair_count, compare.at);
	return compare.same && compare.at == model.pair_count;
}

/* The root of a state that never had another value than these. */
static bool same_root(void)
{
	struct overlay *overlay;
	struct store *store;
	struct state *state;
	bool same;
	u8 root[32];
	size_t i;

	if (store_memory_open(&store) || state_open(store, world.membership.seed, &state))
		return false;
	overlay = overlay_new(state, NULL);
	for (i = 0; i < model.pair_count; i++)
		overlay_put(overlay, (struct span){ model.pairs[i].key, model.pairs[i].key_len },
			    (struct span){ model.pairs[i].value, model.pairs[i].value_len },
			    (struct state_version){ model.pairs[i].number, model.pairs[i].index });
	same = !overlay_root(overlay, root) && !memcmp(root, world.root, sizeof(root));
	overlay_drop(overlay);
	state_close(state);
	return same;
}

static bool block(void)
{
	u8 outcomes[TRANSACTIONS_MAX];
	u32 count = random_draw(TRANSACTIONS_MAX + 1), i;
	u64 pause = random_pause();

	for (i = 0; i < count; i++) {
		transactions[i] = (struct span){ bytes[i], random_transaction(bytes[i], TRANSACTION_MAX) };
		world_add(&world, bytes[i], transactions[i].len);
	}
	world_block(&world, pause);
	model_block(&model, world.time, transactions, count, outcomes);
	for (i = 0; i < count; i++) {
		seen[outcomes[i]]++;
		if (world.result->outcomes[i] == outcomes[i])
			continue;
		printf("# seed %llu block %llu transaction %u: ledger %s, model %s\n", (unsigned long long)seed,
		       (unsigned long long)world.number, i, ledger_outcome_word(world.result->outcomes[i]),
		       ledger_outcome_word(outcomes[i]));
		return false;
	}
	if (memcmp(&world.membership, &model.membership, sizeof(world.membership))) {
		printf("# seed %llu block %llu: configurations differ\n", (unsigned long long)seed,
		       (unsigned long long)world.number);
		return false;
	}
	return same_pairs() && (world.number % 10 || same_root());
}

/* The model carries out the world's first block, too: the enrolments. */
static void begin(void)
{
	struct credential credential;
	u8 first[3][256], outcomes[3];
	struct span spans[3];
	u32 i;

	world_open(&world, random_tune);
	model_init(&model, &world.membership);
	world.serial = 0;
	for (i = 0; i < 3; i++) {
		credential = world_enrolment(&world,
					     i == 0   ? &world.client
					     : i == 1 ? &world.other
						      : &world.attestor,
					     i == 1, i == 2 ? CREDENTIAL_ATTESTOR : CREDENTIAL_CLIENT);
		spans[i] = (struct span){ first[i], world_credential(TRANSACTION_ENROL, &credential,
								     &world.authority[i == 1], first[i], 256) };
	}
	model_block(&model, world.time, spans, 3, outcomes);
}

static void run(u64 which)
{
	bool same = true;
	u32 i;

	seed = which;
	begin();
	random_begin(&world, which);
	for (i = 0; i < BLOCKS && same; i++)
		same = block();
	ktap_ok(same, "seed %llu: %u blocks, %zu keys", (unsigned long long)which, i, model.pair_count);
	model_done(&model);
	world_close(&world);
}

int main(int argc, char **argv)
{
	u32 i;

	ktap_plan(0);
	for (i = 0; i < TRANSACTIONS_MAX; i++)
		bytes[i] = malloc(TRANSACTION_MAX);
	for (i = 1; i < (u32)argc; i++)
		run(strtoull(argv[i], NULL, 10));
	for (i = 1; argc == 1 && i <= 12; i++)
		run(i);
	for (i = 0; i < LEDGER_OUTCOME_COUNT; i++)
		if (argc == 1)
			ktap_ok(seen[i], "%s was among them: %llu", ledger_outcome_word(i),
				(unsigned long long)seen[i]);
	for (i = 0; i < TRANSACTIONS_MAX; i++)
		free(bytes[i]);
	return ktap_exit();
}

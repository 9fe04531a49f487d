// SPDX-License-Identifier: GPL-2.0
/* contract_test.c - what a simulation makes of puts, deletions and deltas; kv; private values. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/contract/contract_run.h"
#include "ledger/rwset_private.h"
#include "tests/ktap.h"
#include "tests/txn/world.h"

static struct world world;
static u64 random_state = 0x123456789abcdefULL;

static u64 draw(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static s64 draw_number(void)
{
	static const s64 some[] = { INT64_MIN, INT64_MIN + 1, -3, -1, 0, 1, 2, 5, INT64_MAX - 1, INT64_MAX };

	return some[draw(10)];
}

struct step {
	enum rwset_operation operation;
	s64 number, least, most;
};

/* What @step does to a counter, by itself. False: it may not. */
static bool step_alone(const struct step *step, bool *present, s64 *value)
{
	__int128 sum = (__int128)(*present ? *value : 0) + step->number;

	if (step->operation == RWSET_DELTA && (sum < step->least || sum > step->most))
		return false;
	*present = step->operation != RWSET_DELETE;
	*value = step->operation == RWSET_DELTA ? (s64)sum : step->number;
	return true;
}

static int step_simulated(struct contract_run *run, const struct step *step)
{
	struct span key = world_text("kkey");
	struct writer writer;
	u8 bytes[8];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, (u64)step->number);
	if (step->operation == RWSET_PUT)
		return contract_sets_put(run, key, (struct span){ bytes, 8 });
	if (step->operation == RWSET_DELETE)
		return contract_sets_delete(run, key);
	return contract_sets_delta(run, key, step->number, step->least, step->most);
}

static struct step write_step(const struct rwset_write *write)
{
	struct step step = { write->operation, write->amount, write->least, write->most };
	struct reader reader;

	if (write->operation == RWSET_PUT) {
		reader_init(&reader, write->value.bytes, write->value.len);
		step.number = (s64)reader_u64(&reader);
	}
	return step;
}

/* One random run: the one write that comes of it must do what the steps would have done, from any value. */
static bool steps_agree(void)
{
	struct contract_run run = { .input = NULL };
	u32 count = 1 + draw(4), i, from;
	bool simulated = true, agree = true, together = true;
	bool overwritten = true;
	__int128 amounts = 0;
	struct step steps[4], all;

	for (i = 0; i < count; i++) {
		steps[i] = (struct step){ 1 + draw(3), draw_number(), draw_number(), draw_number() };
		if (steps[i].least > steps[i].most)
			steps[i].most = steps[i].least;
		if (steps[i].operation != RWSET_DELTA && run.writes.count &&
		    run.writes.list[0].operation == RWSET_DELTA) {
			overwritten = simulated && step_simulated(&run, &steps[i]) == -EBUSY;
			break;
		}
		simulated = simulated && !step_simulated(&run, &steps[i]);
		/* Amounts that have no sum of 64 bits are refused, though from some value they would do. */
		amounts = steps[i].operation == RWSET_DELTA ? amounts + steps[i].number : 0;
		together &= amounts >= INT64_MIN && amounts <= INT64_MAX;
	}
	count = i;
	for (from = 0; from < 11; from++) {
		static const s64 starts[] = { INT64_MIN, INT64_MIN + 1, -4, -1, 0, 1, 3, 6, INT64_MAX - 1, INT64_MAX };
		bool one = from < 10, other = one, right = true, done;
		s64 value = one ? starts[from] : 0, result = value;

		for (i = 0; i < count && right; i++)
			right = step_alone(&steps[i], &one, &value);
		if (!simulated) {
			agree &= !right || !together;
			continue;
		}
		all = write_step(&run.writes.list[0]);
		done = step_alone(&all, &other, &result);
		agree &= done == right && (!done || (one == other && (!one || value == result)));
	}
	free(run.writes.list);
	contract_memory_drop(&run);
	return agree && (overwritten || !simulated);
}

static void sets(void)
{
	u32 wrong = 0, i;

	for (i = 0; i < 200000; i++)
		wrong += !steps_agree();
	ktap_ok(!wrong, "200,000 runs on a counter: the one write does what their steps do, from eleven beginnings");
}

struct held {
	const char *value;
};

static int held_get(void *arg, struct span collection, struct span key, u8 **ret_value, size_t *ret_len)
{
	struct held *held = arg;

	(void)collection, (void)key;
	if (!held->value)
		return -ENOENT;
	*ret_value = (u8 *)strdup(held->value);
	*ret_len = strlen(held->value);
	return 0;
}

static struct contract_output output;
static struct proposal proposal;
static struct held held;
static struct contract_input input;

/* Calls kv; words after the function are its arguments. */
static int call(u64 nonce, const char *function, u32 count, const char *const *arguments)
{
	u32 i;

	contract_output_free(&output);
	proposal = (struct proposal){ .channel = world.channel,
				      .client = world.client.public,
				      .nonce = nonce,
				      .contract = world_text("kv"),
				      .function = world_text(function),
				      .argument_count = count };
	for (i = 0; i < count; i++)
		proposal.arguments[i] = world_text(arguments[i]);
	input.proposal = &proposal;
	return contract_simulate(&input, &output);
}

#define CALL(nonce, function, ...) \
	call(nonce, function, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), (const char *[]){ __VA_ARGS__ })

static bool result_is(const char *text)
{
	return span_equal(output.result, world_text(text));
}

/* Orders what the last call would do. */
static void order(u64 nonce)
{
	static struct world_draft draft;

	world_draft(&world, &draft, &world.client, nonce);
	memcpy(draft.rwset_bytes, output.rwset, output.rwset_len);
	draft.rwset_len = output.rwset_len;
	ktap_ok(world_try_draft(&world, &draft) == LEDGER_VALID, "what it would do is valid");
}

static void kv(void)
{
	struct rwset rwset;

	ktap_ok(CALL(1, "get", "a") == -ENOENT && *output.refusal, "%s", output.refusal);
	ktap_ok(!CALL(1, "put", "a", "value"), "put");
	order(1);
	ktap_ok(!CALL(2, "get", "a") && result_is("value"), "get");
	ktap_ok(!rwset_decode(output.rwset, output.rwset_len, &rwset) && rwset.read_count == 1, "which was read");
	ktap_ok(!CALL(2, "add", "n", "40"), "add");
	order(2);
	ktap_ok(!CALL(3, "add", "n", "2", "0", "42"), "add within limits");
	order(3);
	ktap_ok(!CALL(4, "count", "n") && result_is("42"), "count");
	ktap_ok(!rwset_decode(output.rwset, output.rwset_len, &rwset) && !rwset.read_count, "which was not read");
	ktap_ok(!CALL(4, "count", "none") && result_is("0"), "a counter that is not there is 0");
	ktap_ok(CALL(4, "count", "a") == -EINVAL, "%s", output.refusal);
	ktap_ok(!CALL(4, "delete", "a"), "delete");
	order(4);
	ktap_ok(CALL(5, "get", "a") == -ENOENT, "and it is gone");
	ktap_ok(!CALL(5, "add", "m", "-9223372036854775808"), "the least number");
	ktap_ok(CALL(5, "add", "m", "-9223372036854775809") == -EINVAL, "%s", output.refusal);
	ktap_ok(!CALL(5, "add", "m", "9223372036854775807"), "the greatest number");
	ktap_ok(CALL(5, "add", "m", "9223372036854775808") == -EINVAL, "one more than that");
	ktap_ok(CALL(5, "add", "m", "1x") == -EINVAL && CALL(5, "add", "m", "-") == -EINVAL &&
			CALL(5, "add", "m", "") == -EINVAL && CALL(5, "add", "m", "1", "2") == -EINVAL,
		"no numbers");
	ktap_ok(CALL(5, "add", "m", "1", "2", "1") == -ERANGE, "%s", output.refusal);
	ktap_ok(CALL(5, "put", "", "x") == -EINVAL, "%s", output.refusal);
	ktap_ok(CALL(5, "steal", "x") == -ENOSYS, "%s", output.refusal);
	ktap_ok(CALL(5, "put", "x") == -EINVAL, "%s", output.refusal);
	proposal.contract = world_text("none");
	ktap_ok(contract_simulate(&input, &output) == -ENOSYS, "%s", output.refusal);
}

static void private(void)
{
	static const u8 arguments[] = "0123456789abcdefsecret";
	u8 key[RWSET_PRIVATE_KEY_LEN], hash[32];
	struct state_value value;
	struct rwset_write write;
	struct rwset rwset;
	struct span rest;

	ktap_ok(CALL(6, "put-private", "prices", "k") == -EINVAL, "%s", output.refusal);
	input.private_arguments = (struct span){ arguments, sizeof(arguments) - 1 };
	ktap_ok(!CALL(6, "put-private", "prices", "k") && output.private_count == 1 &&
			span_equal(output.privates[0].value, world_text("secret")) &&
			span_equal(output.privates[0].key, world_text("k")),
		"a private value goes to the shell");
	rwset_private_hash(output.privates[0].salt, world_text("secret"), hash);
	rwset_private_key(world.membership.seed, world_text("prices"), world_text("k"), key);
	ktap_ok(!rwset_decode(output.rwset, output.rwset_len, &rwset), "and into the write set");
	rest = rwset.writes;
	ktap_ok(rwset_next_write(&rest, &write) && write.value.len == 32 && !memcmp(write.value.bytes, hash, 32) &&
			write.key.len == sizeof(key) && !memcmp(write.key.bytes, key, sizeof(key)),
		"its salted hash, under the pseudonym of its key");
	ktap_ok(!memmem(output.rwset, output.rwset_len, "secret", 6), "and nothing else of it");
	order(6);
	ktap_ok(!world_get(&world, (struct span){ key, sizeof(key) }, &value) && !memcmp(value.bytes.bytes, hash, 32),
		"which stands on the chain");
	held.value = "secret";
	ktap_ok(CALL(7, "get-private", "prices", "k") == -EPERM, "%s", output.refusal);
	ktap_ok(!CALL(0, "get-private", "prices", "k") && result_is("secret"), "a query reads it");
	input.organisations = 4;
	ktap_ok(CALL(0, "get-private", "prices", "k") == -EACCES, "%s", output.refusal);
	ktap_ok(CALL(7, "put-private", "prices", "k") == -EACCES, "nor is another organisation's client let write");
	input.organisations = 1;
	held.value = NULL;
	ktap_ok(CALL(0, "get-private", "prices", "k") == -ENOENT, "%s", output.refusal);
	ktap_ok(CALL(0, "get-private", "none", "k") == -ENOENT, "%s", output.refusal);
	ktap_ok(!CALL(7, "delete-private", "prices", "k"), "delete-private");
	order(7);
	ktap_ok(world_get(&world, (struct span){ key, sizeof(key) }, &value) == -ENOENT, "takes its hash away");
}

static void salts(void)
{
	u8 one[16], other[16];

	rwset_private_salt((const u8 *)"0123456789abcdef", world_text("c"), world_text("key"), one);
	rwset_private_salt((const u8 *)"0123456789abcdef", world_text("ck"), world_text("ey"), other);
	ktap_ok(memcmp(one, other, 16), "collection and key do not run together in a salt");
	rwset_private_salt((const u8 *)"0123456789abcdef", world_text("c"), (struct span){ (const u8 *)"\0\1b", 3 },
			   one);
	rwset_private_salt((const u8 *)"0123456789abcdef", (struct span){ (const u8 *)"c\0\3", 3 }, world_text("b"),
			   other);
	ktap_ok(memcmp(one, other, 16), "not even where one holds the other's length");
	rwset_private_salt((const u8 *)"0123456789abcdef", world_text("c"), world_text("key"), one);
	rwset_private_salt((const u8 *)"1123456789abcdef", world_text("c"), world_text("key"), other);
	ktap_ok(memcmp(one, other, 16), "another secret gives another salt");
}

static void limits(void)
{
	struct contract_run run = { .input = &input, .output = &output };
	struct writer writer;
	u8 key[3] = { 'k' };
	u32 i;

	for (i = 0; i < TRANSACTION_KEYS_MAX; i++) {
		writer_init(&writer, key + 1, 2);
		writer_u16(&writer, (i * 7919) % TRANSACTION_KEYS_MAX);
		if (contract_sets_put(&run, (struct span){ key, 3 }, world_text("v")))
			break;
	}
	ktap_ok(i == TRANSACTION_KEYS_MAX && run.writes.count == TRANSACTION_KEYS_MAX, "as many keys as are allowed");
	ktap_ok(contract_sets_put(&run, world_text("kone more"), world_text("v")) == -E2BIG, "and not one more");
	for (i = 1; i < run.writes.count; i++)
		if (memcmp(run.writes.list[i - 1].key.bytes, run.writes.list[i].key.bytes, 3) >= 0)
			break;
	ktap_ok(i == run.writes.count, "in order");
	free(run.writes.list);
	contract_memory_drop(&run);
}

static void tune(struct membership *genesis)
{
	genesis->collection_count = 1;
	strcpy(genesis->collections[0].name, "prices");
	genesis->collections[0].organisations = 3;
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, tune);
	input = (struct contract_input){ .state = world.state,
					 .membership = &world.membership,
					 .organisations = 1,
					 .time = world.time,
					 .private_get = held_get,
					 .arg = &held };
	sets();
	kv();
	private();
	salts();
	limits();
	contract_output_free(&output);
	world_close(&world);
	return ktap_exit();
}

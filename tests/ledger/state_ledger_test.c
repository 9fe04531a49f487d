// SPDX-License-Identifier: GPL-2.0
/*
 * state_ledger_test.c - a ledger as a whole: made, appended to, closed, opened, taken from another; pipelines of
 * candidates; find; formats; a state folder taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/ktap.h"
#include "tests/ledger/state_channel.h"

static struct test_channel channel;
static struct rig_random dice = { 1 };

static bool made(const char *folder, struct ledger **ret_ledger)
{
	struct ledger_options options = { .folder = folder };
	struct ledger_error error = { .text = "" };
	int err;

	channel_make(&channel);
	err = ledger_create(&options, &channel.genesis, 5, ret_ledger, &error);
	if (err)
		printf("# %d %s: %s\n", err, error.file, error.text);
	return !err;
}

static bool opened(const char *folder, struct ledger **ret_ledger, int wanted, const char *word)
{
	struct ledger_options options = { .folder = folder };
	struct ledger_error error = { .text = "" };
	int err = ledger_open(&options, ret_ledger, &error);

	if (err != wanted || (word && !strstr(error.text, word)))
		printf("# %d %s: %s\n", err, error.file, error.text);
	return err == wanted && (!word || strstr(error.text, word));
}

static bool grow(struct ledger *ledger, u32 blocks, u32 count)
{
	struct ledger_error error = { .text = "" };
	int err = 0;

	while (blocks-- && !err)
		err = channel_append(&channel, ledger, channel_body(&channel, &dice, count, 5, 20), &error);
	if (!err)
		err = ledger_sync(ledger, &error);
	if (err)
		printf("# %d %s: %s\n", err, error.file, error.text);
	return !err;
}

static bool recomputes(struct ledger *ledger)
{
	u8 root[32];
	u64 keys;

	return !state_recompute(ledger_state(ledger), root, &keys) && !memcmp(root, ledger_head(ledger)->state, 32);
}

static void test_life(const char *folder)
{
	struct ledger *ledger = NULL;
	u8 head[32];

	ktap_ok(made(folder, &ledger) && ledger_head(ledger)->number == 0 && ledger_durable(ledger) == 0,
		"a ledger is made");
	ktap_ok(grow(ledger, 50, 7) && ledger_head(ledger)->number == 50 && ledger_durable(ledger) == 50, "50 blocks");
	ktap_ok(recomputes(ledger), "the head's root is that of the state recomputed");
	memcpy(head, ledger_head_hash(ledger), 32);
	ledger_close(ledger);
	ledger = NULL;
	ktap_ok(opened(folder, &ledger, 0, NULL) && !memcmp(head, ledger_head_hash(ledger), 32),
		"opened again: same head");
	ktap_ok(grow(ledger, 3, 1) && recomputes(ledger), "and goes on");
	ledger_close(ledger);
}

static void test_state_lost(const char *folder)
{
	struct ledger *ledger = NULL;
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s/state", folder);
	ktap_ok(!system(command) && opened(folder, &ledger, 0, NULL) && ledger_head(ledger)->number == 53 &&
			recomputes(ledger),
		"a state that was taken away is made again from the blocks");
	ledger_close(ledger);
}

static void test_format(const char *folder)
{
	struct ledger *ledger = NULL;
	struct ledger_options options = { .folder = folder };
	struct ledger_error error = { .text = "" };
	char path[128];
	int fd;

	ktap_ok(ledger_create(&options, &channel.genesis, 5, &ledger, &error) == -EEXIST,
		"a ledger is not made where there is one");
	snprintf(path, sizeof(path), "%s/FORMAT", folder);
	fd = open(path, O_WRONLY | O_TRUNC);
	ktap_ok(write(fd, "voltgate ledger 2\n", 18) == 18 && opened(folder, &ledger, -EPROTO, "voltgate ledger 2"),
		"another format is refused by its name");
	close(fd);
	unlink(path);
	ktap_ok(opened(folder, &ledger, -ENOENT, "no ledger"), "a folder without FORMAT holds no ledger");
	ktap_ok(ledger_create(&options, &channel.genesis, 5, &ledger, &error) == -EEXIST,
		"nor is one made over what is left of one");
}

static bool memory_options(struct ledger_options *ret_options)
{
	memset(ret_options, 0, sizeof(*ret_options));
	return !disk_memory_open(&ret_options->disk) && !store_memory_open(&ret_options->store);
}

static void test_pipeline(void)
{
	struct ledger_options options;
	struct ledger_error error = { .text = "" };
	struct ledger *ledger = NULL, *other = NULL;
	struct candidate *line[8], *again;
	struct block_certificate certificate;
	u8 first[32], *bytes;
	size_t len;
	u32 i;
	bool right = true;

	channel_make(&channel);
	ktap_ok(memory_options(&options) && !ledger_create(&options, &channel.genesis, 5, &ledger, &error),
		"in memory");
	for (i = 0; i < 8; i++) {
		struct span body = channel_body(&channel, &dice, 20, 3, 10);

		right = right && !ledger_execute(ledger, i ? line[i - 1] : NULL, 100 + i, body, &line[i]);
		free((void *)body.bytes);
	}
	ktap_ok(right && ledger_execute(ledger, NULL, 100, candidate_body(line[0]), &again) == -EBUSY &&
			ledger_execute(ledger, line[7], 107, candidate_body(line[0]), &again) == -EBADMSG,
		"eight candidates above each other; none beside another, none that goes back in time");
	memcpy(first, candidate_hash(line[4]), 32);
	{
		struct span body = candidate_body(line[4]);
		u8 *copy = memcpy(malloc(body.len), body.bytes, body.len);

		candidate_drop(line[4]);
		right = !ledger_execute(ledger, line[3], 104, rig_span(copy, body.len), &line[4]);
		free(copy);
	}
	ktap_ok(right && !memcmp(first, candidate_hash(line[4]), 32),
		"dropped from the fifth on and made again: same hash");
	for (i = 0; i < 5; i++) {
		channel_certify(&channel, ledger_membership(ledger), candidate_header(line[i]), 3, &certificate);
		right = right && !ledger_append(ledger, line[i], &certificate, &error);
		if (i == 2)
			right = right && !ledger_sync(ledger, &error);
	}
	ktap_ok(right && ledger_durable(ledger) == 3 && ledger_head(ledger)->number == 5,
		"appended while others lie above");
	ktap_ok(!ledger_sync(ledger, &error) && recomputes(ledger), "synced: the state follows");
	ktap_ok(memory_options(&options) && !ledger_create(&options, &channel.genesis, 5, &other, &error),
		"another node");
	for (i = 1; i <= 5; i++) {
		right = right && !ledger_block(ledger, i, &bytes, &len, &error);
		bytes[len - 1] ^= 1;
		right = right && ledger_take(other, rig_span(bytes, len), &error) == -EBADMSG;
		bytes[len - 1] ^= 1;
		right = right && ledger_take(other, rig_span(bytes, len - 1), &error) == -EBADMSG;
		right = right && !ledger_take(other, rig_span(bytes, len), &error);
		right = right && ledger_take(other, rig_span(bytes, len), &error) == -EBADMSG;
		free(bytes);
	}
	ktap_ok(right && !memcmp(ledger_head_hash(ledger), ledger_head_hash(other), 32),
		"takes the blocks, and none that was changed or comes twice");
	ledger_close(ledger);
	ledger_close(other);
}

static void test_certificate(void)
{
	struct ledger_options options;
	struct ledger_error error = { .text = "" };
	struct block_certificate good, bad;
	struct ledger *ledger = NULL;
	struct candidate *candidate;
	struct span body;
	struct verifier *verifier;
	const struct membership *membership;

	channel_make(&channel);
	memory_options(&options);
	ledger_create(&options, &channel.genesis, 5, &ledger, &error);
	body = channel_body(&channel, &dice, 1, 1, 1);
	ktap_ok(!ledger_execute(ledger, NULL, 77, body, &candidate), "a candidate");
	free((void *)body.bytes);
	verifier = ledger_verifier(ledger);
	membership = ledger_membership(ledger);
	channel_certify(&channel, membership, candidate_header(candidate), 3, &good);
	ktap_ok(ledger_certified(verifier, membership, candidate_header(candidate), &good), "three of four certify");
	bad = good;
	bad.count = 2;
	ktap_ok(!ledger_certified(verifier, membership, candidate_header(candidate), &bad), "two do not");
	bad = good;
	bad.signatures[2] = bad.signatures[1];
	ktap_ok(!ledger_certified(verifier, membership, candidate_header(candidate), &bad), "nor one of them twice");
	bad = good;
	bad.signatures[1].bytes[0] ^= 1;
	ktap_ok(!ledger_certified(verifier, membership, candidate_header(candidate), &bad),
		"nor with a wrong signature");
	bad = good;
	bad.view = 1;
	ktap_ok(!ledger_certified(verifier, membership, candidate_header(candidate), &bad), "nor of another view");
	ledger_close(ledger);
}

/* A quorum vouches for what does not follow: a node that carries it out itself does not take it. */
static void test_wrong_block(void)
{
	struct ledger_options options;
	struct ledger_error error = { .text = "" };
	struct block_certificate certificate;
	struct ledger *ledger = NULL;
	struct candidate *candidate;
	struct block_header header;
	struct writer writer;
	struct span body;
	u8 bytes[8192], outcome = LEDGER_EXPIRED;
	u32 which, refused = 0;

	channel_make(&channel);
	memory_options(&options);
	ledger_create(&options, &channel.genesis, 5, &ledger, &error);
	body = channel_body(&channel, &dice, 1, 1, 1);
	for (which = 0; which < 4; which++) {
		if (ledger_execute(ledger, NULL, 77, body, &candidate))
			break;
		header = *candidate_header(candidate);
		if (which == 0)
			header.state[0] ^= 1;
		if (which == 1)
			block_transactions_root(body, &outcome, 1, header.transactions);
		if (which == 2)
			header.next_replicas[5] ^= 1;
		channel_certify(&channel, ledger_membership(ledger), &header, 4, &certificate);
		writer_init(&writer, bytes, sizeof(bytes));
		block_encode(&writer, &header, which == 1 || which == 3 ? &outcome : candidate_outcomes(candidate),
			     body, &certificate);
		candidate_drop(candidate);
		refused += ledger_take(ledger, rig_span(bytes, writer_len(&writer)), &error) == -EBADMSG &&
			   ledger_head(ledger)->number == 0 && strstr(error.text, "another header");
	}
	free((void *)body.bytes);
	ktap_ok(refused == 4, "certified blocks with another root, outcome or next replica set are not taken: %u of 4",
		refused);
	ledger_close(ledger);
}

static void test_find(void)
{
	struct ledger_options options;
	struct ledger_error error = { .text = "" };
	struct ledger *ledger = NULL;
	struct block_certificate certificate;
	struct candidate *candidate;
	u8 hashes[40][32], hash[32];
	u64 number;
	u32 i, index;
	bool right = true;

	channel_make(&channel);
	memory_options(&options);
	ledger_create(&options, &channel.genesis, 5, &ledger, &error);
	for (i = 0; i < 40; i++) { /* 80,000 transactions: one run and a rest */
		struct span body = channel_body(&channel, &dice, 2000, 200, 1);

		right = right && !ledger_execute(ledger, NULL, 100 + i, body, &candidate);
		memcpy(hashes[i], candidate_digests(candidate)[i * 50], 32);
		free((void *)body.bytes);
		channel_certify(&channel, ledger_membership(ledger), candidate_header(candidate), 3, &certificate);
		right = right && !ledger_append(ledger, candidate, &certificate, &error);
	}
	right = right && !ledger_sync(ledger, &error);
	for (i = 0; i < 40; i++)
		right = right && !ledger_find(ledger, hashes[i], &number, &index) && number == i + 1 && index == i * 50;
	ktap_ok(right, "transactions are found by their hash, in the run and in memory");
	memset(hash, 1, sizeof(hash));
	ktap_ok(ledger_find(ledger, hash, &number, &index) == -ENOENT, "a hash that is nobody's is not found");
	ledger_close(ledger);
}

int main(void)
{
	char folder[64], path[80];

	ktap_plan(0);
	rig_folder(folder);
	snprintf(path, sizeof(path), "%s/ledger", folder);
	test_life(path);
	test_state_lost(path);
	test_format(path);
	rig_folder_done(folder);
	test_pipeline();
	test_certificate();
	test_wrong_block();
	test_find();
	return ktap_exit();
}

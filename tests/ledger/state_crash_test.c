// SPDX-License-Identifier: GPL-2.0
/*
 * state_crash_test.c - power cut, full disk and failing disk at every operation of a ledger in memory.
 *
 * A run makes a ledger, appends and syncs blocks, and would go on; at operation k the disk (or the store) fails. After
 * a power cut what was synced is there, nothing else matters but that the ledger opens, its root is right, and the
 * blocks that are there are the run's. After a full disk the ledger goes on as if nothing had been.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/ledger/state_channel.h"
#include "tests/ledger/state_lasting.h"

#define BLOCKS 12

static struct test_channel channel;

static struct ledger_options options_of(struct lasting *lasting)
{
	return (struct ledger_options){ .disk = lasting_disk(lasting),
					.store = lasting_store(lasting),
					.file_bytes = 4096 };
}

struct outcome {
	u64 synced; /* blocks that a sync covered; ~0: not even made */
	u8 heads[BLOCKS + 1][32];
	u64 full; /* times that there was no room */
	bool right;
};

/* Bodies are the same on every run. */
static struct span body_of(u64 number)
{
	struct rig_random dice = { number };

	channel.nonce = number * 100;
	if (number == 5)
		return channel_reconfigure(&channel, 0, 4);
	return channel_body(&channel, &dice, 1 + (u32)number % 4, 30, 100);
}

static int one_block(struct ledger *ledger, struct outcome *outcome, struct ledger_error *error)
{
	u64 number = ledger_head(ledger)->number + 1;
	struct membership before = channel.now;
	int err = channel_append(&channel, ledger, body_of(number), error);

	if (err)
		channel.now = before;
	else
		memcpy(outcome->heads[number], ledger_head_hash(ledger), 32);
	return err;
}

/* Goes on until BLOCKS blocks are there and synced, or something fails; @patient: tries again when the disk is full. */
static void run(struct lasting *lasting, struct outcome *outcome, bool patient)
{
	struct ledger_options options = options_of(lasting);
	struct ledger_error error = { .text = "" };
	struct ledger *ledger = NULL;
	int err;

	memset(outcome, 0, sizeof(*outcome));
	outcome->synced = ~0ULL;
	channel_make(&channel);
	err = ledger_create(&options, &channel.genesis, 5, &ledger, &error);
	if (err && patient) {
		outcome->full++;
		lasting_done(lasting); /* in memory nobody takes away what a creation that failed has left */
		lasting_init(lasting);
		options = options_of(lasting);
		err = ledger_create(&options, &channel.genesis, 5, &ledger, &error);
	}
	if (!err) {
		outcome->synced = 0;
		memcpy(outcome->heads[0], ledger_head_hash(ledger), 32);
	}
	while (!err && outcome->synced < BLOCKS) {
		u64 was = ledger_head(ledger)->number;

		err = was < BLOCKS ? one_block(ledger, outcome, &error) : 0;
		if (!err && (was % 3 == 2 || was >= BLOCKS - 1))
			err = ledger_sync(ledger, &error);
		if (!err)
			outcome->synced = ledger_durable(ledger);
		if (err && patient && outcome->full < 3) {
			outcome->full++;
			lasting_mend(lasting);
			err = ledger_sync(ledger, &error);
			if (err) { /* what was not synced is not known: the block files are opened anew */
				ledger_close(ledger);
				ledger = NULL;
				options = options_of(lasting);
				err = ledger_open(&options, &ledger, &error);
				if (!err)
					channel.now = *ledger_membership(ledger);
			}
		}
	}
	outcome->right = !err;
	if (err && patient)
		printf("# %d %s: %s\n", err, error.file, error.text);
	if (ledger)
		ledger_close(ledger);
}

static bool check(struct lasting *lasting, const struct outcome *outcome, const char *what, u64 at)
{
	struct ledger_options options = options_of(lasting);
	struct ledger_error error = { .text = "" };
	struct ledger *ledger = NULL;
	u8 root[32], *bytes;
	u64 keys, number;
	size_t len;
	int err = ledger_open(&options, &ledger, &error);
	bool right;

	if (err == -ENOENT && outcome->synced == ~0ULL)
		return true;
	if (err) {
		printf("# %s %llu: not opened: %d %s: %s\n", what, (unsigned long long)at, err, error.file, error.text);
		return false;
	}
	number = ledger_head(ledger)->number;
	right = (outcome->synced == ~0ULL || number >= outcome->synced) &&
		(outcome->synced == ~0ULL || !memcmp(ledger_head_hash(ledger), outcome->heads[number], 32)) &&
		!memcmp(state_mark(ledger_state(ledger))->root, ledger_head(ledger)->state, 32) &&
		!state_recompute(ledger_state(ledger), root, &keys) && !memcmp(root, ledger_head(ledger)->state, 32) &&
		ledger_durable(ledger) == number;
	for (; right && number; number--) {
		right = !ledger_block(ledger, number, &bytes, &len, &error);
		if (right)
			free(bytes);
	}
	channel_make(&channel);
	channel.now = *ledger_membership(ledger);
	right = right &&
		!channel_append(&channel, ledger, channel_body(&channel, &(struct rig_random){ 5 }, 2, 3, 4), &error) &&
		!ledger_sync(ledger, &error);
	if (!right)
		printf("# %s %llu: head %llu, synced %llu: %s\n", what, (unsigned long long)at,
		       (unsigned long long)ledger_head(ledger)->number, (unsigned long long)outcome->synced,
		       error.text);
	ledger_close(ledger);
	return right;
}

enum failing { POWER_DISK, POWER_STORE, FULL_DISK, FULL_STORE };

static void test(enum failing failing, const char *what)
{
	struct lasting lasting;
	struct outcome outcome;
	u64 at, wrong = 0, seed;
	bool reached = true;

	for (at = 1; reached; at++)
		for (seed = 0; seed < (failing == POWER_DISK ? 3 : 1); seed++) {
			lasting_init(&lasting);
			if (failing == POWER_DISK || failing == FULL_DISK)
				lasting_fail_disk(&lasting, at, failing == FULL_DISK ? -ENOSPC : -EIO);
			else
				lasting_fail_store(&lasting, at, failing == FULL_STORE ? -ENOSPC : -EIO);
			run(&lasting, &outcome, failing >= FULL_DISK);
			reached = !outcome.right || outcome.full;
			if (failing < FULL_DISK)
				lasting_crash(&lasting, seed);
			else
				wrong += !outcome.right || outcome.synced != BLOCKS;
			lasting_mend(&lasting);
			wrong += !check(&lasting, &outcome, what, at);
			lasting_done(&lasting);
		}
	ktap_ok(!wrong && at > 8, "%s: %llu places, %llu wrong", what, (unsigned long long)at - 1,
		(unsigned long long)wrong);
}

int main(void)
{
	ktap_plan(0);
	test(POWER_DISK, "power cut at every operation of the disk");
	test(POWER_STORE, "power cut at every write of the store");
	test(FULL_DISK, "disk full at every operation");
	test(FULL_STORE, "no room at every write of the store");
	return ktap_exit();
}

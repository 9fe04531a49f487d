// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_test.c - stories of whole clusters: the view-change bugs found in
 * others' code, liars, clocks, queues, and the end of an epoch. Each says what it must come to.
 */
#include "agent/pbft/counter.h"
#include "tests/ktap.h"
#include "tests/pbft/wired.h"

static void verdict(struct wired *wired, bool passed, const char *what)
{
	u32 i;

	ktap_ok(passed && !wired->fault, "%s %s", what, wired->fault ? wired->fault : "");
	for (i = 0; i < wired->n && !(passed && !wired->fault); i++)
		printf("# %u: height %llu view %llu%s stable %llu pool %u misbehaved %llu\n", i,
		       (unsigned long long)wired->replicas[i].height, (unsigned long long)wired->replicas[i].last.view,
		       wired->replicas[i].last.changing ? " changing" : "",
		       (unsigned long long)wired->replicas[i].last.stable, wired->replicas[i].last.pool,
		       (unsigned long long)wired->replicas[i].misbehaved);
	wired_free(wired);
}

static struct wired *four(u64 seed)
{
	struct wired *wired = wired_new(4, seed);

	wired_start(wired);
	return wired;
}

static bool views_are(const struct wired *wired, u64 set, u64 view)
{
	u32 i;

	for (i = 0; i < wired->n; i++)
		if ((set >> i & 1) && (wired->replicas[i].last.view != view || wired->replicas[i].last.changing))
			return false;
	return true;
}

static void light_load(void)
{
	struct wired *wired = four(1);
	u64 start;
	bool passed;

	wired->jitter_us = 1;
	wired_run(wired, 50000);
	start = wired->now_us;
	wired_request(wired, 0, 1, 100);
	while (!wired->replicas[0].height && wired->now_us < start + 100000)
		wired_run(wired, 10);
	/* Proposal, prepare, commit: three ways of 300 us, and the shell's answers. */
	passed = wired->now_us - start < 1200;
	printf("# committed after %llu us\n", (unsigned long long)(wired->now_us - start));
	verdict(wired, passed, "a lone request is proposed at once and committed after three ways");
}

static void cheap_votes(void)
{
	struct wired *wired = four(2);
	u64 before, i, signatures;
	bool passed;

	wired_run(wired, 50000);
	for (i = 0, before = 0; i < 4; i++)
		before += wired->replicas[i].verified;
	wired_load(wired, 100, 4000, 0);
	passed = wired_settle(wired, 15, 1000000);
	for (i = 0, signatures = 0; i < 4; i++)
		signatures += wired->replicas[i].verified;
	signatures -= before;
	printf("# %llu verifications for %llu blocks by 4 replicas\n", (unsigned long long)signatures,
	       (unsigned long long)wired->replicas[0].height);
	/* Each block: proposal 1, prepares 2 or 1, commits 2; statuses and checkpoints on top; never all 12 commits. */
	verdict(wired, passed && signatures < wired->replicas[0].height * 4 * 7,
		"votes that cannot count any more cost no verification");
}

static void dropped_by_new_primary(void)
{
	struct wired *wired = four(3);

	wired_crash(wired, 0);
	wired_request(wired, 2, 7, 100); /* replica 1 never had it from its client */
	verdict(wired, wired_settle(wired, 14, 3000000) && views_are(wired, 14, 1),
		"a new primary proposes requests that others received");
}

static void timer_of_done_request(void)
{
	struct wired *wired = four(4);
	bool passed;

	wired_load(wired, 30, 1000, 0);
	passed = wired_settle(wired, 15, 1000000);
	wired_run(wired, 20000000);
	verdict(wired, passed && views_are(wired, 15, 0), "timers of requests that stand in a block mean nothing");
}

static void cut_off(void)
{
	struct wired *wired = four(5);
	bool passed;

	wired_partition(wired, 8);
	wired_load(wired, 40, 5000, 8);
	wired_request(wired, 3, 9, 100); /* known to the lonely one only */
	wired_run(wired, 15000000);
	passed = wired->replicas[3].last.view <= 1;
	wired_partition(wired, 0);
	passed &= wired_settle(wired, 15, 5000000) && views_are(wired, 7, 0);
	wired_crash(wired, 1);
	wired_load(wired, 20, 1000, 2);
	passed &= wired_settle(wired, 13, 20000000);
	verdict(wired, passed, "no livelock after a replica was cut off, nor when it is needed then");
}

static void long_asleep(void)
{
	struct wired *wired = four(6);
	bool passed;

	wired_load(wired, 20, 1000, 0);
	wired_crash(wired, 2);
	wired_load(wired, 2000, 200, 4);
	wired_restart(wired, 2, false);
	wired_load(wired, 50, 1000, 0);
	passed = wired_settle(wired, 15, 3000000);
	printf("# caught up to %llu in %llu fetches, most effects of an update %u\n",
	       (unsigned long long)wired->replicas[2].height, (unsigned long long)wired->replicas[2].fetched,
	       wired->effect_peak);
	verdict(wired, passed && wired->replicas[2].fetched < 60, "a stopped and resumed replica catches up");
}

static void dead_primary_keeps_no_turn(void)
{
	struct wired *wired = four(7);
	bool passed;

	wired_crash(wired, 1);
	wired_load(wired, 100, 1000, 2);
	passed = wired_settle(wired, 13, 1000000) && views_are(wired, 13, 0);
	wired_crash(wired, 0);
	wired_restart(wired, 1, false);
	wired_load(wired, 300, 3000, 1);
	passed &= wired_settle(wired, 14, 5000000) && wired->replicas[2].last.view == 1;
	verdict(wired, passed, "a dead primary has no turn: one view change, then none");
}

/* Transfers at every moment, to heights old, equal and new; replica 3 lacks commit votes, so there are new ones. */
static bool half_the_commits(struct wired *wired, u32 from, u32 to, struct pbft_message *message)
{
	(void)from;
	return to != 3 || message->kind != PBFT_COMMITTED_VOTE || wired_random(wired, 2);
}

static void transfer_races(void)
{
	struct wired *wired = four(8);
	struct pbft_event event;
	u64 number;
	bool passed;
	u32 i;

	wired->hooks.pass = half_the_commits;
	wired->loss_percent = 2;
	for (i = 0; i < 400; i++) {
		wired_request(wired, i % 4, i % 7, 100);
		wired_run(wired, wired_random(wired, 1500));
		number = wired->replicas[3].height - wired_random(wired, 3);
		if (wired_random(wired, 2)) {
			wired_fetched(wired, 3, wired_random(wired, 3));
		} else if (number <= wired->replicas[3].height && number) {
			event = (struct pbft_event){ .type = PBFT_SYNCED };
			event.synced.block = wired->replicas[3].blocks[number].block;
			event.synced.certificate = &wired->replicas[3].blocks[number].certificate;
			wired_step(wired, 3, &event);
		}
	}
	wired->loss_percent = 0;
	passed = wired_settle(wired, 15, 10000000);
	printf("# %llu transfers in %llu blocks\n",
	       (unsigned long long)wired->replicas[3].last.counters[PBFT_COUNTER_SYNCED],
	       (unsigned long long)wired->replicas[3].height);
	verdict(wired, passed && wired->replicas[3].last.counters[PBFT_COUNTER_SYNCED] > 10,
		"transfers race with consensus, to heights new, equal and old");
}

static void lonely_claims(void)
{
	struct wired *wired = four(9);
	struct pbft_message message = { .kind = PBFT_STATUS, .epoch = 3, .sender = 1 };
	bool passed;

	wired_load(wired, 20, 1000, 0);
	passed = wired_settle(wired, 15, 1000000);
	message.status.committed = 1000000000;
	wired_sign(wired, 1, &message);
	wired_deliver(wired, 1, 3, &message);
	wired_run(wired, 3000000);
	passed &= !wired->replicas[3].fetched;
	message.sender = 2;
	wired_sign(wired, 2, &message);
	wired_deliver(wired, 2, 3, &message);
	wired_run(wired, 3000000);
	verdict(wired, passed && wired->replicas[3].fetched, "one replica's claim makes nobody fetch; f + 1 claims do");
}

static void storm(void)
{
	struct wired *wired = four(10);
	struct pbft_message message = { .kind = PBFT_VIEW_CHANGE, .epoch = 3, .sender = 3 };
	u32 i;
	u64 before;
	bool passed;

	wired->liars = 8;
	memcpy(message.view_change.base_hash, wired->config.base_hash, 32);
	before = wired->replicas[0].sent;
	for (i = 0; i < 500; i++) {
		message.view_change.view = 1 + (u64)i * i * i * i * 1000;
		wired_sign(wired, 3, &message);
		wired_deliver(wired, 3, 0, &message);
		wired_deliver(wired, 3, 1, &message);
		wired_deliver(wired, 3, 2, &message);
		if (i % 10 == 0)
			wired_request(wired, i % 3, i, 100);
		wired_run(wired, 1000);
	}
	passed = wired_settle(wired, 7, 1000000) && views_are(wired, 7, 0);
	verdict(wired, passed && wired->replicas[0].sent - before < 5000, "a liar's view changes start no storm");
}

static u64 withheld_until;
static bool withhold(struct wired *wired, u32 from, u32 to, struct pbft_message *message)
{
	(void)from;
	return !(message->kind == PBFT_COMMITTED_VOTE && wired->now_us < withheld_until && to != 2);
}

static void prepared_survives(void)
{
	struct wired *wired = four(11);
	bool passed;

	/* Only replica 2 learns that block 1 is committed; then the primary dies. */
	withheld_until = ~0ULL;
	wired->hooks.pass = withhold;
	wired_request(wired, 0, 1, 100);
	wired_run(wired, 20000);
	passed = wired->replicas[2].height == 1 && !wired->replicas[1].height;
	wired_crash(wired, 0);
	wired->hooks.pass = NULL;
	wired_request(wired, 1, 2, 100);
	passed &= wired_settle(wired, 14, 5000000);
	verdict(wired, passed && wired->replicas[3].executed <= 3,
		"what one replica saw committed survives the view change");
}

static void bodies_kept_back(void)
{
	struct wired *wired = wired_new(7, 12);
	bool passed;
	u32 i;

	wired_start(wired);
	/* Block 1 is prepared by a quorum; two replicas have not got its body, and for a while nobody gives it. */
	withheld_until = ~0ULL;
	wired->hooks.pass = withhold;
	wired_partition(wired, 3 << 5);
	wired_request(wired, 0, 1, 100);
	wired_run(wired, 20000);
	for (i = 0; i < 7; i++)
		wired->replicas[i].keep_bodies_back = true;
	wired_crash(wired, 0);
	wired_partition(wired, 0);
	wired->hooks.pass = NULL;
	wired_request(wired, 5, 2, 100);
	wired_run(wired, 3000000);
	for (i = 0; i < 7; i++)
		wired->replicas[i].keep_bodies_back = false;
	passed = wired_settle(wired, 0x7e, 20000000);
	verdict(wired, passed && wired_count(wired, 5, 0) == 1,
		"a body that nobody gives is asked for until somebody does");
}

static bool equivocate(struct wired *wired, u32 from, u32 to, struct pbft_message *message)
{
	if (message->kind == PBFT_PREPREPARE && from == 0 && to >= 2) {
		message->preprepare.block.header[0] ^= 0x80;
		wired_sign(wired, 0, message);
	}
	return true;
}

static void equivocating_primary(void)
{
	struct wired *wired = four(13);
	bool passed;

	wired->liars = 1;
	wired->hooks.pass = equivocate;
	wired_load(wired, 20, 1000, 1);
	passed = wired_settle(wired, 14, 10000000);
	verdict(wired, passed && !views_are(wired, 14, 0), "an equivocating primary is left");
}

static void caught_lying(void)
{
	struct wired *wired = four(14);
	struct pbft_message message = { .kind = PBFT_PREPREPARE, .epoch = 3, .sender = 0 };
	bool passed;

	wired->liars = 1;
	wired_partition(wired, 1);
	message.preprepare.block.number = 1;
	message.preprepare.block.time = 1000000000ULL + wired->now_us;
	memcpy(message.preprepare.block.previous, wired->config.base_hash, 32);
	message.preprepare.block.requests = 1;
	wired_sign(wired, 0, &message);
	wired_deliver(wired, 0, 1, &message);
	wired_deliver(wired, 0, 1, &message);
	passed = !wired->replicas[1].misbehaved;
	message.preprepare.block.header[5] = 1;
	wired_sign(wired, 0, &message);
	wired_deliver(wired, 0, 1, &message);
	verdict(wired, passed && wired->replicas[1].misbehaved == 1 && wired->replicas[1].last.changing,
		"two proposals for one number convict the primary");
}

static void refused(void)
{
	struct wired *wired = four(15);
	bool passed;

	wired->hooks.refusers = 0xe;
	wired_request(wired, 0, 1, 100);
	wired_run(wired, 5000);
	passed = !wired->replicas[1].height && wired->replicas[1].last.view;
	wired->hooks.refusers = 0;
	wired_request(wired, 1, 1, 100);
	verdict(wired, passed && wired_settle(wired, 15, 10000000),
		"a block that gives another header is refused, its primary left");
}

static void late_answer(void)
{
	struct wired *wired = four(16);
	bool passed;

	/* The primary is cut off with proposals of its own under way; their requests are not lost. */
	wired_load(wired, 5, 1000, 0);
	wired_run(wired, 10000);
	wired_partition(wired, 1);
	wired_request(wired, 0, 3, 100);
	wired_request(wired, 0, 4, 100);
	wired_request(wired, 1, 5, 100);
	wired_run(wired, 2000000);
	passed = wired->replicas[1].last.view == 1 && !wired->replicas[0].last.view;
	wired_partition(wired, 0);
	passed &= wired_settle(wired, 15, 5000000);
	verdict(wired, passed && wired->replicas[0].discarded, "requests of discarded proposals stand in later blocks");
}

static void silent_mute(void)
{
	struct wired *wired = four(17);
	u64 votes;
	bool passed;

	wired_load(wired, 20, 1000, 0);
	wired_run(wired, 10000);
	wired_crash(wired, 3);
	wired_restart(wired, 3, true);
	votes = wired->replicas[3].vote_count;
	wired_load(wired, 40, 1000, 0);
	passed = wired_settle(wired, 15, 3000000) && wired->replicas[3].vote_count == votes;
	verdict(wired, passed && wired->replicas[3].last.mute, "a mute replica follows and never votes");
}

static bool ends_at_five(struct wired *wired, u64 number)
{
	(void)wired;
	return number == 5;
}

static void end_of_epoch(void)
{
	struct wired *wired = four(18);
	bool passed = true;
	u32 i;

	wired->hooks.last = ends_at_five;
	wired_load(wired, 100, 500, 0);
	wired_run(wired, 5000000);
	for (i = 0; i < 4; i++)
		passed &= wired->replicas[i].last.proposed == 5 && wired->replicas[i].ended &&
			  wired->replicas[i].height == 5 && wired->replicas[i].last.stable == 5 &&
			  !wired->replicas[i].last.view;
	verdict(wired, passed, "nothing follows the epoch's last block, and nobody loses patience then");
}

static void clocks(void)
{
	struct wired *wired = four(19);
	bool passed;

	wired->replicas[3].clock_skew_us = 3600000000LL;
	wired_load(wired, 50, 1000, 0);
	passed = wired_settle(wired, 15, 2000000) && views_are(wired, 15, 0) && !wired->replicas[3].fetched;
	wired->replicas[3].clock_skew_us = 0;
	wired->replicas[0].clock_skew_us = 3600000000LL;
	wired_load(wired, 50, 1000, 0);
	passed &= wired_settle(wired, 15, 5000000) && views_are(wired, 14, 1);
	verdict(wired, passed, "a replica whose clock is off follows; a primary whose clock is off is left");
}

static bool ignore_first(struct wired *wired, u32 from, u32 to, u32 request)
{
	(void)wired;
	(void)from;
	return !(to == 0 && request == 0);
}

static void censorship(void)
{
	struct wired *wired = four(20);
	bool passed;

	wired->hooks.forward = ignore_first; /* as if the primary did not want it */
	wired_request(wired, 2, 99, 100);
	wired_load(wired, 400, 5000, 1);
	passed = wired_settle(wired, 15, 5000000) && !views_are(wired, 14, 0);
	verdict(wired, passed, "a primary that passes a request over is left though it serves others");
}

static void queue_is_no_reason(void)
{
	struct wired *wired = wired_new(4, 21);
	bool passed;

	/* 900 requests, 4 a block, two blocks in 20 ms: 2 s of queue, many times the patience. */
	wired->config.batch_transactions = 4;
	wired->config.request_timeout_ms = 200;
	wired->config.window = 2;
	wired->config.checkpoint_blocks = 1;
	wired->delay_us = 5000;
	wired_start(wired);
	wired_load(wired, 900, 0, 0);
	passed = wired_settle(wired, 15, 20000000);
	printf("# %llu ms\n", (unsigned long long)wired->now_us / 1000 - 1000);
	verdict(wired, passed && views_are(wired, 15, 0), "a long queue is no reason to leave a view");
}

static void fairness(void)
{
	struct wired *wired = four(22);
	u32 i, small;
	u64 number;
	bool passed;

	for (i = 0; i < 500; i++)
		wired_request(wired, 0, 1, 100);
	wired_run(wired, 100);
	small = wired_request(wired, 0, 2, 100);
	passed = wired_settle(wired, 15, 5000000);
	for (number = 1; number <= wired->replicas[0].height; number++)
		for (i = 0; i < wired->replicas[0].blocks[number].body->count; i++)
			if (wired->replicas[0].blocks[number].body->requests[i] == small)
				goto found;
found:
	printf("# in block %llu of %llu\n", (unsigned long long)number, (unsigned long long)wired->replicas[0].height);
	verdict(wired, passed && number <= 8, "a client with one request does not wait for one with 500");
}

int main(void)
{
	ktap_plan(0);
	light_load();
	cheap_votes();
	dropped_by_new_primary();
	timer_of_done_request();
	cut_off();
	long_asleep();
	dead_primary_keeps_no_turn();
	transfer_races();
	lonely_claims();
	storm();
	prepared_survives();
	bodies_kept_back();
	equivocating_primary();
	caught_lying();
	refused();
	late_answer();
	silent_mute();
	end_of_epoch();
	clocks();
	censorship();
	queue_is_no_reason();
	fairness();
	return ktap_exit();
}

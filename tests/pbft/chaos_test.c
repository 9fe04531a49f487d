// SPDX-License-Identifier: GPL-2.0
/*
 * chaos_test.c - crashes, restarts, cuts and losses drawn from a seed, then
 * healing: ledgers agree at every moment, and afterwards every request is in all of them. PBFT_SEEDS=a..b chooses.
 */
#include "agent/pbft/counter.h"
#include "tests/ktap.h"
#include "tests/pbft/wired.h"

#include <stdlib.h>

static void disturb(struct wired *wired)
{
	u32 replica = wired_random(wired, wired->n), up = 0, i;

	switch (wired_random(wired, 8)) {
	case 0:
	case 1:
		for (i = 0; i < wired->n; i++)
			up += wired->replicas[i].up;
		if (wired->replicas[replica].up && up > wired->n / 2)
			wired_crash(wired, replica);
		break;
	case 2:
	case 3:
		if (!wired->replicas[replica].up)
			wired_restart(wired, replica, false);
		break;
	case 4:
		wired_partition(wired, wired_random(wired, 1U << wired->n));
		break;
	case 5:
		wired_partition(wired, 0);
		break;
	case 6:
		wired->loss_percent = wired_random(wired, 3) * 10;
		break;
	case 7:
		wired->jitter_us = wired_random(wired, 3) * 3000;
		break;
	}
}

static void heal(struct wired *wired)
{
	u32 i;

	wired->loss_percent = 0;
	wired->jitter_us = 200;
	wired_partition(wired, 0);
	for (i = 0; i < wired->n; i++)
		if (!wired->replicas[i].up)
			wired_restart(wired, i, false);
}

static void tell(const struct wired *wired)
{
	u32 i;

	for (i = 0; i < wired->n; i++) {
		const struct wired_replica *replica = &wired->replicas[i];
		const struct pbft_status *status = &replica->last;

		printf("# %u: %s height %llu view %llu%s stable %llu pool %u behind %llu fetched %llu\n", i,
		       replica->up ? "up" : "down", (unsigned long long)replica->height,
		       (unsigned long long)status->view, status->changing ? " changing" : "",
		       (unsigned long long)status->stable, status->pool, (unsigned long long)status->behind,
		       (unsigned long long)replica->fetched);
	}
}

static bool run(u64 seed, u8 fill, u64 *ret_trace)
{
	u32 n = 4 + seed % 4, i;
	struct wired *wired = wired_new(n, seed);
	bool passed;

	wired->fill = fill;
	wired->config.window = 8 + 8 * (seed % 3);
	wired->config.checkpoint_blocks = 2 + seed % 3;
	wired->config.batch_transactions = 1 + seed % 5;
	wired->config.request_timeout_ms = 100;
	wired->config.view_timeout_ms = 100;
	wired_start(wired);
	for (i = 0; i < 200 && !wired->fault; i++) {
		u32 replica = wired_random(wired, n);

		if (wired->replicas[replica].up)
			wired_request(wired, replica, wired_random(wired, 5), 100);
		wired_run(wired, wired_random(wired, 6000));
		if (!wired_random(wired, 4))
			disturb(wired);
		if (i % 16 == 0)
			wired_agree(wired);
	}
	heal(wired);
	/* A client whose replica crashed asks again, another one. */
	for (i = 0; i < wired->requests; i++)
		wired_give(wired, i, i % n, i % n);
	passed = wired_settle(wired, wired_set(n), 60000000);
	if (!passed) {
		printf("# seed %llu: %s at %llu ms, %u requests\n", (unsigned long long)seed,
		       wired->fault ? wired->fault : "no end", (unsigned long long)wired->now_us / 1000,
		       wired->requests);
		tell(wired);
	}
	for (i = 0; i < n; i++)
		if (wired->replicas[i].last.counters[PBFT_COUNTER_OVERFLOWED])
			printf("# seed %llu: effects found no room\n", (unsigned long long)seed);
	*ret_trace = wired_trace(wired);
	if (getenv("PBFT_TRACE"))
		printf("# trace %llu: %016llx\n", (unsigned long long)seed, (unsigned long long)*ret_trace);
	wired_free(wired);
	return passed;
}

int main(void)
{
	const char *seeds = getenv("PBFT_SEEDS");
	u64 from = 1, to = 150, seed, trace[2], failed = 0, differ = 0;
	char *end;

	ktap_plan(0);
	if (seeds) {
		from = to = strtoull(seeds, &end, 10);
		if (!strncmp(end, "..", 2))
			to = strtoull(end + 2, NULL, 10);
	}
	for (seed = from; seed <= to; seed++) {
		failed += !run(seed, 0xa5, &trace[0]);
		if (seed % 10 == 0 && !getenv("PBFT_TRACE")) {
			run(seed, 0, &trace[1]);
			differ += trace[0] != trace[1];
		}
	}
	ktap_ok(!failed, "seeds %llu..%llu: agreement, and every request in every ledger after healing (%llu failed)",
		(unsigned long long)from, (unsigned long long)to, (unsigned long long)failed);
	ktap_ok(!differ, "every tenth seed twice, in arenas that held other bytes: the same effects");
	return ktap_exit();
}

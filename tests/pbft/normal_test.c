// SPDX-License-Identifier: GPL-2.0
/*
 * normal_test.c - the normal case with its pipeline, silent replicas and a
 * dead primary, for every n from 4 to 16 and for 31.
 */
#include "tests/ktap.h"
#include "tests/pbft/wired.h"

static const char *why(const struct wired *wired)
{
	return wired->fault ? wired->fault : "";
}

static void normal(u32 n)
{
	u64 trace[2], viewed = 0;
	struct wired *wired;
	bool passed = true;
	u32 run, i;

	for (run = 0; run < 2; run++) {
		wired = wired_new(n, n);
		wired->fill = run;
		wired_start(wired);
		wired_load(wired, 200, 300, 0);
		passed &= wired_settle(wired, wired_set(n), 2000000) && !wired->duplicates;
		for (i = 0; i < n; i++)
			viewed += wired->replicas[i].last.view;
		trace[run] = wired_trace(wired);
		ktap_ok(passed && !viewed, "n=%u: 200 requests in %llu blocks %s", n,
			(unsigned long long)wired->replicas[0].height, why(wired));
		wired_free(wired);
	}
	ktap_ok(trace[0] == trace[1], "n=%u: the same run twice gives the same effects", n);
}

static void silent(u32 n)
{
	u32 f = block_faulty(n), i;
	struct wired *wired = wired_new(n, 77 + n);
	u64 down = 0;
	bool passed;

	wired_start(wired);
	for (i = 0; i < f; i++) {
		wired_crash(wired, n - 1 - i);
		down |= 1ULL << (n - 1 - i);
	}
	wired_load(wired, 100, 300, down);
	passed = wired_settle(wired, wired_set(n), 2000000);
	ktap_ok(passed && !wired->replicas[0].last.view, "n=%u: f = %u silent %s", n, f, why(wired));
	wired_free(wired);
}

/* It dies at once if n is odd: then there is no block yet that a view change could name. */
static void dead_primary(u32 n)
{
	struct wired *wired;
	u64 trace[2];
	bool passed;
	u32 run;

	for (run = 0; run < 2; run++) {
		wired = wired_new(n, 99 + n);
		wired->fill = run;
		wired_start(wired);
		if (n % 2 == 0)
			wired_load(wired, 50, 300, 1);
		wired_crash(wired, 0);
		wired_load(wired, 50, 300, 1);
		passed = wired_settle(wired, wired_set(n), 5000000);
		trace[run] = wired_trace(wired);
		ktap_ok(passed && wired->replicas[1].last.view == 1, "n=%u: dead primary, view %llu after %llu ms %s",
			n, (unsigned long long)wired->replicas[1].last.view,
			(unsigned long long)wired->now_us / 1000 - 1000, why(wired));
		wired_free(wired);
	}
	ktap_ok(trace[0] == trace[1], "n=%u: the same twice, in arenas that held other bytes", n);
}

int main(void)
{
	u32 n;

	ktap_plan(0);
	for (n = 4; n <= 17; n++) {
		u32 replicas = n == 17 ? 31 : n;

		normal(replicas);
		silent(replicas);
		dead_primary(replicas);
	}
	return ktap_exit();
}

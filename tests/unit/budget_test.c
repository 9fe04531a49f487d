// SPDX-License-Identifier: GPL-2.0
/*
 * budget_test.c - the token bucket against an exact one that counts parts of
 * a token in 128 bits: rates, the burst's edge, idle time, clocks near 2^64.
 */
#include "tests/ktap.h"
#include "voltgate/budget.h"

typedef unsigned __int128 u128;

struct bucket {
	u128 level;
	u64 then;
};

static u64 random_state = 0x2545f4914f6cdd1dULL;

static u64 draw(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static bool bucket_take(struct bucket *bucket, const struct vg_budget_rate *rate, u64 now)
{
	bucket->level += now - bucket->then;
	bucket->then = now;
	if (bucket->level > rate->burst_ns)
		bucket->level = rate->burst_ns;
	if (bucket->level < rate->cost_ns)
		return false;
	bucket->level -= rate->cost_ns;
	return true;
}

static void test_random(u32 pps, u32 burst, u64 start)
{
	struct vg_budget_rate rate = vg_budget_rate_of(pps, burst);
	struct bucket bucket = { rate.burst_ns, start };
	struct vg_budget budget = { 0 };
	u64 now = start;
	long wrong = 0;
	int i;

	for (i = 0; i < 20000; i++) {
		bool has = vg_budget_has(&budget, &rate, now);
		bool taken = vg_budget_take(&budget, &rate, now);

		wrong += has != taken || taken != bucket_take(&bucket, &rate, now);
		switch (draw(16)) {
		case 0: /* to the nanosecond at which the next one is affordable, or one before */
			if (budget.empty_ns > now && budget.empty_ns - now > rate.burst_ns - rate.cost_ns)
				now = budget.empty_ns - (rate.burst_ns - rate.cost_ns) - draw(2);
			break;
		case 1:
			now += draw(rate.burst_ns + 2);
			break;
		default:
			now += draw(rate.cost_ns + rate.cost_ns / 2 + 1);
		}
	}
	ktap_ok(!wrong, "%u/s, burst %u, from %llu ns: %ld of 20000 differ from the exact bucket", pps, burst,
		(unsigned long long)start, wrong);
}

static void test_burst(u32 pps, u32 burst, u64 now)
{
	struct vg_budget_rate rate = vg_budget_rate_of(pps, burst);
	struct vg_budget budget = { 0 };
	u32 taken = 0;

	while (taken <= burst && vg_budget_take(&budget, &rate, now))
		taken++;
	ktap_ok(taken == burst && !vg_budget_take(&budget, &rate, now + rate.cost_ns - 1) &&
			vg_budget_take(&budget, &rate, now + rate.cost_ns) &&
			!vg_budget_take(&budget, &rate, now + rate.cost_ns),
		"%u/s: exactly %u at once, the next after exactly %llu ns", pps, burst,
		(unsigned long long)rate.cost_ns);
}

/* A refusal must not push the next acceptance away. */
static void test_refusal_costs_nothing(void)
{
	struct vg_budget_rate rate = vg_budget_rate_of(10, 1);
	struct vg_budget budget = { 0 };
	int i, taken = vg_budget_take(&budget, &rate, 0);

	for (i = 0; i < 1000; i++)
		taken += vg_budget_take(&budget, &rate, 50000000);
	ktap_ok(taken == 1 && vg_budget_take(&budget, &rate, 100000000), "refusals spend nothing");
}

static void test_limits(void)
{
	struct vg_budget_rate none = vg_budget_rate_of(0, 200), rate = vg_budget_rate_of(1, 0);
	struct vg_budget budget = { 0 };
	int i, taken = 0;

	for (i = 0; i < 1000; i++)
		taken += vg_budget_take(&budget, &none, 5);
	ktap_ok(taken == 1000 && budget.empty_ns == 0, "rate 0 is no limit and writes nothing");
	ktap_ok(rate.burst_ns == rate.cost_ns && rate.cost_ns == 1000000000, "a burst of 0 is one of 1");
	rate = vg_budget_rate_of(1, 1000000);
	ktap_ok(rate.burst_ns == 1000000ULL * 1000000000, "the slowest rate with the largest burst does not overflow");
	rate = vg_budget_rate_of(1000000000, 1);
	ktap_ok(rate.cost_ns == 1, "the fastest rate costs a nanosecond");
}

/* What is granted over any time never exceeds the rate that was asked for, even where 1e9 / rate is not whole. */
static void test_rate_is_ceiling(void)
{
	static const u32 rates[] = { 1, 3, 7, 100, 999, 300000, 999999, 3000000, 300000000, 600000001, 1000000000 };
	size_t i;
	int above = 0;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct vg_budget_rate rate = vg_budget_rate_of(rates[i], 1);

		above += (u128)rate.cost_ns * rates[i] < 1000000000;
	}
	ktap_ok(!above, "no rate is exceeded for the sake of rounding (%d are)", above);
}

int main(void)
{
	static const u64 starts[] = { 0, 1, 1000000007, 1ULL << 62, ~0ULL - (1ULL << 61) };
	size_t i;

	ktap_plan(0);
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		test_random(100, 200, starts[i]);
		test_random(20, 5, starts[i]);
		test_random(1, 1, starts[i]);
		test_random(333333, 7, starts[i]);
		test_random(1000000000, 3, starts[i]);
	}
	test_burst(100, 200, 0);
	test_burst(100, 200, 12345);
	test_burst(1, 1, 1);
	test_burst(1000000, 1000000, 1ULL << 60);
	test_refusal_costs_nothing();
	test_limits();
	test_rate_is_ceiling();
	return ktap_exit();
}

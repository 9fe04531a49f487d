// SPDX-License-Identifier: GPL-2.0
/*
 * limiter_test.c - hellos of one source: 20 a second, 5 at once; a network's;
 * a flood of made-up sources; memory that does not grow.
 */
#include <stdlib.h>

#include "agent/handshake/limiter.h"
#include "tests/ktap.h"

static struct vg_source v4(u32 address)
{
	struct vg_source source = { .family = VG_SOURCE_IPV4 };

	address = vg_be32(address);
	memcpy(source.addr, &address, 4);
	return source;
}

static struct vg_source v6(u64 network, u64 host)
{
	struct vg_source source = { .family = VG_SOURCE_IPV6 };

	network = vg_be64(network);
	host = vg_be64(host);
	memcpy(source.addr, &network, 8);
	memcpy(source.addr + 8, &host, 8);
	return source;
}

static struct limiter *open_limiter(u32 sources)
{
	const struct vg_budget_rate rate = vg_budget_rate_of(20, 5);
	const struct vg_siphash_key key = { 3, 4 };
	struct limiter *limiter;

	if (limiter_new(sources, &rate, &key, &limiter))
		abort();
	return limiter;
}

/* How many of @count hellos, @gap_ns apart from @now_ns on, are let through. */
static u32 through(struct limiter *limiter, struct vg_source source, u32 count, u64 now_ns, u64 gap_ns)
{
	u32 passed = 0;

	while (count--) {
		passed += limiter_take(limiter, &source, now_ns);
		now_ns += gap_ns;
	}
	return passed;
}

int main(void)
{
	struct limiter *limiter = open_limiter(1024);
	u64 now = 1000000000000ULL;
	u32 i, passed;

	ktap_plan(0);
	ktap_ok(through(limiter, v4(1), 100, now, 0) == 5, "five at once");
	passed = through(limiter, v4(1), 1000, now + 1000000000, 10000000);
	ktap_ok(passed >= 200 && passed <= 206, "twenty a second of a hundred a second, for ten seconds (%u)", passed);
	ktap_ok(through(limiter, v4(0x01000002), 5, now, 0) == 5, "another source has its own");
	ktap_ok(through(limiter, v6(7, 1), 100, now, 0) == 5 && through(limiter, v6(8, 1), 100, now, 0) == 5,
		"IPv6 too");
	for (i = 0, passed = 0; i < 4000; i++)
		passed += through(limiter, v6(0x20010db8, 100 + i), 1, now, 0);
	ktap_ok(passed == 5 * LIMITER_NETWORK, "four thousand addresses of one /64 have what sixteen have (%u)",
		passed);
	for (i = 0, passed = 0; i < 256; i++)
		passed += through(limiter, v4(0x0a000000 + i), 5, now, 0);
	ktap_ok(passed == 5 * LIMITER_NETWORK, "and those of a /24 (%u)", passed);
	limiter_set_rate(limiter, &(struct vg_budget_rate){ 0, 0 });
	ktap_ok(through(limiter, v4(1), 1000, now, 0) == 1000, "without a rate there is no limit");
	limiter_free(limiter);

	limiter = open_limiter(16);
	for (i = 0, passed = 0; i < 200000; i++) {
		through(limiter, v4(0x30000000 + i * 257), 1, now + i, 0);
		if (i % 20000 == 19999)
			passed += through(limiter, v4(0x0b000001), 1, now + i * 100000ULL, 0);
	}
	ktap_ok(passed == 10, "a flood of made-up sources through 16 places never refuses a quiet one (%u of 10)",
		passed);
	limiter_free(limiter);
	return ktap_exit();
}

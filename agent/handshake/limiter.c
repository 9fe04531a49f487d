// SPDX-License-Identifier: GPL-2.0
/* limiter.c - see limiter.h: a set-associative table; addresses and networks live in it side by side. */
#include <errno.h>
#include <stdlib.h>

#include "agent/handshake/limiter.h"

struct limiter_place {
	struct vg_source source; /* family 0: empty; a network's has its family's high bit set */
	struct vg_budget budget;
};

struct limiter {
	struct vg_siphash_key key;
	struct vg_budget_rate rate, network_rate;
	u32 sets; /* a power of two */
	struct limiter_place places[];
};

void limiter_set_rate(struct limiter *limiter, const struct vg_budget_rate *rate)
{
	limiter->rate = *rate;
	limiter->network_rate.cost_ns = (rate->cost_ns + LIMITER_NETWORK - 1) / LIMITER_NETWORK;
	limiter->network_rate.burst_ns = rate->burst_ns; /* as much time: so many times as many hellos */
}

int limiter_new(u32 sources, const struct vg_budget_rate *rate, const struct vg_siphash_key *key,
		struct limiter **ret_limiter)
{
	struct limiter *limiter;
	u32 sets = 1;

	*ret_limiter = NULL;
	while (sets < (sources + LIMITER_WAYS - 1) / LIMITER_WAYS)
		sets *= 2;
	limiter = calloc(1, sizeof(*limiter) + (size_t)sets * LIMITER_WAYS * sizeof(struct limiter_place));
	if (!limiter)
		return -ENOMEM;
	limiter->key = *key;
	limiter->sets = sets;
	limiter_set_rate(limiter, rate);
	*ret_limiter = limiter;
	return 0;
}

void limiter_free(struct limiter *limiter)
{
	free(limiter);
}

static void limiter_network(const struct vg_source *source, struct vg_source *ret_network)
{
	u32 kept = source->family == VG_SOURCE_IPV6 ? 8 : 3;

	*ret_network = *source;
	ret_network->family |= 0x80;
	memset(ret_network->addr + kept, 0, sizeof(ret_network->addr) - kept);
}

/* The budget of @source: its own, or the one of its set that was, or will be, empty first, made full. */
static struct vg_budget *limiter_budget(struct limiter *limiter, const struct vg_source *source)
{
	struct limiter_place *set, *oldest;
	struct vg_siphash_tag hash;
	u32 i;

	vg_siphash(&limiter->key, source, sizeof(*source), &hash);
	set = &limiter->places[(hash.t0 & (limiter->sets - 1)) * LIMITER_WAYS];
	for (i = 0, oldest = set; i < LIMITER_WAYS; i++) {
		if (!memcmp(&set[i].source, source, sizeof(*source)))
			return &set[i].budget;
		if (set[i].budget.empty_ns < oldest->budget.empty_ns)
			oldest = &set[i];
	}
	oldest->source = *source;
	oldest->budget.empty_ns = 0;
	return &oldest->budget;
}

bool limiter_take(struct limiter *limiter, const struct vg_source *source, u64 now_ns)
{
	struct vg_budget *own = limiter_budget(limiter, source);
	struct vg_source network;

	if (!vg_budget_has(own, &limiter->rate, now_ns))
		return false;
	vg_budget_take(own, &limiter->rate, now_ns); /* first: the network's place may be this one, made full */
	limiter_network(source, &network);
	return vg_budget_take(limiter_budget(limiter, &network), &limiter->network_rate, now_ns);
}

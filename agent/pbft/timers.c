// SPDX-License-Identifier: GPL-2.0
/*
 * timers.c - patience: with requests (C18), with proposals that do not get
 * through, with view changes (C15). And when the next tick is needed.
 */
#include "agent/pbft/core.h"

#define TELL_MAX 1024 /* requests told to others by one tick, so that an update stays small */

static u64 later(u64 one, u64 other)
{
	return one > other ? one : other;
}

static u64 patience_us(const struct pbft *core)
{
	return core->config.request_timeout_ms * 1000ULL << core->shift;
}

/*
 * Has the request waited @limit without an excuse? Blocks that go by are one as
 * long as they are full and not more than two pools' worth (C18): it may stand in a queue.
 */
static bool passed_over(const struct pbft *core, const struct pool_request *request, u64 limit)
{
	u64 since = later(request->since_us, core->entered_us);
	u64 passed = core->passed - later(request->passed, core->entered_passed);

	if (core->now_us - since < limit)
		return false;
	if (core->now_us - later(since, core->committed_us) >= limit)
		return true;
	return !request->number && (core->room_us >= since + limit / 2 || passed >= 2ULL * core->config.pool_requests);
}

/* What nobody but us and perhaps the primary knows is told: own requests to everyone, others' to the primary. */
static void tell(struct pbft *core)
{
	u64 half = core->config.request_timeout_ms * 500ULL;
	struct pool *pool = &core->pool;
	struct pbft_effect *effect;
	u32 i, at, own, count[2] = { 0, 0 };
	u8(*digests[2])[32];

	at = pool->oldest[0];
	if (at == POOL_NONE || !passed_over(core, &pool->requests[at], half))
		return;
	digests[0] = effect_digests(core, TELL_MAX);
	digests[1] = effect_digests(core, TELL_MAX);
	if (!digests[0] || !digests[1])
		return;
	if (RULE(core, 18, false))
		return;
	for (i = 0; i < TELL_MAX; i++) {
		at = pool->oldest[0];
		if (at == POOL_NONE || !passed_over(core, &pool->requests[at], half))
			break;
		own = pool->requests[at].own;
		memcpy(digests[own][count[own]++], pool->requests[at].digest, 32);
		pool_tell(pool, at, core->now_us, core->passed);
	}
	for (own = 0; own < 2; own++) {
		if (!count[own] || (!own && core_is_primary(core)) || core->config.n == 1)
			continue;
		effect = effect_add(core, PBFT_FORWARD);
		effect->replicas = own ? PBFT_EVERYONE : 1ULL << core_primary(core, core->view);
		effect->digests = digests[own];
		effect->count = count[own];
		core->counters[PBFT_COUNTER_FORWARDED] += count[own];
	}
}

/*
 * Between views nothing is known of primaries, and who is mute follows none (C16): what waits is told to everyone
 * again from time to time, for the first time it may have been lost.
 */
static void tell_again(struct pbft *core)
{
	struct pool *pool = &core->pool;
	u32 at = pool->oldest[1], looked, count = 0;
	u64 limit = 2 * patience_us(core);
	struct pbft_effect *effect;
	u8(*digests)[32];

	if (!(core->changing || core->mute) || at == POOL_NONE || core->now_us - pool->requests[at].since_us < limit)
		return;
	digests = effect_digests(core, TELL_MAX);
	for (looked = 0; digests && looked < TELL_MAX; looked++) {
		at = pool->oldest[1];
		if (core->now_us - pool->requests[at].since_us < limit)
			break;
		memcpy(digests[count++], pool->requests[at].digest, 32);
		pool_tell(pool, at, core->now_us, core->passed);
	}
	if (!count || core->config.n == 1)
		return;
	effect = effect_add(core, PBFT_FORWARD);
	effect->replicas = PBFT_EVERYONE;
	effect->digests = digests;
	effect->count = count;
	core->counters[PBFT_COUNTER_FORWARDED] += count;
}

/* Since when the lowest proposal that is not committed waits; never: there is none. */
static u64 proposal_since(struct pbft *core)
{
	struct slot *slot = slot_get(core, core->head.number + 1);

	if (!slot || !slot->known || !(slot->proposed || slot->selected))
		return CORE_NEVER;
	return later(later(core->committed_us, core->entered_us), slot->accepted_us);
}

/* Alone nobody changes a view; who leaves one without company only loses its own votes there (C15). */
static bool hears_quorum(const struct pbft *core, u64 since_us)
{
	u32 i, heard = 1;

	for (i = 0; i < core->config.n; i++)
		heard += i != core->config.self && core->claims[i].heard_us >= since_us;
	return heard >= core->q;
}

static void judge_primary(struct pbft *core)
{
	u64 limit = patience_us(core), since = proposal_since(core);
	u32 at = core->pool.oldest[1];

	if (!hears_quorum(core, core->now_us - limit))
		return;

	/* Others are ahead of us: then it is we who are slow, for a while at least. */
	if (core->target > core->head.number && core->now_us - core->progress_us < 8 * limit)
		return;
	if (since != CORE_NEVER && core->now_us - since >= limit)
		viewchange_leave(core, core->view + 1);
	else if (at != POOL_NONE && RULE_PART(core, 18, 1, passed_over(core, &core->pool.requests[at], limit)))
		viewchange_leave(core, core->view + 1);
}

static void judge_change(struct pbft *core)
{
	if (core->quorum_us != CORE_NEVER && core->now_us - core->quorum_us >= core->config.view_timeout_ms * 1000ULL
										       << core->shift) {
		viewchange_leave(core, core->view + 1);
		return;
	}
	if (core->now_us >= core->resend_us && !core->mute) {
		core->resend_us = core->now_us + status_interval_us(core);
		effect_send(core, &core->changes[core->config.self], PBFT_EVERYONE);
	}
}

void timers_tick(struct pbft *core)
{
	tell(core);
	tell_again(core);
	if (core->head.last)
		; /* what still waits is the next epoch's */
	else if (core->changing)
		judge_change(core);
	else
		judge_primary(core);
	status_tick(core);
}

static void soonest(u64 *wake_us, u64 when_us)
{
	if (when_us < *wake_us)
		*wake_us = when_us;
}

u64 timers_wake(struct pbft *core)
{
	u64 wake_us = core->status_us, since, limit = patience_us(core), soon = core->now_us + 1000;
	const struct pool *pool = &core->pool;

	soonest(&wake_us, core->retry_us);
	if (core->pending)
		soonest(&wake_us, core->ask_us);
	if (core->target > core->head.number)
		soonest(&wake_us, core->fetch_us);
	if (core->changing && core->quorum_us != CORE_NEVER)
		soonest(&wake_us, core->quorum_us + (core->config.view_timeout_ms * 1000ULL << core->shift));
	if (core->changing)
		soonest(&wake_us, core->resend_us);
	if (pool->oldest[0] != POOL_NONE)
		soonest(&wake_us, later(pool->requests[pool->oldest[0]].since_us, core->entered_us) +
					  core->config.request_timeout_ms * 500ULL);
	if (pool->oldest[1] != POOL_NONE)
		soonest(&wake_us, later(pool->requests[pool->oldest[1]].since_us, core->entered_us) + limit);
	since = proposal_since(core);
	if (since != CORE_NEVER)
		soonest(&wake_us, since + limit);
	if (wake_us < soon)
		wake_us = soon; /* something is overdue and excused: looked at again soon */
	if (pool->waiting && !core->changing && !core->mute && !core->proposing && core_is_primary(core))
		soonest(&wake_us, later(pool->waiting_us + propose_wait_us(core),
					later(core->propose_after_us, core->now_us + 50)));
	return wake_us;
}

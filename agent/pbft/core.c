// SPDX-License-Identifier: GPL-2.0
/*
 * core.c - the arena, the start, and step(): one event in, everything that can go on with it, the effects out.
 */
#include "agent/pbft/core.h"

static bool config_fits(const struct pbft_config *config)
{
	return config->n && config->n <= PBFT_REPLICAS_MAX && config->self < config->n && config->window >= 2 &&
	       config->window <= PBFT_WINDOW_MAX && config->checkpoint_blocks &&
	       config->checkpoint_blocks <= config->window && config->batch_transactions &&
	       config->batch_transactions <= BLOCK_TRANSACTIONS_MAX && config->batch_bytes &&
	       config->request_timeout_ms && config->view_timeout_ms && config->pool_requests &&
	       config->pool_requests < 1U << 24 && config->pool_clients && config->pool_clients < 1U << 24 &&
	       config->crypto.sign && config->crypto.verify;
}

static void layout_slots(struct pbft *core, struct room *room)
{
	u32 i, n = core->config.n, window = core->config.window;
	struct slot *slots = room_take(room, window * sizeof(*slots));

	core->slots = slots;
	if (slots)
		memset(slots, 0, window * sizeof(*slots));
	for (i = 0; i < window; i++) {
		struct vote *prepares = room_take(room, n * sizeof(struct vote));
		struct vote *commits = room_take(room, n * sizeof(struct vote));
		struct vote *checkpoints = room_take(room, n * sizeof(struct vote));
		struct block_signature *proof = room_take(room, n * sizeof(struct block_signature));
		struct block_certificate *certificate = room_take(room, sizeof(*certificate));

		if (!slots)
			continue;
		slots[i].number = CORE_NEVER; /* of no block; its slot is made new when it is first asked for */
		slots[i].prepares = prepares;
		slots[i].commits = commits;
		slots[i].checkpoints = checkpoints;
		slots[i].proof.signatures = proof;
		slots[i].certificate = certificate;
	}
}

static void layout_changes(struct pbft *core, struct room *room)
{
	u32 i, n = core->config.n, window = core->config.window;

	core->change_room_size = ROOM_ALIGNED(window * sizeof(struct pbft_certificate)) +
				 (window + 1) * ROOM_ALIGNED(n * sizeof(struct block_signature));
	core->new_view_room_size = pbft_message_room(n, window);
	core->changes = room_take(room, n * sizeof(struct pbft_message));
	core->change_digests = room_take(room, n * 32);
	core->change_checked = room_take(room, n * sizeof(bool));
	core->change_rooms = room_take(room, n * sizeof(u8 *));
	core->change_list = room_take(room, n * sizeof(struct pbft_message));
	core->new_view_room = room_take(room, core->new_view_room_size);
	core->selection = room_take(room, window * sizeof(struct pbft_block));
	core->selection_next = room_take(room, window * sizeof(struct pbft_block));
	core->selection_holders = room_take(room, window * sizeof(u64));
	core->selection_holders_next = room_take(room, window * sizeof(u64));
	for (i = 0; i < n; i++) {
		u8 *change = room_take(room, core->change_room_size);

		if (core->change_rooms)
			core->change_rooms[i] = change;
	}
	if (core->changes)
		memset(core->changes, 0, n * sizeof(struct pbft_message));
}

/* A step carries each number at most from nothing to committed, once before and once after it enters a view. */
static void layout_update(struct pbft *core, struct room *room)
{
	u32 n = core->config.n, window = core->config.window;

	core->effect_max = core->message_max = (3 * n + 24) * window + (n + 4) * CORE_ANSWER_SLOTS + 8 * n + 256;
	core->effects = room_take(room, (core->effect_max + 1ULL) * sizeof(*core->effects));
	core->messages = room_take(room, (core->message_max + 1ULL) * sizeof(*core->messages));
	core->digest_max = core->config.pool_requests + core->config.batch_transactions + 3 * 1024 + 16;
	core->digests = room_take(room, core->digest_max * 32ULL);
}

static struct pbft *layout(struct room *room, const struct pbft_config *config, struct pbft *measure)
{
	struct pbft *core = room_take(room, sizeof(*core));
	u32 size = 64;

	if (!core)
		core = measure;
	memset(core, 0, sizeof(*core));
	core->config = *config;
	core->head_certificate = room_take(room, sizeof(*core->head_certificate));
	while (size < 4 * config->n * config->window)
		size *= 2;
	core->remembered_mask = size - 1;
	core->remembered = room_take(room, size * sizeof(*core->remembered));
	core->marks = room_take(room, config->n * sizeof(*core->marks));
	core->claims = room_take(room, config->n * sizeof(*core->claims));
	layout_slots(core, room);
	layout_changes(core, room);
	layout_update(core, room);
	pool_init(&core->pool, room, config->pool_requests, config->pool_clients);
	return core;
}

size_t pbft_size(const struct pbft_config *config)
{
	struct pbft measure;
	struct room room;

	if (!config_fits(config))
		return 0;
	room_init(&room, NULL, 0);
	layout(&room, config, &measure);
	return room.used;
}

/* The pool's hash key: a signature that is never shown, so that others cannot know it and runs repeat. */
static void pool_key(struct pbft *core)
{
	static const u8 what[] = "pool";
	struct ledger_piece pieces[] = { { what, sizeof(what) }, { core->config.channel, 32 } };
	u8 digest[32], signature[64];

	ledger_hash(LEDGER_DOMAIN_MESSAGE, pieces, 2, digest);
	core->config.crypto.sign(core->config.crypto.arg, digest, signature);
	ledger_hash_bytes(LEDGER_DOMAIN_MESSAGE, signature, sizeof(signature), digest);
	vg_siphash_key_decode(digest, &core->pool.key);
	memset(signature, 0, sizeof(signature));
}

struct pbft *pbft_init(void *arena, const struct pbft_config *config)
{
	struct pbft *core;
	struct room room;

	if (!config_fits(config))
		return NULL;
	room_init(&room, arena, pbft_size(config));
	core = layout(&room, config, NULL);
	core->f = block_faulty(config->n);
	core->q = block_quorum(config->n);
	core->mute = config->mute;
	core->head.number = core->appended = core->stable = core->low = core->high = config->base;
	core->proposed = core->view_base = config->base;
	core->head.time = config->base_time;
	memcpy(core->head.header, config->base_hash, 32);
	memset(core->head_certificate, 0, sizeof(*core->head_certificate));
	core->selection_first = config->base + 1;
	core->quorum_us = core->retry_us = CORE_NEVER;
	core->committed_since_left = true;
	memset(core->remembered, 0, (core->remembered_mask + 1ULL) * sizeof(*core->remembered));
	memset(core->marks, 0, config->n * sizeof(*core->marks));
	memset(core->claims, 0, config->n * sizeof(*core->claims));
	pool_key(core);
	return core;
}

static void start(struct pbft *core)
{
	core->started = true;
	core->entered_us = core->left_us = core->committed_us = core->progress_us = core->now_us;
	core->status_us = core->ask_us = core->now_us;
	core->resend_us = core->now_us + core_quarter_us(core);
	viewchange_resume(core);
}

static void requested(struct pbft *core, const struct pbft_event *event)
{
	bool own = !event->request.forwarded;
	struct pbft_effect *effect;
	u8(*digest)[32] = effect_digests(core, 1);
	enum pool_added added = POOL_FULL;

	if (event->request.bytes <= core->config.batch_bytes && !core->ended)
		added = pool_add(&core->pool, event->request.digest, event->request.client, event->request.bytes, own,
				 core->now_us, core->passed, digest[0]);
	if (added == POOL_FULL)
		memcpy(digest[0], event->request.digest, 32);
	if ((added == POOL_FULL || added == POOL_PUSHED) && !RULE(core, 21, false)) {
		core->counters[PBFT_COUNTER_DROPPED]++;
		effect = effect_add(core, PBFT_DROPPED);
		effect->digests = digest;
		effect->count = 1;
	}
	if (added == POOL_FULL || added == POOL_KNOWN || !own || core->changing || core_is_primary(core))
		return;
	digest = effect_digests(core, 1);
	memcpy(digest[0], event->request.digest, 32);
	core->counters[PBFT_COUNTER_FORWARDED]++;
	effect = effect_add(core, PBFT_FORWARD);
	effect->replicas = 1ULL << core_primary(core, core->view);
	effect->digests = digest;
	effect->count = 1;
}

static void done(struct pbft *core, const struct pbft_event *event)
{
	u32 i, request;

	core->passed += event->done.count;
	for (i = 0; i < event->done.count && !RULE(core, 20, false); i++) {
		request = pool_find(&core->pool, event->done.digests[i]);
		if (request != POOL_NONE)
			pool_remove(&core->pool, request);
	}
}

/* A vote that somebody else than its voter brings is verified at once; but not if it cannot count any more. */
static bool relayed_counts(struct pbft *core, const struct pbft_message *message)
{
	u64 number = message->vote.number;
	bool counts = number > core->stable && number - core->stable <= core->config.window;

	if (message->kind == PBFT_PREPREPARE || message->kind == PBFT_PREPARE)
		counts &= message->vote.view >= core->view;
	if (message->kind == PBFT_COMMITTED_VOTE)
		counts &= number > core->head.number;
	core->counters[PBFT_COUNTER_LATE] += !counts;
	return counts && sign_check_message(core, message);
}

/*
 * What a replica makes us verify at once is bounded: answers to a status take about so much in a quarter of the
 * patience, the rest is a flood. Votes of its own cost it nothing unless they are forged.
 */
static bool within_budget(struct pbft *core, u32 from, bool verifies)
{
	struct claim *claim = &core->claims[from];

	if (core->now_us >= claim->budget_us) {
		claim->budget_us = core->now_us + core_quarter_us(core);
		claim->spent = 0;
	}
	claim->spent += verifies;
	if (claim->spent <= 64 + 2 * CORE_ANSWER_SLOTS * core->config.n)
		return true;
	core->counters[PBFT_COUNTER_FLOODED]++;
	return false;
}

static void received(struct pbft *core, const struct pbft_event *event)
{
	const struct pbft_message *message = event->received.message;
	u32 from = event->received.from, n = core->config.n;
	bool relayed = message->sender != from;

	if (!RULE(core, 1, message->epoch == core->config.epoch) || message->sender >= n || from >= n ||
	    message->sender == core->config.self) {
		core->counters[PBFT_COUNTER_FOREIGN]++;
		return;
	}
	core->claims[from].heard_us = core->now_us;
	if (message->kind == PBFT_PREPREPARE && relayed)
		return; /* its body comes with it, from the primary */
	if (!within_budget(core, from, relayed || message->kind > PBFT_CHECKPOINT))
		return;
	if (message->kind <= PBFT_CHECKPOINT && relayed && !relayed_counts(core, message))
		return;
	RULE_PASS(core, 2);
	switch (message->kind) {
	case PBFT_PREPREPARE:
		prepare_offered(core, message, false);
		break;
	case PBFT_PREPARE:
		prepare_voted(core, message, relayed);
		break;
	case PBFT_COMMITTED_VOTE:
		commit_voted(core, message, relayed);
		break;
	case PBFT_CHECKPOINT:
		checkpoint_voted(core, message, relayed);
		break;
	case PBFT_VIEW_CHANGE:
		viewchange_received(core, message, from);
		break;
	case PBFT_NEW_VIEW:
		newview_received(core, message);
		break;
	case PBFT_STATUS:
		status_received(core, message);
		break;
	}
}

void core_advance(struct pbft *core)
{
	u64 number, end = core->selection_first + core->selection_count - 1;

	do {
		commit_advance(core);
		number = core->low > core->view_base ? core->low : core->view_base;
		for (number++; (number <= core->high || number <= end) && !core->changing; number++)
			prepare_advance(core, number);
	} while (commit_advance(core));
	propose_advance(core);
}

static void handle(struct pbft *core, const struct pbft_event *event)
{
	switch (event->type) {
	case PBFT_TICK:
		core->retry_us = CORE_NEVER;
		timers_tick(core);
		break;
	case PBFT_REQUEST:
		requested(core, event);
		propose_advance(core);
		return;
	case PBFT_RECEIVED:
		received(core, event);
		break;
	case PBFT_PROPOSED:
		propose_answered(core, event);
		break;
	case PBFT_EXECUTED:
		prepare_executed(core, event);
		break;
	case PBFT_APPENDED:
		commit_durable(core, event->appended.number);
		break;
	case PBFT_DONE:
		done(core, event);
		return;
	case PBFT_SYNCED:
		behind_synced(core, event);
		break;
	}
	core_advance(core);
	behind_advance(core);
}

void pbft_step(struct pbft *core, const struct pbft_event *event, struct pbft_update *ret_update)
{
	core->effect_count = core->message_count = core->digest_count = 0;
	core->now_us = event->now_us;
	core->clock = event->clock;
	if (!core->started)
		start(core);
	handle(core, event);
	ret_update->effects = core->effects;
	ret_update->count = core->effect_count;
	ret_update->wake_us = timers_wake(core);
}

void pbft_status(const struct pbft *core, struct pbft_status *ret_status)
{
	memset(ret_status, 0, sizeof(*ret_status));
	ret_status->view = core->view;
	ret_status->committed = core->head.number;
	ret_status->stable = core->stable;
	ret_status->proposed = core->proposed;
	ret_status->primary = core_primary(core, core->view);
	ret_status->pool = core->pool.held;
	ret_status->in_flight = core->proposed > core->head.number ? core->proposed - core->head.number : 0;
	ret_status->changing = core->changing;
	ret_status->mute = core->mute;
	ret_status->behind = core->target > core->head.number ? core->target : 0;
	memcpy(ret_status->counters, core->counters, sizeof(core->counters));
}

bool pbft_rule_covered(const struct pbft *core, u32 rule)
{
	return rule && rule <= RULE_COUNT && (core->rules >> rule & 1);
}

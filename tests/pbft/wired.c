// SPDX-License-Identifier: GPL-2.0
/*
 * wired.c - cores wired together in memory: time, the network, starting and stopping.
 */
#include "tests/pbft/wired.h"

#include <stdio.h>
#include <stdlib.h>

u32 wired_random(struct wired *wired, u32 below)
{
	wired->seed = wired->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return below ? (u32)(wired->seed >> 33) % below : 0;
}

u64 wired_set(u32 n)
{
	return n == 64 ? ~0ULL : (1ULL << n) - 1;
}

void wired_digest(u32 request, u8 ret_digest[32])
{
	ledger_hash_bytes(LEDGER_DOMAIN_TRANSACTION, &request, sizeof(request), ret_digest);
	memcpy(ret_digest + 28, &request, 4); /* so that it is found again */
}

/* Signatures that only this process believes in: a hash of who and what. */
static void fake_sign(u32 replica, const u8 digest[32], u8 ret_signature[64])
{
	struct ledger_piece pieces[] = { { &replica, sizeof(replica) }, { digest, 32 } };

	ledger_hash(LEDGER_DOMAIN_CLIENT, pieces, 2, ret_signature);
	ledger_hash_bytes(LEDGER_DOMAIN_CLIENT, ret_signature, 32, ret_signature + 32);
}

static void sign_callback(void *arg, const u8 digest[32], u8 ret_signature[64])
{
	struct wired_replica *replica = arg;

	replica->signed_count++;
	fake_sign(replica->self, digest, ret_signature);
}

static bool verify_callback(void *arg, u32 sender, const u8 digest[32], const u8 signature[64])
{
	struct wired_replica *replica = arg;
	u8 right[64];

	replica->verified++;
	fake_sign(sender, digest, right);
	return !memcmp(right, signature, 64);
}

void wired_sign(struct wired *wired, u32 replica, struct pbft_message *message)
{
	u8 digest[32];

	pbft_message_digest(message, wired->config.channel, digest);
	fake_sign(replica, digest, message->signature);
}

struct wired *wired_new(u32 n, u64 seed)
{
	struct wired *wired = calloc(1, sizeof(*wired));
	struct pbft_config *config = &wired->config;

	wired->n = n;
	wired->fill = 0xa5;
	wired->seed = seed * 2862933555777941757ULL + 3037000493ULL;
	wired->delay_us = 300;
	wired->jitter_us = 200;
	wired->now_us = 1000000;
	memset(config->channel, 0xc4, 32);
	config->epoch = 3;
	config->n = n;
	config->window = 32;
	config->checkpoint_blocks = 8;
	config->batch_transactions = 10;
	config->batch_bytes = 10000;
	config->batch_wait_us = 2000;
	config->request_timeout_ms = 400;
	config->view_timeout_ms = 800;
	config->time_skew_ms = 2000;
	config->pool_requests = 1024;
	config->pool_clients = 64;
	config->base_time = 5;
	memset(config->base_hash, 0xba, 32);
	return wired;
}

static void replica_init(struct wired *wired, u32 index, bool mute)
{
	struct wired_replica *replica = &wired->replicas[index];
	struct pbft_config config = wired->config;

	config.self = index;
	config.mute = mute;
	config.crypto.sign = sign_callback;
	config.crypto.verify = verify_callback;
	config.crypto.arg = replica;
	replica->wired = wired;
	replica->self = index;
	if (!replica->arena)
		replica->arena = aligned_alloc(16, pbft_size(&config));
	memset(replica->arena, wired->fill, pbft_size(&config));
	replica->core = pbft_init(replica->arena, &config);
	replica->up = true;
}

void wired_start(struct wired *wired)
{
	struct pbft_event event = { .type = PBFT_TICK };
	u32 i;

	wired->queue = calloc(1 << 20, sizeof(*wired->queue));
	wired->scratch_size = pbft_message_size(wired->n, wired->config.window);
	wired->scratch = malloc(wired->scratch_size);
	wired->room_size = pbft_message_room(wired->n, wired->config.window);
	wired->room = aligned_alloc(16, wired->room_size);
	for (i = 0; i < wired->n; i++) {
		replica_init(wired, i, false);
		wired->replicas[i].blocks = calloc(WIRED_BLOCKS, sizeof(struct wired_block));
		wired->replicas[i].log = calloc(1 << 16, sizeof(struct wired_record));
		wired->replicas[i].votes = calloc(WIRED_VOTES, sizeof(struct wired_vote));
		wired->replicas[i].height = wired->config.base;
		wired->replicas[i].stable = wired->config.base;
	}
	for (i = 0; i < wired->n; i++)
		wired_step(wired, i, &event);
}

void wired_free(struct wired *wired)
{
	u32 i, j;

	for (i = 0; i < wired->n; i++) {
		free(wired->replicas[i].arena);
		free(wired->replicas[i].blocks);
		free(wired->replicas[i].votes);
		for (j = 0; j < wired->replicas[i].log_count; j++)
			free(wired->replicas[i].log[j].bytes);
		free(wired->replicas[i].log);
	}
	for (i = 0; i < wired->body_count; i++) {
		free(wired->bodies[i]->requests);
		free(wired->bodies[i]->digests);
		free(wired->bodies[i]);
	}
	for (i = 0; i < wired->queued; i++)
		free(wired->queue[i].bytes);
	free(wired->queue);
	free(wired->scratch);
	free(wired->room);
	free(wired);
}

void wired_step(struct wired *wired, u32 index, struct pbft_event *event)
{
	struct wired_replica *replica = &wired->replicas[index];
	struct pbft_update update;

	if (!replica->up)
		return;
	event->now_us = wired->now_us;
	event->clock = 1000000000ULL + wired->now_us + replica->clock_skew_us;
	pbft_step(replica->core, event, &update);
	replica->wake_us = update.wake_us;
	if (update.count > wired->effect_peak)
		wired->effect_peak = update.count;
	wired_carry_out(wired, replica, &update);
	pbft_status(replica->core, &replica->last);
}

/* A heap by time, then by order of queueing. */

static bool before(const struct wired_event *one, const struct wired_event *other)
{
	return one->at_us != other->at_us ? one->at_us < other->at_us : one->order < other->order;
}

static void swap(struct wired_event *one, struct wired_event *other)
{
	struct wired_event event = *one;

	*one = *other;
	*other = event;
}

void wired_queue(struct wired *wired, struct wired_event *event, u64 delay_us)
{
	u32 at = wired->queued++;

	if (wired->queued >= 1 << 20) {
		wired->queued--;
		wired->fault = "too many events: a storm";
		free(event->bytes);
		return;
	}
	event->at_us = wired->now_us + delay_us;
	event->order = wired->order++;
	event->life = wired->replicas[event->to].life;
	wired->queue[at] = *event;
	for (; at && before(&wired->queue[at], &wired->queue[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&wired->queue[at], &wired->queue[(at - 1) / 2]);
}

static struct wired_event take(struct wired *wired)
{
	struct wired_event event = wired->queue[0];
	u32 at = 0, child;

	wired->queue[0] = wired->queue[--wired->queued];
	for (child = 1; child < wired->queued; child = 2 * at + 1) {
		if (child + 1 < wired->queued && before(&wired->queue[child + 1], &wired->queue[child]))
			child++;
		if (!before(&wired->queue[child], &wired->queue[at]))
			break;
		swap(&wired->queue[at], &wired->queue[child]);
		at = child;
	}
	return event;
}

void wired_deliver(struct wired *wired, u32 from, u32 to, const struct pbft_message *message)
{
	struct pbft_event event = { .type = PBFT_RECEIVED };

	event.received.from = from;
	event.received.message = message;
	wired_step(wired, to, &event);
}

static void arrive(struct wired *wired, struct wired_event *queued)
{
	struct span bytes = { queued->bytes, queued->len };
	struct pbft_message message;

	if (pbft_message_decode(bytes, wired->n, wired->config.window, wired->room, wired->room_size, &message)) {
		wired->fault = "a message that was encoded does not decode";
	} else if (!wired->hooks.pass || wired->hooks.pass(wired, queued->from, queued->to, &message)) {
		if (queued->body)
			queued->body->owners |= 1U << queued->to;
		wired_deliver(wired, queued->from, queued->to, &message);
	}
}

static void arrive_request(struct wired *wired, struct wired_event *queued)
{
	struct pbft_event event = { .type = PBFT_REQUEST };
	u32 request = queued->request;

	if (queued->from != queued->to && wired->hooks.forward &&
	    !wired->hooks.forward(wired, queued->from, queued->to, request))
		return;
	wired->request_mask[request] |= 1ULL << queued->to;
	if (wired_count(wired, queued->to, request))
		return; /* the shell's precheck knows its nonce */
	wired_digest(request, event.request.digest);
	event.request.client = wired->request_client[request];
	event.request.bytes = wired->request_bytes[request];
	event.request.forwarded = queued->from != queued->to;
	wired_step(wired, queued->to, &event);
}

static bool reachable(const struct wired *wired, u32 from, u32 to)
{
	return wired->replicas[from].share == wired->replicas[to].share;
}

static void happen(struct wired *wired, struct wired_event *event)
{
	bool lost = event->from != event->to &&
		    (!reachable(wired, event->from, event->to) || wired_random(wired, 100) < wired->loss_percent);

	if (lost || !wired->replicas[event->to].up || event->life != wired->replicas[event->to].life)
		;
	else if (event->type == WIRED_MESSAGE)
		arrive(wired, event);
	else if (event->type == WIRED_REQUEST)
		arrive_request(wired, event);
	else if (event->type == WIRED_FETCHED)
		wired_fetched(wired, event->to, event->from);
	else
		wired_step(wired, event->to, &event->event);
	free(event->bytes);
}

bool wired_until(struct wired *wired, bool (*done)(struct wired *wired), u64 us)
{
	struct pbft_event tick = { .type = PBFT_TICK };
	u64 end = wired->now_us + us, next;
	struct wired_event event;
	u32 i;

	while (!wired->fault && !(done && done(wired))) {
		next = wired->queued ? wired->queue[0].at_us : ~0ULL;
		for (i = 0; i < wired->n; i++)
			if (wired->replicas[i].up && wired->replicas[i].wake_us < next)
				next = wired->replicas[i].wake_us;
		if (next > end) {
			wired->now_us = end;
			return false;
		}
		if (next > wired->now_us)
			wired->now_us = next;
		for (i = 0; i < wired->n; i++)
			if (wired->replicas[i].up && wired->replicas[i].wake_us <= wired->now_us)
				wired_step(wired, i, &tick);
		while (wired->queued && wired->queue[0].at_us <= wired->now_us) {
			event = take(wired);
			happen(wired, &event);
		}
	}
	return !wired->fault;
}

void wired_run(struct wired *wired, u64 us)
{
	wired_until(wired, NULL, us);
}

u32 wired_request(struct wired *wired, u32 replica, u32 client, u32 bytes)
{
	u32 request = wired->requests++;

	wired->request_client[request] = client;
	wired->request_bytes[request] = bytes;
	wired_give(wired, request, replica, replica);
	return request;
}

void wired_load(struct wired *wired, u32 count, u64 gap_us, u64 spared)
{
	u32 i, replica;

	for (i = 0; i < count; i++) {
		do
			replica = wired_random(wired, wired->n);
		while (spared >> replica & 1);
		wired_request(wired, replica, wired_random(wired, 20), 50 + wired_random(wired, 200));
		if (gap_us)
			wired_run(wired, wired_random(wired, 2 * gap_us));
	}
}

void wired_give(struct wired *wired, u32 request, u32 from, u32 to)
{
	struct wired_event event = { .type = WIRED_REQUEST, .from = from, .to = to, .request = request };

	wired_queue(wired, &event, from == to ? 0 : wired->delay_us);
}

void wired_crash(struct wired *wired, u32 replica)
{
	wired->replicas[replica].up = false;
	wired->replicas[replica].life++;
}

void wired_partition(struct wired *wired, u64 set)
{
	u32 i;

	for (i = 0; i < wired->n; i++)
		wired->replicas[i].share = set >> i & 1;
}

void wired_restart(struct wired *wired, u32 index, bool mute)
{
	struct wired_replica *replica = &wired->replicas[index];
	struct pbft_event event = { .type = PBFT_SYNCED };
	struct pbft_message message;
	u32 i;

	replica_init(wired, index, mute);
	for (i = 0; i < replica->log_count && !mute; i++) {
		struct span bytes = { replica->log[i].bytes, replica->log[i].len };

		if (pbft_message_decode(bytes, wired->n, wired->config.window, wired->room, wired->room_size,
					&message) ||
		    pbft_restore(replica->core, &message))
			wired->fault = "the vote log cannot be read back";
	}
	if (replica->height > wired->config.base) {
		event.synced.block = replica->blocks[replica->height].block;
		event.synced.certificate = &replica->blocks[replica->height].certificate;
	} else {
		event.type = PBFT_TICK;
	}
	wired_step(wired, index, &event);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * member.c - a simulated node: the shell around a channel. Its process comes
 * and goes; its vault stays. Sockets are world_carry(), clocks are virtual.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/channel/room.h" /* for the core, whose coverage is asked for */
#include "tests/cluster/seal.h"
#include "tests/cluster/world.h"

#define MEMBER_HELD_MAX 20000 /* parcels that wait for a paused process */

/* A snapshot that came in has given the channel another ledger than it began with. */
struct ledger *member_ledger(const struct member *member)
{
	return member->channel ? channel_ledger(member->channel) : member->ledger;
}

static void member_sign(void *arg, const u8 digest[32], u8 ret_signature[64])
{
	seal_sign(((struct member *)arg)->key, digest, 32, ret_signature);
}

static bool member_verify(void *arg, u32 replica, const u8 digest[32], const u8 signature[64])
{
	struct member *member = arg;
	const struct membership_node *node = membership_replica(ledger_membership(member_ledger(member)), replica);

	return node && seal_check(node->key, digest, 32, signature);
}

static u64 member_now(void *arg)
{
	struct member *member = arg;

	return member->world->now_us + member->monotonic_us;
}

static u64 member_clock(void *arg)
{
	struct member *member = arg;

	return WORLD_EPOCH_US + member->world->now_us + (u64)member->skew_us;
}

static int member_send(void *arg, const u8 key[32], enum channel_urgency urgency, struct span parcel)
{
	struct member *member = arg;

	(void)urgency;
	/* What was already on its way out when a configuration took effect may still go to whom that put out. */
	if (member_correct(member) && member->reconfigured_us != member->world->now_us &&
	    membership_node_index(member->told, key) < 0)
		world_fail(member->world, "%s gave a parcel of kind %u to a node outside the channel.", member->name,
			   parcel.bytes[0]);
	judge_sent(member, parcel);
	if (member->world->verbose && parcel.bytes[0] > 2)
		world_tell(member->world, "%s gives a parcel of kind %u, %zu bytes", member->name, parcel.bytes[0],
			   parcel.len);
	if (member->liar)
		liar_send(member, key, parcel);
	else
		world_carry(member->world, member, key, parcel);
	return 0;
}

static void member_wake(void *arg, u64 when_us)
{
	struct member *member = arg;

	if (when_us == ~0ULL) {
		member->wake_at = 0;
		return;
	}
	when_us = when_us > member->monotonic_us ? when_us - member->monotonic_us : 0;
	if (when_us <= member->world->now_us)
		when_us = member->world->now_us + 1;
	if (member->wake_at == when_us)
		return;
	member->wake_at = when_us;
	world_at(member->world, when_us, WIRE_WAKE, member->index, member->process);
}

static void member_committed(void *arg, const struct block *block, const u8 (*digests)[32])
{
	judge_committed(arg, block, digests);
}

static void member_answer(void *arg, void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	crowd_answer(arg, cookie, answer, number, index, outcome);
}

static void member_reconfigured(void *arg, const struct membership *membership)
{
	struct member *member = arg;

	member->epoch = membership->epoch;
	member->reconfigured_us = member->world->now_us;
	*member->told = *membership;
	member->replica = (u32)membership_replica_index(membership, member->key);
	world_tell(member->world, "%s: configuration %u, epoch %llu, %u replicas, it is number %d", member->name,
		   membership->sequence, (unsigned long long)membership->epoch, membership_replicas(membership),
		   (int)member->replica);
}

static void member_say(void *arg, bool error, const char *sentence)
{
	struct member *member = arg;

	world_tell(member->world, "%s says%s: %s", member->name, error ? " (error)" : "", sentence);
	judge_said(member, sentence);
}

static void member_broken(void *arg, const char *sentence)
{
	struct member *member = arg;

	world_tell(member->world, "%s is broken: %s", member->name, sentence);
	if (!member->disk_failing && !member->ending)
		world_fail(member->world, "%s stopped without a fault of its disk: %s", member->name, sentence);
	member->broken = true;
}

bool member_correct(const struct member *member)
{
	return !member->liar && !member->twin;
}

int member_init(struct world *world, struct member *member)
{
	member->world = world;
	member->index = (u32)(member - world->members);
	member->joined = true;
	member->monotonic_us = draw_below(&world->draw, 1000000000000ULL);
	member->skew_us = (s64)draw_below(&world->draw, 20001) - 10000;
	snprintf(member->name, sizeof(member->name), "%s%u",
		 member->twin	? "twin"
		 : member->liar ? "liar"
				: "node",
		 member->index);
	member->told = calloc(1, sizeof(*member->told));
	return member->told ? vault_init(&member->vault) : -1;
}

static void held_free(struct member *member)
{
	u32 i;

	for (i = 0; i < member->held_count; i++)
		free(member->held[i].bytes);
	member->held_count = 0;
}

u32 member_rules(const struct member *member)
{
	u32 rule, rules = 0;

	for (rule = 1; member->channel && member->channel->core && rule < 32; rule++)
		if (pbft_rule_covered(member->channel->core, rule))
			rules |= 1U << rule;
	return rules;
}

static void process_end(struct member *member)
{
	member->world->rules |= member_rules(member);
	vault_kill(&member->vault);
	member->ending = true; /* what it still wants to write while it is tidied away comes to nothing */
	if (member->channel)
		channel_close(member->channel);
	member->ending = false;
	member->channel = NULL;
	member->ledger = NULL;
	member->broken = false;
	member->paused = false;
	member->flush_due = false;
	member->wake_at = 0;
	member->process++;
	held_free(member);
}

void member_done(struct member *member)
{
	process_end(member);
	free(member->held);
	free(member->told);
	if (member->liar)
		liar_done(member);
	vault_done(&member->vault);
}

static void member_options(struct member *member, struct channel_options *ret_options)
{
	*ret_options = (struct channel_options){
		.ledger = member->ledger,
		.votes = vault_disk(&member->vault, VAULT_VOTES),
		.pool_requests = member->world->plan.pool,
		.snapshot_after = member->world->plan.snapshot_after,
		.crypto = { .sign = member_sign, .verify = member_verify, .arg = member },
		.io = { .arg = member,
			.now_us = member_now,
			.clock = member_clock,
			.send = member_send,
			.wake = member_wake,
			.committed = member_committed,
			.answer = member_answer,
			.reconfigured = member_reconfigured,
			.say = member_say,
			.broken = member_broken },
	};
	memcpy(ret_options->node_key, member->key, 32);
}

/* Everybody's connections to it come up, or go away. */
static void member_peers(struct member *member, bool up)
{
	struct world *world = member->world;
	u32 i;

	for (i = 0; i < world->member_count; i++) {
		struct member *other = &world->members[i];

		if (other == member || !other->channel || other->paused || !memcmp(other->key, member->key, 32))
			continue;
		channel_peer(other->channel, member->key, up);
		member_touched(other);
		if (up && member->channel)
			channel_peer(member->channel, other->key, true);
	}
}

static void tell_name(void *arg, const char *name)
{
	world_tell(arg, "  its block files' disk holds %s", name);
}

static bool ledger_start(struct member *member)
{
	struct ledger_options options = { .disk = vault_disk(&member->vault, VAULT_BLOCKS),
					  .store = vault_store(&member->vault),
					  .file_bytes = 65536 + member->index * 4096 };
	struct ledger_error error = { .text = "" };
	int err;

	if (!member->created)
		err = ledger_create(&options, &member->world->plan.genesis, WORLD_EPOCH_US, &member->ledger, &error);
	else
		err = ledger_open(&options, &member->ledger, &error);
	if (!err) {
		member->created = true;
		return true;
	}
	member->vault.disks[VAULT_BLOCKS]->ops->list(member->vault.disks[VAULT_BLOCKS], tell_name, member->world);
	world_fail(member->world, "%s cannot open its ledger: %s (%s at %llu; %s)", member->name, error.text,
		   error.file, (unsigned long long)error.offset, strerror(-err));
	member->ledger = NULL;
	return false;
}

void member_start(struct member *member)
{
	struct channel_options options;
	struct channel_error error = { .text = "" };
	int err;

	if (member->channel || member->disk_failing) /* fault.c starts it once the disk is mended */
		return;
	if (!ledger_start(member))
		return;
	member->monotonic_us = draw_below(&member->world->draw, 1000000000000ULL);
	member_reconfigured(member, ledger_membership(member_ledger(member)));
	member_options(member, &options);
	err = channel_open(&options, &member->channel, &error);
	if (err) {
		member->channel = NULL;
		member->ledger = NULL;
		world_fail(member->world, "%s cannot open its channel: %s (%s)", member->name, error.text,
			   strerror(-err));
		return;
	}
	world_tell(member->world, "%s starts at block %llu", member->name, (unsigned long long)member_height(member));
	judge_started(member);
	member_peers(member, true);
	channel_tick(member->channel);
	member_touched(member);
}

void member_stop(struct member *member, bool power)
{
	struct world *world = member->world;
	u64 torn = draw_u64(&world->draw);

	if (!member->channel)
		return;
	world_tell(world, "%s %s at block %llu", member->name, power ? "loses its power" : "is killed",
		   (unsigned long long)member_height(member));
	crowd_lost(member);
	process_end(member);
	if (power)
		vault_crash(&member->vault, draw_chance(&world->draw, 300) ? 0 : torn | 1);
	member_peers(member, false);
}

void member_pause(struct member *member)
{
	member->paused = true;
	world_tell(member->world, "%s is stopped", member->name);
}

void member_resume(struct member *member)
{
	u32 i, count = member->held_count;

	if (!member->paused)
		return;
	member->paused = false;
	world_tell(member->world, "%s goes on, %u parcels wait for it", member->name, count);
	for (i = 0; i < count; i++) {
		struct wire_event event = member->held[i];

		event.at = member->world->now_us + i / 8;
		wire_push(&member->world->wire, &event);
	}
	member->held_count = 0;
}

u64 member_height(const struct member *member)
{
	return member_ledger(member) ? ledger_head(member_ledger(member))->number : 0;
}

void member_touched(struct member *member)
{
	struct world *world = member->world;

	if (member->flush_due || !member->channel)
		return;
	member->flush_due = true;
	world_at(world, world->now_us + draw_below(&world->draw, world->plan.flush_us + 1), WIRE_FLUSH, member->index,
		 member->process);
}

/* Takes the event over if the process is paused. */
static bool member_hold(struct member *member, struct wire_event *event)
{
	if (!member->paused)
		return false;
	if (event->kind == WIRE_PARCEL && member->held_count >= MEMBER_HELD_MAX)
		return true;
	if (member->held_count == member->held_room) {
		member->held_room = member->held_room ? 2 * member->held_room : 64;
		member->held = realloc(member->held, member->held_room * sizeof(*member->held));
		if (!member->held)
			abort();
	}
	member->held[member->held_count++] = *event;
	event->bytes = NULL;
	return true;
}

/* Of this epoch, as far as it has one: a consensus message of an earlier one need not even be readable. */
static bool timely(const struct member *member, const struct member *from, struct span parcel)
{
	u64 epoch = 0;
	u32 i;

	if (parcel.len < 12 || parcel.bytes[0] != 1)
		return from->epoch == member->epoch;
	for (i = 0; i < 8; i++)
		epoch = epoch << 8 | parcel.bytes[2 + i];
	return epoch == member->epoch;
}

static void member_receive(struct member *member, struct wire_event *event)
{
	struct member *from = &member->world->members[event->from];
	struct span parcel = { event->bytes, event->len };
	int err;

	if (membership_node_index(ledger_membership(member_ledger(member)), from->key) < 0)
		return; /* the transport refuses its certificate */
	if (member->liar)
		liar_heard(member, parcel);
	err = channel_receive(member->channel, from->key, parcel);
	if (err == -EBADMSG && member_correct(from) && member_correct(member) && timely(member, from, parcel))
		world_fail(member->world, "%s calls a parcel of kind %u of %s, which is correct, damaged.",
			   member->name, event->len ? event->bytes[0] : 0, from->name);
	member_touched(member);
}

void member_event(struct member *member, struct wire_event *event)
{
	if (event->kind == WIRE_START) {
		member_start(member);
		return;
	}
	if (!member->channel)
		return;
	if (event->kind == WIRE_RESUME) {
		member_resume(member);
		return;
	}
	if (event->kind != WIRE_PARCEL && event->number != member->process)
		return;
	if (member_hold(member, event))
		return;
	if (event->kind == WIRE_PARCEL) {
		member_receive(member, event);
	} else if (event->kind == WIRE_WAKE) {
		if (member->wake_at != event->at)
			return;
		member->wake_at = 0;
		channel_tick(member->channel);
		member_touched(member);
	} else {
		member->flush_due = false;
		channel_flush(member->channel);
	}
	if (member->broken && !member->world->failed)
		member_stop(member, true);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * effect.c - the update under construction. Its arrays are sized for the most
 * that a step can do (core.c); the last entry of each is a spare one that is
 * written when that was wrong, counted, and never shown.
 */
#include "agent/pbft/core.h"

struct pbft_effect *effect_add(struct pbft *core, enum pbft_effect_type type)
{
	struct pbft_effect *effect = &core->effects[core->effect_count];

	if (core->effect_count < core->effect_max)
		core->effect_count++;
	else
		core->counters[PBFT_COUNTER_OVERFLOWED]++;
	memset(effect, 0, sizeof(*effect));
	effect->type = type;
	effect->view = core->view;
	return effect;
}

struct pbft_message *effect_message(struct pbft *core, enum pbft_kind kind)
{
	struct pbft_message *message = &core->messages[core->message_count];

	if (core->message_count < core->message_max)
		core->message_count++;
	else
		core->counters[PBFT_COUNTER_OVERFLOWED]++;
	memset(message, 0, sizeof(*message));
	message->kind = kind;
	message->epoch = core->config.epoch;
	message->sender = core->config.self;
	return message;
}

void effect_persist(struct pbft *core, const struct pbft_message *message, u64 number)
{
	struct pbft_effect *effect;

	if (!RULE(core, 10, false)) {
		effect = effect_add(core, PBFT_PERSIST);
		effect->message = message;
		effect->number = number;
	}
}

void effect_send(struct pbft *core, const struct pbft_message *message, u64 replicas)
{
	struct pbft_effect *effect;

	if (core->config.n == 1)
		return;
	effect = effect_add(core, PBFT_SEND);
	effect->message = message;
	effect->replicas = replicas;
}

void effect_misbehaved(struct pbft *core, u32 replica, const char *what, const struct pbft_message *message)
{
	struct pbft_effect *effect = effect_add(core, PBFT_MISBEHAVED);

	core->counters[PBFT_COUNTER_MISBEHAVED]++;
	effect->replica = replica;
	effect->what = what;
	effect->message = message;
}

u8 (*effect_digests(struct pbft *core, u32 count))[32]
{
	u8(*digests)[32] = core->digests + core->digest_count;

	if (count > core->digest_max - core->digest_count)
		return NULL;
	core->digest_count += count;
	return digests;
}

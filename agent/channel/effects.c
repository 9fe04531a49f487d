// SPDX-License-Identifier: GPL-2.0
/*
 * effects.c - entering the consensus core, and carrying out what it answers.
 *
 *   channel_step(event) -> pbft_step() -> effects in their order: PERSIST into the vote log's buffer, SEND into the
 *   outbox, PROPOSE / EXECUTE / COMMIT done at once, their answers queued -> the queue is stepped until it is empty
 *
 * Nothing leaves here: channel_flush() syncs the vote log first (PROTOCOL.md C10).
 */
#include <stdlib.h>

#include "agent/channel/room.h"

void channel_tell(struct channel *channel, const struct pbft_event *event)
{
	u32 place = (channel->event_first + channel->event_count) % CHANNEL_EVENTS;

	if (!channel->core || channel->event_count == CHANNEL_EVENTS)
		return; /* the core asks again for what it does not hear of */
	channel->events[place] = *event;
	channel->event_count++;
}

static struct span message_encode(struct channel *channel, const struct pbft_message *message)
{
	size_t len = pbft_message_encode(message, channel->encoded, channel->encoded_size);

	return (struct span){ channel->encoded, len };
}

static int votes_append(struct channel *channel, enum votelog_kind kind, u64 number, struct span bytes)
{
	int error = channel->votes ? votelog_append(channel->votes, kind, number, bytes) : 0;

	if (error)
		channel_break(channel, "The vote log takes no more: %s.", strerror(-error));
	return error;
}

static void persist_body(struct channel *channel, const struct pbft_block *block)
{
	struct body *body = bodies_find(&channel->bodies, block->number, block->header);
	struct span record;
	u8 *bytes;

	if (!body || body->persisted)
		return;
	bytes = malloc(32 + body->len);
	if (!bytes) {
		channel_break(channel, "There is no memory to keep a proposal of %zu bytes.", body->len);
		return;
	}
	memcpy(bytes, block->header, 32);
	memcpy(bytes + 32, body->bytes, body->len);
	record = (struct span){ bytes, 32 + body->len };
	body->persisted = !votes_append(channel, VOTELOG_BODY, block->number, record);
	free(bytes);
}

static void effect_persist(struct channel *channel, const struct pbft_effect *effect)
{
	const struct pbft_message *message = effect->message;

	if (message->kind == PBFT_PREPREPARE)
		persist_body(channel, &message->preprepare.block);
	if (effect->number > channel->voted)
		channel->voted = effect->number;
	votes_append(channel, VOTELOG_MESSAGE, effect->number, message_encode(channel, message));
}

/* A proposal takes its body along when it goes out first; whoever lacks it later asks for it. */
static void effect_send(struct channel *channel, const struct pbft_effect *effect)
{
	const struct pbft_message *message = effect->message;
	struct parcel parcel = { .kind = PARCEL_MESSAGE, .message = message_encode(channel, message) };
	int urgency = CHANNEL_VOTES;
	struct body *body;

	if (message->kind == PBFT_PREPREPARE && message->sender == channel->self) {
		body = bodies_find(&channel->bodies, message->preprepare.block.number,
				   message->preprepare.block.header);
		if (body && body->giver == BODIES_OWN && !body->sent) {
			body->sent = true;
			parcel.kind = PARCEL_PREPREPARE;
			parcel.body = (struct span){ body->bytes, body->len };
			urgency = CHANNEL_BODIES;
		}
	}
	if (parcel.message.len && outbox_add(&channel->outbox, effect->replicas, urgency, &parcel))
		channel->counters.lost_sends++;
}

static void effect_misbehaved(struct channel *channel, const struct pbft_effect *effect)
{
	const struct membership_node *node = membership_replica(channel->membership, effect->replica);

	channel->counters.misbehaved++;
	if (effect->replica == channel->self)
		channel_say(channel, true,
			    "This replica has diverged from the others at block %llu (%s); it votes no more. Compare "
			    "`voltgate ledger verify` here and elsewhere.",
			    (unsigned long long)effect->number, effect->what);
	else
		channel_say(channel, true, "Replica %u (%s) misbehaved at block %llu, view %llu: %s.", effect->replica,
			    node ? node->name : "?", (unsigned long long)effect->number,
			    (unsigned long long)effect->view, effect->what);
}

static void carry_out(struct channel *channel, const struct pbft_effect *effect)
{
	if (effect->view > channel->view) {
		channel->view = effect->view;
		proposal_cancel(channel, CHANNEL_NEVER, effect->view);
	}
	switch (effect->type) {
	case PBFT_PERSIST:
		effect_persist(channel, effect);
		return;
	case PBFT_SEND:
		effect_send(channel, effect);
		return;
	case PBFT_PROPOSE:
		proposal_build(channel, effect);
		return;
	case PBFT_EXECUTE:
		proposal_execute(channel, effect);
		return;
	case PBFT_DISCARD:
		proposal_cancel(channel, effect->number, effect->view);
		candidates_cut(&channel->candidates, effect->number);
		return;
	case PBFT_COMMIT:
		commit_add(channel, effect->block, effect->certificate);
		return;
	case PBFT_FETCH:
		catchup_want(channel, effect->number, effect->replicas);
		return;
	case PBFT_FORWARD:
		submit_forward(channel, effect->replicas, effect->digests, effect->count);
		return;
	case PBFT_DROPPED:
		submit_dropped(channel, effect->digests, effect->count);
		return;
	case PBFT_STABLE:
		channel->stable = effect->number;
		return;
	case PBFT_ENTERED:
		return;
	case PBFT_ENDED:
		channel->ended = true;
		return;
	case PBFT_MISBEHAVED:
		effect_misbehaved(channel, effect);
		return;
	}
}

static void step_once(struct channel *channel, struct pbft_event *event)
{
	struct pbft_update update;

	event->now_us = channel->now_us;
	event->clock = channel->clock;
	channel->stepping = true;
	pbft_step(channel->core, event, &update);
	channel->core_wake_us = update.wake_us;
	for (u32 i = 0; i < update.count && !channel->broken; i++)
		carry_out(channel, &update.effects[i]);
	channel->stepping = false;
}

/* What the answer points to may have gone since it was queued. */
static bool still_true(struct channel *channel, struct pbft_event *event)
{
	struct candidate *candidate;

	if (event->type != PBFT_EXECUTED || event->executed.verdict != PBFT_ACCEPTED)
		return true;
	candidate = candidates_find(&channel->candidates, event->executed.number, event->executed.header);
	if (!candidate)
		return false;
	event->executed.digests = candidate_digests(candidate);
	return true;
}

void channel_settle(struct channel *channel)
{
	while (channel->event_count && channel->core && !channel->broken && !channel->stepping) {
		struct pbft_event event = channel->events[channel->event_first];

		channel->event_first = (channel->event_first + 1) % CHANNEL_EVENTS;
		channel->event_count--;
		if (still_true(channel, &event))
			step_once(channel, &event);
	}
}

void channel_step(struct channel *channel, const struct pbft_event *event)
{
	struct pbft_event copy = *event;

	if (!channel->core || channel->broken)
		return;
	if (channel->stepping) {
		channel_tell(channel, event);
		return;
	}
	step_once(channel, &copy);
	channel_settle(channel);
}

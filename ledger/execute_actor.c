// SPDX-License-Identifier: GPL-2.0
/*
 * execute_actor.c - who acts in a block: standing (enrolled, revoked) and the
 * window of nonces (PROTOCOL.md L7). A window is read at the first use in a block and written
 * once at its end, however many transactions of its client the block holds.
 */
#include <stddef.h>

#include "ledger/execute_run.h"

_Static_assert(offsetof(struct execute_actor, next) == 32, "execute_table_entry() finds it there");
_Static_assert(VG_REPLAY_BITS == 1024, "the encoding of 'n'");

#define WINDOW_OPEN 1
#define WINDOW_CLOSED 2
#define WINDOW_HEAD_LEN 17
#define WINDOW_LEN (WINDOW_HEAD_LEN + 8 * VG_REPLAY_WORDS)
#define MEMBER_LEN 28
#define REVOKED_LEN 10

struct actor_key {
	u8 bytes[33];
};

static struct actor_key actor_key(char space, const u8 key[32])
{
	struct actor_key result;

	result.bytes[0] = space;
	memcpy(result.bytes + 1, key, 32);
	return result;
}

#define KEY_SPAN(key) ((struct span){ (key).bytes, sizeof((key).bytes) })

struct execute_actor *execute_actor(struct execute_run *run, const u8 key[32])
{
	bool new;

	return execute_table_entry(run, &run->actors, sizeof(struct execute_actor), key, 32, &new);
}

static void read_member(struct execute_run *run, struct execute_actor *actor)
{
	struct actor_key key = actor_key('m', actor->key);
	struct state_value value;
	struct reader reader;

	actor->enrolled = !execute_get(run, KEY_SPAN(key), &value) && value.bytes.len == MEMBER_LEN;
	if (!actor->enrolled)
		return;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	actor->organisation = reader_u16(&reader);
	actor->role = reader_u8(&reader);
	actor->grade = reader_u8(&reader);
	actor->serial = reader_u64(&reader);
	actor->expires = reader_u64(&reader);
	actor->epoch = reader_u64(&reader);
}

static void read_revoked(struct execute_run *run, struct execute_actor *actor)
{
	struct actor_key key = actor_key('r', actor->key);
	struct state_value value;
	struct reader reader;

	actor->revoked = !execute_get(run, KEY_SPAN(key), &value) && value.bytes.len == REVOKED_LEN;
	if (!actor->revoked)
		return;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	actor->revoker = reader_u16(&reader);
	actor->revoked_serial = reader_u64(&reader);
}

void execute_actor_standing(struct execute_run *run, struct execute_actor *actor)
{
	if (actor->generation == run->generation)
		return;
	actor->generation = run->generation;
	read_member(run, actor);
	read_revoked(run, actor);
}

bool execute_actor_revoked(const struct execute_run *run, const struct execute_actor *actor)
{
	const struct membership *membership = run->context->membership;

	if (actor->revoked)
		return true;
	return actor->enrolled && (actor->organisation >= membership->organisation_count ||
				   membership_organisation_left(membership, actor->organisation));
}

bool execute_actor_expired(const struct execute_run *run, const struct execute_actor *actor)
{
	return actor->expires && actor->expires < run->context->time;
}

/* @ret_time: of the last block that spent. False: there is none. */
static bool window_read(struct execute_run *run, struct span key, struct vg_replay *ret_window, u64 *ret_time,
			u8 *ret_flags)
{
	struct state_value value;
	struct reader reader;
	u32 i;

	if (execute_get(run, key, &value))
		return false;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	ret_window->head = reader_u64(&reader);
	*ret_time = reader_u64(&reader);
	*ret_flags = reader_u8(&reader);
	for (i = 0; i < VG_REPLAY_WORDS; i++)
		ret_window->seen[i] = *ret_flags & WINDOW_CLOSED ? ~0ULL : reader_u64(&reader);
	return true;
}

/* NULL for a closed window: every nonce up to @head counts as used. */
static void window_write(struct execute_run *run, struct span key, u64 head, const u64 *seen, u64 time, u8 flags,
			 u32 index)
{
	struct writer writer;
	u8 bytes[WINDOW_LEN];
	u32 i;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, head);
	writer_u64(&writer, time);
	writer_u8(&writer, flags | (seen ? 0 : WINDOW_CLOSED));
	for (i = 0; seen && i < VG_REPLAY_WORDS; i++)
		writer_u64(&writer, seen[i]);
	execute_put(run, key, (struct span){ bytes, writer_len(&writer) }, index);
}

bool execute_nonce_used(struct execute_run *run, struct execute_actor *actor, u64 nonce)
{
	struct actor_key key;
	u64 time;
	u8 flags;

	if (!actor->window_read) {
		key = actor_key('n', actor->key);
		actor->window_read = true;
		if (window_read(run, KEY_SPAN(key), &actor->window, &time, &flags)) {
			actor->window_stored = true;
			actor->open = flags & WINDOW_OPEN;
		}
	}
	return vg_replay_seen(&actor->window, nonce);
}

void execute_nonce_spend(struct execute_run *run, struct execute_actor *actor, u64 nonce, bool open)
{
	(void)run;
	if (vg_replay_commit(&actor->window, nonce)) {
		actor->window_touched = true;
		actor->open |= open;
	}
}

static u64 window_due(const struct execute_run *run, u64 time)
{
	return time + 2 * execute_seconds(run, MEMBERSHIP_TRANSACTION_LIFE_S);
}

void execute_windows_write(struct execute_run *run)
{
	struct execute_actor *actors = (struct execute_actor *)run->actors.entries, *actor;
	u64 time = run->context->time;
	struct actor_key key;
	u32 i;

	for (i = 0; i < run->actors.count && !run->error; i++) {
		actor = &actors[i];
		if (!actor->window_touched)
			continue;
		key = actor_key('n', actor->key);
		window_write(run, KEY_SPAN(key), actor->window.head, actor->window.seen, time,
			     actor->open ? WINDOW_OPEN : 0, run->index);
		if (!actor->window_stored)
			execute_due(run, window_due(run, time), KEY_SPAN(key));
	}
}

void execute_window_prune(struct execute_run *run, struct span key)
{
	u64 time, now = run->context->time;
	struct vg_replay window;
	bool closed;
	u8 flags;

	if (!window_read(run, key, &window, &time, &flags))
		return;
	closed = flags & WINDOW_CLOSED;
	if (!closed && window_due(run, time) >= now) {
		execute_due(run, window_due(run, time), key);
		return;
	}
	/* Open requests that are refused now are for ever (membership_follows()): nothing can be replayed. */
	if (!(flags & WINDOW_OPEN) || !execute_parameter(run, MEMBERSHIP_OPEN_REQUESTS)) {
		execute_delete(run, key);
		return;
	}
	if (!closed)
		window_write(run, key, window.head, NULL, time, flags, run->index);
	execute_due(run, window_due(run, now), key);
}

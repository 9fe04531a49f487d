// SPDX-License-Identifier: GPL-2.0
/* plain_sessions.c - see plain_sessions.h. At most two thirds of the places are taken. */
#include "agent/plain_sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <sodium.h>

#define PLACES_AT_START 1024

int plain_sessions_init(struct plain_sessions *sessions)
{
	*sessions = (struct plain_sessions){ .size = PLACES_AT_START };
	randombytes_buf(&sessions->secret, sizeof(sessions->secret));
	sessions->places = calloc(sessions->size, sizeof(*sessions->places));
	return sessions->places ? 0 : -ENOMEM;
}

void plain_sessions_done(struct plain_sessions *sessions)
{
	free(sessions->places);
	sessions->places = NULL;
}

/* The place where a search for @id begins. */
static u32 home(const struct plain_sessions *sessions, u64 id)
{
	u64 mixed = (id ^ sessions->secret) * 0x9e3779b97f4a7c15ULL;

	return (mixed ^ mixed >> 32) & (sessions->size - 1);
}

/* The place of @id, or the empty one where it would go. */
static u32 place_of(const struct plain_sessions *sessions, u64 id)
{
	u32 at = home(sessions, id);

	while (sessions->places[at].id && sessions->places[at].id != id)
		at = (at + 1) & (sessions->size - 1);
	return at;
}

static int grow(struct plain_sessions *sessions)
{
	struct plain_sessions larger = *sessions;
	u32 i;

	larger.size *= 2;
	larger.places = calloc(larger.size, sizeof(*larger.places));
	if (!larger.places)
		return -ENOMEM;
	for (i = 0; i < sessions->size; i++)
		if (sessions->places[i].id)
			larger.places[place_of(&larger, sessions->places[i].id)] = sessions->places[i];
	free(sessions->places);
	*sessions = larger;
	return 0;
}

int plain_sessions_add(struct plain_sessions *sessions, const struct plain_session *session)
{
	u32 at;

	if (sessions->count >= sessions->size / 3 * 2 && grow(sessions))
		return -ENOMEM;
	at = place_of(sessions, session->id);
	if (sessions->places[at].id)
		return -EEXIST;
	sessions->places[at] = *session;
	sessions->count++;
	return 0;
}

struct plain_session *plain_sessions_find(struct plain_sessions *sessions, u64 id)
{
	u32 at = place_of(sessions, id);

	return id && sessions->places[at].id ? &sessions->places[at] : NULL;
}

int plain_sessions_remove(struct plain_sessions *sessions, u64 id)
{
	u32 mask = sessions->size - 1, hole = place_of(sessions, id), at, start;

	if (!id || !sessions->places[hole].id)
		return -ENOENT;
	/* close the hole: move back every later entry of the run whose search passes over it */
	for (at = (hole + 1) & mask; sessions->places[at].id; at = (at + 1) & mask) {
		start = home(sessions, sessions->places[at].id);
		if (((at - start) & mask) >= ((at - hole) & mask)) {
			sessions->places[hole] = sessions->places[at];
			hole = at;
		}
	}
	sessions->places[hole].id = 0;
	sessions->count--;
	return 0;
}

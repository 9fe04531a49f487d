/* SPDX-License-Identifier: GPL-2.0 */
/*
 * greet.h - hellos answered and sessions brought into the gate, in either
 * grade: the shell around handshake/responder.h (PROTOCOL.md section 10).
 *
 * The agent remembers of each session what it needs to open actions and answer them, in memory only, bounded by
 * [handshake] wallets, wiped when the session ends.
 */
#ifndef VOLTGATE_GREET_H
#define VOLTGATE_GREET_H

#include <jansson.h>

#include "agent/handshake/greeted.h"
#include "agent/handshake/payload.h"
#include "voltgate/maps.h"

struct agent;

/* X(name, "word", "help"): counts for status and metrics; reasons of refusals are admission.h's. */
#define GREET_COUNTS(X)                                                              \
	X(received, "received", "Hellos received.")                                  \
	X(foreign, "foreign", "Of them, none by structure or mac1.")                 \
	X(over_rate, "over_rate", "Hellos beyond their source's rate.")              \
	X(unproven, "unproven", "Hellos without the cookie that the load demanded.") \
	X(overflowed, "overflowed", "Hellos that found the queue full.")             \
	X(judged, "judged", "Hellos judged: work with keys.")                        \
	X(welcomed, "welcomed", "Hellos welcomed: sessions offered.")                \
	X(proven, "proven", "Sessions whose first authenticated packet came.")       \
	X(ended, "ended", "Sessions that expired.")                                  \
	X(cookies, "cookies", "Cookies handed out.")                                 \
	X(answers, "answers", "Answers to actions.")                                 \
	X(unsent, "unsent", "Welcomes and cookies that the socket had no room for.") \
	X(loads, "loads", "Times that cookies began to be demanded.")

struct greet_counts {
#define GREET_COUNT(name, word, help) u64 name;
	GREET_COUNTS(GREET_COUNT)
#undef GREET_COUNT
	u32 wallets, sessions, queued, under_load; /* now */
};

/* Parts of main.c: the key, the sockets' hellos. Nothing is done where [handshake] has enable = no. */
int greet_open(struct agent *agent);
void greet_close(struct agent *agent);
/* Ten times a second: sessions that ended are forgotten, the load judged. */
void greet_tick(struct agent *agent);

/*
 * Seals @answer and sends it to where the session's last action came from. 0; -ENOENT: the session has ended;
 * -EMSGSIZE: the text is too long; or the socket's error. Answers may be lost like any datagram.
 */
int greet_answer(struct agent *agent, u64 session, const struct answer *answer);
/* Revokes every session of @wallet at the gate, at once. How many there were. */
u32 greet_revoke(struct agent *agent, const u8 wallet[32]);

/* A walk over all sessions: one of the next wallet from place *@at on, which is moved; NULL at the end. */
const struct greeted *greet_next(struct agent *agent, u32 *at);

/* act.c: an action of @session with @sequence whose verdict is stored came by @path. NULL: not one of a handshake. */
const struct greeted *greet_heard(struct agent *agent, u64 session, u64 sequence, const struct greeted_path *path);
/* act.c: a beacon of @session reached the stack: perhaps the first packet of a new session. */
void greet_beacon(struct agent *agent, u64 session);
/* notice.c: the gate refused a hello whose sender must first prove its address. */
void greet_asked(struct agent *agent, const struct vg_hello_asked *asked, u32 ifindex);

/* False: hellos are not answered here. */
bool greet_counted(const struct agent *agent, struct greet_counts *ret_counts);
/* {"key", "wallets", "sessions", "queued", "under_load", counts by name}; for status. */
json_t *greet_json(const struct agent *agent);

#endif

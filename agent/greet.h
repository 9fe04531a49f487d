/* SPDX-License-Identifier: GPL-2.0 */
/*
 * greet.h - hellos answered and sessions brought into the gate, in either
 * grade: the shell around handshake/responder.h (PROTOCOL.md section 10).
 *
 * The agent remembers of each session what it needs to open actions and answer them, in memory only, bounded by the
 * gate's sessions, wiped when the session ends.
 */
#ifndef VOLTGATE_GREET_H
#define VOLTGATE_GREET_H

#include <jansson.h>
#include <sys/socket.h>

#include "agent/handshake/payload.h"

struct agent;

/* A session that came of a handshake. */
struct greeted {
	u64 session;
	u8 wallet[32];
	u8 channel[32];
	struct session_keys keys;
	u64 expires;		      /* Time64 */
	u64 answers;		      /* sealed so far */
	u64 heard;		      /* highest sequence of an action whose verdict is stored */
	struct sockaddr_storage from; /* where that one came from; at first, where the hello did */
};

/* Parts of main.c: the key, the sockets' hellos. Nothing is done where [handshake] has enable = no. */
int greet_open(struct agent *agent);
void greet_close(struct agent *agent);

/* NULL: no such session, or not one of a handshake. Valid until the event loop has its turn. */
const struct greeted *greet_find(struct agent *agent, u64 session);
/*
 * Seals @answer and sends it to where the session's last action came from. 0; -ENOENT: the session has ended;
 * -EMSGSIZE: the text is too long; or the socket's error. Answers may be lost like any datagram.
 */
int greet_answer(struct agent *agent, u64 session, const struct answer *answer);
/* Revokes every session of @wallet at the gate, at once. How many there were. */
u32 greet_revoke(struct agent *agent, const u8 wallet[32]);

#endif

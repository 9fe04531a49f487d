/* SPDX-License-Identifier: GPL-2.0 */
/*
 * errands.h - what vehicles asked for lately, by the hash of their proposal:
 * whether it is under way, and what it was answered, so that a proposal that comes again in a new packet is neither
 * carried twice nor left without its answer. Bounded; the oldest answers are forgotten first. Pure.
 */
#ifndef VOLTGATE_CHARGE_ERRANDS_H
#define VOLTGATE_CHARGE_ERRANDS_H

#include "agent/handshake/payload.h"
#include "ledger/hash.h"

enum errand_state { ERRAND_UNDER_WAY, ERRAND_ANSWERED };

struct errand {
	struct errand *chained;	      /* same bucket */
	struct errand *sibling;	      /* same bucket of askers */
	struct errand *older, *newer; /* of its state */
	u8 hash[LEDGER_HASH_LEN];     /* the proposal's */
	enum errand_state state;
	u64 asker;	      /* session that it counts for */
	u64 session;	      /* of the packet that asked last */
	u64 since_us;	      /* monotonic: when it was first taken */
	u64 ended_us;	      /* when it was answered */
	struct answer answer; /* the last one, its sequence that of the packet that asked last; stage 0: none yet */
	bool told;	      /* that it is endorsed */
	char text[ANSWER_TEXT_MAX];
};

struct errands;

/* @under_way, @answered: at most so many of each. NULL: no memory. */
struct errands *errands_new(u32 under_way, u32 answered);
void errands_free(struct errands *errands); /* NULL is fine */
/* NULL: not known (any more). */
struct errand *errands_find(struct errands *errands, const u8 hash[LEDGER_HASH_LEN]);
/*
 * A new one of @session, under way. NULL: there is no room, or ERRANDS_SESSION of this session are under way: one
 * vehicle cannot take the room of all.
 */
#define ERRANDS_SESSION 16
struct errand *errands_add(struct errands *errands, const u8 hash[LEDGER_HASH_LEN], u64 session, u64 now_us);
/* It has its last answer and is remembered for a while. */
void errands_answered(struct errands *errands, struct errand *errand, u64 now_us);
void errands_remove(struct errands *errands, struct errand *errand);
/* Sets the answer's text, cut to what an answer holds. */
void errand_say(struct errand *errand, const void *text, size_t len);
/* Lets go all that are under way: nobody works on them any more. */
void errands_drop(struct errands *errands);
/* Forgets answers older than @before_us. */
void errands_forget(struct errands *errands, u64 before_us);
/* The oldest under way; those after it by ->newer. NULL: none. */
struct errand *errands_oldest(const struct errands *errands);
u32 errands_under_way(const struct errands *errands);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * consensus_parts.h - one area's side of consensus.h. Inside of consensus*.c
 * only.
 */
#ifndef VOLTGATE_SCHED_CONSENSUS_PARTS_H
#define VOLTGATE_SCHED_CONSENSUS_PARTS_H

#include "agent/sched/consensus.h"

/* What a neighbour said in one round, as far as its parts have come. */
struct consensus_heard {
	double *number;
	u64 chunk[CONSENSUS_CHUNKS / 64];
	u32 chunks; /* 0: nothing yet */
	u32 round;
	u32 calm, stop;
	u8 flags;
};

struct consensus_peer {
	u32 area, first, ties;		 /* of the area's ties */
	u32 values;			 /* ties x periods x kinds */
	u64 instance;			 /* 0: not heard of */
	struct consensus_heard heard[2]; /* by the round's parity: a neighbour may be one round ahead */
	struct consensus_heard sync;
};

struct consensus {
	struct area *area;
	struct consensus_words words;
	enum consensus_phases phase;
	u32 periods, peers;
	struct consensus_peer *peer;
	double *price, *aim, *weight; /* as area_solve() takes them */
	double *x[2];		      /* by the round's parity: the last may still be asked for */
	u32 epoch, round, stop, calm;
	u32 calm_before; /* as it was said with the round before */
	bool empty;	 /* aims and prices are nothing but zeros */
	double apart;
	bool said; /* this round's, to all */
	u64 asked; /* the last time, 0: not yet */
	u64 pause;
	struct consensus_message *message; /* scratch */
	struct consensus_tally tally;
	char error[320];
};

/* consensus.c */
void consensus_epoch(struct consensus *consensus, u32 epoch);
bool consensus_has(const struct consensus *consensus, const struct consensus_peer *peer);
int consensus_advance(struct consensus *consensus);

/* consensus_talk.c */
/* Says this phase's words to all neighbours, once. */
void consensus_say_all(struct consensus *consensus);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * consensus.c - see consensus.h. Over-relaxed consensus with a weight for each
 * tie and kind that both of its sides adapt alike from what both know (residual balancing).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/consensus_parts.h"

#define CONSENSUS_RELAX 1.7
#define CONSENSUS_ADAPT_EVERY 10
#define CONSENSUS_ADAPT_EARLY 400     /* rounds; afterwards */
#define CONSENSUS_ADAPT_LATE_EVERY 50 /* ... for a weight that fell too far makes its tie agree ever so slowly */
#define CONSENSUS_ADAPT_UNTIL 4000
#define CONSENSUS_ADAPT_APART 5.0
#define CONSENSUS_ADAPT_BY 1.5
#define CONSENSUS_FLOW_SCALE 10.0 /* MW that a price's worth of disagreement is like */
#define CONSENSUS_TURN 0.02	  /* a tie is calm when its price moves by less, relative to the scale of prices */

/* --- beginnings and ends --- */

/* Numbers in a SYNC: aims and prices of each period, and weights. */
static u64 consensus_sync_numbers(u32 ties, u32 periods)
{
	return ((u64)2 * periods + 1) * ties * AREA_KINDS;
}

static int consensus_too_much(const struct consensus *consensus, const struct consensus_peer *peer,
			      struct dispatch_error *ret_error)
{
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "areas %u and %u share %u branches: over %u periods that is more than their messages hold; take fewer "
		 "periods, or cut the grid elsewhere",
		 consensus->area->index + 1, peer->area + 1, peer->ties, consensus->periods);
	return -E2BIG;
}

static int consensus_open(struct consensus *consensus, struct dispatch_error *ret_error)
{
	const struct area *area = consensus->area;
	size_t room = (size_t)area->ties * consensus->periods * AREA_KINDS + 1;
	u32 i;

	consensus->price = calloc(room, sizeof(double));
	consensus->aim = calloc(room, sizeof(double));
	consensus->x[0] = calloc(room, sizeof(double));
	consensus->x[1] = calloc(room, sizeof(double));
	consensus->weight = calloc((size_t)area->ties * AREA_KINDS + 1, sizeof(double));
	consensus->peer = calloc((size_t)area->ties + 1, sizeof(*consensus->peer));
	consensus->message = calloc(1, sizeof(*consensus->message));
	if (!consensus->price || !consensus->aim || !consensus->x[0] || !consensus->x[1] || !consensus->weight ||
	    !consensus->peer || !consensus->message)
		return -ENOMEM;
	for (i = 0; i < area->ties * AREA_KINDS; i++)
		consensus->weight[i] = consensus->words.scale / CONSENSUS_FLOW_SCALE;
	for (i = 0; i < area->ties; i++) { /* ties are sorted by neighbour */
		struct consensus_peer *peer = &consensus->peer[consensus->peers];

		if (!i || area->tie[i].neighbour != area->tie[i - 1].neighbour) {
			peer->area = area->tie[i].neighbour;
			peer->first = i;
			consensus->peers++;
		} else {
			peer--;
		}
		peer->ties++;
	}
	for (i = 0; i < consensus->peers; i++) {
		struct consensus_peer *peer = &consensus->peer[i];

		if (consensus_sync_numbers(peer->ties, consensus->periods) > CONSENSUS_CHUNKS * CONSENSUS_NUMBERS)
			return consensus_too_much(consensus, peer, ret_error);
		peer->values = peer->ties * consensus->periods * AREA_KINDS;
		peer->heard[0].number = calloc((size_t)peer->values + 1, sizeof(double));
		peer->heard[1].number = calloc((size_t)peer->values + 1, sizeof(double));
		peer->sync.number = calloc(2 * (size_t)peer->values + peer->ties * AREA_KINDS + 1, sizeof(double));
		if (!peer->heard[0].number || !peer->heard[1].number || !peer->sync.number)
			return -ENOMEM;
	}
	return 0;
}

int consensus_new(struct area *area, const struct consensus_words *words, struct consensus **ret_consensus,
		  struct dispatch_error *ret_error)
{
	struct consensus *consensus = calloc(1, sizeof(*consensus));
	int err;

	ret_error->text[0] = 0;
	if (!consensus)
		return -ENOMEM;
	consensus->area = area;
	consensus->words = *words;
	consensus->periods = area->whole->periods;
	if (!(consensus->words.scale > 0))
		consensus->words.scale = 30;
	consensus->empty = true;
	err = consensus_open(consensus, ret_error);
	if (err)
		consensus_free(consensus);
	else
		*ret_consensus = consensus;
	return err;
}

void consensus_free(struct consensus *consensus)
{
	u32 i;

	if (!consensus)
		return;
	for (i = 0; consensus->peer && i < consensus->peers; i++) {
		free(consensus->peer[i].heard[0].number);
		free(consensus->peer[i].heard[1].number);
		free(consensus->peer[i].sync.number);
	}
	free(consensus->peer);
	free(consensus->price);
	free(consensus->aim);
	free(consensus->x[0]);
	free(consensus->x[1]);
	free(consensus->weight);
	free(consensus->message);
	free(consensus);
}

/* --- rounds --- */

static void consensus_forget(struct consensus_heard *heard)
{
	memset(heard->chunk, 0, sizeof(heard->chunk));
	heard->chunks = 0;
	heard->round = ~0U;
}

void consensus_epoch(struct consensus *consensus, u32 epoch)
{
	u32 i;

	consensus->epoch = epoch;
	consensus->round = 0;
	consensus->stop = 0;
	consensus->calm = 0;
	consensus->said = false;
	consensus->asked = 0;
	consensus->phase = CONSENSUS_SYNCING;
	consensus->tally.epochs++;
	for (i = 0; i < consensus->peers; i++) {
		consensus_forget(&consensus->peer[i].heard[0]);
		consensus_forget(&consensus->peer[i].heard[1]);
		consensus_forget(&consensus->peer[i].sync);
	}
}

/* Who is right about a pair's aims and prices: the one who has any; of two, the lower area. */
static void consensus_adopt(struct consensus *consensus, const struct consensus_peer *peer)
{
	size_t from = (size_t)peer->first * consensus->periods * AREA_KINDS, i;
	const double *theirs = peer->sync.number;

	if ((peer->sync.flags & CONSENSUS_VOID) || (!consensus->empty && consensus->area->index < peer->area))
		return;
	for (i = 0; i < peer->values; i++) {
		consensus->aim[from + i] = theirs[i];
		consensus->price[from + i] = -theirs[peer->values + i];
	}
	for (i = 0; i < peer->ties * AREA_KINDS; i++)
		consensus->weight[(size_t)peer->first * AREA_KINDS + i] = theirs[2 * (size_t)peer->values + i];
}

static int consensus_solve(struct consensus *consensus)
{
	struct dispatch_error error;
	int err;

	consensus->round++;
	consensus->tally.rounds++;
	consensus->said = false;
	consensus->asked = 0;
	err = area_solve(consensus->area, consensus->price, consensus->aim, consensus->weight,
			 consensus->x[consensus->round % 2], &error);
	if (err) {
		snprintf(consensus->error, sizeof(consensus->error), "%.300s", error.text);
		consensus->phase = CONSENSUS_FAILED;
	}
	return err;
}

static int consensus_begin(struct consensus *consensus)
{
	u32 i;

	for (i = 0; i < consensus->peers; i++)
		consensus_adopt(consensus, &consensus->peer[i]);
	consensus->empty = false;
	consensus->phase = CONSENSUS_WAITING;
	return consensus_solve(consensus);
}

/* One tie and kind, all periods: aims and prices anew. True: calm. */
static bool consensus_tie(struct consensus *consensus, u32 tie, u32 kind, const double *theirs)
{
	double *weight = &consensus->weight[(size_t)tie * AREA_KINDS + kind];
	u32 t, every = consensus->round < CONSENSUS_ADAPT_EARLY ? CONSENSUS_ADAPT_EVERY : CONSENSUS_ADAPT_LATE_EVERY;
	double apart = 0, moved = 0, mine, other, aim;

	for (t = 0; t < consensus->periods; t++) {
		size_t at = ((size_t)tie * consensus->periods + t) * AREA_KINDS + kind;
		double x = consensus->x[consensus->round % 2][at];

		other = theirs[(size_t)t * AREA_KINDS + kind];
		apart = fmax(apart, fabs(x - other));
		mine = CONSENSUS_RELAX * x + (1 - CONSENSUS_RELAX) * consensus->aim[at];
		other = CONSENSUS_RELAX * other + (1 - CONSENSUS_RELAX) * consensus->aim[at];
		aim = (mine + other) / 2;
		moved = fmax(moved, fabs(aim - consensus->aim[at]));
		consensus->price[at] += *weight * (mine - aim);
		consensus->aim[at] = aim;
	}
	if (kind == AREA_FLOW)
		consensus->apart = fmax(consensus->apart, apart);
	moved *= *weight;
	if (consensus->round % every == 0 && consensus->round < CONSENSUS_ADAPT_UNTIL) {
		if (*weight * apart > CONSENSUS_ADAPT_APART * moved)
			*weight *= CONSENSUS_ADAPT_BY;
		else if (moved > CONSENSUS_ADAPT_APART * *weight * apart)
			*weight /= CONSENSUS_ADAPT_BY;
	}
	/* angles are in susceptances: a thousandth of a percent of 1000 MW a radian is nothing to a flow */
	return apart <= (kind == AREA_FLOW ? 1 : 5) * CONSENSUS_MISMATCH &&
	       moved <= CONSENSUS_TURN * 1e-2 * consensus->words.scale;
}

/* All have told: the next round, or the end. */
static int consensus_turn(struct consensus *consensus)
{
	u32 side = consensus->round % 2, i, tie, kind, calm = consensus->calm;
	bool content = true;

	consensus->apart = 0;
	for (i = 0; i < consensus->peers; i++) {
		struct consensus_heard *heard = &consensus->peer[i].heard[side];

		for (tie = 0; tie < consensus->peer[i].ties; tie++)
			for (kind = 0; kind < AREA_KINDS; kind++)
				content &= consensus_tie(consensus, consensus->peer[i].first + tie, kind,
							 &heard->number[(size_t)tie * consensus->periods * AREA_KINDS]);
		calm = heard->calm < calm ? heard->calm : calm;
		if (heard->stop && (!consensus->stop || heard->stop < consensus->stop))
			consensus->stop = heard->stop;
		consensus_forget(heard);
	}
	consensus->calm_before = consensus->calm;
	consensus->calm = content ? calm + (calm < 60000) : 0;
	if (consensus->calm >= consensus->words.areas && !consensus->stop)
		consensus->stop = consensus->round + consensus->words.areas;
	if (consensus->stop && consensus->round >= consensus->stop) {
		consensus->phase = CONSENSUS_DONE;
		return 0;
	}
	if (consensus->tally.rounds >= CONSENSUS_ROUNDS_MAX) {
		snprintf(consensus->error, sizeof(consensus->error),
			 "the areas did not agree within %u rounds; a tie's ends differ by %g MW still",
			 CONSENSUS_ROUNDS_MAX, consensus->apart);
		consensus->phase = CONSENSUS_FAILED;
		return -EDOM;
	}
	return consensus_solve(consensus);
}

static bool consensus_whole(const struct consensus_heard *heard, u32 round)
{
	u32 i;

	if (heard->round != round || !heard->chunks)
		return false;
	for (i = 0; i < heard->chunks; i++)
		if (!(heard->chunk[i / 64] >> i % 64 & 1))
			return false;
	return true;
}

bool consensus_has(const struct consensus *consensus, const struct consensus_peer *peer)
{
	if (consensus->phase == CONSENSUS_SYNCING)
		return consensus_whole(&peer->sync, 0);
	return consensus_whole(&peer->heard[consensus->round % 2], consensus->round);
}

/* As far as what was heard goes. */
int consensus_advance(struct consensus *consensus)
{
	int err = 0;
	u32 i;

	while (!err && consensus->phase <= CONSENSUS_WAITING) {
		for (i = 0; i < consensus->peers && consensus_has(consensus, &consensus->peer[i]); i++)
			;
		if (i < consensus->peers)
			return 0;
		if (consensus->phase == CONSENSUS_WAITING)
			consensus_say_all(consensus); /* before the round is over: they wait for it */
		err = consensus->phase == CONSENSUS_SYNCING ? consensus_begin(consensus) : consensus_turn(consensus);
		if (!err && consensus->phase == CONSENSUS_WAITING)
			consensus_say_all(consensus);
	}
	return err;
}

/* --- what others see --- */

enum consensus_phases consensus_phase(const struct consensus *consensus)
{
	return consensus->phase;
}

const char *consensus_error(const struct consensus *consensus)
{
	return consensus->error;
}

const struct consensus_tally *consensus_tally(const struct consensus *consensus)
{
	return &consensus->tally;
}

double consensus_mismatch(const struct consensus *consensus)
{
	return consensus->apart;
}

u32 consensus_round(const struct consensus *consensus)
{
	return consensus->round;
}

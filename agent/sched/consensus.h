/* SPDX-License-Identifier: GPL-2.0 */
/*
 * consensus.h - areas that find the common optimum by talking to their
 * neighbours alone. One area's side: no clock, no sockets; messages and the time come in, messages go out.
 *
 * A round: solve (area.h) with the prices and aims at hand; tell each neighbour the flow and angle of each tie; when
 * all have told theirs, both sides of a tie work out the same new aim (the mean), price and weight. Rounds are in step:
 * what is lost is asked for again, what comes twice changes nothing.
 *
 *                 all SYNC here                all DATA here, not the last round
 *   SYNCING --consensus_begin()--> WAITING --consensus_turn()--> WAITING ...
 *      ^                              |  the last round
 *      |                              v
 *      +--- newer epoch, or a      DONE (answers what is still asked for)
 *           neighbour came back --- from anywhere: consensus_epoch()
 *
 * An area that was killed and started again knows nothing. Its neighbours see that its instance is another, open a new
 * epoch, and tell it the aims and prices that both had; nothing else is lost, and all go on from there.
 *
 * The end: a round counts as calm at an area when its ties agree and so did, the round before, all around it. Calm for
 * as many rounds as there are areas means that all were content; then a last round is named, far enough off for
 * everyone to hear of it, and all stop after the same round.
 */
#ifndef VOLTGATE_SCHED_CONSENSUS_H
#define VOLTGATE_SCHED_CONSENSUS_H

#include "agent/sched/area.h"
#include "agent/sched/consensus_message.h"

#define CONSENSUS_MISMATCH 2e-5 /* MW by which a tie's ends may differ when it counts as agreed */
#define CONSENSUS_ROUNDS_MAX 5000
#define CONSENSUS_ASK_MS 40 /* after so long without an answer it is asked again, later each time */
#define CONSENSUS_ASK_MOST_MS 1000

enum consensus_phases { CONSENSUS_SYNCING, CONSENSUS_WAITING, CONSENSUS_DONE, CONSENSUS_FAILED };

struct consensus_words {
	u32 areas;
	u64 instance; /* grows with each start of this area, not 0 */
	double scale; /* money per MWh that prices are like, for the first weights; 0: 30 */
	void (*send)(void *context, u32 to, const u8 *bytes, size_t len);
	void *context;
};

struct consensus_tally {
	u64 bytes, messages, again; /* sent; of them, said again */
	u64 refused;		    /* received and not understood, or none of ours */
	u32 rounds, epochs;	    /* altogether */
};

struct consensus;

/* -E2BIG, with a sentence: two areas have more to tell each other than CONSENSUS_CHUNKS messages hold. -ENOMEM. */
int consensus_new(struct area *area, const struct consensus_words *words, struct consensus **ret_consensus,
		  struct dispatch_error *ret_error);
void consensus_free(struct consensus *consensus);
/* Takes a message. 0; -EDOM: this area has no solution (consensus_error()); -ENOMEM. */
int consensus_receive(struct consensus *consensus, const u8 *bytes, size_t len);
/* Says what is due, asks for what is missing. The time at which it wants to be called again. */
u64 consensus_tick(struct consensus *consensus, u64 now_ms);
enum consensus_phases consensus_phase(const struct consensus *consensus);
const char *consensus_error(const struct consensus *consensus);
const struct consensus_tally *consensus_tally(const struct consensus *consensus);
/* The largest difference between both ends' words on a tie's flow, in the last round. MW. */
double consensus_mismatch(const struct consensus *consensus);
u32 consensus_round(const struct consensus *consensus);

#endif

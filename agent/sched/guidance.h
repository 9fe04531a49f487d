/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guidance.h - prices instead of orders: tariffs from nodal prices, what
 * vehicles that minimise their own bills make of them, and how far that is from the central optimum.
 *
 * One tariff for all leaves vehicles indifferent between periods exactly where the optimum wants them spread, so that
 * at worst they all choose the same hour. Guidance by groups asks them one group after the other: each gets the prices
 * that the groups before it, scaled up to all, would make. That is the conditional gradient method (Frank, Wolfe) with
 * vehicles as its oracle: the gap falls with the number of groups, and each group's ties weigh its share only.
 *
 * Vehicles are indifferent where tariffs (whole 1/10000) are equal; they are taken to choose what costs the system
 * most: ascent along nodal prices from several starts. (The cost is convex in what they do: each step finds no less.
 * The worst of all is not proven.) What cannot be served with the limits is shed, at a price no supply has.
 */
#ifndef VOLTGATE_SCHED_GUIDANCE_H
#define VOLTGATE_SCHED_GUIDANCE_H

#include "agent/sched/response.h"

#define GUIDANCE_SHED 100000.0	  /* money per MWh not served to a station */
#define GUIDANCE_CLASSES_MAX 2000 /* more: the central optimum is bounded, not solved */

struct guidance_outcome {
	double cost;   /* of dispatch, shedding included */
	double gap;    /* to the central optimum or its bound, relative */
	double shed;   /* MWh */
	double bill;   /* 1/10000 yuan, all vehicles */
	double *power; /* periods x stations, MW */
};

struct guidance {
	double central;		 /* cost of the central optimum, or a bound below it */
	bool exact;		 /* the former */
	struct pricelist tariff; /* for all */
	struct guidance_outcome uncontrolled, single, grouped;
	u32 groups;
	struct pricelist *group;    /* tariff of each */
	struct dispatch_plan *plan; /* dispatch of the grouped outcome; its units: the case's, then one a station that
				       stands for what is shed */
	u32 solved;		    /* dispatches */
};

struct guidance_words {
	u32 groups; /* from 1 */
	u32 starts; /* of the search for a group's worst ties: 0 to 3 besides early first */
	bool (*progress)(void *context, u32 group, double cost); /* true: end here; may be NULL */
	void *context;
};

/* @problem: without stations. 0; -EDOM with a sentence; -EINTR; -ENOMEM. In any case guidance_done(). */
int guidance_run(const struct dispatch_problem *problem, const struct crowd *crowd, const struct guidance_words *words,
		 struct guidance *ret_guidance, struct dispatch_error *ret_error);
void guidance_done(struct guidance *guidance);

#endif

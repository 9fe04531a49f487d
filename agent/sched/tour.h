/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tour.h - one vehicle's customers in order, with all that is needed to say at
 * once what another customer between two of them would cost.
 *
 * The stations are not part of a tour: between two neighbours each way of
 * hop.h is open, and labels tell which are worth it.
 *   forward label:  leaving a place with (time, energy) after so much distance
 *   backward label: the rest of the tour from a place on is possible for whoever reaches it at t with energy b if
 *                   b >= energy, t <= latest, and t - recharging * b <= charge: after a full recharge nothing else
 *                   of the past matters, so three limits say it all
 * Labels that another one beats are dropped; those kept are few and bounded.
 */
#ifndef VOLTGATE_SCHED_TOUR_H
#define VOLTGATE_SCHED_TOUR_H

#include "agent/sched/hop.h"

#define TOUR_LABELS 6
#define TOUR_PLACES_MAX 256 /* customers of one vehicle */

struct tour_ahead { /* forward */
	double distance, time, energy;
	double most;	       /* partial recharge: energy that it could have, charging longer (recharge.h) */
	const struct hop *way; /* by which it came */
	u8 from;	       /* label of the place before */
};

struct tour_rest { /* backward */
	double distance, energy, latest, charge;
};

struct tour_place {
	u16 node;
	u8 aheads, rests;
	double earliest, latest; /* best time of the forward, and of the backward labels */
	struct tour_ahead ahead[TOUR_LABELS];
	struct tour_rest rest[TOUR_LABELS];
};

struct tour {
	u32 count; /* customers */
	double load;
	double distance;			      /* of the cheapest way through, INFINITY: there is none */
	double bare;				      /* without stations */
	struct tour_place place[TOUR_PLACES_MAX + 2]; /* [0] and [count + 1] are the depot */
};

void tour_clear(const struct hops *hops, struct tour *tour);
/* Puts @node after place @position (0: first) and works the labels out again. False: no room; nothing is changed. */
bool tour_insert(const struct hops *hops, struct tour *tour, u32 position, u32 node);
/* Takes out the customers at places from .. from + count - 1. */
void tour_remove(const struct hops *hops, struct tour *tour, u32 from, u32 count);
/* Works out the labels of a tour whose nodes were set by hand. */
void tour_label(const struct hops *hops, struct tour *tour);
/* Distance of the tour with @node after @position; INFINITY if impossible. Gives up early above @limit. */
double tour_with(const struct hops *hops, const struct tour *tour, u32 position, u32 node, double limit);
/* Stops of the cheapest way through, stations included; their number. */
u32 tour_stops(const struct tour *tour, u16 *ret_stops, u32 size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * assign_conflict.h - why not all vehicles can be served: vehicles and limits
 * of stations that exclude each other, of which none can be left out (an irreducible set).
 */
#ifndef VOLTGATE_SCHED_ASSIGN_CONFLICT_H
#define VOLTGATE_SCHED_ASSIGN_CONFLICT_H

#include "agent/sched/assign.h"

struct assign_conflict {
	u32 vehicles, *vehicle;
	u32 stations;
	bool *chargers, *power; /* of each station: its limit is part of the conflict */
	bool irreducible;	/* false: time ran out before each part was tried */
};

/*
 * @vehicle is one that @plan leaves (ASSIGN_LEFT). 0 with a conflict, to be freed by assign_conflict_done();
 * -ENOENT: all could be served (the plan leaves it because it costs less so, or the search did not find how), or it was
 * not decided; -ENOMEM.
 */
int assign_conflict_find(const struct assign_problem *problem, const struct assign_plan *plan, u32 vehicle,
			 double seconds, struct assign_conflict *ret_conflict);
void assign_conflict_done(struct assign_conflict *conflict);
/* As a sentence without its full stop. */
void assign_conflict_words(const struct assign_problem *problem, const struct assign_conflict *conflict, char *ret_text,
			   size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conflict_parts.h - which limits are in force while conflict.h's filter leaves
 * them out in turn. Inside of conflict*.c only.
 */
#ifndef VOLTGATE_SCHED_CONFLICT_PARTS_H
#define VOLTGATE_SCHED_CONFLICT_PARTS_H

#include "agent/sched/conflict.h"
#include "agent/sched/nodal.h"
#include "agent/sched/ptdf.h"
#include "agent/sched/qp.h"

struct filter {
	const struct dispatch_problem *problem;
	const struct grid *grid;
	struct nodal *nodal;
	struct ptdf *ptdf;	   /* NULL: outages are not looked at */
	double *factor;		   /* scratch, by branch */
	u32 first, periods;	   /* looked at */
	bool *most, *least, *ramp; /* by unit: in force */
	bool *branch;
	bool *energy;  /* by station: what must be taken up, in force */
	bool *reserve; /* by period of the problem */
	bool *outage;  /* by branch that goes out: the others keep their limits */
};

double filter_most(const struct filter *filter, u32 t, u32 u);

/* conflict_secure.c */
/* What can be kept ready in period @t: a column a unit, the room above its output, what is asked for. @units: the first
 * unit's column. Columns come first. */
void filter_reserve_columns(const struct filter *filter, struct qp *qp, u32 *ret_first);
void filter_reserve_rows(const struct filter *filter, struct qp *qp, u32 t, u32 units, u32 reserve);
/* Limits after the outages in force, by angles. -ENOMEM. */
int filter_outages(const struct filter *filter, struct qp *qp, u32 angles);
/* What is in force at first. */
void filter_secure_all(struct filter *filter);
/* The words of CONFLICT_RESERVE and CONFLICT_OUTAGE, as snprintf(). */
int filter_secure_word(const struct dispatch_problem *problem, const struct conflict_limit *limit, char *to,
		       size_t size);

#endif

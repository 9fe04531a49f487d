/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dispatch_parts.h - the program of dispatch.h while it is built: which column
 * and which row is what. Inside of dispatch*.c and area.c only.
 */
#ifndef VOLTGATE_SCHED_DISPATCH_PARTS_H
#define VOLTGATE_SCHED_DISPATCH_PARTS_H

#include "agent/sched/dispatch.h"
#include "agent/sched/nodal.h"
#include "agent/sched/ptdf.h"
#include "agent/sched/qp.h"

struct dispatch {
	const struct dispatch_problem *problem;
	const struct grid *grid;
	struct qp *qp;
	struct ptdf *ptdf;
	struct dispatch_plan *plan;
	u32 *output;			 /* columns, periods x units */
	u32 *angle;			 /* columns of the full form, periods x buses */
	u32 *balance;			 /* rows: periods x islands, or periods x buses */
	u32 *limit;			 /* rows: periods x branches; ~0: not there */
	u32 *ramp;			 /* rows: periods x units; ~0: none */
	u32 *charge, *discharge, *stock; /* columns, periods x stations */
	u32 *fill;			 /* rows, periods x stations */
	u32 *reserve;			 /* columns, periods x units; NULL: no reserve is asked for */
	u32 *room;			 /* rows, periods x units: output + reserve within the most; ~0: none */
	u32 *need;			 /* rows, by period */
	u32 *outage_row;		 /* of plan->after */
	u32 outage_space;
	double *factor; /* scratch, by bus */
	struct nodal *nodal;
	double started; /* seconds of a steady clock */
	double bound;	/* no plan costs less; NAN: nothing is known yet */
	bool settling;	/* the best plan is worked out again, whoever wants to end the search */
	struct dispatch_error *error;
};

/* dispatch.c */
/* The whole program of dispatch->problem, not yet solved; dispatch->error set. -EDOM with a sentence; -ENOMEM. In any
 * case dispatch_close() afterwards, which leaves the plan. */
int dispatch_build(struct dispatch *dispatch);
void dispatch_close(struct dispatch *dispatch);
/* Of qp_block(): a unit over all periods where ramps join them, else each period by itself; stations come after. */
u32 dispatch_unit_block(const struct dispatch *dispatch, u32 t, u32 u);

/* dispatch_lazy.c */
void dispatch_balance_islands(struct dispatch *dispatch);
/* Outputs, angles and flows of the solution at hand. -ENOMEM. */
int dispatch_read_flows(struct dispatch *dispatch);
/* Adds the limits that the solution passes; how many, or -ENOMEM. */
int dispatch_add_violated(struct dispatch *dispatch);
void dispatch_price_lazy(struct dispatch *dispatch);
/* A row that holds flow @l (+ @weight times flow @k, where that is not 0) of period @t to @least .. @most. ~0: memory.
 */
u32 dispatch_factor_row(struct dispatch *dispatch, u32 t, u32 l, u32 k, double weight, double least, double most);

/* dispatch_full.c */
void dispatch_full_rows(struct dispatch *dispatch);
void dispatch_price_full(struct dispatch *dispatch);

/* dispatch_reserve.c */
void dispatch_reserve_columns(struct dispatch *dispatch);
void dispatch_reserve_rows(struct dispatch *dispatch);
void dispatch_reserve_read(struct dispatch *dispatch);

/* dispatch_outage.c */
/* Adds limits after outages that the solution passes, the worst of each branch and period; how many, or -ENOMEM. */
int dispatch_outage_violated(struct dispatch *dispatch);
/* All of them, by angles. -ENOMEM. */
int dispatch_outage_full(struct dispatch *dispatch);
void dispatch_outage_read(struct dispatch *dispatch);
void dispatch_outage_limits(const struct dispatch_problem *problem, u32 l, double *ret_least, double *ret_most);

/* dispatch_station.c */
void dispatch_station_columns(struct dispatch *dispatch);
void dispatch_station_rows(struct dispatch *dispatch);
/* Adds @factor times what station @s feeds in at period @t to the row at hand. */
void dispatch_station_terms(struct dispatch *dispatch, u32 t, u32 s, double factor);
void dispatch_station_read(struct dispatch *dispatch);
/* A period and station that charges and discharges at once; false: none. */
bool dispatch_station_both(const struct dispatch *dispatch, u32 *ret_period, u32 *ret_station);
u32 dispatch_stations(const struct dispatch_problem *problem);

#endif

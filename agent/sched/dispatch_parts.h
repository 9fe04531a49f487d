/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dispatch_parts.h - the program of dispatch.h while it is built: which column
 * and which row is what. Inside of dispatch*.c only.
 */
#ifndef VOLTGATE_SCHED_DISPATCH_PARTS_H
#define VOLTGATE_SCHED_DISPATCH_PARTS_H

#include "agent/sched/dispatch.h"
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
	struct dispatch_error *error;
};

/* dispatch_lazy.c */
void dispatch_balance_islands(struct dispatch *dispatch);
/* Outputs, angles and flows of the solution at hand. -ENOMEM. */
int dispatch_read_flows(struct dispatch *dispatch);
/* Adds the limits that the solution passes; how many, or -ENOMEM. */
int dispatch_add_violated(struct dispatch *dispatch);
void dispatch_price_lazy(struct dispatch *dispatch);

/* dispatch_full.c */
void dispatch_full_rows(struct dispatch *dispatch);
void dispatch_price_full(struct dispatch *dispatch);

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

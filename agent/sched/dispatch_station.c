// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_station.c - vehicles at stations in the program of dispatch.h: three
 * columns a period (charge, discharge, stock) and the row that ties them.
 */
#include "agent/sched/dispatch_parts.h"

#define DISPATCH_BOTH 1e-6 /* MW: less than that of each at once is rounding */

u32 dispatch_stations(const struct dispatch_problem *problem)
{
	return problem->stations ? problem->stations->count : 0;
}

void dispatch_station_columns(struct dispatch *dispatch)
{
	const struct dispatch_stations *stations = dispatch->problem->stations;
	u32 first = (dispatch->problem->periods + 1) * dispatch->grid->units,
	    count = dispatch_stations(dispatch->problem);
	bool lazy = dispatch->problem->form == DISPATCH_LAZY;
	size_t i;

	for (i = 0; i < (size_t)dispatch->problem->periods * count; i++) {
		dispatch->charge[i] = qp_column(dispatch->qp, 0, stations->charge[i], 0, 0);
		if (lazy)
			qp_block(dispatch->qp, first + (u32)(i % count));
		dispatch->discharge[i] = qp_column(dispatch->qp, 0, stations->discharge[i], 0, 0);
		if (lazy)
			qp_block(dispatch->qp, first + (u32)(i % count));
		dispatch->stock[i] = qp_column(dispatch->qp, stations->stock_least[i], stations->stock_most[i], 0, 0);
		if (lazy)
			qp_block(dispatch->qp, first + (u32)(i % count));
	}
}

void dispatch_station_rows(struct dispatch *dispatch)
{
	u32 count = dispatch_stations(dispatch->problem), s;
	double hours = dispatch->problem->hours;
	size_t i;

	for (i = 0; i < (size_t)dispatch->problem->periods * count; i++) {
		s = (u32)(i % count);
		dispatch->fill[i] = qp_row(dispatch->qp, 0, 0);
		qp_term(dispatch->qp, dispatch->stock[i], 1);
		if (i >= count)
			qp_term(dispatch->qp, dispatch->stock[i - count], -1);
		qp_term(dispatch->qp, dispatch->charge[i],
			-hours * dispatch->problem->stations->station[s].charge_efficiency);
		qp_term(dispatch->qp, dispatch->discharge[i],
			hours / dispatch->problem->stations->station[s].discharge_efficiency);
	}
}

void dispatch_station_terms(struct dispatch *dispatch, u32 t, u32 s, double factor)
{
	size_t at = (size_t)t * dispatch->problem->stations->count + s;

	if (factor > -1e-11 && factor < 1e-11)
		return;
	qp_term(dispatch->qp, dispatch->discharge[at], factor);
	qp_term(dispatch->qp, dispatch->charge[at], -factor);
}

void dispatch_station_read(struct dispatch *dispatch)
{
	struct dispatch_plan *plan = dispatch->plan;
	const double *value = qp_values(dispatch->qp);
	size_t i;

	for (i = 0; i < (size_t)plan->periods * plan->stations; i++) {
		plan->charge[i] = value[dispatch->charge[i]];
		plan->discharge[i] = value[dispatch->discharge[i]];
		plan->stock[i] = value[dispatch->stock[i]];
	}
}

bool dispatch_station_both(const struct dispatch *dispatch, u32 *ret_period, u32 *ret_station)
{
	const struct dispatch_plan *plan = dispatch->plan;
	size_t i;

	for (i = 0; i < (size_t)plan->periods * plan->stations; i++)
		if (plan->charge[i] > DISPATCH_BOTH && plan->discharge[i] > DISPATCH_BOTH) {
			*ret_period = (u32)(i / plan->stations);
			*ret_station = (u32)(i % plan->stations);
			return true;
		}
	return false;
}

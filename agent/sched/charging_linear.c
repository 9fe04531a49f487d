// SPDX-License-Identifier: GPL-2.0
/*
 * charging_linear.c - charging at a site as a linear program by Clp: the
 * flow's second opinion, and what a flow cannot do: vehicles that give back, with losses.
 *
 *   most energy first, then least money: least  sum price (charge - discharge) + short * what is lacking
 *   stock_t = stock_t-1 + e charge_t - discharge_t / e, within the battery; at the end at least what was wanted
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/charging.h"
#include "agent/sched/qp.h"

#define LINEAR_NONE 0xffffffffu
#define LINEAR_TINY 1e-7

struct linear {
	const struct charging_site *site;
	double efficiency, dearest;
	struct qp *qp;
	u32 *charge, *discharge, *stock; /* columns, LINEAR_NONE: none */
	u32 *lacking;			 /* of each session */
};

static double linear_price(const struct linear *linear, u32 t)
{
	return linear->site->price[t] / 10000.0;
}

static double linear_efficiency(const struct linear *linear, u32 i)
{
	return linear->site->session[i].gives_back ? linear->efficiency : 1;
}

/* All columns come before the first row. */
static bool linear_columns(struct linear *linear)
{
	const struct charging_site *site = linear->site;
	u32 i, t;
	bool bad = false;

	for (i = 0; i < site->sessions; i++) {
		const struct charging_session *session = &site->session[i];

		linear->lacking[i] = qp_column(linear->qp, 0, session->energy_wh / 1000.0,
					       linear->dearest * 10 * (site->sessions + 2), 0);
		bad |= linear->lacking[i] == LINEAR_NONE;
		for (t = 0; t < site->periods; t++) {
			size_t at = (size_t)i * site->periods + t;
			double most = charging_most_wh(site, i, t) / 1000.0;

			linear->charge[at] = linear->discharge[at] = linear->stock[at] = LINEAR_NONE;
			if (most <= 0)
				continue;
			linear->charge[at] = qp_column(linear->qp, 0, most, linear_price(linear, t), 0);
			bad |= linear->charge[at] == LINEAR_NONE;
			if (!session->gives_back)
				continue;
			linear->discharge[at] = qp_column(linear->qp, 0, most, -linear_price(linear, t), 0);
			linear->stock[at] = qp_column(linear->qp, 0, session->battery_wh / 1000.0, 0, 0);
			bad |= linear->discharge[at] == LINEAR_NONE || linear->stock[at] == LINEAR_NONE;
		}
	}
	return !bad;
}

/* The energy of one that only takes. */
static void linear_take_row(struct linear *linear, u32 i)
{
	const struct charging_site *site = linear->site;
	double wanted = site->session[i].energy_wh / 1000.0;
	u32 t;

	qp_row(linear->qp, wanted, wanted);
	qp_term(linear->qp, linear->lacking[i], 1);
	for (t = 0; t < site->periods; t++)
		if (linear->charge[(size_t)i * site->periods + t] != LINEAR_NONE)
			qp_term(linear->qp, linear->charge[(size_t)i * site->periods + t], 1);
}

/* The stock of one that may give back, from period to period. */
static void linear_stock_rows(struct linear *linear, u32 i)
{
	const struct charging_site *site = linear->site;
	const struct charging_session *session = &site->session[i];
	double e = linear_efficiency(linear, i), begin = session->stock_wh / 1000.0;
	u32 t, before = LINEAR_NONE;

	for (t = 0; t < site->periods; t++) {
		size_t at = (size_t)i * site->periods + t;

		if (linear->charge[at] == LINEAR_NONE)
			continue;
		qp_row(linear->qp, before == LINEAR_NONE ? begin : 0, before == LINEAR_NONE ? begin : 0);
		qp_term(linear->qp, linear->stock[at], 1);
		qp_term(linear->qp, linear->charge[at], -e);
		qp_term(linear->qp, linear->discharge[at], 1 / e);
		if (before != LINEAR_NONE)
			qp_term(linear->qp, before, -1);
		before = linear->stock[at];
	}
	if (before == LINEAR_NONE) { /* never there: all is lacking */
		qp_row(linear->qp, session->energy_wh / 1000.0, INFINITY);
		qp_term(linear->qp, linear->lacking[i], 1);
		return;
	}
	qp_row(linear->qp, begin + session->energy_wh / 1000.0, INFINITY);
	qp_term(linear->qp, before, 1);
	qp_term(linear->qp, linear->lacking[i], 1);
}

static void linear_power_row(struct linear *linear, u32 t)
{
	const struct charging_site *site = linear->site;
	double limit = charging_limit_wh(site, t) / 1000.0;
	u32 i;

	qp_row(linear->qp, -limit, limit);
	for (i = 0; i < site->sessions; i++) {
		size_t at = (size_t)i * site->periods + t;

		if (linear->charge[at] != LINEAR_NONE)
			qp_term(linear->qp, linear->charge[at], 1);
		if (linear->discharge[at] != LINEAR_NONE)
			qp_term(linear->qp, linear->discharge[at], -1);
	}
}

static void linear_read(const struct linear *linear, struct charging_linear *result)
{
	const struct charging_site *site = linear->site;
	const double *value = qp_values(linear->qp);
	u32 i, t;

	for (i = 0; i < site->sessions; i++) {
		result->served_kwh += site->session[i].energy_wh / 1000.0 - value[linear->lacking[i]];
		for (t = 0; t < site->periods; t++) {
			size_t at = (size_t)i * site->periods + t;

			if (linear->charge[at] == LINEAR_NONE)
				continue;
			result->charge[at] = value[linear->charge[at]];
			if (linear->discharge[at] != LINEAR_NONE)
				result->discharge[at] = value[linear->discharge[at]];
			result->money_yuan += linear_price(linear, t) * (result->charge[at] - result->discharge[at]);
			result->both |= result->charge[at] > LINEAR_TINY && result->discharge[at] > LINEAR_TINY;
		}
	}
}

static int linear_solve(struct linear *linear, struct charging_linear *result)
{
	const struct charging_site *site = linear->site;
	u32 i, t;

	for (t = 0; t < site->periods; t++)
		linear->dearest = fmax(linear->dearest, linear_price(linear, t));
	if (linear->dearest <= 0)
		linear->dearest = 1;
	if (!linear_columns(linear))
		return -ENOMEM;
	for (i = 0; i < site->sessions; i++)
		if (site->session[i].gives_back)
			linear_stock_rows(linear, i);
		else
			linear_take_row(linear, i);
	for (t = 0; t < site->periods; t++)
		linear_power_row(linear, t);
	if (qp_solve(linear->qp, 0) != QP_OPTIMAL)
		return -EDOM;
	linear_read(linear, result);
	return 0;
}

int charging_linear(const struct charging_site *site, double efficiency, struct charging_linear *ret_linear)
{
	size_t cells = (size_t)site->sessions * site->periods + 1;
	struct linear linear = { .site = site, .efficiency = efficiency, .qp = qp_new() };
	int err = -ENOMEM;

	*ret_linear = (struct charging_linear){ .served_kwh = 0 };
	ret_linear->charge = calloc(cells, sizeof(double));
	ret_linear->discharge = calloc(cells, sizeof(double));
	linear.charge = calloc(cells, sizeof(u32));
	linear.discharge = calloc(cells, sizeof(u32));
	linear.stock = calloc(cells, sizeof(u32));
	linear.lacking = calloc((size_t)site->sessions + 1, sizeof(u32));
	if (linear.qp && ret_linear->charge && ret_linear->discharge && linear.charge && linear.discharge &&
	    linear.stock && linear.lacking)
		err = linear_solve(&linear, ret_linear);
	qp_free(linear.qp);
	free(linear.charge);
	free(linear.discharge);
	free(linear.stock);
	free(linear.lacking);
	if (err)
		charging_linear_done(ret_linear);
	return err;
}

void charging_linear_done(struct charging_linear *linear)
{
	free(linear->charge);
	free(linear->discharge);
	*linear = (struct charging_linear){ .served_kwh = 0 };
}

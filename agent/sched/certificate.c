// SPDX-License-Identifier: GPL-2.0
/*
 * certificate.c - the conditions of an optimum, one function each: see certificate.h.
 *
 * Signs: a rent is what the optimum rises by when the flow's limits both rise by a megawatt: negative where the
 * upper limit binds, positive where the lower does. At every bus the sum of susceptance * (price from - price to -
 * rent) over its branches, outward ones positive, is 0: nothing is won by turning an angle.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/certificate_parts.h"

void judge_residual(struct judge *judge, double *kind, double size, double scale, const char *format, ...)
{
	va_list arguments;

	if (!(size <= *kind)) /* NaN passes for the largest there is */
		*kind = isnan(size) ? INFINITY : size;
	size = isnan(size) ? INFINITY : size / (scale * CERTIFICATE_TOLERANCE);
	if (size <= judge->worst)
		return;
	judge->worst = size;
	va_start(arguments, format);
	vsnprintf(judge->out->worst, sizeof(judge->out->worst), format, arguments);
	va_end(arguments);
}

static void judge_balance(struct judge *judge, u32 t, double *miss)
{
	const struct grid *grid = judge->grid;
	const struct dispatch_plan *plan = judge->plan;
	const double *angle = &plan->angle[(size_t)t * grid->buses];
	u32 i;

	for (i = 0; i < grid->buses; i++)
		miss[i] = -judge->problem->load[(size_t)t * grid->buses + i];
	for (i = 0; i < grid->units; i++)
		miss[grid->unit[i].bus] += plan->output[(size_t)t * grid->units + i];
	for (i = 0; i < plan->stations; i++)
		miss[judge->problem->stations->station[i].bus] +=
			plan->discharge[(size_t)t * plan->stations + i] - plan->charge[(size_t)t * plan->stations + i];
	for (i = 0; i < grid->branches; i++) {
		const struct grid_branch *branch = &grid->branch[i];
		double flow = branch->susceptance * (angle[branch->from] - angle[branch->to] - branch->shift);

		miss[branch->from] -= flow;
		miss[branch->to] += flow;
		judge_residual(judge, &judge->out->balance, fabs(flow - plan->flow[(size_t)t * grid->branches + i]),
			       judge->power, "branch %s, period %u: its flow is not what its angles say", branch->name,
			       t + 1);
	}
	for (i = 0; i < grid->buses; i++)
		judge_residual(judge, &judge->out->balance, fabs(miss[i]), judge->power,
			       "bus %s, period %u: out of balance by %g MW", grid->bus[i].name, t + 1, miss[i]);
}

/* Least and most marginal cost at @output: a corner of a piecewise-linear cost has both slopes. */
static void judge_marginal(const struct grid_cost *cost, double output, double *ret_least, double *ret_most)
{
	double slope, near = 1e-7 * (1 + fabs(output));
	u32 i;

	*ret_least = *ret_most = cost->linear + 2 * cost->quadratic * output;
	for (i = 0; i < cost->segments; i++) {
		slope = (cost->cost[i + 1] - cost->cost[i]) / (cost->at[i + 1] - cost->at[i]);
		if (!i || output >= cost->at[i] - near)
			*ret_most = slope;
		if (!i || output > cost->at[i] + near)
			*ret_least = slope;
	}
}

static void judge_unit(struct judge *judge, u32 t, u32 u)
{
	const struct grid_unit *unit = &judge->grid->unit[u];
	const struct dispatch_plan *plan = judge->plan;
	size_t at = (size_t)t * plan->units + u;
	double output = plan->output[at], least = unit->least, most = unit->most, low, high, push;
	double near = CERTIFICATE_TOLERANCE * judge->power;
	double worth = plan->price[(size_t)t * plan->buses + unit->bus] + plan->ramp[at] -
		       (t + 1 < plan->periods ? plan->ramp[at + plan->units] : 0) + plan->headroom[at];

	if (judge->problem->available)
		most = judge->problem->available[at];
	if (unit->wind)
		least = fmin(least, most);
	judge_residual(judge, &judge->out->limits, fmax(least - output, output - most), judge->power,
		       "unit %s, period %u: %g MW lies outside %g to %g", unit->name, t + 1, output, least, most);
	judge_marginal(&unit->cost, output, &low, &high);
	/* what more output would cost beyond what it is worth; less output, the other way round */
	push = low - worth > 0 ? low - worth : high - worth < 0 ? high - worth : 0;
	if ((push > 0 && output <= least + near) || (push < 0 && output >= most - near))
		judge->product += fabs(push) * (push > 0 ? output - least : most - output) * judge->problem->hours;
	else
		judge_residual(judge, &judge->out->stationarity, fabs(push), judge->money,
			       "unit %s, period %u: its marginal cost and its price differ by %g within its limits",
			       unit->name, t + 1, push);
}

void judge_sign(struct judge *judge, double multiplier, double value, double least, double most, const char *what,
		const char *name, u32 t)
{
	double slack = multiplier > 0 ? value - least : most - value;
	double near = 10 * CERTIFICATE_TOLERANCE * judge->power;

	if (fabs(multiplier) <= CERTIFICATE_TOLERANCE * judge->money)
		return;
	if (slack > near)
		judge_residual(judge, &judge->out->signs, fabs(multiplier), judge->money,
			       "%s %s, period %u: a price of %g on a limit that is %g MW away", what, name, t + 1,
			       multiplier, slack);
	else
		judge->product += fabs(multiplier) * fabs(slack) * judge->problem->hours;
}

/* A quantity within its limits whose cost of one more is @push: nothing is won by moving it. */
static void judge_rest(struct judge *judge, double value, double least, double most, double push, const char *whose,
		       const char *what, const char *name, u32 t)
{
	double near = CERTIFICATE_TOLERANCE * judge->power;

	judge_residual(judge, &judge->out->limits, fmax(least - value, value - most), judge->power,
		       "%s %s, period %u: %s %g lies outside %g to %g", whose, name, t + 1, what, value, least, most);
	if ((push > 0 && value <= least + near) || (push < 0 && value >= most - near))
		judge->product += fabs(push) * fabs(push > 0 ? value - least : most - value) * judge->problem->hours;
	else
		judge_residual(judge, &judge->out->stationarity, fabs(push), judge->money,
			       "%s %s, period %u: %s could move for %g a unit", whose, name, t + 1, what, push);
}

static void judge_station(struct judge *judge, u32 t, u32 s)
{
	const struct dispatch_stations *stations = judge->problem->stations;
	const struct dispatch_station *station = &stations->station[s];
	const struct dispatch_plan *plan = judge->plan;
	size_t at = (size_t)t * plan->stations + s;
	double price = plan->price[(size_t)t * plan->buses + station->bus], worth = plan->worth[at];
	double later = t + 1 < plan->periods ? plan->worth[at + plan->stations] : 0;
	double before = t ? plan->stock[at - plan->stations] : 0;
	double filled = before + judge->problem->hours * (station->charge_efficiency * plan->charge[at] -
							  plan->discharge[at] / station->discharge_efficiency);

	judge_residual(judge, &judge->out->balance, fabs(plan->stock[at] - filled), judge->power,
		       "station %s, period %u: its stock is %g MWh where its charging makes %g", station->name, t + 1,
		       plan->stock[at], filled);
	judge_residual(judge, &judge->out->limits, fmin(plan->charge[at], plan->discharge[at]), judge->power,
		       "station %s, period %u: charges and discharges at once", station->name, t + 1);
	judge_rest(judge, plan->charge[at], 0, plan->open[at] < 0 ? 0 : stations->charge[at],
		   price - station->charge_efficiency * worth, "station", "charging", station->name, t);
	judge_rest(judge, plan->discharge[at], 0, plan->open[at] > 0 ? 0 : stations->discharge[at],
		   worth / station->discharge_efficiency - price, "station", "discharging", station->name, t);
	judge_rest(judge, plan->stock[at], stations->stock_least[at], stations->stock_most[at], worth - later,
		   "station", "stock", station->name, t);
}

static void judge_ramp(struct judge *judge, u32 t, u32 u)
{
	const struct grid_unit *unit = &judge->grid->unit[u];
	const struct dispatch_plan *plan = judge->plan;
	size_t at = (size_t)t * plan->units + u;
	double most = unit->ramp * judge->problem->hours, step;

	if (!t || !unit->ramp) {
		judge_residual(judge, &judge->out->signs, fabs(plan->ramp[at]), judge->money,
			       "unit %s, period %u: a price on a ramp that has no limit", unit->name, t + 1);
		return;
	}
	step = plan->output[at] - plan->output[at - plan->units];
	judge_residual(judge, &judge->out->limits, fabs(step) - most, judge->power,
		       "unit %s, period %u: ramps by %g MW where %g are allowed", unit->name, t + 1, step, most);
	judge_sign(judge, plan->ramp[at], step, -most, most, "unit", unit->name, t);
}

/* Output and reserve share the room below the most; reserve is held where its price says so. */
static void judge_reserve(struct judge *judge, u32 t)
{
	const struct dispatch_plan *plan = judge->plan;
	double sum = 0, need = judge->problem->reserve ? judge->problem->reserve[t] : 0, most, able, push;
	u32 u;

	for (u = 0; u < plan->units; u++) {
		const struct grid_unit *unit = &judge->grid->unit[u];
		size_t at = (size_t)t * plan->units + u;

		able = judge->problem->reserve ? dispatch_reserve_most(unit) : 0;
		most = unit->wind ? INFINITY : judge->problem->available ? judge->problem->available[at] : unit->most;
		sum += plan->reserve[at];
		judge_residual(judge, &judge->out->limits, plan->output[at] + plan->reserve[at] - most, judge->power,
			       "unit %s, period %u: output and reserve pass its %g MW", unit->name, t + 1, most);
		judge_sign(judge, plan->headroom[at], plan->output[at] + plan->reserve[at], -INFINITY, most, "unit",
			   unit->name, t);
		push = -plan->reserve_price[t] - plan->headroom[at];
		judge_rest(judge, plan->reserve[at], 0, able, push, "unit", "reserve", unit->name, t);
	}
	judge_residual(judge, &judge->out->limits, need - sum, judge->power,
		       "period %u: %g MW of reserve where %g are asked for", t + 1, sum, need);
	judge_sign(judge, plan->reserve_price[t], sum, need, INFINITY, "period's", "reserve", t);
}

static void judge_branch(struct judge *judge, u32 t, u32 l)
{
	const struct grid_branch *branch = &judge->grid->branch[l];
	const struct dispatch_plan *plan = judge->plan;
	double flow = plan->flow[(size_t)t * plan->branches + l], least, most;

	dispatch_flow_limits(branch, judge->problem->limits_scale, &least, &most);
	judge_residual(judge, &judge->out->limits, fmax(least - flow, flow - most), judge->power,
		       "branch %s, period %u: carries %g MW, outside %g to %g", branch->name, t + 1, flow, least, most);
	judge_sign(judge, plan->rent[(size_t)t * plan->branches + l], flow, least, most, "branch", branch->name, t);
}

/* @turn: scratch by bus. The largest susceptance at a bus scales what is allowed there. */
static void judge_angles(struct judge *judge, u32 t, double *turn, double *weight)
{
	const struct grid *grid = judge->grid;
	const double *price = &judge->plan->price[(size_t)t * grid->buses];
	u32 i;

	memset(turn, 0, grid->buses * sizeof(*turn));
	memset(weight, 0, grid->buses * sizeof(*weight));
	for (i = 0; i < grid->branches; i++) {
		const struct grid_branch *branch = &grid->branch[i];
		double pull = branch->susceptance *
			      (price[branch->from] - price[branch->to] - judge->rent[(size_t)t * grid->branches + i]);

		turn[branch->from] += pull;
		turn[branch->to] -= pull;
		weight[branch->from] += fabs(branch->susceptance);
		weight[branch->to] += fabs(branch->susceptance);
	}
	for (i = 0; i < grid->buses; i++)
		if (weight[i])
			judge_residual(judge, &judge->out->angles, fabs(turn[i]) / weight[i], judge->money,
				       "bus %s, period %u: prices around it do not fit the rents (%g)",
				       grid->bus[i].name, t + 1, turn[i] / weight[i]);
}

static void judge_period(struct judge *judge, u32 t, double *scratch)
{
	const struct grid *grid = judge->grid;
	u32 i;

	judge_balance(judge, t, scratch);
	for (i = 0; i < grid->units; i++) {
		judge_unit(judge, t, i);
		judge_ramp(judge, t, i);
		judge->out->cost +=
			judge->problem->hours *
			dispatch_unit_cost(&grid->unit[i].cost, judge->plan->output[(size_t)t * grid->units + i]);
	}
	for (i = 0; i < judge->plan->stations; i++)
		judge_station(judge, t, i);
	for (i = 0; i < grid->branches; i++)
		judge_branch(judge, t, i);
	judge_reserve(judge, t);
	judge_angles(judge, t, scratch, scratch + grid->buses);
}

static void judge_scales(struct judge *judge)
{
	size_t i;

	judge->money = judge->power = 1;
	for (i = 0; i < (size_t)judge->plan->periods * judge->grid->buses; i++) {
		judge->money = fmax(judge->money, fabs(judge->plan->price[i]));
		judge->power = fmax(judge->power, fabs(judge->problem->load[i]));
	}
}

int certificate_check(const struct dispatch_problem *problem, const struct dispatch_plan *plan,
		      struct certificate *ret_certificate)
{
	struct judge judge = { .problem = problem, .plan = plan, .grid = problem->grid, .out = ret_certificate };
	double *scratch = calloc((size_t)problem->grid->buses * 2 + 1, sizeof(*scratch));
	int err = -ENOMEM;
	u32 t;

	memset(ret_certificate, 0, sizeof(*ret_certificate));
	judge.rent = calloc((size_t)plan->periods * plan->branches + 1, sizeof(double));
	judge_scales(&judge);
	if (scratch && judge.rent)
		err = judge_outages(&judge);
	for (t = 0; !err && t < plan->periods; t++)
		judge_period(&judge, t, scratch);
	free(scratch);
	free(judge.rent);
	if (err)
		return err;
	ret_certificate->gap = judge.product / fmax(1, fabs(ret_certificate->cost));
	judge_residual(&judge, &ret_certificate->gap, ret_certificate->gap, 1, "the duality gap is %g of the cost",
		       ret_certificate->gap);
	judge_residual(&judge, &(double){ 0 }, fabs(plan->cost - ret_certificate->cost),
		       fmax(1, fabs(ret_certificate->cost)), "the plan says it costs %.6f; it costs %.6f", plan->cost,
		       ret_certificate->cost);
	ret_certificate->good = judge.worst <= 1;
	return 0;
}

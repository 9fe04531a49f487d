// SPDX-License-Identifier: GPL-2.0
/*
 * guidance.c - see guidance.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/guidance.h"

struct guide {
	struct dispatch_problem problem; /* with a unit at each station that stands for what is shed */
	const struct dispatch_problem *asked;
	const struct crowd *crowd;
	const struct guidance_words *words;
	struct guidance *out;
	struct dispatch_error *error;
	struct grid grid;
	double *available, *load;
	double *then; /* order among ties */
	size_t cells; /* periods x stations */
};

/* The case with shedding: one unit a station, as much as is charged there. */
static int guide_open(struct guide *guide)
{
	const struct grid *grid = guide->asked->grid;
	u32 s, units = grid->units + guide->crowd->stations;

	guide->cells = (size_t)guide->asked->periods * guide->crowd->stations;
	guide->grid = *grid;
	guide->grid.unit = calloc((size_t)units + 1, sizeof(*guide->grid.unit));
	guide->available = calloc((size_t)guide->asked->periods * units + 1, sizeof(double));
	guide->load = calloc((size_t)guide->asked->periods * grid->buses + 1, sizeof(double));
	guide->then = calloc(guide->cells + 1, sizeof(double));
	if (!guide->grid.unit || !guide->available || !guide->load || !guide->then)
		return -ENOMEM;
	memcpy(guide->grid.unit, grid->unit, grid->units * sizeof(*grid->unit));
	for (s = 0; s < guide->crowd->stations; s++) {
		struct grid_unit *unit = &guide->grid.unit[grid->units + s];

		unit->bus = guide->crowd->station[s].bus;
		unit->cost.linear = GUIDANCE_SHED;
		unit->wind = true; /* holds no reserve */
		snprintf(unit->name, sizeof(unit->name), "shed %.20s", guide->crowd->station[s].name);
	}
	guide->grid.units = units;
	guide->problem = *guide->asked;
	guide->problem.grid = &guide->grid;
	guide->problem.available = guide->available;
	guide->problem.load = guide->load;
	guide->problem.stations = NULL;
	return 0;
}

static void guide_close(struct guide *guide)
{
	free(guide->grid.unit);
	free(guide->available);
	free(guide->load);
	free(guide->then);
}

/* What may be shed: @power, or without end where it is NULL. */
static void guide_set(struct guide *guide, const double *power)
{
	const struct dispatch_problem *asked = guide->asked;
	u32 t, i, own = asked->grid->units;

	memcpy(guide->load, asked->load, (size_t)asked->periods * asked->grid->buses * sizeof(double));
	if (power)
		crowd_add(guide->crowd, asked->grid->buses, asked->periods, power, guide->load);
	for (t = 0; t < asked->periods; t++)
		for (i = 0; i < guide->grid.units; i++) {
			double most = i < own ? asked->available ? asked->available[(size_t)t * own + i]
								 : asked->grid->unit[i].most
				      : power ? power[(size_t)t * guide->crowd->stations + i - own]
					      : 0;

			guide->available[(size_t)t * guide->grid.units + i] = most;
		}
}

static int guide_dispatch(struct guide *guide, const double *power, struct dispatch_plan **ret_plan)
{
	guide_set(guide, power);
	guide->out->solved++;
	return dispatch_solve(&guide->problem, ret_plan, guide->error);
}

static double guide_shed(const struct guide *guide, const struct dispatch_plan *plan)
{
	double shed = 0;
	u32 t, i;

	for (t = 0; t < plan->periods; t++)
		for (i = guide->asked->grid->units; i < plan->units; i++)
			shed += plan->output[(size_t)t * plan->units + i] * guide->problem.hours;
	return shed;
}

#define GUIDE_STARTS 4 /* that hold for any number of periods */

/* Orders among ties to start from: early, most loaded, late, least loaded first, then one period before all others,
 * these early or late first. */
static double guide_order(const struct guide *guide, u32 start, u32 t, double load)
{
	u32 periods = guide->problem.periods;

	switch (start) {
	case 0:
		return t;
	case 1:
		return -load;
	case 2:
		return -(double)t;
	case 3:
		return load;
	default:
		start -= GUIDE_STARTS;
		if (t == start % periods)
			return -(double)periods;
		return start < periods ? (double)t : -(double)t;
	}
}

static void guide_start(struct guide *guide, u32 start)
{
	const struct dispatch_problem *asked = guide->asked;
	u32 t, s, b;

	for (t = 0; t < asked->periods; t++) {
		double load = 0;

		for (b = 0; b < asked->grid->buses; b++)
			load += asked->load[(size_t)t * asked->grid->buses + b];
		for (s = 0; s < guide->crowd->stations; s++)
			guide->then[(size_t)t * guide->crowd->stations + s] = guide_order(guide, start, t, load);
	}
}

/* The next order: what is dear now comes first. */
static void guide_climb(struct guide *guide, const struct dispatch_plan *plan)
{
	u32 t, s;

	for (t = 0; t < plan->periods; t++)
		for (s = 0; s < guide->crowd->stations; s++)
			guide->then[(size_t)t * guide->crowd->stations + s] =
				-plan->price[(size_t)t * plan->buses + guide->crowd->station[s].bus];
}

/*
 * What the vehicles of @share do with @tariff, @before added, scaled by @scale, where their ties turn out worst.
 * @ret_power: theirs alone. *@ret_plan: dispatch of all.
 */
struct guide_question {
	const struct pricelist *tariff;
	struct response_share share;
	const double *before;
	double scale;
	u32 starts;
	double *sum, *trial; /* scratch, periods x stations */
};

static int guide_try(struct guide *guide, const struct guide_question *question, double *ret_bill,
		     struct dispatch_plan **ret_plan)
{
	size_t i;
	int err;

	memset(question->trial, 0, guide->cells * sizeof(double));
	err = response_power(guide->crowd, question->tariff, guide->problem.hours, guide->then, question->share,
			     question->trial, ret_bill);
	for (i = 0; i < guide->cells; i++)
		question->sum[i] =
			question->scale * (question->trial[i] + (question->before ? question->before[i] : 0));
	return err ? err : guide_dispatch(guide, question->sum, ret_plan);
}

static int guide_worst(struct guide *guide, const struct guide_question *question, double *ret_power, double *ret_bill,
		       struct dispatch_plan **ret_plan)
{
	struct dispatch_plan *plan, *worst = NULL;
	u32 start, step;
	bool rises;
	double bill;
	int err = 0;

	for (start = 0; !err && start <= question->starts; start++) {
		guide_start(guide, start);
		for (rises = true, step = 0; !err && rises && step < 8; step++) {
			err = guide_try(guide, question, &bill, &plan);
			if (err)
				break;
			rises = !worst || plan->cost > worst->cost + 1e-9 * fabs(worst->cost);
			guide_climb(guide, plan);
			if (rises) {
				dispatch_free(worst);
				worst = plan;
				memcpy(ret_power, question->trial, guide->cells * sizeof(double));
				*ret_bill = bill;
			} else {
				dispatch_free(plan);
			}
		}
	}
	if (err)
		dispatch_free(worst);
	else
		*ret_plan = worst;
	return err;
}

static void guide_outcome(struct guide *guide, struct guidance_outcome *outcome, const struct dispatch_plan *plan)
{
	outcome->cost = plan->cost;
	outcome->shed = guide_shed(guide, plan);
	outcome->gap = (plan->cost - guide->out->central) / fmax(1, fabs(guide->out->central));
}

/* The central optimum by the classes themselves, and its prices. */
static int guide_central_exact(struct guide *guide, struct pricelist *tariff)
{
	struct dispatch_problem problem = *guide->asked;
	struct dispatch_stations stations;
	struct dispatch_plan *plan = NULL;
	int err = crowd_flexible(guide->crowd, problem.periods, problem.hours, &stations);

	problem.stations = &stations;
	if (!err)
		err = dispatch_solve(&problem, &plan, guide->error);
	if (!err) {
		guide->out->central = plan->cost;
		guide->out->exact = true;
		pricelist_of_plan(guide->crowd, plan, tariff);
	}
	dispatch_free(plan);
	crowd_flexible_done(&stations);
	return err;
}

/* Of a plan for @power: no plan costs less than its cost - what @power pays at its prices + the least that vehicles
 * could pay. By convexity; tariffs must not be rounded for it, so the prices stand in for them in thousandths. */
static int guide_bound(struct guide *guide, const struct dispatch_plan *plan, const double *power,
		       const struct pricelist *tariff, double *ret_bound)
{
	double *least = calloc(guide->cells + 1, sizeof(*least)), now = 0, then = 0, rounding = 0;
	struct response_share all = { 0 };
	int err;
	u32 t, s;

	if (!least)
		return -ENOMEM;
	err = response_power(guide->crowd, tariff, guide->problem.hours, NULL, all, least, NULL);
	for (t = 0; t < plan->periods; t++)
		for (s = 0; s < guide->crowd->stations; s++) {
			size_t at = (size_t)t * guide->crowd->stations + s;
			double price = plan->price[(size_t)t * plan->buses + guide->crowd->station[s].bus];
			double exact = guide->problem.hours * price;

			now += exact * power[at];
			then += exact * least[at];
			/* vehicles took the lowest of rounded prices: they may miss half a unit twice a MWh */
			rounding += guide->problem.hours * least[at] / PRICELIST_PER_MWH;
		}
	*ret_bound = plan->cost - now + then - rounding;
	free(least);
	return err;
}

static int guide_uncontrolled(struct guide *guide)
{
	struct guidance_outcome *outcome = &guide->out->uncontrolled;
	struct dispatch_plan *plan;
	int err;

	crowd_uncontrolled(guide->crowd, guide->problem.periods, guide->problem.hours, outcome->power);
	err = guide_dispatch(guide, outcome->power, &plan);
	if (err)
		return err;
	guide_outcome(guide, outcome, plan);
	dispatch_free(plan);
	return 0;
}

static int guide_single(struct guide *guide, const struct guide_question *question)
{
	struct guidance_outcome *outcome = &guide->out->single;
	struct dispatch_plan *plan;
	int err = guide_worst(guide, question, outcome->power, &outcome->bill, &plan);

	if (err)
		return err;
	guide_outcome(guide, outcome, plan);
	dispatch_free(plan);
	return 0;
}

/* One group's turn: its tariff is what the groups before would make, scaled up to all; at first, charging spread. */
static int guide_group(struct guide *guide, u32 g, struct guide_question *question, double *mine)
{
	struct guidance *out = guide->out;
	struct guidance_outcome *outcome = &out->grouped;
	struct dispatch_plan *plan;
	double bill, bound = -INFINITY;
	size_t i;
	int err;

	for (i = 0; i < guide->cells; i++)
		question->sum[i] = g ? outcome->power[i] * out->groups / g : 0;
	if (!g)
		crowd_even(guide->crowd, guide->problem.periods, guide->problem.hours, question->sum);
	err = guide_dispatch(guide, question->sum, &plan);
	if (err)
		return err;
	pricelist_of_plan(guide->crowd, plan, &out->group[g]);
	if (!out->exact) {
		err = guide_bound(guide, plan, question->sum, &out->group[g], &bound);
		out->central = fmax(out->central, bound);
	}
	dispatch_free(plan);
	question->tariff = &out->group[g];
	question->share = (struct response_share){ g, out->groups };
	question->before = outcome->power;
	question->starts = guide->words->starts;
	question->scale = (double)out->groups / (g + 1);
	if (!err)
		err = guide_worst(guide, question, mine, &bill, &plan);
	if (err)
		return err;
	for (i = 0; i < guide->cells; i++)
		outcome->power[i] += mine[i];
	outcome->bill += bill;
	dispatch_free(out->plan);
	out->plan = plan;
	if (guide->words->progress && guide->words->progress(guide->words->context, g + 1, plan->cost))
		return -EINTR;
	return 0;
}

static int guide_grouped(struct guide *guide, struct guide_question *question)
{
	double *mine = calloc(guide->cells + 1, sizeof(*mine));
	int err = mine ? 0 : -ENOMEM;
	u32 g;

	for (g = 0; !err && g < guide->out->groups; g++)
		err = guide_group(guide, g, question, mine);
	if (!err)
		guide_outcome(guide, &guide->out->grouped, guide->out->plan);
	free(mine);
	return err;
}

static int guide_rooms(struct guide *guide)
{
	struct guidance *out = guide->out;
	u32 g;

	out->uncontrolled.power = calloc(guide->cells + 1, sizeof(double));
	out->single.power = calloc(guide->cells + 1, sizeof(double));
	out->grouped.power = calloc(guide->cells + 1, sizeof(double));
	out->group = calloc((size_t)out->groups + 1, sizeof(*out->group));
	if (!out->uncontrolled.power || !out->single.power || !out->grouped.power || !out->group ||
	    pricelist_new(guide->problem.periods, guide->crowd->stations, &out->tariff))
		return -ENOMEM;
	for (g = 0; g < out->groups; g++)
		if (pricelist_new(guide->problem.periods, guide->crowd->stations, &out->group[g]))
			return -ENOMEM;
	return 0;
}

/* Without an exact optimum the groups go first: they find its bound, and the prices of their outcome are the tariff. */
static int guide_run(struct guide *guide, struct guide_question *question)
{
	struct guidance *out = guide->out;
	bool exact = guide->crowd->classes <= GUIDANCE_CLASSES_MAX;
	struct guide_question single = *question;
	int err = exact ? guide_central_exact(guide, &out->tariff) : 0;

	out->central = exact ? out->central : -INFINITY;
	if (!err)
		err = guide_grouped(guide, question);
	if (!err && !exact)
		pricelist_of_plan(guide->crowd, out->plan, &out->tariff);
	single.tariff = &out->tariff;
	single.scale = 1;
	single.starts = GUIDE_STARTS - 1 + 2 * guide->problem.periods;
	if (!err)
		err = guide_single(guide, &single);
	return err ? err : guide_uncontrolled(guide);
}

int guidance_run(const struct dispatch_problem *problem, const struct crowd *crowd, const struct guidance_words *words,
		 struct guidance *ret_guidance, struct dispatch_error *ret_error)
{
	struct guide guide = {
		.asked = problem, .crowd = crowd, .words = words, .out = ret_guidance, .error = ret_error
	};
	struct guide_question question = { 0 };
	int err;

	memset(ret_guidance, 0, sizeof(*ret_guidance));
	ret_guidance->groups = words->groups;
	err = guide_open(&guide);
	question.sum = calloc(guide.cells + 1, sizeof(double));
	question.trial = calloc(guide.cells + 1, sizeof(double));
	if (!err)
		err = question.sum && question.trial ? guide_rooms(&guide) : -ENOMEM;
	if (!err)
		err = guide_run(&guide, &question);
	free(question.sum);
	free(question.trial);
	guide_close(&guide);
	return err;
}

void guidance_done(struct guidance *guidance)
{
	u32 g;

	for (g = 0; guidance->group && g < guidance->groups; g++)
		pricelist_done(&guidance->group[g]);
	free(guidance->group);
	pricelist_done(&guidance->tariff);
	free(guidance->uncontrolled.power);
	free(guidance->single.power);
	free(guidance->grouped.power);
	dispatch_free(guidance->plan);
	memset(guidance, 0, sizeof(*guidance));
}

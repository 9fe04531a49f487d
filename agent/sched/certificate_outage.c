// SPDX-License-Identifier: GPL-2.0
/*
 * certificate_outage.c - the judge's part for outages. The factors that say
 * where a lost branch's flow goes are worked out by the same code as the plan's, so they are not believed: they
 * are checked against both of Kirchhoff's laws in the network without that branch (shares at every bus add up; shares
 * over susceptances are differences of angles), which only the true ones meet.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/certificate_parts.h"
#include "agent/sched/contingency.h"

struct judge_outage {
	struct ptdf *ptdf;
	double *factor; /* by branch */
	double *bus;	/* scratch: what is missing at each bus, then angles */
	bool *seen;
	u32 *queue, *start, *branch; /* branches by bus */
};

static void judge_outage_neighbours(const struct grid *grid, struct judge_outage *outage)
{
	u32 i, b;

	for (i = 0; i < grid->branches; i++) {
		outage->start[grid->branch[i].from + 1]++;
		outage->start[grid->branch[i].to + 1]++;
	}
	for (b = 0; b < grid->buses; b++)
		outage->start[b + 1] += outage->start[b];
	for (i = 0; i < grid->branches; i++) { /* backwards, so that starts end up in their place */
		outage->branch[--outage->start[grid->branch[i].from + 1]] = i;
		outage->branch[--outage->start[grid->branch[i].to + 1]] = i;
	}
	for (b = 0; b < grid->buses; b++)
		outage->start[b] = outage->start[b + 1];
	outage->start[grid->buses] = 2 * grid->branches;
}

/* The second law: angles along a walk from the outage's one end; every branch must fit them. True if the other end is
 * reached: the network holds together. */
static bool judge_outage_walk(const struct grid *grid, struct judge_outage *outage, u32 k)
{
	u32 head = 0, tail = 0, i;

	memset(outage->seen, 0, grid->buses * sizeof(*outage->seen));
	outage->queue[tail++] = grid->branch[k].from;
	outage->seen[grid->branch[k].from] = true;
	outage->bus[grid->branch[k].from] = 0;
	while (head < tail) {
		u32 b = outage->queue[head++];

		for (i = outage->start[b]; i < outage->start[b + 1]; i++) {
			const struct grid_branch *branch = &grid->branch[outage->branch[i]];
			u32 other = branch->from == b ? branch->to : branch->from;
			double drop = outage->factor[outage->branch[i]] / branch->susceptance;

			if (outage->branch[i] == k || outage->seen[other])
				continue;
			outage->seen[other] = true;
			outage->bus[other] = outage->bus[b] - (branch->from == b ? drop : -drop);
			outage->queue[tail++] = other;
		}
	}
	return outage->seen[grid->branch[k].to];
}

static double judge_outage_laws(const struct grid *grid, struct judge_outage *outage, u32 k)
{
	double worst = 0, drop;
	u32 i;

	for (i = 0; i < grid->branches; i++) { /* angles stand in bus[] from the walk */
		const struct grid_branch *branch = &grid->branch[i];

		if (i == k || !outage->seen[branch->from])
			continue;
		drop = outage->bus[branch->from] - outage->bus[branch->to];
		worst = fmax(worst, fabs(drop * branch->susceptance - outage->factor[i]));
	}
	memset(outage->bus, 0, grid->buses * sizeof(*outage->bus));
	outage->bus[grid->branch[k].from] = 1; /* what the lost branch carried away from here, others carry */
	outage->bus[grid->branch[k].to] = -1;
	for (i = 0; i < grid->branches; i++)
		if (i != k) {
			outage->bus[grid->branch[i].from] -= outage->factor[i];
			outage->bus[grid->branch[i].to] += outage->factor[i];
		}
	for (i = 0; i < grid->buses; i++)
		worst = fmax(worst, fabs(outage->bus[i]));
	return worst;
}

static void judge_outage_flows(struct judge *judge, const struct judge_outage *outage, u32 k)
{
	const struct dispatch_plan *plan = judge->plan;
	double scale = judge->problem->limits_scale, least, most, flow;
	u32 t, l;

	if (judge->problem->outage_scale > 0)
		scale *= judge->problem->outage_scale;
	for (l = 0; l < plan->branches; l++) {
		dispatch_flow_limits(&judge->grid->branch[l], scale, &least, &most);
		for (t = 0; l != k && t < plan->periods; t++) {
			flow = plan->flow[(size_t)t * plan->branches + l] +
			       outage->factor[l] * plan->flow[(size_t)t * plan->branches + k];
			judge_residual(judge, &judge->out->limits, fmax(least - flow, flow - most), judge->power,
				       "branch %s, period %u: carries %g MW after the outage of %s, outside %g to %g",
				       judge->grid->branch[l].name, t + 1, flow, judge->grid->branch[k].name, least,
				       most);
		}
	}
}

/* Rents on limits after the outage of @k: they must push, and count for both branches. */
static void judge_outage_rents(struct judge *judge, const struct judge_outage *outage, u32 k)
{
	const struct dispatch_plan *plan = judge->plan;
	double scale = judge->problem->limits_scale, least, most, flow;
	u32 i;

	if (judge->problem->outage_scale > 0)
		scale *= judge->problem->outage_scale;
	for (i = 0; i < plan->outages; i++) {
		const struct dispatch_outage *after = &plan->after[i];
		size_t at = (size_t)after->period * plan->branches;

		if (after->outage != k)
			continue;
		dispatch_flow_limits(&judge->grid->branch[after->branch], scale, &least, &most);
		flow = plan->flow[at + after->branch] + outage->factor[after->branch] * plan->flow[at + k];
		judge_sign(judge, after->rent, flow, least, most, "branch", judge->grid->branch[after->branch].name,
			   after->period);
		judge->rent[at + after->branch] += after->rent;
		judge->rent[at + k] += outage->factor[after->branch] * after->rent;
	}
}

static int judge_outage_one(struct judge *judge, struct judge_outage *outage, u32 k)
{
	int err = contingency_factors(judge->grid, outage->ptdf, k, outage->factor);
	bool whole;

	if (err == -ENOMEM)
		return err;
	whole = judge_outage_walk(judge->grid, outage, k);
	if (whole == (err == -ENOENT))
		judge_residual(judge, &judge->out->limits, 1, 1,
			       "branch %s: whether its outage splits the network is judged wrongly",
			       judge->grid->branch[k].name);
	if (!whole || err)
		return 0;
	judge_residual(judge, &judge->out->balance, judge_outage_laws(judge->grid, outage, k), 1,
		       "branch %s: the flows after its outage break Kirchhoff's laws", judge->grid->branch[k].name);
	judge_outage_flows(judge, outage, k);
	judge_outage_rents(judge, outage, k);
	return 0;
}

int judge_outages(struct judge *judge)
{
	const struct grid *grid = judge->grid;
	struct judge_outage outage = { .factor = calloc((size_t)grid->branches + 1, sizeof(double)),
				       .bus = calloc((size_t)grid->buses + 1, sizeof(double)),
				       .seen = calloc((size_t)grid->buses + 1, sizeof(bool)),
				       .queue = calloc((size_t)grid->buses + 1, sizeof(u32)),
				       .start = calloc((size_t)grid->buses + 2, sizeof(u32)),
				       .branch = calloc(2 * (size_t)grid->branches + 1, sizeof(u32)) };
	int err = outage.factor && outage.bus && outage.seen && outage.queue && outage.start && outage.branch ? 0
													      : -ENOMEM;
	u32 k;

	memcpy(judge->rent, judge->plan->rent, (size_t)judge->plan->periods * grid->branches * sizeof(double));
	if (!judge->problem->secure && judge->plan->outages)
		judge_residual(judge, &judge->out->signs, 1, 1,
			       "limits after outages have prices and none were asked for");
	if (!err && judge->problem->secure) {
		judge_outage_neighbours(grid, &outage);
		err = ptdf_new(grid, &outage.ptdf);
		for (k = 0; !err && k < grid->branches; k++)
			err = judge_outage_one(judge, &outage, k);
		ptdf_free(outage.ptdf);
	}
	free(outage.factor);
	free(outage.bus);
	free(outage.seen);
	free(outage.queue);
	free(outage.start);
	free(outage.branch);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * nodal.c - see nodal.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/dispatch.h"
#include "agent/sched/nodal.h"

/* Sorts 0 .. @count - 1 by @key (below @groups): counting sort. Two keys an item where @second is given. */
static int nodal_group(u32 groups, u32 count, const u32 *key, const u32 *second, u32 **ret_start, u32 **ret_item)
{
	u32 *start = calloc((size_t)groups + 2, sizeof(*start)), *item = calloc(2 * (size_t)count + 1, sizeof(*item));
	u32 i;

	*ret_start = start;
	*ret_item = item;
	if (!start || !item)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		start[key[i] + 2]++;
		if (second)
			start[second[i] + 2]++;
	}
	for (i = 2; i < groups + 2; i++)
		start[i] += start[i - 1];
	for (i = 0; i < count; i++) {
		item[start[key[i] + 1]++] = i;
		if (second)
			item[start[second[i] + 1]++] = i;
	}
	return 0;
}

static int nodal_fill(struct nodal *nodal, u32 *key, u32 *second)
{
	const struct grid *grid = nodal->grid;
	int err;
	u32 i;

	for (i = 0; i < grid->branches; i++) {
		double shift = grid->branch[i].susceptance * grid->branch[i].shift;

		key[i] = grid->branch[i].from;
		second[i] = grid->branch[i].to;
		nodal->shifted[key[i]] += shift;
		nodal->shifted[second[i]] -= shift;
	}
	err = nodal_group(grid->buses, grid->branches, key, second, &nodal->branch_start, &nodal->branch);
	for (i = 0; i < grid->units; i++) {
		key[i] = grid->unit[i].bus;
		second[i] = grid->bus[key[i]].island;
	}
	if (!err)
		err = nodal_group(grid->buses, grid->units, key, NULL, &nodal->unit_start, &nodal->unit);
	if (!err)
		err = nodal_group(grid->islands, grid->units, second, NULL, &nodal->island_start, &nodal->island_unit);
	return err;
}

struct nodal *nodal_new(const struct grid *grid)
{
	struct nodal *nodal = calloc(1, sizeof(*nodal));
	size_t room = (size_t)grid->branches + grid->units + 1;
	u32 *key = calloc(room, sizeof(*key)), *second = calloc(room, sizeof(*second));
	int err = -ENOMEM;

	if (nodal) {
		nodal->grid = grid;
		nodal->shifted = calloc((size_t)grid->buses + 1, sizeof(double));
	}
	if (nodal && nodal->shifted && key && second)
		err = nodal_fill(nodal, key, second);
	free(key);
	free(second);
	if (!err)
		return nodal;
	nodal_free(nodal);
	return NULL;
}

void nodal_free(struct nodal *nodal)
{
	if (!nodal)
		return;
	free(nodal->branch_start);
	free(nodal->branch);
	free(nodal->unit_start);
	free(nodal->unit);
	free(nodal->island_start);
	free(nodal->island_unit);
	free(nodal->shifted);
	free(nodal);
}

double nodal_demand(const struct nodal *nodal, const double *load, u32 b)
{
	return load[b] - nodal->shifted[b];
}

void nodal_inflow(struct qp *qp, const struct nodal *nodal, u32 b, u32 angles)
{
	double own = 0;
	u32 i;

	for (i = nodal->branch_start[b]; i < nodal->branch_start[b + 1]; i++) {
		const struct grid_branch *branch = &nodal->grid->branch[nodal->branch[i]];
		double per = branch->susceptance * NODAL_ANGLE;

		own += per;
		qp_term(qp, angles + (branch->from == b ? branch->to : branch->from), per);
	}
	qp_term(qp, angles + b, -own);
}

u32 nodal_limit(struct qp *qp, const struct grid *grid, u32 l, double scale, u32 angles)
{
	const struct grid_branch *branch = &grid->branch[l];
	double least, most, shift = branch->susceptance * branch->shift;
	u32 row;

	dispatch_flow_limits(branch, scale, &least, &most);
	if (least == -INFINITY && most == INFINITY)
		return ~0U;
	row = qp_row(qp, least + shift, most + shift);
	qp_term(qp, angles + branch->from, branch->susceptance * NODAL_ANGLE);
	qp_term(qp, angles + branch->to, -branch->susceptance * NODAL_ANGLE);
	return row;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * contingency.c - see contingency.h. The outage of k is a transfer between its
 * ends that, together with what of it k itself would carry, cancels k's flow.
 */
#include <errno.h>
#include <math.h>

#include "agent/sched/contingency.h"

#define CONTINGENCY_SPLITS 1e-8 /* of a transfer between its ends that the rest of the network carries */

int contingency_factors(const struct grid *grid, struct ptdf *ptdf, u32 outage, double *ret_factor)
{
	const struct grid_branch *out = &grid->branch[outage];
	const double *row = ptdf_row(ptdf, outage);
	double others;
	u32 i;

	if (!row)
		return -ENOMEM;
	others = 1 - (row[out->from] - row[out->to]);
	if (fabs(others) < CONTINGENCY_SPLITS)
		return -ENOENT;
	for (i = 0; i < grid->branches; i++) {
		const struct grid_branch *branch = &grid->branch[i];

		ret_factor[i] = branch->susceptance / out->susceptance * (row[branch->from] - row[branch->to]) / others;
	}
	ret_factor[outage] = -1;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * ptdf.c - one Cholesky factor (dense lower profile, rows from their first
 * entry on) of the susceptance matrix without each island's first bus: see ptdf.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/ptdf.h"

struct ptdf {
	const struct grid *grid;
	u32 size;	  /* buses that are no reference */
	u32 *place;	  /* bus -> row, ~0: reference */
	u32 *bus;	  /* row -> bus */
	u32 *first;	  /* first column of a row that is not zero */
	double **row;	  /* row[i][j - first[i]], j = first[i] .. i */
	double **factors; /* of branches asked for */
};

/* Rows in the order of a breadth-first walk from the references, reversed (Cuthill, McKee): keeps the profile small. */
static int ptdf_order(struct ptdf *ptdf)
{
	const struct grid *grid = ptdf->grid;
	u32 *start = calloc((size_t)grid->buses + 2, sizeof(*start)), *neighbour, *queue, i, head = 0, tail = 0,
	    rows = 0;
	bool *seen_island = calloc(grid->islands + 1, sizeof(bool)), *seen = calloc(grid->buses + 1, sizeof(bool));
	int err = -ENOMEM;

	neighbour = calloc((size_t)grid->branches * 2 + 1, sizeof(*neighbour));
	queue = calloc((size_t)grid->buses + 1, sizeof(*queue));
	if (!start || !neighbour || !queue || !seen || !seen_island)
		goto out;
	for (i = 0; i < grid->branches; i++) {
		start[grid->branch[i].from + 2]++;
		start[grid->branch[i].to + 2]++;
	}
	for (i = 2; i < grid->buses + 2; i++)
		start[i] += start[i - 1];
	for (i = 0; i < grid->branches; i++) {
		neighbour[start[grid->branch[i].from + 1]++] = grid->branch[i].to;
		neighbour[start[grid->branch[i].to + 1]++] = grid->branch[i].from;
	}
	for (i = 0; i < grid->buses; i++) {
		ptdf->place[i] = ~0U;
		if (!seen_island[grid->bus[i].island]) {
			seen_island[grid->bus[i].island] = seen[i] = true;
			queue[tail++] = i;
		}
	}
	while (head < tail) {
		u32 bus = queue[head++];

		for (i = start[bus]; i < start[bus + 1]; i++)
			if (!seen[neighbour[i]]) {
				seen[neighbour[i]] = true;
				queue[tail++] = neighbour[i];
			}
	}
	for (i = tail; i-- > grid->islands;) { /* the references came first */
		ptdf->place[queue[i]] = rows;
		ptdf->bus[rows++] = queue[i];
	}
	ptdf->size = rows;
	err = 0;
out:
	free(start);
	free(neighbour);
	free(queue);
	free(seen);
	free(seen_island);
	return err;
}

static int ptdf_profile(struct ptdf *ptdf)
{
	const struct grid *grid = ptdf->grid;
	u32 i;

	for (i = 0; i < ptdf->size; i++)
		ptdf->first[i] = i;
	for (i = 0; i < grid->branches; i++) {
		u32 one = ptdf->place[grid->branch[i].from], other = ptdf->place[grid->branch[i].to];

		if (one == ~0U || other == ~0U)
			continue;
		if (one < other && one < ptdf->first[other])
			ptdf->first[other] = one;
		if (other < one && other < ptdf->first[one])
			ptdf->first[one] = other;
	}
	for (i = 0; i < ptdf->size; i++) {
		ptdf->row[i] = calloc(i - ptdf->first[i] + 1, sizeof(double));
		if (!ptdf->row[i])
			return -ENOMEM;
	}
	return 0;
}

static double *ptdf_at(struct ptdf *ptdf, u32 row, u32 column)
{
	return &ptdf->row[row][column - ptdf->first[row]];
}

static void ptdf_assemble(struct ptdf *ptdf)
{
	const struct grid *grid = ptdf->grid;
	u32 i;

	for (i = 0; i < grid->branches; i++) {
		const struct grid_branch *branch = &grid->branch[i];
		u32 one = ptdf->place[branch->from], other = ptdf->place[branch->to];

		if (one != ~0U)
			*ptdf_at(ptdf, one, one) += branch->susceptance;
		if (other != ~0U)
			*ptdf_at(ptdf, other, other) += branch->susceptance;
		if (one != ~0U && other != ~0U)
			*ptdf_at(ptdf, one > other ? one : other, one > other ? other : one) -= branch->susceptance;
	}
}

/* L D L', so that negative susceptances (series capacitors) are no harm. D stands on the diagonal. */
static int ptdf_factor(struct ptdf *ptdf)
{
	u32 i, j, k, from;

	for (i = 0; i < ptdf->size; i++) {
		double *row = ptdf->row[i], scale = fabs(row[i - ptdf->first[i]]), diagonal = row[i - ptdf->first[i]];

		for (j = ptdf->first[i]; j < i; j++) { /* row[j] becomes L_ij D_j */
			const double *other = ptdf->row[j];
			double sum = row[j - ptdf->first[i]];

			from = ptdf->first[i] > ptdf->first[j] ? ptdf->first[i] : ptdf->first[j];
			for (k = from; k < j; k++)
				sum -= row[k - ptdf->first[i]] * other[k - ptdf->first[j]];
			row[j - ptdf->first[i]] = sum;
		}
		for (j = ptdf->first[i]; j < i; j++) {
			double with = row[j - ptdf->first[i]], d = *ptdf_at(ptdf, j, j);

			row[j - ptdf->first[i]] = with / d;
			diagonal -= with * with / d;
		}
		if (!(fabs(diagonal) > 1e-12 * scale))
			return -EDOM;
		row[i - ptdf->first[i]] = diagonal;
	}
	return 0;
}

static void ptdf_solve(const struct ptdf *ptdf, double *x)
{
	u32 i, j;

	for (i = 0; i < ptdf->size; i++)
		for (j = ptdf->first[i]; j < i; j++)
			x[i] -= ptdf->row[i][j - ptdf->first[i]] * x[j];
	for (i = 0; i < ptdf->size; i++)
		x[i] /= ptdf->row[i][i - ptdf->first[i]];
	for (i = ptdf->size; i-- > 0;)
		for (j = ptdf->first[i]; j < i; j++)
			x[j] -= ptdf->row[i][j - ptdf->first[i]] * x[i];
}

int ptdf_new(const struct grid *grid, struct ptdf **ret_ptdf)
{
	struct ptdf *ptdf = calloc(1, sizeof(*ptdf));
	int err = -ENOMEM;

	if (!ptdf)
		return -ENOMEM;
	ptdf->grid = grid;
	ptdf->place = calloc((size_t)grid->buses + 1, sizeof(*ptdf->place));
	ptdf->bus = calloc((size_t)grid->buses + 1, sizeof(*ptdf->bus));
	ptdf->first = calloc((size_t)grid->buses + 1, sizeof(*ptdf->first));
	ptdf->row = calloc((size_t)grid->buses + 1, sizeof(*ptdf->row));
	ptdf->factors = calloc((size_t)grid->branches + 1, sizeof(*ptdf->factors));
	if (ptdf->place && ptdf->bus && ptdf->first && ptdf->row && ptdf->factors)
		err = ptdf_order(ptdf);
	if (!err)
		err = ptdf_profile(ptdf);
	if (!err) {
		ptdf_assemble(ptdf);
		err = ptdf_factor(ptdf);
	}
	if (err) {
		ptdf_free(ptdf);
		return err;
	}
	*ret_ptdf = ptdf;
	return 0;
}

void ptdf_free(struct ptdf *ptdf)
{
	u32 i;

	if (!ptdf)
		return;
	for (i = 0; ptdf->row && i < ptdf->grid->buses; i++)
		free(ptdf->row[i]);
	for (i = 0; ptdf->factors && i < ptdf->grid->branches; i++)
		free(ptdf->factors[i]);
	free(ptdf->factors);
	free(ptdf->row);
	free(ptdf->first);
	free(ptdf->bus);
	free(ptdf->place);
	free(ptdf);
}

/* Solves for @by_bus in place; references come out as 0. */
static int ptdf_solve_buses(const struct ptdf *ptdf, double *by_bus)
{
	double *x = calloc((size_t)ptdf->size + 1, sizeof(*x));
	u32 i;

	if (!x)
		return -ENOMEM;
	for (i = 0; i < ptdf->size; i++)
		x[i] = by_bus[ptdf->bus[i]];
	ptdf_solve(ptdf, x);
	for (i = 0; i < ptdf->grid->buses; i++)
		by_bus[i] = ptdf->place[i] == ~0U ? 0 : x[ptdf->place[i]];
	free(x);
	return 0;
}

const double *ptdf_row(struct ptdf *ptdf, u32 branch)
{
	const struct grid_branch *line = &ptdf->grid->branch[branch];
	double *row;

	if (ptdf->factors[branch])
		return ptdf->factors[branch];
	row = calloc((size_t)ptdf->grid->buses + 1, sizeof(*row));
	if (!row)
		return NULL;
	row[line->from] += line->susceptance;
	row[line->to] -= line->susceptance;
	if (ptdf_solve_buses(ptdf, row)) {
		free(row);
		return NULL;
	}
	ptdf->factors[branch] = row;
	return row;
}

void ptdf_angles(const struct ptdf *ptdf, const double *injection, double *ret_angle)
{
	const struct grid *grid = ptdf->grid;
	u32 i;

	memcpy(ret_angle, injection, grid->buses * sizeof(*ret_angle));
	for (i = 0; i < grid->branches; i++) {
		const struct grid_branch *branch = &grid->branch[i];

		ret_angle[branch->from] += branch->susceptance * branch->shift;
		ret_angle[branch->to] -= branch->susceptance * branch->shift;
	}
	if (ptdf_solve_buses(ptdf, ret_angle))
		memset(ret_angle, 0xff, grid->buses * sizeof(*ret_angle)); /* NaN: every check of it fails */
}

void ptdf_flows(const struct grid *grid, const double *angle, double *ret_flow)
{
	u32 i;

	for (i = 0; i < grid->branches; i++) {
		const struct grid_branch *branch = &grid->branch[i];

		ret_flow[i] = branch->susceptance * (angle[branch->from] - angle[branch->to] - branch->shift);
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * qp_blocks.c - a primal-dual interior point method with predictor and corrector
 * (Mehrotra, 1992), for rows with two bounds: a x - w = 0, lower <= w <= upper. Rows that are equations have no w; they
 * are met by a proximal term that vanishes where they hold. See qp_blocks.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "agent/sched/qp_blocks_parts.h"

#define BLOCKS_STEPS_MAX 120
#define BLOCKS_STIFF 1e8 /* of equations, over the scale of money per size */
#define BLOCKS_BACK 0.995
#define BLOCKS_ROOM 1e-15 /* left to a bound, relative */
#define BLOCKS_MISS 1e-9
#define BLOCKS_GAP 1e-17	/* aimed at */
#define BLOCKS_GAP_ENOUGH 1e-13 /* where it no longer falls */
#define BLOCKS_APART 1e-7	/* the same of each pair: the mean hides one that lags behind */

static double blocks_gradient(const struct blocks *blocks, u32 i)
{
	const struct qp *qp = blocks->qp;
	u32 column = blocks->column[i];

	return qp->linear[column] + 2 * qp->quadratic[column] * blocks->x[i];
}

/* Well within the bounds. */
static double blocks_inside(double value, double lower, double upper)
{
	double room = upper - lower, away = isinf(room) ? 1 + 0.1 * fabs(value) : 0.1 * room;

	if (lower > -INFINITY)
		value = fmax(value, lower + fmin(away, 10 + 0.01 * fabs(lower) + away * 0.5));
	if (upper < INFINITY)
		value = fmin(value, upper - fmin(away, 10 + 0.01 * fabs(upper) + away * 0.5));
	return value;
}

static double blocks_at(const struct blocks *blocks, u32 i)
{
	const struct blocks_row *row = &blocks->row[i];
	double sum = 0;
	u32 k;

	for (k = 0; k < row->count; k++)
		sum += blocks->entry[row->first + k].value * blocks->x[blocks->entry[row->first + k].column];
	return sum;
}

static void blocks_start(struct blocks *blocks)
{
	double z;
	u32 i;

	blocks->money = blocks->size = 1;
	for (i = 0; i < blocks->columns; i++) {
		double lower = blocks->lower[i], upper = blocks->upper[i];

		blocks->x[i] =
			blocks_inside(lower > -INFINITY && upper < INFINITY ? (lower + upper) / 2 : 0, lower, upper);
		blocks->money = fmax(blocks->money, fabs(blocks_gradient(blocks, i)));
		blocks->size = fmax(blocks->size, fabs(blocks->x[i]));
		blocks->curve[i] = 2 * blocks->qp->quadratic[blocks->column[i]];
	}
	z = blocks->money;
	for (i = 0; i < blocks->columns; i++) {
		blocks->zl[i] = blocks->lower[i] > -INFINITY ? z : 0;
		blocks->zu[i] = blocks->upper[i] < INFINITY ? z : 0;
	}
	for (i = 0; i < blocks->rows; i++) {
		const struct blocks_row *row = &blocks->row[i];

		blocks->w[i] = row->equal ? row->lower : blocks_inside(blocks_at(blocks, i), row->lower, row->upper);
		blocks->size = fmax(blocks->size, fabs(blocks->w[i]));
		if (row->equal)
			continue;
		blocks->vl[i] = row->lower > -INFINITY ? z : 0;
		blocks->vu[i] = row->upper < INFINITY ? z : 0;
		blocks->y[i] = blocks->vl[i] - blocks->vu[i];
	}
}

struct blocks_state {
	double miss, dual, gap; /* largest: rows missed, gradient left; mean complementarity */
	double pairs;
	double apart; /* the pair furthest from resting on one side: room and price, relative, whichever is smaller */
};

/* One pair of room to a bound and the bound's price. */
static void blocks_pair(struct blocks_state *state, double room, double price, const double scale[2])
{
	state->gap += room * price;
	state->pairs++;
	state->apart = fmax(state->apart, fmin(room / scale[0], price / scale[1]));
}

/* What is large in the solution at hand: of columns, of money. */
static void blocks_scale(const struct blocks *blocks, double ret_scale[2])
{
	u32 i;

	ret_scale[0] = ret_scale[1] = 1;
	for (i = 0; i < blocks->columns; i++) {
		ret_scale[0] = fmax(ret_scale[0], fabs(blocks->x[i]));
		ret_scale[1] = fmax(ret_scale[1], fabs(blocks_gradient(blocks, i)));
	}
}

/* Residuals; the dual ones are left in rx with the sign of -residual. */
static struct blocks_state blocks_measure(struct blocks *blocks)
{
	struct blocks_state state = { 0 };
	double scale[2];
	u32 i, k;

	blocks_scale(blocks, scale);
	for (i = 0; i < blocks->columns; i++) {
		blocks->rx[i] = -blocks_gradient(blocks, i) + blocks->zl[i] - blocks->zu[i];
		if (blocks->lower[i] > -INFINITY)
			blocks_pair(&state, blocks->x[i] - blocks->lower[i], blocks->zl[i], scale);
		if (blocks->upper[i] < INFINITY)
			blocks_pair(&state, blocks->upper[i] - blocks->x[i], blocks->zu[i], scale);
	}
	for (i = 0; i < blocks->rows; i++) {
		const struct blocks_row *row = &blocks->row[i];

		blocks->miss[i] = blocks_at(blocks, i) - blocks->w[i];
		state.miss = fmax(state.miss, fabs(blocks->miss[i]));
		for (k = 0; k < row->count; k++)
			blocks->rx[blocks->entry[row->first + k].column] +=
				blocks->entry[row->first + k].value * blocks->y[i];
		blocks->phi[i] = BLOCKS_STIFF * blocks->money / blocks->size;
		if (row->equal)
			continue;
		blocks->phi[i] = 1e-12;
		if (row->lower > -INFINITY) {
			blocks_pair(&state, blocks->w[i] - row->lower, blocks->vl[i], scale);
			blocks->phi[i] += blocks->vl[i] / (blocks->w[i] - row->lower);
		}
		if (row->upper < INFINITY) {
			blocks_pair(&state, row->upper - blocks->w[i], blocks->vu[i], scale);
			blocks->phi[i] += blocks->vu[i] / (row->upper - blocks->w[i]);
		}
	}
	for (i = 0; i < blocks->columns; i++)
		state.dual = fmax(state.dual, fabs(blocks->rx[i]));
	state.gap /= fmax(1, state.pairs);
	return state;
}

/* Directions for targets tzl .. tvu of the products. @dual: -residual by column. */
static void blocks_newton(struct blocks *blocks, const double *dual)
{
	u32 i;

	for (i = 0; i < blocks->columns; i++) {
		blocks->rx[i] = dual[i];
		if (blocks->lower[i] > -INFINITY)
			blocks->rx[i] += blocks->tzl[i] / (blocks->x[i] - blocks->lower[i]) - blocks->zl[i];
		if (blocks->upper[i] < INFINITY)
			blocks->rx[i] -= blocks->tzu[i] / (blocks->upper[i] - blocks->x[i]) - blocks->zu[i];
	}
	for (i = 0; i < blocks->rows; i++) {
		const struct blocks_row *row = &blocks->row[i];

		blocks->g[i] = row->equal ? 0 : blocks->vl[i] - blocks->vu[i] - blocks->y[i];
		if (!row->equal && row->lower > -INFINITY)
			blocks->g[i] += blocks->tvl[i] / (blocks->w[i] - row->lower) - blocks->vl[i];
		if (!row->equal && row->upper < INFINITY)
			blocks->g[i] -= blocks->tvu[i] / (row->upper - blocks->w[i]) - blocks->vu[i];
	}
	blocks_direction(blocks);
	for (i = 0; i < blocks->columns; i++) {
		double low = blocks->x[i] - blocks->lower[i], high = blocks->upper[i] - blocks->x[i];

		blocks->dzl[i] = isinf(low) ? 0 : (blocks->tzl[i] - blocks->zl[i] * (low + blocks->dx[i])) / low;
		blocks->dzu[i] = isinf(high) ? 0 : (blocks->tzu[i] - blocks->zu[i] * (high - blocks->dx[i])) / high;
	}
	for (i = 0; i < blocks->rows; i++) {
		const struct blocks_row *row = &blocks->row[i];
		double low = blocks->w[i] - row->lower, high = row->upper - blocks->w[i];

		blocks->dvl[i] =
			row->equal || isinf(low) ? 0 : (blocks->tvl[i] - blocks->vl[i] * (low + blocks->dw[i])) / low;
		blocks->dvu[i] = row->equal || isinf(high)
					 ? 0
					 : (blocks->tvu[i] - blocks->vu[i] * (high - blocks->dw[i])) / high;
	}
}

static void blocks_shorten(double value, double change, double *length)
{
	if (change < 0 && value + *length * change < 0)
		*length = -value / change;
}

/* How far all stay on their side. */
static double blocks_length(const struct blocks *blocks)
{
	double length = 1;
	u32 i;

	for (i = 0; i < blocks->columns; i++) {
		blocks_shorten(blocks->x[i] - blocks->lower[i], blocks->dx[i], &length);
		blocks_shorten(blocks->upper[i] - blocks->x[i], -blocks->dx[i], &length);
		blocks_shorten(blocks->zl[i], blocks->dzl[i], &length);
		blocks_shorten(blocks->zu[i], blocks->dzu[i], &length);
	}
	for (i = 0; i < blocks->rows; i++) {
		if (blocks->row[i].equal)
			continue;
		blocks_shorten(blocks->w[i] - blocks->row[i].lower, blocks->dw[i], &length);
		blocks_shorten(blocks->row[i].upper - blocks->w[i], -blocks->dw[i], &length);
		blocks_shorten(blocks->vl[i], blocks->dvl[i], &length);
		blocks_shorten(blocks->vu[i], blocks->dvu[i], &length);
	}
	return length;
}

/* The mean product after a step of @length, and, with @then, what remains to be aimed at: @then - dx dz. */
static double blocks_foresee(struct blocks *blocks, double length, double pairs)
{
	double gap = 0;
	u32 i;

	for (i = 0; i < blocks->columns; i++) {
		double move = length * blocks->dx[i];

		if (blocks->lower[i] > -INFINITY)
			gap += (blocks->x[i] - blocks->lower[i] + move) * (blocks->zl[i] + length * blocks->dzl[i]);
		if (blocks->upper[i] < INFINITY)
			gap += (blocks->upper[i] - blocks->x[i] - move) * (blocks->zu[i] + length * blocks->dzu[i]);
	}
	for (i = 0; i < blocks->rows; i++) {
		const struct blocks_row *row = &blocks->row[i];
		double move = length * blocks->dw[i];

		if (row->equal)
			continue;
		if (row->lower > -INFINITY)
			gap += (blocks->w[i] - row->lower + move) * (blocks->vl[i] + length * blocks->dvl[i]);
		if (row->upper < INFINITY)
			gap += (row->upper - blocks->w[i] - move) * (blocks->vu[i] + length * blocks->dvu[i]);
	}
	return gap / fmax(1, pairs);
}

static void blocks_aim(struct blocks *blocks, double aim, bool corrected)
{
	u32 i;

	for (i = 0; i < blocks->columns; i++) {
		blocks->tzl[i] = aim - (corrected ? blocks->dx[i] * blocks->dzl[i] : 0);
		blocks->tzu[i] = aim + (corrected ? blocks->dx[i] * blocks->dzu[i] : 0);
	}
	for (i = 0; i < blocks->rows; i++) {
		blocks->tvl[i] = aim - (corrected ? blocks->dw[i] * blocks->dvl[i] : 0);
		blocks->tvu[i] = aim + (corrected ? blocks->dw[i] * blocks->dvu[i] : 0);
	}
}

/* Rounding must not put a value on its bound: what is left of its room is divided by. */
static double blocks_hold(double value, double lower, double upper)
{
	if (lower > -INFINITY)
		value = fmax(value, lower + BLOCKS_ROOM * (1 + fabs(lower)));
	if (upper < INFINITY)
		value = fmin(value, upper - BLOCKS_ROOM * (1 + fabs(upper)));
	return value;
}

static void blocks_move(struct blocks *blocks, double length)
{
	u32 i;

	for (i = 0; i < blocks->columns; i++) {
		blocks->x[i] = blocks_hold(blocks->x[i] + length * blocks->dx[i], blocks->lower[i], blocks->upper[i]);
		blocks->zl[i] += length * blocks->dzl[i];
		blocks->zu[i] += length * blocks->dzu[i];
	}
	for (i = 0; i < blocks->rows; i++) {
		if (!blocks->row[i].equal)
			blocks->w[i] = blocks_hold(blocks->w[i] + length * blocks->dw[i], blocks->row[i].lower,
						   blocks->row[i].upper);
		blocks->y[i] += length * blocks->dy[i];
		blocks->vl[i] += length * blocks->dvl[i];
		blocks->vu[i] += length * blocks->dvu[i];
	}
}

static bool blocks_at_rest(const struct blocks *blocks, const struct blocks_state *state,
			   const struct blocks_state *before)
{
	double scale = (1 + blocks->size) * (1 + blocks->money);
	bool apart = state->apart > BLOCKS_APART;

	if (state->miss > BLOCKS_MISS * (1 + blocks->size) || state->dual > BLOCKS_MISS * (1 + blocks->money))
		return false;
	if (state->gap <= BLOCKS_GAP * scale && !apart)
		return true;
	/* no further */
	return state->gap <= BLOCKS_GAP_ENOUGH * scale && state->gap > before->gap / 2 &&
	       (!apart || state->apart > 0.9 * before->apart);
}

/* 1: at rest. 0: go on. -EDOM. */
static int blocks_step(struct blocks *blocks, double *dual, struct blocks_state *before)
{
	struct blocks_state state = blocks_measure(blocks);
	double length, aim, foreseen, scale = (1 + blocks->size) * (1 + blocks->money);
	int err;

	if (blocks_at_rest(blocks, &state, before))
		return 1;
	*before = state;
	memcpy(dual, blocks->rx, blocks->columns * sizeof(*dual));
	err = blocks_factor(blocks);
	if (err)
		return err;
	blocks_aim(blocks, 0, false);
	blocks_newton(blocks, dual);
	length = blocks_length(blocks);
	foreseen = blocks_foresee(blocks, length, state.pairs);
	aim = state.gap * pow(foreseen / state.gap, 3);
	blocks_aim(blocks, fmax(aim, 0.3 * BLOCKS_GAP * scale), true);
	blocks_newton(blocks, dual);
	length = fmin(1, BLOCKS_BACK * blocks_length(blocks));
	if (!(length > 1e-10))
		return -EDOM;
	blocks_move(blocks, length);
	return 0;
}

static double blocks_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int qp_blocks_solve(const struct qp *qp, double seconds, double *ret_values, double *ret_prices)
{
	struct blocks blocks;
	double *dual = calloc((size_t)qp->columns + 1, sizeof(*dual)), began = blocks_clock();
	struct blocks_state before = { .gap = INFINITY, .apart = INFINITY };
	int err = dual ? blocks_sort(&blocks, qp) : -ENOMEM, step = 0;
	u32 i;

	if (!dual)
		return err;
	if (!err)
		blocks_start(&blocks);
	for (i = 0; !err && !step && i < BLOCKS_STEPS_MAX; i++) {
		step = blocks_step(&blocks, dual, &before);
		if (step < 0) /* no further; near enough, perhaps: the caller looks */
			break;
		if ((seconds > 0 && blocks_clock() - began > seconds) || (qp->watch && qp->watch(qp->context)))
			err = step ? err : -EINTR;
	}
	for (i = 0; !err && i < qp->columns; i++)
		ret_values[i] = blocks.free[i] == ~0U ? qp->lower[i] : blocks.x[blocks.free[i]];
	for (i = 0; !err && i < blocks.rows; i++)
		ret_prices[blocks.row[i].of] = blocks.y[i];
	blocks_done(&blocks);
	free(dual);
	return err;
}

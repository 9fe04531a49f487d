// SPDX-License-Identifier: GPL-2.0
/*
 * qp_blocks_factor.c - one Newton system of qp_blocks.c, block by block:
 *
 *   K_b = curvature + bounds + phi a a' of its own rows    (dense Cholesky)
 *   S = sum over blocks of G_b inverse(K_b) G_b' + 1 / phi (dense Cholesky; G: rows that join blocks)
 *
 * G_b has few directions: its rows are multiples of them, so each block's share of S comes from a small matrix.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/qp_blocks_parts.h"

double blocks_dot(const double *a, const double *b, u32 count)
{
	double sum[4] = { 0 };
	u32 i;

	for (i = 0; i + 4 <= count; i += 4) {
		sum[0] += a[i] * b[i];
		sum[1] += a[i + 1] * b[i + 1];
		sum[2] += a[i + 2] * b[i + 2];
		sum[3] += a[i + 3] * b[i + 3];
	}
	for (; i < count; i++)
		sum[0] += a[i] * b[i];
	return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Lower Cholesky in place, row by row; what lies above the diagonal is not looked at. */
static int blocks_cholesky(double *matrix, u32 size)
{
	double pivot;
	u32 i, j;

	for (i = 0; i < size; i++) {
		double *row = matrix + (size_t)i * size;

		for (j = 0; j < i; j++)
			row[j] =
				(row[j] - blocks_dot(row, matrix + (size_t)j * size, j)) / matrix[(size_t)j * size + j];
		pivot = row[i] - blocks_dot(row, row, i);
		if (!(pivot > 1e-14 * row[i]) || !(row[i] > 0)) {
			if (!(row[i] > 0) || isnan(pivot))
				return -EDOM;
			pivot = 1e-14 * row[i]; /* what rounding left of a dependent row: held in place */
		}
		row[i] = sqrt(pivot);
	}
	return 0;
}

static void blocks_forward(const double *factor, u32 size, double *x)
{
	u32 i;

	for (i = 0; i < size; i++)
		x[i] = (x[i] - blocks_dot(factor + (size_t)i * size, x, i)) / factor[(size_t)i * size + i];
}

static void blocks_backward(const double *factor, u32 size, double *x)
{
	u32 i, j;

	for (i = size; i-- > 0;) {
		const double *row = factor + (size_t)i * size;

		x[i] /= row[i];
		for (j = 0; j < i; j++)
			x[j] -= row[j] * x[i];
	}
}

static void blocks_assemble(struct blocks *blocks, struct blocks_block *block)
{
	u32 i, j, k;

	memset(block->factor, 0, (size_t)block->size * block->size * sizeof(double));
	for (i = 0; i < block->size; i++) {
		u32 at = block->first + i;
		double bounds = 0;

		if (blocks->lower[at] > -INFINITY)
			bounds += blocks->zl[at] / (blocks->x[at] - blocks->lower[at]);
		if (blocks->upper[at] < INFINITY)
			bounds += blocks->zu[at] / (blocks->upper[at] - blocks->x[at]);
		block->factor[(size_t)i * block->size + i] = blocks->curve[at] + bounds + 1e-9 * blocks->money;
	}
	for (k = 0; k < block->rows; k++) {
		u32 r = blocks->local[block->row + k];
		const struct blocks_row *row = &blocks->row[r];
		const struct blocks_entry *entry = &blocks->entry[row->first];

		for (i = 0; i < row->count; i++)
			for (j = 0; j < row->count; j++)
				if (entry[j].column <= entry[i].column)
					block->factor[(size_t)(entry[i].column - block->first) * block->size +
						      entry[j].column - block->first] +=
						blocks->phi[r] * entry[i].value * entry[j].value;
	}
}

/* D' inverse(K) D, by forward solutions side by side. */
static void blocks_share(struct blocks *blocks, struct blocks_block *block)
{
	u32 d, e, i, size = block->size;
	double *solved = blocks->work;

	for (d = 0; d < block->directions; d++) {
		const u32 *direction = blocks->direction[block->direction + d];

		memset(solved + (size_t)d * size, 0, size * sizeof(double));
		for (i = 0; i < direction[1]; i++)
			solved[(size_t)d * size + blocks->along[direction[0] + i].column] =
				blocks->along[direction[0] + i].value;
		blocks_forward(block->factor, size, solved + (size_t)d * size);
		for (e = 0; e <= d; e++)
			block->shared[(size_t)d * block->directions + e] =
				block->shared[(size_t)e * block->directions + d] =
					blocks_dot(solved + (size_t)d * size, solved + (size_t)e * size, size);
	}
}

static void blocks_scatter(struct blocks *blocks, const struct blocks_block *block)
{
	u32 i, j;

	for (i = 0; i < block->crosses; i++) { /* joins ascend within a block */
		const struct blocks_cross *one = &blocks->cross[block->cross + i];
		const double *shared = block->shared + (size_t)one->direction * block->directions;
		double *row = blocks->schur + (size_t)one->join * blocks->joins;

		for (j = 0; j <= i; j++) {
			const struct blocks_cross *other = &blocks->cross[block->cross + j];

			row[other->join] += one->factor * other->factor * shared[other->direction];
		}
	}
}

int blocks_factor(struct blocks *blocks)
{
	u32 b, i;
	int err = 0;

	memset(blocks->schur, 0, (size_t)blocks->joins * blocks->joins * sizeof(double));
	for (b = 0; !err && b < blocks->count; b++) {
		struct blocks_block *block = &blocks->block[b];

		if (!block->size)
			continue;
		blocks_assemble(blocks, block);
		err = blocks_cholesky(block->factor, block->size);
		if (err)
			break;
		blocks_share(blocks, block);
		blocks_scatter(blocks, block);
	}
	for (i = 0; i < blocks->rows; i++)
		if (blocks->row[i].block == ~0U)
			blocks->schur[(size_t)blocks->row[i].join * blocks->joins + blocks->row[i].join] +=
				1 / blocks->phi[i];
	return err ? err : blocks_cholesky(blocks->schur, blocks->joins);
}

/* y += sign * G x, or x += G' y. */
static void blocks_join(const struct blocks *blocks, const struct blocks_block *block, double *x, double *y, bool back)
{
	u32 i, k;

	for (i = 0; i < block->crosses; i++) {
		const struct blocks_cross *cross = &blocks->cross[block->cross + i];
		const u32 *direction = blocks->direction[block->direction + cross->direction];
		double sum = 0;

		for (k = 0; k < direction[1]; k++) {
			const struct blocks_entry *along = &blocks->along[direction[0] + k];

			if (back)
				x[along->column] += cross->factor * along->value * y[cross->join];
			else
				sum += along->value * x[along->column];
		}
		if (!back)
			y[cross->join] -= cross->factor * sum;
	}
}

void blocks_direction(struct blocks *blocks)
{
	u32 b, i, k;

	for (i = 0; i < blocks->rows; i++) { /* own rows: dy = phi (-miss - a dx) + g */
		const struct blocks_row *row = &blocks->row[i];
		double pull = blocks->g[i] - blocks->phi[i] * blocks->miss[i];

		if (row->block == ~0U)
			blocks->rc[row->join] = -blocks->miss[i] + blocks->g[i] / blocks->phi[i];
		else
			for (k = 0; k < row->count; k++)
				blocks->rx[blocks->entry[row->first + k].column] +=
					blocks->entry[row->first + k].value * pull;
	}
	memcpy(blocks->dx, blocks->rx, blocks->columns * sizeof(double));
	for (b = 0; b < blocks->count; b++) {
		const struct blocks_block *block = &blocks->block[b];

		blocks_forward(block->factor, block->size, blocks->dx + block->first);
		blocks_backward(block->factor, block->size, blocks->dx + block->first);
		blocks_join(blocks, block, blocks->dx + block->first, blocks->rc, false);
	}
	blocks_forward(blocks->schur, blocks->joins, blocks->rc);
	blocks_backward(blocks->schur, blocks->joins, blocks->rc);
	memcpy(blocks->dx, blocks->rx, blocks->columns * sizeof(double));
	for (b = 0; b < blocks->count; b++) {
		const struct blocks_block *block = &blocks->block[b];

		blocks_join(blocks, block, blocks->dx + block->first, blocks->rc, true);
		blocks_forward(block->factor, block->size, blocks->dx + block->first);
		blocks_backward(block->factor, block->size, blocks->dx + block->first);
	}
	for (i = 0; i < blocks->rows; i++) {
		const struct blocks_row *row = &blocks->row[i];
		double moved = 0;

		for (k = 0; k < row->count; k++)
			moved += blocks->entry[row->first + k].value * blocks->dx[blocks->entry[row->first + k].column];
		blocks->dy[i] = row->block == ~0U ? blocks->rc[row->join]
						  : blocks->g[i] - blocks->phi[i] * (blocks->miss[i] + moved);
		/* exact for what dw is: a dx - dw = -miss */
		blocks->dw[i] = row->equal ? 0 : moved + blocks->miss[i];
	}
}

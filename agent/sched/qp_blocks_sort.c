// SPDX-License-Identifier: GPL-2.0
/*
 * qp_blocks_sort.c - finds the blocks of a program: see qp_blocks_parts.h.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/qp_blocks_parts.h"

#define BLOCKS_JOINS_MAX 6000 /* rows that join blocks: their matrix is dense */
#define BLOCKS_SIZE_MAX 2100  /* columns of a block */
#define BLOCKS_FIXED 1e-11

static double blocks_bound(double bound)
{
	return bound >= DBL_MAX ? INFINITY : bound <= -DBL_MAX ? -INFINITY : bound;
}

static bool blocks_equal(double lower, double upper)
{
	return isfinite(upper) && isfinite(lower) && upper - lower <= BLOCKS_FIXED * (1 + fabs(upper));
}

/* Free columns, block by block. */
static int blocks_columns(struct blocks *blocks)
{
	const struct qp *qp = blocks->qp;
	u32 i, b, at;

	for (i = 0; i < qp->columns; i++) {
		blocks->free[i] = blocks_equal(blocks_bound(qp->lower[i]), blocks_bound(qp->upper[i])) ? ~0U : 0;
		blocks->block[qp->block[i]].size += blocks->free[i] != ~0U;
	}
	for (b = 0, at = 0; b < qp->blocks; b++) {
		blocks->block[b].first = at;
		at += blocks->block[b].size;
		if (blocks->block[b].size > BLOCKS_SIZE_MAX)
			return -EDOM;
		blocks->block[b].size = 0;
	}
	for (i = 0; i < qp->columns; i++)
		if (blocks->free[i] != ~0U) {
			struct blocks_block *block = &blocks->block[qp->block[i]];

			blocks->free[i] = block->first + block->size++;
			blocks->column[blocks->free[i]] = i;
			blocks->lower[blocks->free[i]] = blocks_bound(qp->lower[i]);
			blocks->upper[blocks->free[i]] = blocks_bound(qp->upper[i]);
		}
	blocks->columns = at;
	return at ? 0 : -EDOM;
}

static void blocks_rows(struct blocks *blocks)
{
	const struct qp *qp = blocks->qp;
	u32 i, entries = 0, b;
	int k;

	for (i = 0; i < qp->rows; i++) {
		struct blocks_row *row = &blocks->row[blocks->rows];
		double fixed = 0;

		*row = (struct blocks_row){ .of = i, .first = entries, .block = ~0U, .join = ~0U };
		for (k = qp->row_start[i]; k < qp->row_start[i + 1]; k++) {
			u32 column = (u32)qp->term_column[k], to = blocks->free[column];

			if (to == ~0U) {
				fixed += qp->term_value[k] * qp->lower[column];
				continue;
			}
			b = qp->block[column];
			row->block = row->count && row->block != b ? ~1U : b;
			if (row->count && row->block == ~1U)
				row->join = 0;
			blocks->entry[entries++] = (struct blocks_entry){ to, qp->term_value[k] };
			row->count++;
		}
		row->lower = blocks_bound(qp->row_lower[i]) - fixed;
		row->upper = blocks_bound(qp->row_upper[i]) - fixed;
		row->equal = blocks_equal(row->lower, row->upper);
		if (!row->count || (isinf(row->lower) && isinf(row->upper))) {
			entries = row->first;
			continue; /* says nothing about free columns */
		}
		if (row->join == 0 || row->block == ~1U) {
			row->join = blocks->joins++;
			row->block = ~0U;
		} else {
			blocks->block[row->block].rows++;
		}
		blocks->rows++;
	}
}

static void blocks_local(struct blocks *blocks)
{
	u32 b, i, at = 0;

	for (b = 0; b < blocks->count; b++) {
		blocks->block[b].row = at;
		at += blocks->block[b].rows;
		blocks->block[b].rows = 0;
	}
	for (i = 0; i < blocks->rows; i++)
		if (blocks->row[i].block != ~0U) {
			struct blocks_block *block = &blocks->block[blocks->row[i].block];

			blocks->local[block->row + block->rows++] = i;
		}
}

struct blocks_sorted {
	u32 block, column;
	double value;
};

static int blocks_compare(const void *one, const void *other)
{
	const struct blocks_sorted *a = one, *b = other;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

/* The direction of @count entries in @block, known or new. @heads: block -> its latest direction; @next: chains. */
static u32 blocks_find(struct blocks *blocks, u32 b, const struct blocks_sorted *entry, u32 count, u32 *heads,
		       u32 *next)
{
	u32 d, i;

	for (d = heads[b]; d != ~0U; d = next[d]) {
		const struct blocks_entry *along = &blocks->along[blocks->direction[d][0]];

		if (blocks->direction[d][1] != count)
			continue;
		for (i = 0; i < count && along[i].column == entry[i].column - blocks->block[b].first &&
			    fabs(along[i].value - entry[i].value / entry[0].value) < 1e-13;
		     i++)
			;
		if (i == count)
			return d;
	}
	d = blocks->directions++;
	blocks->direction[d][0] = blocks->alongs;
	blocks->direction[d][1] = count;
	for (i = 0; i < count; i++)
		blocks->along[blocks->alongs++] = (struct blocks_entry){ entry[i].column - blocks->block[b].first,
									 entry[i].value / entry[0].value };
	next[d] = heads[b];
	heads[b] = d;
	return d;
}

static void blocks_cross_row(struct blocks *blocks, const struct blocks_row *row, struct blocks_sorted *sorted,
			     u32 *heads, u32 *next)
{
	u32 i, from;

	for (i = 0; i < row->count; i++) {
		u32 to = blocks->entry[row->first + i].column;

		sorted[i] = (struct blocks_sorted){ blocks->qp->block[blocks->column[to]], to,
						    blocks->entry[row->first + i].value };
	}
	qsort(sorted, row->count, sizeof(*sorted), blocks_compare);
	for (from = 0, i = 1; i <= row->count; i++)
		if (i == row->count || sorted[i].block != sorted[from].block) {
			u32 b = sorted[from].block;

			blocks->cross_block[blocks->crosses] = b;
			blocks->cross[blocks->crosses++] =
				(struct blocks_cross){ row->join,
						       blocks_find(blocks, b, &sorted[from], i - from, heads, next),
						       sorted[from].value };
			blocks->block[b].crosses++;
			from = i;
		}
}

/* Crossings by block, and each block's directions side by side. */
static int blocks_gather(struct blocks *blocks, const u32 *heads, const u32 *next)
{
	struct blocks_cross *cross = calloc((size_t)blocks->crosses + 1, sizeof(*cross));
	u32(*direction)[2] = calloc((size_t)blocks->directions + 1, sizeof(*direction));
	u32 *place = calloc((size_t)blocks->directions + 1, sizeof(*place)), b, d, i, at = 0, to = 0;

	if (!cross || !direction || !place) {
		free(cross);
		free(direction);
		free(place);
		return -ENOMEM;
	}
	for (b = 0; b < blocks->count; b++) {
		blocks->block[b].cross = at;
		at += blocks->block[b].crosses;
		blocks->block[b].crosses = 0;
		blocks->block[b].direction = to;
		for (d = heads[b]; d != ~0U; d = next[d]) {
			place[d] = blocks->block[b].directions++;
			memcpy(direction[to++], blocks->direction[d], sizeof(*direction));
		}
		if ((size_t)blocks->block[b].size * blocks->block[b].directions > blocks->most)
			blocks->most = (size_t)blocks->block[b].size * blocks->block[b].directions;
	}
	for (i = 0; i < blocks->crosses; i++) {
		struct blocks_block *block = &blocks->block[blocks->cross_block[i]];

		blocks->cross[i].direction = place[blocks->cross[i].direction];
		cross[block->cross + block->crosses++] = blocks->cross[i];
	}
	free(place);
	free(blocks->cross);
	free(blocks->direction);
	blocks->cross = cross;
	blocks->direction = direction;
	return 0;
}

static int blocks_crossings(struct blocks *blocks)
{
	size_t terms = blocks->qp->terms + 1;
	struct blocks_sorted *sorted = calloc(terms, sizeof(*sorted));
	u32 *heads = malloc(((size_t)blocks->count + 1) * sizeof(u32)), *next = calloc(terms, sizeof(u32)), i;
	int err = sorted && heads && next ? 0 : -ENOMEM;

	for (i = 0; !err && i < blocks->count; i++)
		heads[i] = ~0U;
	for (i = 0; !err && i < blocks->rows; i++)
		if (blocks->row[i].block == ~0U)
			blocks_cross_row(blocks, &blocks->row[i], sorted, heads, next);
	if (!err)
		err = blocks_gather(blocks, heads, next);
	free(sorted);
	free(heads);
	free(next);
	return err;
}

static double *blocks_array(size_t count, bool *fine)
{
	double *array = calloc(count + 1, sizeof(*array));

	*fine = *fine && array;
	return array;
}

static int blocks_arrays(struct blocks *blocks)
{
	double **column[] = { &blocks->x,   &blocks->zl,  &blocks->zu, &blocks->dx,    &blocks->dzl, &blocks->dzu,
			      &blocks->tzl, &blocks->tzu, &blocks->rx, &blocks->curve, &blocks->work };
	double **row[] = { &blocks->w,	&blocks->y,   &blocks->vl,  &blocks->vu,  &blocks->dw,
			   &blocks->dy, &blocks->dvl, &blocks->dvu, &blocks->tvl, &blocks->tvu,
			   &blocks->g,	&blocks->phi, &blocks->miss };
	bool fine = true;
	u32 i;

	for (i = 0; i < sizeof(column) / sizeof(*column); i++)
		*column[i] = blocks_array(blocks->columns, &fine);
	for (i = 0; i < sizeof(row) / sizeof(*row); i++)
		*row[i] = blocks_array(blocks->rows, &fine);
	blocks->schur = blocks_array((size_t)blocks->joins * blocks->joins, &fine);
	blocks->rc = blocks_array(blocks->joins, &fine);
	for (i = 0; i < blocks->count; i++) {
		struct blocks_block *block = &blocks->block[i];

		block->factor = blocks_array((size_t)block->size * block->size, &fine);
		block->shared = blocks_array((size_t)block->directions * block->directions, &fine);
	}
	free(blocks->work);
	blocks->work = blocks_array(blocks->most + blocks->columns, &fine);
	return fine ? 0 : -ENOMEM;
}

int blocks_sort(struct blocks *blocks, const struct qp *qp)
{
	size_t terms = (size_t)qp->terms + 1;
	int err;

	memset(blocks, 0, sizeof(*blocks));
	blocks->qp = qp;
	blocks->count = qp->blocks;
	blocks->free = calloc((size_t)qp->columns + 1, sizeof(u32));
	blocks->column = calloc((size_t)qp->columns + 1, sizeof(u32));
	blocks->lower = calloc((size_t)qp->columns + 1, sizeof(double));
	blocks->upper = calloc((size_t)qp->columns + 1, sizeof(double));
	blocks->block = calloc((size_t)qp->blocks + 1, sizeof(*blocks->block));
	blocks->row = calloc((size_t)qp->rows + 1, sizeof(*blocks->row));
	blocks->local = calloc((size_t)qp->rows + 1, sizeof(u32));
	blocks->entry = calloc(terms, sizeof(*blocks->entry));
	blocks->cross = calloc(terms, sizeof(*blocks->cross));
	blocks->cross_block = calloc(terms, sizeof(u32));
	blocks->direction = calloc(terms, sizeof(*blocks->direction));
	blocks->along = calloc(terms, sizeof(*blocks->along));
	if (!blocks->free || !blocks->column || !blocks->lower || !blocks->upper || !blocks->block || !blocks->row ||
	    !blocks->local || !blocks->entry || !blocks->cross || !blocks->cross_block || !blocks->direction ||
	    !blocks->along)
		return -ENOMEM;
	err = blocks_columns(blocks);
	if (err)
		return err;
	blocks_rows(blocks);
	if (blocks->joins > BLOCKS_JOINS_MAX)
		return -EDOM;
	blocks_local(blocks);
	err = blocks_crossings(blocks);
	return err ? err : blocks_arrays(blocks);
}

void blocks_done(struct blocks *blocks)
{
	void *array[] = { blocks->free,	 blocks->column, blocks->lower, blocks->upper,	     blocks->row,
			  blocks->local, blocks->entry,	 blocks->cross, blocks->cross_block, blocks->direction,
			  blocks->along, blocks->x,	 blocks->zl,	blocks->zu,	     blocks->dx,
			  blocks->dzl,	 blocks->dzu,	 blocks->tzl,	blocks->tzu,	     blocks->rx,
			  blocks->curve, blocks->work,	 blocks->w,	blocks->y,	     blocks->vl,
			  blocks->vu,	 blocks->dw,	 blocks->dy,	blocks->dvl,	     blocks->dvu,
			  blocks->tvl,	 blocks->tvu,	 blocks->g,	blocks->phi,	     blocks->miss,
			  blocks->schur, blocks->rc };
	u32 i;

	for (i = 0; blocks->block && i < blocks->count; i++) {
		free(blocks->block[i].factor);
		free(blocks->block[i].shared);
	}
	free(blocks->block);
	for (i = 0; i < sizeof(array) / sizeof(*array); i++)
		free(array[i]);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qp_blocks_parts.h - the program of qp_blocks.h, sorted: which columns are
 * free, which rows lie within a block, along which directions the others cross it. Inside of qp_blocks*.c only.
 */
#ifndef VOLTGATE_SCHED_QP_BLOCKS_PARTS_H
#define VOLTGATE_SCHED_QP_BLOCKS_PARTS_H

#include "agent/sched/qp_blocks.h"

struct blocks_entry {
	u32 column; /* free column; within directions: within the block */
	double value;
};

struct blocks_row {
	u32 of;		  /* the program's row */
	u32 first, count; /* entries */
	u32 block;	  /* ~0: joins blocks */
	u32 join;	  /* its number among those */
	double lower, upper;
	bool equal;
};

/* Rows that cross a block do so along few directions: row = factor * direction there. */
struct blocks_cross {
	u32 join, direction; /* direction: within the block's */
	double factor;
};

struct blocks_block {
	u32 first, size;	   /* free columns */
	u32 row, rows;		   /* in local[] */
	u32 cross, crosses;	   /* in cross[] */
	u32 direction, directions; /* in direction[] */
	double *factor;		   /* Cholesky, size x size, rows below the diagonal */
	double *shared;		   /* directions x directions: D' inverse D */
};

struct blocks {
	const struct qp *qp;
	u32 columns, rows, joins, count; /* columns: free ones; count: of blocks */
	u32 *free;			 /* column -> free column; ~0: fixed */
	u32 *column;			 /* free column -> column */
	struct blocks_row *row;
	struct blocks_entry *entry;
	struct blocks_block *block;
	u32 *local; /* rows by block */
	struct blocks_cross *cross;
	u32 (*direction)[2]; /* first entry in along[], count */
	struct blocks_entry *along;
	u32 *cross_block; /* while they are found */
	u32 crosses, directions, alongs;
	size_t most; /* the largest block's size times directions */
	/* by free column */
	double *x, *lower, *upper, *zl, *zu, *dx, *dzl, *dzu, *tzl, *tzu, *rx, *curve, *work;
	/* by row */
	double *w, *y, *vl, *vu, *dw, *dy, *dvl, *dvu, *tvl, *tvu, *g, *phi, *miss;
	double *schur, *rc; /* joins x joins; joins */
	double money, size;
};

/* qp_blocks_sort.c: -ENOMEM; -EDOM: the program is none for blocks. In any case blocks_done(). */
int blocks_sort(struct blocks *blocks, const struct qp *qp);
void blocks_done(struct blocks *blocks);
/* qp_blocks_factor.c: factors for zl, zu, phi as they stand; -EDOM: not positive definite. */
int blocks_factor(struct blocks *blocks);
/* dx, dy for the targets in rx and g (both used up). */
void blocks_direction(struct blocks *blocks);
double blocks_dot(const double *a, const double *b, u32 count);

#endif

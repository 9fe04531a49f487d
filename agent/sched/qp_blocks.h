/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qp_blocks.h - a quadratic program whose columns fall into many small blocks
 * that few rows join (units over time, stations over time; balances and branch limits): solved by an interior point
 * method that eliminates block by block. Inside of qp*.c only.
 */
#ifndef VOLTGATE_SCHED_QP_BLOCKS_H
#define VOLTGATE_SCHED_QP_BLOCKS_H

#include <coin/Clp_C_Interface.h>

#include "agent/sched/qp.h"

struct qp {
	Clp_Simplex *model;
	u32 columns, rows, terms, rows_given;	    /* rows_given: those Clp has */
	double *lower, *upper, *linear, *quadratic; /* by column */
	double *row_lower, *row_upper;
	int *row_start;
	int *term_column;
	double *term_value;
	u32 column_room, row_room, term_room;
	u32 *block;		 /* by column; ~0: none */
	u32 blocks, blocked;	 /* of columns */
	double *values, *prices; /* of the solution by blocks; NULL: Clp's hold */
	bool blocks_first;	 /* tried first, however few columns there are */
	bool loaded;		 /* Clp has the columns */
	bool curved;		 /* the second-order part is other than Clp's */
	bool broken;		 /* out of memory on the way */
	bool (*watch)(void *context);
	void *context;
};

/*
 * Fills @ret_values and @ret_prices. 0: it came to rest (whether at the optimum, the caller checks); -EDOM: it did
 * not; -EINTR: after @seconds, or as qp->watch says; -ENOMEM.
 */
int qp_blocks_solve(const struct qp *qp, double seconds, double *ret_values, double *ret_prices);

#endif

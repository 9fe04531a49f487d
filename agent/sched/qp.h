/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qp.h - a convex quadratic program with a diagonal second-order part, row by
 * row, solved by Clp's simplex. Rows may be added after a solution; the next one starts from it.
 *
 *   least  sum of linear_j x_j + quadratic_j x_j^2,  lower <= x <= upper,  row lower <= A x <= row upper
 *
 * Infinite bounds are INFINITY. A row's price is what the optimum rises by when both of its bounds rise by one.
 */
#ifndef VOLTGATE_SCHED_QP_H
#define VOLTGATE_SCHED_QP_H

#include "voltgate/types.h"

struct qp;

enum qp_status { QP_OPTIMAL, QP_INFEASIBLE, QP_UNBOUNDED, QP_STOPPED, QP_FAILED };

struct qp *qp_new(void);
void qp_free(struct qp *qp);
/* Columns first, all of them before the first qp_solve(). Index, or ~0: out of memory. */
u32 qp_column(struct qp *qp, double lower, double upper, double linear, double quadratic);
/* Says that the column last added belongs to block @block (from 0). Where every column is in one, and rows mostly join
 * columns of one block, large programs are solved by blocks (qp_blocks.h) before Clp is asked. */
void qp_block(struct qp *qp, u32 block);
/* Other blocks, by column, for them all; they are then tried before Clp however small the program is. */
void qp_reblock(struct qp *qp, const u32 *block);
/* A new row; its terms follow by qp_term(), those of one column are added up. Index, or ~0. */
u32 qp_row(struct qp *qp, double lower, double upper);
void qp_term(struct qp *qp, u32 column, double coefficient);
/* Other bounds for a column, also between solutions. */
void qp_bounds(struct qp *qp, u32 column, double lower, double upper);
/* Another cost for a column, also between solutions. */
void qp_cost(struct qp *qp, u32 column, double linear, double quadratic);
/* @watch is asked after each step of a solution by blocks; true ends it: QP_STOPPED. Clp asks nobody on its way. */
void qp_watch(struct qp *qp, bool (*watch)(void *context), void *context);
/* @seconds: 0 for no limit. QP_FAILED also when memory ran out on the way. */
enum qp_status qp_solve(struct qp *qp, double seconds);
/* Of the last solution; they live until the next change. */
const double *qp_values(const struct qp *qp);
const double *qp_prices(const struct qp *qp);
u32 qp_columns(const struct qp *qp);
u32 qp_rows(const struct qp *qp);

#endif

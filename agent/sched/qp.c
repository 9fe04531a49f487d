// SPDX-License-Identifier: GPL-2.0
/*
 * qp.c - collects columns and rows and hands them to Clp: see qp.h.
 */
#include <coin/Clp_C_Interface.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/qp_blocks.h"

#define QP_TOLERANCE 1e-7
#define QP_WAYS 5	   /* of asking Clp, until its answer is an optimum */
#define QP_BLOCKS_FROM 200 /* columns from which on blocks are tried first */
#define QP_BLOCKS_TOLERANCE 1e-6
#define QP_PIVOTS \
	50 /* for each column and row, and as a start: beyond, Clp goes round in circles (it has for minutes) */
#define QP_PIVOTS_FIRST 2000

static Clp_Simplex *qp_model(void)
{
	Clp_Simplex *model = Clp_newModel();

	if (model) {
		Clp_setLogLevel(model, 0);
		Clp_setPrimalTolerance(model, 1e-9);
		Clp_setDualTolerance(model, 1e-9);
	}
	return model;
}

struct qp *qp_new(void)
{
	struct qp *qp = calloc(1, sizeof(*qp));

	if (!qp)
		return NULL;
	qp->model = qp_model();
	if (qp->model)
		return qp;
	free(qp);
	return NULL;
}

void qp_free(struct qp *qp)
{
	if (!qp)
		return;
	if (qp->model)
		Clp_deleteModel(qp->model);
	free(qp->lower);
	free(qp->upper);
	free(qp->linear);
	free(qp->quadratic);
	free(qp->row_lower);
	free(qp->row_upper);
	free(qp->row_start);
	free(qp->term_column);
	free(qp->term_value);
	free(qp->block);
	free(qp->values);
	free(qp->prices);
	free(qp);
}

static bool qp_grow(struct qp *qp, void **array, size_t size, u32 room)
{
	void *grown = realloc(*array, size * room);

	if (!grown) {
		qp->broken = true;
		return false;
	}
	*array = grown;
	return true;
}

static double qp_bound(double bound)
{
	return bound == INFINITY ? DBL_MAX : bound == -INFINITY ? -DBL_MAX : bound;
}

u32 qp_column(struct qp *qp, double lower, double upper, double linear, double quadratic)
{
	u32 room = qp->column_room ? qp->column_room * 2 : 256;

	if (qp->columns == qp->column_room) {
		if (!qp_grow(qp, (void **)&qp->lower, sizeof(double), room) ||
		    !qp_grow(qp, (void **)&qp->upper, sizeof(double), room) ||
		    !qp_grow(qp, (void **)&qp->linear, sizeof(double), room) ||
		    !qp_grow(qp, (void **)&qp->quadratic, sizeof(double), room) ||
		    !qp_grow(qp, (void **)&qp->block, sizeof(u32), room))
			return ~0U;
		qp->column_room = room;
	}
	qp->lower[qp->columns] = qp_bound(lower);
	qp->upper[qp->columns] = qp_bound(upper);
	qp->linear[qp->columns] = linear;
	qp->quadratic[qp->columns] = quadratic;
	qp->block[qp->columns] = ~0U;
	return qp->columns++;
}

void qp_block(struct qp *qp, u32 block)
{
	qp->blocked += qp->block[qp->columns - 1] == ~0U;
	qp->block[qp->columns - 1] = block;
	qp->blocks = block >= qp->blocks ? block + 1 : qp->blocks;
}

void qp_reblock(struct qp *qp, const u32 *block)
{
	u32 i;

	qp->blocks = 0;
	qp->blocked = qp->columns;
	qp->blocks_first = true;
	for (i = 0; i < qp->columns; i++) {
		qp->block[i] = block[i];
		qp->blocks = block[i] >= qp->blocks ? block[i] + 1 : qp->blocks;
	}
}

u32 qp_row(struct qp *qp, double lower, double upper)
{
	u32 at = qp->rows, room = qp->row_room ? qp->row_room * 2 : 256;

	if (at + 1 >= qp->row_room) {
		if (!qp_grow(qp, (void **)&qp->row_lower, sizeof(double), room) ||
		    !qp_grow(qp, (void **)&qp->row_upper, sizeof(double), room) ||
		    !qp_grow(qp, (void **)&qp->row_start, sizeof(int), room + 1))
			return ~0U;
		qp->row_room = room;
	}
	qp->row_lower[at] = qp_bound(lower);
	qp->row_upper[at] = qp_bound(upper);
	qp->row_start[at] = qp->row_start[at + 1] = (int)qp->terms;
	return qp->rows++;
}

void qp_term(struct qp *qp, u32 column, double coefficient)
{
	u32 room = qp->term_room ? qp->term_room * 2 : 1024, row = qp->rows, i;

	if (qp->broken || !coefficient)
		return;
	for (i = qp->terms; i-- > (u32)qp->row_start[row - 1];)
		if (qp->term_column[i] == (int)column) { /* Clp takes each column of a row once */
			qp->term_value[i] += coefficient;
			return;
		}
	if (qp->terms == qp->term_room) {
		if (!qp_grow(qp, (void **)&qp->term_column, sizeof(int), room) ||
		    !qp_grow(qp, (void **)&qp->term_value, sizeof(double), room))
			return;
		qp->term_room = room;
	}
	qp->term_column[qp->terms] = (int)column;
	qp->term_value[qp->terms++] = coefficient;
	qp->row_start[row] = (int)qp->terms; /* the end of the last row */
}

/* The objective's second-order part: Clp takes half of x'Qx, so the diagonal is twice the coefficient. */
static bool qp_give_quadratic(struct qp *qp)
{
	CoinBigIndex *start = calloc((size_t)qp->columns + 1, sizeof(*start));
	int *column = calloc((size_t)qp->columns + 1, sizeof(*column)), count = 0;
	double *element = calloc((size_t)qp->columns + 1, sizeof(*element));
	bool fine = start && column && element;
	u32 i;

	for (i = 0; fine && i < qp->columns; i++) {
		start[i] = count;
		if (qp->quadratic[i]) {
			column[count] = (int)i;
			element[count++] = 2 * qp->quadratic[i];
		}
	}
	if (fine)
		start[qp->columns] = count;
	if (fine && count)
		Clp_loadQuadraticObjective(qp->model, (int)qp->columns, start, column, element);
	free(start);
	free(column);
	free(element);
	return fine;
}

void qp_bounds(struct qp *qp, u32 column, double lower, double upper)
{
	qp->lower[column] = qp_bound(lower);
	qp->upper[column] = qp_bound(upper);
	if (qp->loaded) {
		Clp_columnLower(qp->model)[column] = qp->lower[column];
		Clp_columnUpper(qp->model)[column] = qp->upper[column];
	}
}

void qp_cost(struct qp *qp, u32 column, double linear, double quadratic)
{
	qp->curved |= qp->loaded && qp->quadratic[column] != quadratic;
	qp->linear[column] = linear;
	qp->quadratic[column] = quadratic;
	if (qp->loaded)
		Clp_objective(qp->model)[column] = linear;
}

static bool qp_load(struct qp *qp)
{
	CoinBigIndex *none = calloc((size_t)qp->columns + 1, sizeof(*none));

	if (!none)
		return false;
	Clp_loadProblem(qp->model, (int)qp->columns, 0, none, NULL, NULL, qp->lower, qp->upper, qp->linear, NULL, NULL);
	free(none);
	qp->rows_given = 0;
	return qp_give_quadratic(qp);
}

/* Gives Clp the rows that it does not have yet. */
static bool qp_give_rows(struct qp *qp)
{
	u32 first = qp->rows_given, count = qp->rows - first, i;
	int *start, base;

	if (!count)
		return true;
	start = calloc((size_t)count + 1, sizeof(*start));
	if (!start)
		return false;
	base = qp->row_start[first];
	for (i = 0; i <= count; i++)
		start[i] = qp->row_start[first + i] - base;
	Clp_addRows(qp->model, (int)count, qp->row_lower + first, qp->row_upper + first, start, qp->term_column + base,
		    qp->term_value + base);
	free(start);
	qp->rows_given = qp->rows;
	return true;
}

/* Does @value stand where its @pull (what one more of it would cost) says? */
static bool qp_rests(double value, double lower, double upper, double pull, double size, double money, double tolerance)
{
	double near = tolerance * (1 + size), weight = tolerance * (1 + money);

	if (!(value >= lower - near && value <= upper + near))
		return false;
	return (pull >= -weight || value >= upper - near) && (pull <= weight || value <= lower + near);
}

/* The conditions of an optimum, from the numbers alone: Clp's word is not enough (it has called others optimal). */
static bool qp_is_optimal(struct qp *qp, double tolerance)
{
	const double *value = qp_values(qp), *price = qp_prices(qp);
	double *pull = calloc((size_t)qp->columns + 1, sizeof(*pull)), size = 0, money = 0, sum;
	bool optimal = pull != NULL;
	int at;
	u32 i;

	for (i = 0; optimal && i < qp->columns; i++) {
		pull[i] = qp->linear[i] + 2 * qp->quadratic[i] * value[i];
		money = fmax(money, fabs(pull[i]));
		size = fmax(size, fabs(value[i]));
	}
	for (i = 0; optimal && i < qp->rows; i++) {
		for (sum = 0, at = qp->row_start[i]; at < qp->row_start[i + 1]; at++) {
			sum += qp->term_value[at] * value[qp->term_column[at]];
			pull[qp->term_column[at]] -= price[i] * qp->term_value[at];
		}
		money = fmax(money, fabs(price[i]));
		optimal = qp_rests(sum, qp->row_lower[i], qp->row_upper[i], price[i], fmax(size, fabs(sum)), money,
				   tolerance);
	}
	for (i = 0; optimal && i < qp->columns; i++)
		optimal = qp_rests(value[i], qp->lower[i], qp->upper[i], pull[i], size, money, tolerance);
	free(pull);
	return optimal;
}

static int qp_pivots(const struct qp *qp)
{
	return QP_PIVOTS_FIRST + QP_PIVOTS * (int)(qp->columns + qp->rows);
}

static enum qp_status qp_status_of(const struct qp *qp)
{
	switch (Clp_status(qp->model)) {
	case 0:
		return QP_OPTIMAL;
	case 1:
		return QP_INFEASIBLE;
	case 2:
		return QP_UNBOUNDED;
	case 3: /* time is up, or it went round in circles */
		return Clp_numberIterations(qp->model) >= qp_pivots(qp) ? QP_FAILED : QP_STOPPED;
	default:
		return QP_FAILED;
	}
}

void qp_watch(struct qp *qp, bool (*watch)(void *context), void *context)
{
	qp->watch = watch;
	qp->context = context;
}

/* One way of asking Clp; the first goes on from the solution before, the others begin anew. */
static bool qp_try(struct qp *qp, u32 way)
{
	if (way) {
		Clp_deleteModel(qp->model);
		qp->model = qp_model();
		if (!qp->model || !qp_load(qp) || !qp_give_rows(qp))
			return false;
		Clp_scaling(qp->model, way == 1 ? 3 : way == 2 ? 0 : 1);
		if (way == 4)
			Clp_setPerturbation(qp->model, 100); /* off */
	}
	Clp_setMaximumIterations(qp->model, qp_pivots(qp));
	if (way == 3) /* a feasible corner first */
		Clp_dual(qp->model, 0);
	Clp_primal(qp->model, way == 3 ? 1 : 0);
	return true;
}

/* Clp takes a second-order part once: another one asks for another model. */
static bool qp_straighten(struct qp *qp)
{
	if (!qp->curved)
		return true;
	Clp_deleteModel(qp->model);
	qp->model = qp_model();
	qp->loaded = false;
	return qp->model != NULL;
}

static void qp_forget(struct qp *qp)
{
	free(qp->values);
	free(qp->prices);
	qp->values = qp->prices = NULL;
}

/* By blocks. QP_FAILED: Clp must be asked; what was found is then no optimum, or there is none. */
static enum qp_status qp_by_blocks(struct qp *qp, double seconds)
{
	int err;

	qp_forget(qp);
	if ((qp->columns < QP_BLOCKS_FROM && !qp->blocks_first) || qp->blocked < qp->columns || qp->broken)
		return QP_FAILED;
	qp->values = calloc((size_t)qp->columns + 1, sizeof(double));
	qp->prices = calloc((size_t)qp->rows + 1, sizeof(double));
	err = qp->values && qp->prices ? qp_blocks_solve(qp, seconds, qp->values, qp->prices) : -1;
	if (!err && qp_is_optimal(qp, QP_BLOCKS_TOLERANCE))
		return QP_OPTIMAL;
	qp_forget(qp);
	return err == -EINTR ? QP_STOPPED : QP_FAILED;
}

enum qp_status qp_solve(struct qp *qp, double seconds)
{
	enum qp_status status = qp_by_blocks(qp, seconds);
	u32 way;

	if (status != QP_FAILED)
		return status;
	if (qp->broken || !qp_straighten(qp) || (!qp->loaded && !qp_load(qp)) || !qp_give_rows(qp))
		return QP_FAILED;
	qp->loaded = true;
	qp->curved = false;
	Clp_setMaximumSeconds(qp->model, seconds > 0 ? seconds : -1);
	for (way = 0; way < QP_WAYS; way++) {
		if (!qp_try(qp, way))
			return QP_FAILED;
		status = qp_status_of(qp);
		if (status == QP_STOPPED || (status == QP_OPTIMAL && qp_is_optimal(qp, QP_TOLERANCE)))
			return status;
		/* a verdict of infeasible is believed when a second way, from nothing, says the same */
		if (way && (status == QP_INFEASIBLE || status == QP_UNBOUNDED))
			return status;
	}
	return status == QP_OPTIMAL ? QP_FAILED : status;
}

const double *qp_values(const struct qp *qp)
{
	return qp->values ? qp->values : Clp_primalColumnSolution(qp->model);
}

const double *qp_prices(const struct qp *qp)
{
	return qp->prices ? qp->prices : Clp_dualRowSolution(qp->model);
}

u32 qp_columns(const struct qp *qp)
{
	return qp->columns;
}

u32 qp_rows(const struct qp *qp)
{
	return qp->rows;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * qp_test.c - programs drawn by seed whose columns fall into blocks: solved by
 * blocks they cost what Clp says, and prices and values meet the conditions of an optimum.
 */
#include <math.h>
#include <stdlib.h>

#include "agent/sched/qp_blocks.h"
#include "tests/ktap.h"
#include "tests/sched/drawn.h"

enum { BLOCKS = 60, WIDE = 12, JOINS = 25 };

/* Blocks of a dozen columns with ramps and sums, a few columns fixed or without costs; rows across all of them. */
static struct qp *make(u64 seed, bool tagged)
{
	struct qp *qp = qp_new();
	double middle[BLOCKS * WIDE];
	u32 b, i, r, column;

	draw_state = seed;
	for (b = 0; b < BLOCKS; b++)
		for (i = 0; i < WIDE; i++) {
			double low = draw(-5, 5), wide = draw(0, 1) < 0.1 ? 0 : draw(1, 20);

			column = qp_column(qp, low, low + wide, draw(-10, 10), draw(0, 1) < 0.3 ? 0 : draw(0.01, 2));
			middle[column] = low + wide * draw(0.2, 0.8);
			if (tagged)
				qp_block(qp, b);
		}
	for (b = 0; b < BLOCKS; b++)
		for (r = 0; r < 6; r++) {
			double value = 0, coefficient[WIDE], room = draw(0.5, 5);

			for (i = 0; i < WIDE; i++) {
				coefficient[i] = draw(0, 1) < 0.4 ? draw(-2, 2) : 0;
				value += coefficient[i] * middle[b * WIDE + i];
			}

			qp_row(qp, value - room, r % 3 == 1 ? INFINITY : value + room);
			for (i = 0; i < WIDE; i++)
				qp_term(qp, b * WIDE + i, coefficient[i]);
		}
	for (r = 0; r < JOINS; r++) {
		double value = 0, coefficient[BLOCKS], room = r < 8 ? 0 : draw(0.1, 10);

		for (b = 0; b < BLOCKS; b++) {
			coefficient[b] = draw(-1, 1);
			value += coefficient[b] * middle[b * WIDE + r % WIDE];
		}
		qp_row(qp, value - room, value + room);
		for (b = 0; b < BLOCKS; b++)
			qp_term(qp, b * WIDE + r % WIDE, coefficient[b]);
	}
	return qp;
}

static double cost(const struct qp *qp)
{
	const double *value = qp_values(qp);
	double sum = 0;
	u32 i;

	for (i = 0; i < qp->columns; i++)
		sum += qp->linear[i] * value[i] + qp->quadratic[i] * value[i] * value[i];
	return sum;
}

int main(void)
{
	u32 round, same = 0, compared = 0, blocked = 0, infeasible = 0;
	struct qp *one, *other;

	ktap_plan(0);
	for (round = 0; round < 12; round++) {
		one = make(round + 1, true);
		/* what is found by blocks is kept only where it meets the conditions of an optimum */
		blocked += qp_solve(one, 3) == QP_OPTIMAL && one->values;
		if (round < 4) {
			other = make(round + 1, false);
			if (qp_solve(other, 4) == QP_OPTIMAL) {
				compared++;
				same += fabs(cost(one) - cost(other)) < 1e-6 * (1 + fabs(cost(other)));
			}
			qp_free(other);
		}
		qp_free(one);
	}
	ktap_ok(blocked >= 10, "of 12 drawn programs %u are solved by blocks, the rest is left to Clp", blocked);
	ktap_ok(same == compared, "and cost what Clp says, where it came to an end in time (%u of 4)", compared);
	one = make(77, true);
	qp_row(one, 1e6, INFINITY); /* what no column can give */
	qp_term(one, 0, 1);
	qp_term(one, WIDE, 1);
	infeasible = qp_solve(one, 3) != QP_OPTIMAL && !one->values;
	qp_free(one);
	ktap_ok(infeasible, "a program without solution is not solved by blocks");
	return ktap_exit();
}

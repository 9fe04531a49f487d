/* SPDX-License-Identifier: GPL-2.0 */
/*
 * certificate.h - is a plan the optimum? Checked without the solver, from the
 * case and the plan's numbers alone: the Karush-Kuhn-Tucker conditions of the convex program in angle
 * form. All residuals small and the duality gap closed proves the optimum.
 */
#ifndef VOLTGATE_SCHED_CERTIFICATE_H
#define VOLTGATE_SCHED_CERTIFICATE_H

#include "agent/sched/dispatch.h"

struct certificate {
	double balance;	     /* MW by which a bus misses its balance, at most */
	double limits;	     /* MW by which a unit, ramp or branch passes its limit, at most */
	double stationarity; /* money per MWh by which a unit's marginal cost and its price disagree beyond its limits
			      */
	double angles;	     /* the same for the angles: prices must differ across branches only by rents */
	double signs;	     /* rents and ramp prices of the wrong sign, or on limits that do not bind */
	double cost;	     /* worked out again */
	double gap;	     /* primal minus dual, relative to the cost */
	bool good;
	char worst[160]; /* the largest residual in words */
};

/* Judges @plan for @problem. -ENOMEM. */
int certificate_check(const struct dispatch_problem *problem, const struct dispatch_plan *plan,
		      struct certificate *ret_certificate);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * contingency.h - what the outage of one branch adds to the others' flows:
 * line outage distribution factors, from the distribution factors of the branch that goes out.
 *
 *   flow_l after the outage of k = flow_l + factor_l * flow_k
 */
#ifndef VOLTGATE_SCHED_CONTINGENCY_H
#define VOLTGATE_SCHED_CONTINGENCY_H

#include "agent/sched/ptdf.h"

/* The factors of all branches for the outage of @outage (-1 for itself). 0; -ENOENT: its outage splits the network;
 * -ENOMEM. */
int contingency_factors(const struct grid *grid, struct ptdf *ptdf, u32 outage, double *ret_factor);

#endif

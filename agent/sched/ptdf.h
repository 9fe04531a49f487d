/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ptdf.h - power transfer distribution factors: what a megawatt fed in at each
 * bus (and taken out at its island's first bus) adds to a branch's flow. Rows
 * are worked out when asked for and kept.
 */
#ifndef VOLTGATE_SCHED_PTDF_H
#define VOLTGATE_SCHED_PTDF_H

#include "agent/sched/grid.h"

struct ptdf;

/* Factors the susceptance matrix. -ENOMEM; -EDOM: it is singular (susceptances that cancel out). */
int ptdf_new(const struct grid *grid, struct ptdf **ret_ptdf);
void ptdf_free(struct ptdf *ptdf);
/* The factors of @branch, one for each bus; NULL: out of memory. */
const double *ptdf_row(struct ptdf *ptdf, u32 branch);
/* Angles (radians) that carry @injection (MW, by bus, balanced in each island), phase shifters included. */
void ptdf_angles(const struct ptdf *ptdf, const double *injection, double *ret_angle);
/* Flow on every branch at @angle. */
void ptdf_flows(const struct grid *grid, const double *angle, double *ret_flow);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * area_part.h - an area's part of a plan as an object of JSON: what it tells
 * who puts the whole together, and how much talk it took.
 */
#ifndef VOLTGATE_TOOLS_AREA_PART_H
#define VOLTGATE_TOOLS_AREA_PART_H

#include <jansson.h>

#include "agent/sched/consensus.h"

/* @plan: what area_put() made of the last round. NULL: out of memory. */
json_t *area_part_put(const struct area *area, const struct consensus *consensus, const struct dispatch_plan *plan);
/* Puts such a part into the plan of the whole. -EINVAL: it does not fit the case. */
int area_part_take(const json_t *part, struct dispatch_plan *plan);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * assign_json.h - a plan of charging sessions as JSON, to and fro:
 * {"vehicles", "served", "left", "hopeless", "cost_e7" (1e-7 yuan), "bound_e7", "gap", "method", "proven", "cut_short",
 *  "money", "energy_wh", "waiting_s", "distance_m", "load_factor" (paper eq. (6)),
 *  "sessions": [{"vehicle", "station", "start", "periods", "energy_wh", "begins_s", "ends_s"}],
 *  "unserved": [{"vehicle", "why"}]}
 */
#ifndef VOLTGATE_TOOLS_ASSIGN_JSON_H
#define VOLTGATE_TOOLS_ASSIGN_JSON_H

#include <jansson.h>

#include "agent/sched/assign.h"

/* A new reference; NULL: out of memory. */
json_t *assign_json_put(const struct assign_problem *problem, const struct assign_plan *plan,
			const struct assign_verdict *verdict);
/* 0 with a plan to be freed by assign_free(); -EINVAL with a sentence that ends without a full stop; -ENOMEM. */
int assign_json_take(const json_t *object, const struct fleet *fleet, struct assign_plan **ret_plan,
		     char ret_error[240]);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_json.h - a dispatch plan as JSON, to and fro. Numbers are in the order of the case's units,
 * buses and branches, one array a period:
 * {"case", "periods", "hours", "limits_scale", "cost", "output": [[MW]], "price", "energy", "angle", "flow", "rent",
 * "ramp", "excluded_gap", "cut_short", "binding": [{"period", "branch", "flow", "rent"}], "certificate": {...}}
 */
#ifndef VOLTGATE_TOOLS_PLAN_JSON_H
#define VOLTGATE_TOOLS_PLAN_JSON_H

#include <jansson.h>

#include "agent/sched/certificate.h"

/* A new reference; NULL: out of memory. */
json_t *plan_json_put(const struct dispatch_problem *problem, const struct dispatch_plan *plan,
		      const struct certificate *certificate);
json_t *plan_json_certificate(const struct certificate *certificate);
/* 0 with a plan for @problem; -EINVAL with a sentence that ends without a full stop; -ENOMEM. */
int plan_json_take(const json_t *object, const struct dispatch_problem *problem, struct dispatch_plan **ret_plan,
		   char ret_error[240]);

#endif

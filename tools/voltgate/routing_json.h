/* SPDX-License-Identifier: GPL-2.0 */
/*
 * routing_json.h - routes as JSON, to and fro:
 * {"instance": NAME, "vehicles": N, "distance": D, "routes": [[NODE, ...], ...]}
 * With partial recharge "charges" has, for each stop of each route, the energy taken there.
 */
#ifndef VOLTGATE_TOOLS_ROUTING_JSON_H
#define VOLTGATE_TOOLS_ROUTING_JSON_H

#include <jansson.h>

#include "agent/sched/routing.h"

/* A new reference; NULL: out of memory. */
json_t *routing_json_put(const struct evrptw *instance, const struct routing *routing);
/* 0, or -EINVAL with a sentence that ends without a full stop. */
int routing_json_take(const json_t *object, struct routing *ret_routing, char ret_error[240]);

#endif

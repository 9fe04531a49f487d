// SPDX-License-Identifier: GPL-2.0
/*
 * routing_json.c - routes as JSON: see routing_json.h.
 */
#include <errno.h>
#include <stdio.h>

#include "tools/voltgate/routing_json.h"

json_t *routing_json_put(const struct evrptw *instance, const struct routing *routing)
{
	json_t *routes = json_array(), *charges = json_array(), *stops, *charge, *object;
	u32 i, j;

	for (i = 0; i < routing->vehicles; i++) {
		const struct routing_route *route = &routing->route[i];

		stops = json_array();
		charge = json_array();
		for (j = 0; j < route->count; j++) {
			json_array_append_new(stops, json_integer(routing->stops[route->first + j]));
			json_array_append_new(charge, json_real(routing->charge[route->first + j]));
		}
		json_array_append_new(routes, stops);
		json_array_append_new(charges, charge);
	}
	object = json_pack("{s:s, s:I, s:f, s:o}", "instance", instance->name, "vehicles",
			   (json_int_t)routing->vehicles, "distance", routing->distance, "routes", routes);
	if (routing->partial)
		json_object_set_new(object, "charges", charges);
	else
		json_decref(charges);
	return object;
}

static int routing_json_stop(const json_t *stop, size_t vehicle, struct routing *routing, char ret_error[240])
{
	json_int_t node = json_integer_value(stop);

	if (!json_is_integer(stop) || node < 1 || node >= EVRPTW_NODES_MAX) {
		snprintf(ret_error, 240, "a stop of vehicle %zu is no node number from 1 to %u", vehicle + 1,
			 EVRPTW_NODES_MAX - 1);
		return -EINVAL;
	}
	if (routing->stop_count == ROUTING_STOPS_MAX) {
		snprintf(ret_error, 240, "there are more than %u stops", ROUTING_STOPS_MAX);
		return -EINVAL;
	}
	routing->stops[routing->stop_count++] = (u16)node;
	return 0;
}

/* What is taken at each stop, in arrays like those of the stops. */
static int routing_json_charges(const json_t *charges, struct routing *routing, char ret_error[240])
{
	const json_t *list, *amount;
	u32 vehicle, at;

	routing->partial = true;
	for (vehicle = 0; vehicle < routing->vehicles; vehicle++) {
		const struct routing_route *route = &routing->route[vehicle];

		list = json_array_get(charges, vehicle);
		if (json_array_size(charges) != routing->vehicles || json_array_size(list) != route->count) {
			snprintf(ret_error, 240, "\"charges\" has not one number for each stop of each route");
			return -EINVAL;
		}
		for (at = 0; at < route->count; at++) {
			amount = json_array_get(list, at);
			if (!json_is_number(amount)) {
				snprintf(ret_error, 240, "charge %u of vehicle %u is no number", at + 1, vehicle + 1);
				return -EINVAL;
			}
			routing->charge[route->first + at] = json_number_value(amount);
		}
	}
	return 0;
}

int routing_json_take(const json_t *object, struct routing *ret_routing, char ret_error[240])
{
	const json_t *routes = json_object_get(object, "routes"), *stops, *stop;
	size_t vehicle, at;

	memset(ret_routing, 0, sizeof(*ret_routing));
	if (!json_is_array(routes) || json_array_size(routes) > EVRPTW_NODES_MAX) {
		snprintf(ret_error, 240, "it has no array \"routes\" of at most %u routes", EVRPTW_NODES_MAX);
		return -EINVAL;
	}
	json_array_foreach ((json_t *)routes, vehicle, stops) {
		struct routing_route *route = &ret_routing->route[ret_routing->vehicles++];

		route->first = ret_routing->stop_count;
		if (!json_is_array(stops)) {
			snprintf(ret_error, 240, "route %zu is no array of node numbers", vehicle + 1);
			return -EINVAL;
		}
		json_array_foreach ((json_t *)stops, at, stop)
			if (routing_json_stop(stop, vehicle, ret_routing, ret_error))
				return -EINVAL;
		route->count = ret_routing->stop_count - route->first;
	}
	ret_routing->distance = json_number_value(json_object_get(object, "distance"));
	if (json_object_get(object, "charges"))
		return routing_json_charges(json_object_get(object, "charges"), ret_routing, ret_error);
	return 0;
}

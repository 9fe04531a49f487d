// SPDX-License-Identifier: GPL-2.0
/*
 * area_part.c - see area_part.h.
 */
#include <errno.h>

#include "tools/voltgate/area_part.h"

static json_t *area_part_table(const double *values, u32 periods, u32 wide, const u32 *which, u32 count)
{
	json_t *table = json_array(), *row;
	u32 t, i;

	for (i = 0; i < count; i++) {
		row = json_array();
		for (t = 0; t < periods; t++)
			json_array_append_new(row, json_real(values[(size_t)t * wide + which[i]]));
		json_array_append_new(table, row);
	}
	return table;
}

static json_t *area_part_list(const u32 *which, u32 count)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < count; i++)
		json_array_append_new(list, json_integer(which[i]));
	return list;
}

json_t *area_part_put(const struct area *area, const struct consensus *consensus, const struct dispatch_plan *plan)
{
	const struct consensus_tally *tally = consensus_tally(consensus);
	json_t *part =
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "area", (json_int_t)area->index + 1, "rounds",
			  (json_int_t)tally->rounds, "epochs", (json_int_t)tally->epochs, "bytes",
			  (json_int_t)tally->bytes, "messages", (json_int_t)tally->messages, "said_again",
			  (json_int_t)tally->again, "mismatch_mw", consensus_mismatch(consensus), "cost", plan->cost);

	if (!part)
		return NULL;
	json_object_set_new(part, "round", json_integer(consensus_round(consensus)));
	json_object_set_new(part, "unit", area_part_list(area->unit, area->units));
	json_object_set_new(part, "bus", area_part_list(area->bus, area->buses));
	json_object_set_new(part, "station", area_part_list(area->station, area->stations));
	json_object_set_new(part, "output",
			    area_part_table(plan->output, plan->periods, plan->units, area->unit, area->units));
	json_object_set_new(part, "price",
			    area_part_table(plan->price, plan->periods, plan->buses, area->bus, area->buses));
	json_object_set_new(
		part, "charge",
		area_part_table(plan->charge, plan->periods, plan->stations, area->station, area->stations));
	json_object_set_new(
		part, "discharge",
		area_part_table(plan->discharge, plan->periods, plan->stations, area->station, area->stations));
	json_object_set_new(part, "stock",
			    area_part_table(plan->stock, plan->periods, plan->stations, area->station, area->stations));
	return part;
}

static int area_part_take_table(const json_t *part, const char *which, const char *key, u32 wide, u32 periods,
				double *to)
{
	const json_t *list = json_object_get(part, which), *table = json_object_get(part, key), *row;
	size_t i, t;

	if (json_array_size(list) != json_array_size(table))
		return -EINVAL;
	for (i = 0; i < json_array_size(list); i++) {
		json_int_t at = json_integer_value(json_array_get(list, i));

		row = json_array_get(table, i);
		if (at < 0 || at >= wide || json_array_size(row) != periods)
			return -EINVAL;
		for (t = 0; t < periods; t++)
			to[t * wide + (size_t)at] = json_number_value(json_array_get(row, t));
	}
	return 0;
}

int area_part_take(const json_t *part, struct dispatch_plan *plan)
{
	u32 periods = plan->periods;

	plan->cost += json_number_value(json_object_get(part, "cost"));
	if (area_part_take_table(part, "unit", "output", plan->units, periods, plan->output) ||
	    area_part_take_table(part, "bus", "price", plan->buses, periods, plan->price) ||
	    area_part_take_table(part, "station", "charge", plan->stations, periods, plan->charge) ||
	    area_part_take_table(part, "station", "discharge", plan->stations, periods, plan->discharge) ||
	    area_part_take_table(part, "station", "stock", plan->stations, periods, plan->stock))
		return -EINVAL;
	return 0;
}

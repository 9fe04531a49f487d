// SPDX-License-Identifier: GPL-2.0
/*
 * plan_json.c - a dispatch plan as JSON: see plan_json.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/voltgate/plan_json.h"

static json_t *plan_json_table(const double *values, u32 rows, u32 columns)
{
	json_t *table = json_array(), *row;
	u32 i, j;

	for (i = 0; i < rows; i++) {
		row = json_array();
		for (j = 0; j < columns; j++)
			json_array_append_new(row, json_real(values[(size_t)i * columns + j]));
		json_array_append_new(table, row);
	}
	return table;
}

static json_t *plan_json_signs(const signed char *signs, u32 rows, u32 columns)
{
	json_t *table = json_array(), *row;
	u32 i, j;

	for (i = 0; i < rows; i++) {
		row = json_array();
		for (j = 0; j < columns; j++)
			json_array_append_new(row, json_integer(signs[(size_t)i * columns + j]));
		json_array_append_new(table, row);
	}
	return table;
}

json_t *plan_json_certificate(const struct certificate *certificate)
{
	return json_pack("{s:b, s:f, s:f, s:f, s:f, s:f, s:f, s:s}", "good", certificate->good, "balance_mw",
			 certificate->balance, "limits_mw", certificate->limits, "stationarity",
			 certificate->stationarity, "angles", certificate->angles, "signs", certificate->signs, "gap",
			 certificate->gap, "worst", certificate->worst);
}

static json_t *plan_json_binding(const struct grid *grid, const struct dispatch_plan *plan)
{
	json_t *binding = json_array();
	u32 t, l;

	for (t = 0; t < plan->periods; t++)
		for (l = 0; l < plan->branches; l++) {
			size_t at = (size_t)t * plan->branches + l;

			if (fabs(plan->rent[at]) > 1e-6)
				json_array_append_new(binding,
						      json_pack("{s:I, s:s, s:f, s:f}", "period", (json_int_t)t + 1,
								"branch", grid->branch[l].name, "flow", plan->flow[at],
								"rent", plan->rent[at]));
		}
	return binding;
}

/* Reserve and outages, where they were asked for. */
static void plan_json_security(json_t *object, const struct dispatch_problem *problem, const struct dispatch_plan *plan)
{
	json_t *after = json_array();
	double load = 0;
	u32 i;

	for (i = 0; problem->reserve && i < plan->buses; i++)
		load += problem->load[i];
	if (problem->reserve) {
		json_object_set_new(object, "reserve_share", json_real(load > 0 ? problem->reserve[0] / load : 0));
		json_object_set_new(object, "reserve", plan_json_table(plan->reserve, plan->periods, plan->units));
		json_object_set_new(object, "headroom", plan_json_table(plan->headroom, plan->periods, plan->units));
		json_object_set_new(object, "reserve_price", plan_json_table(plan->reserve_price, 1, plan->periods));
	}
	for (i = 0; i < plan->outages; i++)
		json_array_append_new(after,
				      json_pack("{s:I, s:I, s:I, s:f, s:f, s:f}", "period",
						(json_int_t)plan->after[i].period + 1, "branch",
						(json_int_t)plan->after[i].branch + 1, "outage",
						(json_int_t)plan->after[i].outage + 1, "factor", plan->after[i].factor,
						"flow", plan->after[i].flow, "rent", plan->after[i].rent));
	if (problem->secure) {
		json_object_set_new(object, "outage_scale",
				    json_real(problem->outage_scale > 0 ? problem->outage_scale : 1));
		json_object_set_new(object, "splits", json_integer(plan->splits));
		json_object_set(object, "after_outages", after);
	}
	json_decref(after);
}

json_t *plan_json_put(const struct dispatch_problem *problem, const struct dispatch_plan *plan,
		      const struct certificate *certificate)
{
	json_t *object = json_pack("{s:s, s:I, s:f, s:f, s:f, s:I, s:I}", "case", problem->grid->name, "periods",
				   (json_int_t)plan->periods, "hours", problem->hours, "limits_scale",
				   problem->limits_scale, "cost", plan->cost, "rounds", (json_int_t)plan->rounds,
				   "limits_added", (json_int_t)plan->limits_added);

	if (!object)
		return NULL;
	json_object_set_new(object, "output", plan_json_table(plan->output, plan->periods, plan->units));
	json_object_set_new(object, "price", plan_json_table(plan->price, plan->periods, plan->buses));
	json_object_set_new(object, "energy", plan_json_table(plan->energy, plan->periods, plan->islands));
	json_object_set_new(object, "angle", plan_json_table(plan->angle, plan->periods, plan->buses));
	json_object_set_new(object, "flow", plan_json_table(plan->flow, plan->periods, plan->branches));
	json_object_set_new(object, "rent", plan_json_table(plan->rent, plan->periods, plan->branches));
	json_object_set_new(object, "ramp", plan_json_table(plan->ramp, plan->periods, plan->units));
	json_object_set_new(object, "charge", plan_json_table(plan->charge, plan->periods, plan->stations));
	json_object_set_new(object, "discharge", plan_json_table(plan->discharge, plan->periods, plan->stations));
	json_object_set_new(object, "stock", plan_json_table(plan->stock, plan->periods, plan->stations));
	json_object_set_new(object, "worth", plan_json_table(plan->worth, plan->periods, plan->stations));
	json_object_set_new(object, "open", plan_json_signs(plan->open, plan->periods, plan->stations));
	json_object_set_new(object, "excluded_gap", json_real(plan->excluded_gap));
	json_object_set_new(object, "cut_short", json_boolean(plan->cut_short));
	json_object_set_new(object, "binding", plan_json_binding(problem->grid, plan));
	plan_json_security(object, problem, plan);
	json_object_set_new(object, "certificate", plan_json_certificate(certificate));
	return object;
}

static int plan_json_read(const json_t *object, const char *key, u32 rows, u32 columns, double *ret_values,
			  char ret_error[240])
{
	const json_t *table = json_object_get(object, key), *row;
	u32 i, j;

	if (!json_is_array(table) || json_array_size(table) != rows)
		goto wrong;
	for (i = 0; i < rows; i++) {
		row = json_array_get(table, i);
		if (!json_is_array(row) || json_array_size(row) != columns)
			goto wrong;
		for (j = 0; j < columns; j++) {
			if (!json_is_number(json_array_get(row, j)))
				goto wrong;
			ret_values[(size_t)i * columns + j] = json_number_value(json_array_get(row, j));
		}
	}
	return 0;
wrong:
	snprintf(ret_error, 240, "\"%s\" is no table of %u rows of %u numbers, as this case and its periods ask for",
		 key, rows, columns);
	return -EINVAL;
}

static int plan_json_open(const json_t *object, u32 periods, u32 stations, signed char *ret_open, char ret_error[240])
{
	double *open = calloc((size_t)periods * stations + 1, sizeof(*open));
	int err = open ? plan_json_read(object, "open", periods, stations, open, ret_error) : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < (size_t)periods * stations; i++)
		ret_open[i] = (signed char)((open[i] > 0) - (open[i] < 0));
	free(open);
	return err;
}

static u32 plan_json_index(const json_t *object, const char *key, u32 count)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number >= 1 && number <= count ? (u32)number - 1 : ~0U;
}

static int plan_json_read_outages(const json_t *object, struct dispatch_plan *plan, char ret_error[240])
{
	const json_t *list = json_object_get(object, "after_outages"), *entry;
	u32 count = (u32)json_array_size(list), i;

	plan->after = calloc((size_t)count + 1, sizeof(*plan->after));
	if (!plan->after)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct dispatch_outage *outage = &plan->after[i];

		entry = json_array_get(list, i);
		outage->period = plan_json_index(entry, "period", plan->periods);
		outage->branch = plan_json_index(entry, "branch", plan->branches);
		outage->outage = plan_json_index(entry, "outage", plan->branches);
		outage->rent = json_number_value(json_object_get(entry, "rent"));
		if (outage->period == ~0U || outage->branch == ~0U || outage->outage == ~0U) {
			snprintf(ret_error, 240,
				 "entry %u of \"after_outages\" names a period or branch that is not there", i + 1);
			return -EINVAL;
		}
	}
	plan->outages = count;
	return 0;
}

static int plan_json_read_reserve(const json_t *object, struct dispatch_plan *plan, char ret_error[240])
{
	int err = plan_json_read(object, "reserve", plan->periods, plan->units, plan->reserve, ret_error);

	if (!err)
		err = plan_json_read(object, "headroom", plan->periods, plan->units, plan->headroom, ret_error);
	if (!err)
		err = plan_json_read(object, "reserve_price", 1, plan->periods, plan->reserve_price, ret_error);
	return err;
}

int plan_json_take(const json_t *object, const struct dispatch_problem *problem, struct dispatch_plan **ret_plan,
		   char ret_error[240])
{
	const struct grid *grid = problem->grid;
	u32 periods = problem->periods, stations = problem->stations ? problem->stations->count : 0;
	struct dispatch_plan *plan = dispatch_plan_new(grid, periods, stations);

	if (!plan) {
		snprintf(ret_error, 240, "out of memory");
		return -ENOMEM;
	}
	plan->cost = json_number_value(json_object_get(object, "cost"));
	if (plan_json_read(object, "output", periods, grid->units, plan->output, ret_error) ||
	    plan_json_read(object, "price", periods, grid->buses, plan->price, ret_error) ||
	    plan_json_read(object, "angle", periods, grid->buses, plan->angle, ret_error) ||
	    plan_json_read(object, "flow", periods, grid->branches, plan->flow, ret_error) ||
	    plan_json_read(object, "rent", periods, grid->branches, plan->rent, ret_error) ||
	    plan_json_read(object, "ramp", periods, grid->units, plan->ramp, ret_error) ||
	    plan_json_read(object, "charge", periods, stations, plan->charge, ret_error) ||
	    plan_json_read(object, "discharge", periods, stations, plan->discharge, ret_error) ||
	    plan_json_read(object, "stock", periods, stations, plan->stock, ret_error) ||
	    plan_json_read(object, "worth", periods, stations, plan->worth, ret_error) ||
	    plan_json_open(object, periods, stations, plan->open, ret_error) ||
	    (problem->reserve && plan_json_read_reserve(object, plan, ret_error)) ||
	    plan_json_read_outages(object, plan, ret_error)) {
		dispatch_free(plan);
		return -EINVAL;
	}
	*ret_plan = plan;
	return 0;
}

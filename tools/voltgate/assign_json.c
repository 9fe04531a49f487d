// SPDX-License-Identifier: GPL-2.0
/*
 * assign_json.c - plans of charging sessions as JSON: see assign_json.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/voltgate/assign_json.h"

static json_t *assign_json_session(const struct fleet *fleet, u32 vehicle, const struct assign_session *session)
{
	const struct fleet_vehicle *who = &fleet->vehicle[vehicle];
	const struct fleet_station *where = &fleet->station[session->station];
	json_int_t begins = (json_int_t)session->start * fleet->period_s;
	u32 rate = fleet_rate_w(who, where);
	u64 slot_wh = (u64)rate * fleet->period_s / 3600,
	    last_wh = session->energy_wh - (session->periods - 1) * slot_wh;

	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "vehicle", who->name, "station", where->name, "start",
			 (json_int_t)session->start, "periods", (json_int_t)session->periods, "energy_wh",
			 (json_int_t)session->energy_wh, "begins_s", begins, "ends_s",
			 begins + (json_int_t)(session->periods - 1) * fleet->period_s +
				 (json_int_t)((last_wh * 3600 + rate - 1) / rate));
}

static json_t *assign_json_unserved(const struct assign_problem *problem, const struct assign_plan *plan, u32 vehicle)
{
	char text[240];

	assign_why(problem, plan, vehicle, text, sizeof(text));
	return json_pack("{s:s, s:s}", "vehicle", problem->fleet->vehicle[vehicle].name, "why", text);
}

json_t *assign_json_put(const struct assign_problem *problem, const struct assign_plan *plan,
			const struct assign_verdict *verdict)
{
	static const char *const methods[] = { "prices", "cbc", "flow" };
	json_t *sessions = json_array(), *unserved = json_array();
	u32 v;

	for (v = 0; v < plan->vehicles; v++)
		if (plan->session[v].state == ASSIGN_SERVED)
			json_array_append_new(sessions, assign_json_session(problem->fleet, v, &plan->session[v]));
		else if (plan->session[v].state != ASSIGN_CONTENT)
			json_array_append_new(unserved, assign_json_unserved(problem, plan, v));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:b, s:b, s:f, s:I, s:I, s:I, s:f, s:o, s:o}",
			 "vehicles", (json_int_t)plan->vehicles, "served", (json_int_t)plan->served, "left",
			 (json_int_t)plan->left, "hopeless", (json_int_t)plan->hopeless, "cost_e7",
			 (json_int_t)plan->cost, "bound_e7", (json_int_t)plan->bound, "gap",
			 plan->cost ? (double)(plan->cost - plan->bound) / (double)plan->cost : 0.0, "method",
			 methods[plan->method], "proven", plan->proven, "cut_short", plan->cut_short, "money",
			 (double)verdict->money / ASSIGN_COST_YUAN, "energy_wh", (json_int_t)verdict->energy_wh,
			 "waiting_s", (json_int_t)verdict->waiting_s, "distance_m", (json_int_t)verdict->distance_m,
			 "load_factor", verdict->load_pct / 100.0, "sessions", sessions, "unserved", unserved);
}

/* --- back --- */

struct name_index {
	const char *name;
	u32 number;
};

static int name_index_compare(const void *one, const void *other)
{
	return strcmp(((const struct name_index *)one)->name, ((const struct name_index *)other)->name);
}

/* Names are the first field of the rows. NULL: out of memory. */
static struct name_index *name_index_new(const void *rows, u32 count, size_t size)
{
	struct name_index *index = calloc((size_t)count + 1, sizeof(*index));
	u32 i;

	for (i = 0; index && i < count; i++)
		index[i] = (struct name_index){ (const char *)rows + i * size, i };
	if (index)
		qsort(index, count, sizeof(*index), name_index_compare);
	return index;
}

static u32 name_index_find(const struct name_index *index, u32 count, const char *name)
{
	const struct name_index *found, wanted = { .name = name ? name : "" };

	found = bsearch(&wanted, index, count, sizeof(*index), name_index_compare);
	return found ? found->number : ASSIGN_NONE;
}

static bool assign_json_small(const json_t *object, const char *key, u32 *ret_number)
{
	const json_t *number = json_object_get(object, key);
	json_int_t value = json_integer_value(number);

	*ret_number = (u32)value;
	return json_is_integer(number) && value >= 0 && value <= FLEET_ENERGY_MAX;
}

struct taker {
	const struct fleet *fleet;
	struct name_index *vehicles, *stations;
	struct assign_plan *plan;
	char *error;
};

static int taker_session(struct taker *taker, const json_t *object, size_t at)
{
	const struct fleet *fleet = taker->fleet;
	const char *who = json_string_value(json_object_get(object, "vehicle"));
	const char *where = json_string_value(json_object_get(object, "station"));
	u32 vehicle = name_index_find(taker->vehicles, fleet->vehicles, who);
	u32 station = name_index_find(taker->stations, fleet->stations, where);
	struct assign_session *session;

	if (vehicle == ASSIGN_NONE || station == ASSIGN_NONE) {
		snprintf(taker->error, 240, "session %zu names no vehicle and station of the fleet", at + 1);
		return -EINVAL;
	}
	session = &taker->plan->session[vehicle];
	if (session->state == ASSIGN_SERVED) {
		snprintf(taker->error, 240, "vehicle %s has two sessions", who);
		return -EINVAL;
	}
	session->state = ASSIGN_SERVED;
	session->station = station;
	if (assign_json_small(object, "start", &session->start) &&
	    assign_json_small(object, "periods", &session->periods) &&
	    assign_json_small(object, "energy_wh", &session->energy_wh))
		return 0;
	snprintf(taker->error, 240, "session %zu lacks \"start\", \"periods\" or \"energy_wh\" as a number", at + 1);
	return -EINVAL;
}

static int taker_all(struct taker *taker, const json_t *object)
{
	const json_t *sessions = json_object_get(object, "sessions"), *cost = json_object_get(object, "cost_e7"),
		     *session;
	size_t at;
	u32 v;
	int err;

	if (!json_is_array(sessions) || !json_is_integer(cost)) {
		snprintf(taker->error, 240, "it has no array \"sessions\" or no number \"cost_e7\"");
		return -EINVAL;
	}
	taker->plan->cost = json_integer_value(cost);
	for (v = 0; v < taker->fleet->vehicles; v++)
		taker->plan->session[v] = (struct assign_session){ .state = ASSIGN_LEFT, .station = ASSIGN_NONE };
	json_array_foreach ((json_t *)sessions, at, session) {
		err = taker_session(taker, session, at);
		if (err)
			return err;
		taker->plan->served++;
	}
	return 0;
}

int assign_json_take(const json_t *object, const struct fleet *fleet, struct assign_plan **ret_plan,
		     char ret_error[240])
{
	struct taker taker = { .fleet = fleet, .error = ret_error };
	int err = -ENOMEM;

	snprintf(ret_error, 240, "out of memory");
	taker.vehicles = name_index_new(fleet->vehicle, fleet->vehicles, sizeof(*fleet->vehicle));
	taker.stations = name_index_new(fleet->station, fleet->stations, sizeof(*fleet->station));
	taker.plan = assign_plan_new(fleet->vehicles);
	if (taker.vehicles && taker.stations && taker.plan)
		err = taker_all(&taker, object);
	free(taker.vehicles);
	free(taker.stations);
	if (err)
		assign_free(taker.plan);
	else
		*ret_plan = taker.plan;
	return err;
}

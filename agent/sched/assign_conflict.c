// SPDX-License-Identifier: GPL-2.0
/*
 * assign_conflict.c - finds an irreducible conflict: rings of vehicles around
 * one that is left are added until they cannot all be served; then parts are
 * left out as long as that stays so, halves first, at last one by one.
 *
 * "Cannot" is a bound above 0 on the number left, with nothing else counting.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/sched/assign_conflict.h"

#define CONFLICT_VEHICLES_MAX 1500
#define CONFLICT_ROUNDS 60

struct conflict_search {
	const struct assign_problem *problem;
	const struct assign_plan *plan;
	struct assign_conflict *conflict;
	struct fleet fleet; /* some of the vehicles, nothing but serving them counts */
	u32 *chargers;
	s64 *watts;
	bool *in;	 /* of the problem's vehicles */
	u32 *from, *end; /* of each station: periods that the vehicles in could use */
	double until;
	bool undecided;
};

static double conflict_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* True: proven that not all of @vehicle can be served under the limits of the conflict. */
static bool conflict_excludes(struct conflict_search *search, const u32 *vehicle, u32 count)
{
	const struct fleet *fleet = search->problem->fleet;
	struct assign_problem part = { .fleet = &search->fleet, .chargers = search->chargers, .watts = search->watts };
	struct assign_options options = { .rounds = CONFLICT_ROUNDS, .seconds = search->until - conflict_clock() };
	struct assign_plan *plan;
	bool excludes;
	u32 i, t;

	if (options.seconds <= 0 || !count) {
		search->undecided |= count > 0;
		return false;
	}
	for (i = 0; i < count; i++) {
		search->fleet.vehicle[i] = fleet->vehicle[vehicle[i]];
		search->fleet.vehicle[i].weight_time_hour = search->fleet.vehicle[i].weight_rating_unit = 0;
	}
	search->fleet.vehicles = count;
	for (i = 0; i < fleet->stations; i++)
		for (t = 0; t < fleet->periods; t++) {
			size_t at = (size_t)i * fleet->periods + t;
			const struct fleet_station *station = &fleet->station[i];

			search->chargers[at] = !search->conflict->chargers[i] ? FLEET_VEHICLES_MAX
					       : search->problem->chargers    ? search->problem->chargers[at]
									      : station->chargers;
			search->watts[at] = !search->conflict->power[i] ? -1
					    : search->problem->watts	? search->problem->watts[at]
					    : station->limit_w		? (s64)station->limit_w
									: -1;
		}
	if (assign_solve(&part, &options, &plan)) {
		search->undecided = true;
		return false;
	}
	excludes = plan->bound > 0;
	search->undecided |= !excludes && plan->served < count;
	assign_free(plan);
	return excludes;
}

/* --- rings --- */

static void conflict_widen(struct conflict_search *search, u32 vehicle)
{
	const struct fleet *fleet = search->problem->fleet;
	const struct fleet_vehicle *who = &fleet->vehicle[vehicle];
	u32 i, first = who->arrival_s / fleet->period_s, end = who->deadline_s / fleet->period_s + 1;

	for (i = 0; i < fleet->stations; i++) {
		u32 distance = fleet_distance_m(fleet, who, &fleet->station[i]);

		if (fleet_travel_wh(who, distance) > who->energy_wh)
			continue;
		if (first < search->from[i])
			search->from[i] = first;
		if (end > search->end[i])
			search->end[i] = end;
	}
}

/* Vehicles whose sessions lie where those in could charge; returns how many there are now. */
static u32 conflict_ring(struct conflict_search *search, u32 *vehicle, u32 count)
{
	const struct assign_plan *plan = search->plan;
	u32 v, before = count;

	for (v = 0; v < plan->vehicles && count < CONFLICT_VEHICLES_MAX; v++) {
		const struct assign_session *session = &plan->session[v];

		if (search->in[v] || session->station == ASSIGN_NONE ||
		    session->start >= search->end[session->station] ||
		    session->start + session->periods <= search->from[session->station])
			continue;
		search->in[v] = true;
		vehicle[count++] = v;
	}
	for (v = before; v < count; v++)
		conflict_widen(search, vehicle[v]);
	return count;
}

/* --- leaving out --- */

static u32 conflict_without(const u32 *vehicle, u32 count, u32 from, u32 some, u32 *ret_vehicle)
{
	u32 i, kept = 0;

	for (i = 0; i < count; i++)
		if (i < from || i >= from + some)
			ret_vehicle[kept++] = vehicle[i];
	return kept;
}

static int conflict_thin(struct conflict_search *search)
{
	struct assign_conflict *conflict = search->conflict;
	u32 *fewer = calloc((size_t)conflict->vehicles + 1, sizeof(*fewer)), chunk, from, kept;

	if (!fewer)
		return -ENOMEM;
	for (chunk = (conflict->vehicles + 1) / 2; chunk; chunk = chunk > 1 ? (chunk + 1) / 2 : 0)
		for (from = 0; from < conflict->vehicles;) {
			kept = conflict_without(conflict->vehicle, conflict->vehicles, from, chunk, fewer);
			if (conflict_excludes(search, fewer, kept)) {
				memcpy(conflict->vehicle, fewer, kept * sizeof(*fewer));
				conflict->vehicles = kept;
			} else {
				from += chunk;
			}
		}
	free(fewer);
	return 0;
}

static void conflict_relax(struct conflict_search *search, bool *limit)
{
	u32 i;

	for (i = 0; i < search->conflict->stations; i++) {
		if (!limit[i])
			continue;
		limit[i] = false;
		if (!conflict_excludes(search, search->conflict->vehicle, search->conflict->vehicles))
			limit[i] = true;
	}
}

/* Stations that no vehicle of the conflict can reach do not need to be tried. */
static void conflict_forget_far(struct conflict_search *search)
{
	const struct fleet *fleet = search->problem->fleet;
	struct assign_conflict *conflict = search->conflict;
	u32 i;

	for (i = 0; i < fleet->stations; i++) {
		search->from[i] = 0xffffffffu;
		search->end[i] = 0;
	}
	for (i = 0; i < conflict->vehicles; i++)
		conflict_widen(search, conflict->vehicle[i]);
	for (i = 0; i < fleet->stations; i++) {
		bool near = search->end[i] > 0;

		conflict->chargers[i] &= near;
		conflict->power[i] &= near && (fleet->station[i].limit_w || search->problem->watts);
	}
}

/* --- the whole --- */

static int conflict_open(struct conflict_search *search)
{
	const struct fleet *fleet = search->problem->fleet;
	struct assign_conflict *conflict = search->conflict;
	size_t cells = (size_t)fleet->stations * fleet->periods + 1;

	search->fleet = *fleet;
	search->fleet.unserved = 1;
	search->fleet.vehicle = calloc(CONFLICT_VEHICLES_MAX + 1, sizeof(*search->fleet.vehicle));
	search->fleet.price = calloc(cells, sizeof(*search->fleet.price));
	search->chargers = calloc(cells, sizeof(*search->chargers));
	search->watts = calloc(cells, sizeof(*search->watts));
	search->in = calloc((size_t)fleet->vehicles + 1, sizeof(*search->in));
	search->from = malloc(((size_t)fleet->stations + 1) * sizeof(*search->from));
	search->end = calloc((size_t)fleet->stations + 1, sizeof(*search->end));
	conflict->stations = fleet->stations;
	conflict->vehicle = calloc(CONFLICT_VEHICLES_MAX + 1, sizeof(*conflict->vehicle));
	conflict->chargers = malloc((size_t)fleet->stations + 1);
	conflict->power = malloc((size_t)fleet->stations + 1);
	if (!search->fleet.vehicle || !search->fleet.price || !search->chargers || !search->watts || !search->in ||
	    !search->from || !search->end || !conflict->vehicle || !conflict->chargers || !conflict->power)
		return -ENOMEM;
	memset(search->from, 0xff, fleet->stations * sizeof(*search->from));
	memset(conflict->chargers, 1, fleet->stations);
	memset(conflict->power, 1, fleet->stations);
	return 0;
}

static void conflict_close(struct conflict_search *search)
{
	free(search->fleet.vehicle);
	free(search->fleet.price);
	free(search->chargers);
	free(search->watts);
	free(search->in);
	free(search->from);
	free(search->end);
}

static int conflict_grow(struct conflict_search *search, u32 vehicle)
{
	struct assign_conflict *conflict = search->conflict;
	u32 more;

	conflict->vehicle[0] = vehicle;
	conflict->vehicles = 1;
	search->in[vehicle] = true;
	conflict_widen(search, vehicle);
	while (true) {
		more = conflict_ring(search, conflict->vehicle, conflict->vehicles);
		if (more == conflict->vehicles)
			return -ENOENT;
		conflict->vehicles = more;
		if (conflict_excludes(search, conflict->vehicle, more))
			return 0;
	}
}

int assign_conflict_find(const struct assign_problem *problem, const struct assign_plan *plan, u32 vehicle,
			 double seconds, struct assign_conflict *ret_conflict)
{
	struct conflict_search search = {
		.problem = problem, .plan = plan, .conflict = ret_conflict, .until = conflict_clock() + seconds
	};
	int err;

	*ret_conflict = (struct assign_conflict){ .irreducible = false };
	err = conflict_open(&search);
	if (!err)
		err = conflict_grow(&search, vehicle);
	if (!err) {
		search.undecided = false;
		err = conflict_thin(&search);
	}
	if (!err) {
		conflict_forget_far(&search);
		conflict_relax(&search, ret_conflict->power);
		conflict_relax(&search, ret_conflict->chargers);
		ret_conflict->irreducible = !search.undecided;
	}
	conflict_close(&search);
	if (err)
		assign_conflict_done(ret_conflict);
	return err;
}

void assign_conflict_done(struct assign_conflict *conflict)
{
	free(conflict->vehicle);
	free(conflict->chargers);
	free(conflict->power);
	*conflict = (struct assign_conflict){ .irreducible = false };
}

/* --- in words --- */

__attribute__((format(printf, 4, 5))) static size_t conflict_say(char *text, size_t size, size_t at, const char *format,
								 ...)
{
	va_list arguments;
	int len;

	if (at >= size)
		return at;
	va_start(arguments, format);
	len = vsnprintf(text + at, size - at, format, arguments);
	va_end(arguments);
	return at + (len > 0 ? (size_t)len : 0);
}

#define CONFLICT_NAMES 12

void assign_conflict_words(const struct assign_problem *problem, const struct assign_conflict *conflict, char *ret_text,
			   size_t size)
{
	const struct fleet *fleet = problem->fleet;
	u32 i, names = conflict->vehicles < CONFLICT_NAMES ? conflict->vehicles : CONFLICT_NAMES;
	size_t at = conflict_say(ret_text, size, 0, conflict->vehicles == 1 ? "vehicle" : "vehicles");
	bool first = true;

	for (i = 0; i < names; i++)
		at = conflict_say(ret_text, size, at, "%s%s",
				  !i			       ? " "
				  : i + 1 < conflict->vehicles ? ", "
							       : " and ",
				  fleet->vehicle[conflict->vehicle[i]].name);
	if (names < conflict->vehicles)
		at = conflict_say(ret_text, size, at, " and %u more", conflict->vehicles - names);
	at = conflict_say(ret_text, size, at,
			  conflict->vehicles == 1 ? " cannot be served:" : " cannot all be served:");
	for (i = 0; i < conflict->stations; i++) {
		const struct fleet_station *station = &fleet->station[i];

		if (conflict->chargers[i])
			at = conflict_say(ret_text, size, at, "%s station %s has %u charger%s", first ? "" : ",",
					  station->name, station->chargers, station->chargers == 1 ? "" : "s");
		first &= !conflict->chargers[i];
		if (conflict->power[i])
			at = conflict_say(ret_text, size, at, "%s station %s may take %u W", first ? "" : ",",
					  station->name, station->limit_w);
		first &= !conflict->power[i];
	}
	conflict_say(ret_text, size, at,
		     conflict->irreducible
			     ? "; without any one of these vehicles, or of these limits, the rest could be"
			     : "; perhaps not all of these have a part in it");
}

// SPDX-License-Identifier: GPL-2.0
/*
 * assign_compare.c - see assign_compare.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/sched/assign.h"
#include "agent/sched/baseline.h"
#include "tools/voltgate/assign_compare.h"
#include "tools/voltgate/fleet_words.h"
#include "tools/voltgate/say.h"

#define COMPARE_OPTIMA 2
#define COMPARE_METHODS (COMPARE_OPTIMA + BASELINES)

static const char *method_name(u32 method)
{
	static const char *const optima[] = { "most energy", "fewest unmet" };

	return method < COMPARE_OPTIMA ? optima[method] : baseline_names[method - COMPARE_OPTIMA];
}

static int method_charge(const struct charging_site *site, u32 method, struct charging_plan **ret_plan)
{
	return method < COMPARE_OPTIMA ? charging_optimum(site, (enum charging_goal)method, ret_plan)
				       : baseline_charge(site, (enum baseline)(method - COMPARE_OPTIMA), ret_plan);
}

static json_t *score_json(u32 method, const struct charging_score *score)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:f, s:I, s:I}", "method", method_name(method), "served_wh",
			 (json_int_t)score->served_wh, "wanted_wh", (json_int_t)score->wanted_wh, "unmet",
			 (json_int_t)score->unmet, "money", (double)score->money / ASSIGN_COST_YUAN, "overload_wh",
			 (json_int_t)score->overload_wh, "peak_w", (json_int_t)score->peak_w);
}

static void score_show(u32 method, const struct charging_score *score)
{
	printf("  %-18s %12.3f kWh  %5u unmet  %12.4f yuan  peak %10.3f kW  %10.3f kWh beyond the limit\n",
	       method_name(method), (double)score->served_wh / 1000, score->unmet,
	       (double)score->money / ASSIGN_COST_YUAN, score->peak_w / 1000.0, (double)score->overload_wh / 1000);
}

/* All methods at one station; @methods NULL: for people. */
static int compare_site(const struct charging_site *site, json_t *methods)
{
	struct charging_plan *plan;
	struct charging_score score;
	u32 method;
	int err;

	for (method = 0; method < COMPARE_METHODS; method++) {
		err = method_charge(site, method, &plan);
		if (err)
			return err;
		charging_score(site, plan, &score);
		charging_free(plan);
		if (methods)
			json_array_append_new(methods, score_json(method, &score));
		else
			score_show(method, &score);
	}
	return 0;
}

static int compare_station(const struct fleet *fleet, u32 station, json_t *stations)
{
	json_t *methods = stations ? json_array() : NULL;
	struct charging_site site;
	int err = charging_site_from_fleet(fleet, station, &site);

	if (err)
		return err;
	if (stations)
		json_array_append_new(stations, json_pack("{s:s, s:I, s:o}", "station", fleet->station[station].name,
							  "sessions", (json_int_t)site.sessions, "methods", methods));
	else
		printf("station %s: %u sessions\n", fleet->station[station].name, site.sessions);
	err = (u64)site.sessions * site.periods > CHARGING_CELLS_MAX ? -E2BIG : compare_site(&site, methods);
	charging_site_done(&site);
	return err;
}

int assign_compare(const struct cli *cli, int argc, char **argv)
{
	json_t *stations = cli->json ? json_array() : NULL;
	struct fleet *fleet;
	int status, err = 0;
	u32 i;

	if (argc != 1 || argv[0][0] == '-') {
		json_decref(stations);
		return say_usage("assign", "assign compare needs a FLEET file and nothing else");
	}
	status = fleet_words_load(argv[0], &fleet);
	if (status) {
		json_decref(stations);
		return status;
	}
	for (i = 0; !err && i < fleet->stations; i++)
		err = compare_station(fleet, i, stations);
	fleet_free(fleet);
	if (err) {
		json_decref(stations);
		return say_failure(CLI_REFUSED, "%s",
				   err == -E2BIG ? "more sessions at a station than can be compared" : strerror(-err));
	}
	return cli->json ? say_json(json_pack("{s:o}", "stations", stations)) : say_done(CLI_OK);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * fleet_test.c - fleet files: what is read is what was written, and each fault
 * has its line and its words.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ktap.h"
#include "tests/sched/fleetdraw.h"

static const char good[] = "# a small town\n"
			   "[settings]\n"
			   "period_s,periods,speed_m_h\n"
			   "900,96,40000\n"
			   "[stations]\n"
			   "name,x_m,y_m,chargers,power_w,limit_w,rating\n"
			   "North,0,2000,2,22000,30000,450\n"
			   "South,-100,-2000,4,11000,0,300\n"
			   "[prices]\n"
			   "station,from,price\n"
			   "*,0,5000\n"
			   "North,32,9000\n"
			   "[vehicles]\n"
			   "name,x_m,y_m,battery_wh,energy_wh,need_wh,arrival_s,deadline_s,power_w,v2g\n"
			   "A,10,20,60000,10000,30000,3600,36000,11000,yes\n"
			   "B,-10,20,40000,20000,30000,0,7200,7000,no\n";

static const struct {
	const char *old, *new, *words;
} faults[] = {
	{ "battery_wh,", "battery,", ":14: column \"battery\" has no unit; write battery_wh" },
	{ "900,96", "900,0", ":4: periods is 0" },
	{ "900,96", "900,", ":4: periods is \"\"" },
	{ "900,96", "86400,96", ":4: the periods last" },
	{ "900,96", "900,x", ":4: periods is \"x\"" },
	{ "22000,30000", "22000,-5", ":7: limit_w is -5" },
	{ "22000,30000", "nan,30000", ":7: power_w is \"nan\"; it takes a whole number" },
	{ "3600,36000", "36000,3600", ":15: vehicle A must be done (3600 s) before it can set out (36000 s)" },
	{ "60000,10000,30000", "60000,70000,30000", "has 70000 Wh in a battery of 60000" },
	{ "60000,10000,30000", "60000,10000,70000", "wants 70000 Wh in a battery of 60000" },
	{ "B,-10", "A,-10", "two vehicles have the name A" },
	{ "South,-100", "North,-100", "two stations have the name North" },
	{ "North,32", "West,32", ":12: there is no station \"West\"" },
	{ "North,32", "North,96", ":12: from is period 96" },
	{ "9000", "900000", ":12: price is 900000" },
	{ "11000,yes", "11000,perhaps", ":15: v2g is \"perhaps\"" },
	{ "11000,yes", "11000,yes,1", ":15: a row has another number of fields" },
	{ "[prices]\nstation,from,price\n*,0,5000\nNorth,32,9000\n", "", "without a table [prices]" },
	{ "*,0,5000\nNorth,32,9000\n", "", "[prices] has no row" },
	{ "[stations]", "[station]", "outside of any table" },
	{ "need_wh,", "want_wh,", "has no column \"want_wh\"" },
	{ "# a small", "x a small", ":1: \"x a small town\" stands outside" },
	{ "A,10,20", ",10,20", ":15: a vehicle needs a name" },
	{ "[vehicles]", "[settings]\n[vehicles]", "a second time" },
};

static void test_fault(const char *old, const char *new, const char *words)
{
	const char *at = strstr(good, old);
	struct fleet *fleet = NULL;
	char text[2000], all[6000] = "";
	u32 i;
	int err;

	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, new, at + strlen(old));
	err = fleet_parse("town", text, strlen(text), &fleet);
	for (i = 0; fleet && i < fleet->faults; i++) {
		strncat(all, fleet->fault[i].text, sizeof(all) - strlen(all) - 2);
		strcat(all, "|");
	}
	ktap_ok(err == -EINVAL && strstr(all, words) && !strncmp(all, "town:", 5), "%.60s (%s)", words,
		strstr(all, words) ? "" : all);
	fleet_free(fleet);
}

static void test_good(void)
{
	struct fleet *fleet;
	int err = fleet_parse("town", good, strlen(good), &fleet);

	ktap_ok(!err && fleet->vehicles == 2 && fleet->stations == 2 && fleet->price[31] == 5000 &&
			fleet->price[32] == 9000 && fleet->price[96 + 95] == 5000 && fleet->vehicle[0].gives_back &&
			fleet->vehicle[1].x_m == -10 && fleet->vehicle[1].use_wh_km == 180 && fleet->choices == 8,
		"a good file is read, defaults filled in: %s", err && fleet ? fleet->fault[0].text : "");
	fleet_free(fleet);
}

static void test_many_faults(void)
{
	struct fleet *fleet;
	char text[4000];
	u32 i;

	snprintf(text, sizeof(text), "%s", good);
	for (i = 0; i < 30; i++)
		strcat(text, "X,1,1,5,9,9,9,9,9,no\n");
	fleet_parse("town", text, strlen(text), &fleet);
	ktap_ok(fleet->faults == FLEET_FAULTS_MAX && fleet->faults_untold > 40, "all faults are named, or counted (%u)",
		fleet->faults_untold);
	fleet_free(fleet);
}

static void test_again(void)
{
	struct fleetdraw wish = { .seed = 4,
				  .vehicles = 50,
				  .stations = 7,
				  .periods = 48,
				  .period_s = 900,
				  .choices = 3,
				  .chargers = 2,
				  .span_m = 9000,
				  .sessions = 4,
				  .limited = true,
				  .tariffs = true };
	struct fleet *fleet = fleetdraw(&wish), *again;
	size_t len;
	char *text = fleetdraw_text(fleet, &len);
	int err = fleet_parse("drawn", text, len, &again);

	ktap_ok(!err && !memcmp(fleet->vehicle, again->vehicle, 50 * sizeof(*fleet->vehicle)) &&
			!memcmp(fleet->station, again->station, 7 * sizeof(*fleet->station)) &&
			!memcmp(fleet->price, again->price, 7 * 48 * sizeof(u32)),
		"what is written is what is read");
	free(text);
	fleet_free(fleet);
	fleet_free(again);
}

static void test_roads(void)
{
	struct fleet fleet = { .detour_pct = 100, .speed_m_h = 36000 };
	struct fleet_vehicle vehicle = { .x_m = 0, .y_m = 0, .use_wh_km = 150, .power_w = 9000 };
	struct fleet_station station = { .x_m = 3000, .y_m = 4000, .power_w = 11000, .limit_w = 8000 };

	ktap_ok(fleet_distance_m(&fleet, &vehicle, &station) == 5000 && fleet_travel_s(&fleet, 5000) == 500 &&
			fleet_travel_wh(&vehicle, 5000) == 750 && fleet_rate_w(&vehicle, &station) == 8000,
		"5 km are 500 s and 750 Wh");
	station.x_m = 3001;
	ktap_ok(fleet_distance_m(&fleet, &vehicle, &station) == 5001, "roads are rounded up");
}

int main(void)
{
	u32 i;

	ktap_plan(0);
	test_good();
	for (i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		test_fault(faults[i].old, faults[i].new, faults[i].words);
	test_many_faults();
	test_again();
	test_roads();
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/* recommendation_test.c - stations recommended against points counted by hand; who is told nothing; distances against
 * double arithmetic. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/distance.h"
#include "tests/contract/session_stage.h"
#include "tests/ktap.h"

#define HERE "31000000", "121000000"
#define MINUTE (60 * WORLD_SECOND)

static bool refused(int got, int wanted, const char *words)
{
	bool right = got == wanted && strstr(stage.output.refusal, words);

	if (!right)
		printf("# got %d: %s\n", got, stage.output.refusal);
	return right;
}

static double radians(int microdegrees)
{
	return microdegrees / 1e6 * M_PI / 180;
}

/* The straight line, in double arithmetic. */
static double line(int latitude, int longitude, int other_latitude, int other_longitude)
{
	double a = radians(latitude), b = radians(other_latitude), c = radians(longitude - other_longitude);
	double half = pow(sin((a - b) / 2), 2) + cos(a) * cos(b) * pow(sin(c / 2), 2);

	return 2 * 6371000 * sqrt(half);
}

static int draw(int most)
{
	return (int)((random() << 16 ^ random()) % (2 * (long)most + 1)) - most;
}

static void distances(void)
{
	double worst = 0, wanted;
	u32 i;

	srandom(7);
	for (i = 0; i < 200000; i++) {
		int latitude = draw(DISTANCE_LATITUDE_MOST), longitude = draw(DISTANCE_LONGITUDE_MOST);
		int other_latitude = i % 2 ? draw(DISTANCE_LATITUDE_MOST) : latitude / 2 + draw(1000) / 2;
		int other_longitude = i % 2 ? draw(DISTANCE_LONGITUDE_MOST) : longitude / 2 + draw(1000) / 2;

		if (i % 4 == 2) { /* close by */
			latitude = other_latitude + draw(20);
			longitude = other_longitude + draw(20);
		}
		wanted = line(latitude, longitude, other_latitude, other_longitude);
		wanted -= (double)distance_m(latitude, longitude, other_latitude, other_longitude);
		worst = fabs(wanted - 0.5) > worst ? fabs(wanted - 0.5) : worst;
	}
	ktap_ok(worst < 0.51, "%u distances: rounded down, off by at most %.3f m around the middle", i, worst);
	ktap_ok(distance_m(0, 0, 0, 1000000) == 111193 && distance_m(90000000, 5, 90000000, -170000000) == 0 &&
			distance_m(0, 180000000, 0, -180000000) == 0 &&
			distance_m(90000000, 0, -90000000, 0) == 12742000,
		"a degree of the equator, a pole, the date line, the earth's diameter");
	ktap_ok(distance_m(39904200, 116407400, 31230400, 121473700) / 1000 == 1066, "Beijing to Shanghai");
}

/* A station with @chargers of one power; its id. */
static void station(const char *name, const char *latitude, const char *longitude, const char *periods, u32 chargers,
		    char ret_id[65])
{
	const char *arguments[TRANSACTION_ARGUMENTS_MAX] = { name, stage_hex(stage.world.membership.nodes[0].key, 32),
							     latitude, longitude, periods };
	static char texts[8][128];
	struct world_key meter;
	char key[96];
	u32 i;

	for (i = 0; i < chargers; i++) {
		snprintf(key, sizeof(key), "%s-meter%u", name, i + 1);
		meter = world_key(key);
		snprintf(texts[i], sizeof(texts[i]), "%s:60000:1000", stage_hex(meter.public, 32));
		arguments[5 + i] = texts[i];
	}
	if (stage_do(stage.administrator[0], "station.register", arguments, 5 + chargers)) {
		printf("Bail out! %s: %s\n", name, stage.output.refusal);
		exit(1);
	}
	snprintf(ret_id, 65, "%s", stage_text("station"));
}

/* Names in the order recommended, with commas; points of the first in *ret_points. */
static const char *order(json_int_t *ret_points)
{
	static char names[512];
	json_t *array = stage_json();
	size_t i;

	names[0] = 0;
	for (i = 0; i < json_array_size(array); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? "," : "",
			 json_string_value(json_object_get(json_array_get(array, i), "name")));
	*ret_points = json_integer_value(json_object_get(json_array_get(array, 0), "points"));
	json_decref(array);
	return names;
}

static bool recommended(const char *wanted, json_int_t points)
{
	json_int_t got = 0;
	const char *names = order(&got);
	bool right = !strcmp(names, wanted) && (!points || got == points);

	if (!right)
		printf("# %s, %lld points\n", names, (long long)got);
	return right;
}

/* One thing at a time: two stations that differ in it alone. */
static void one_by_one(void)
{
	char near[65], far[65], dear[65], full[65];
	struct drive drive;

	ktap_ok(!QUERY("recommendation.stations", stage.wallet->hex, HERE) && recommended("", 0),
		"no stations: an empty list");
	station("far", "31100000", "121000000", "0:3000+1000", 2, far);	  /* 11119 m */
	station("near", "31010000", "121000000", "0:3000+1000", 2, near); /* 1111 m */
	QUERY("recommendation.stations", stage.wallet->hex, HERE);
	/* near: 4 * (1000 * (50000 - 1111) / 50000 = 977); free 2 * 1000; rated 0; cheap: both the dearest, 0 */
	ktap_ok(recommended("near,far", 4 * 977 + 2 * 1000), "the nearer one first, with its points");
	station("dear", "31010000", "121000000", "0:3000+5000", 2, dear);
	QUERY("recommendation.stations", stage.wallet->hex, HERE);
	/* cheap: 1000 * (8000 - 4000) / 8000 = 500, times 3 */
	ktap_ok(recommended("near,far,dear", 4 * 977 + 2 * 1000 + 3 * 500),
		"a dearer one falls behind even a farther one");
	station("full", "31009000", "121000000", "0:3000+1000", 1, full);
	QUERY("recommendation.stations", stage.wallet->hex, HERE, "1");
	ktap_ok(recommended("full", 0), "one of them is nearest, and COUNT 1 shows it alone");
	drive = (struct drive){ stage.other, "full", "", "", 1, 1, 0, 4000, 100000 };
	strcpy(drive.station, full);
	ktap_ok(!drive_start(&drive, 1000, stage.world.time + WORLD_SECOND, true), "its only charger is taken: %s",
		stage.output.refusal);
	QUERY("recommendation.stations", stage.wallet->hex, HERE);
	ktap_ok(recommended("near,far,dear", 0), "and it is left out");
	drive_meter(&drive, "session.stop", 1, 2000, stage.world.time + MINUTE, true);
	DO(stage.administrator[0], "station.status", full, "closed");
	QUERY("recommendation.stations", stage.wallet->hex, HERE);
	ktap_ok(recommended("near,far,dear", 0), "a closed one too");
	QUERY("recommendation.stations", stage.wallet->hex, HERE, "50", "5000");
	ktap_ok(recommended("near,dear", 0), "RADIUS 5 km leaves the far one out");
}

/* A good rating outweighs a little way. */
static void rated(void)
{
	struct drive drive = { stage.wallet, "far", "", "", 1, 1, 0, 4000, 100000 };
	json_t *array;
	u32 i;

	QUERY("recommendation.stations", stage.wallet->hex, HERE);
	array = stage_json();
	strcpy(drive.station, json_string_value(json_object_get(json_array_get(array, 1), "station")));
	json_decref(array);
	for (i = 0; i < 20; i++) {
		drive_start(&drive, 1000 + 100 * i, stage.world.time + WORLD_SECOND, true);
		drive_meter(&drive, "session.stop", 1, 1100 + 100 * i, stage.world.time + MINUTE, true);
		DO(stage.wallet, "rating.rate", drive.session, "5");
	}
	QUERY("rating.show", drive.station);
	ktap_ok(stage_number("rating") > 5900000 && stage_number("scores") == 20, "the far one is rated %.2f: %s",
		stage_number("rating") / 1e6, stage.output.refusal);
	QUERY("recommendation.stations", stage.wallet->hex, HERE);
	ktap_ok(recommended("far,near,dear", 0), "and comes first");
}

static void who(void)
{
	struct stage_client *poor = stage_enrol("poor", 0, CREDENTIAL_CLIENT),
			    *nobody = stage_enrol("nobody", 0, CREDENTIAL_CLIENT);
	struct drive drive = drive_to(poor, "elsewhere");

	ktap_ok(refused(QUERY("recommendation.stations", nobody->hex, HERE), -ENOENT, "no account"),
		"a wallet without an account: %s", stage.output.refusal);
	DO(poor, "account.register");
	ktap_ok(!QUERY("recommendation.stations", poor->hex, HERE), "a new one is of normal credibility");
	drive_start(&drive, 1000, stage.world.time + WORLD_SECOND, true);
	drive_meter(&drive, "session.stop", 1, 3000, stage.world.time + MINUTE, true);
	ktap_ok(refused(QUERY("recommendation.stations", poor->hex, HERE), -EACCES, "below"),
		"a debtor is told nothing: %s", stage.output.refusal);
	DO(stage.administrator[0], "account.suspend", stage.wallet->hex, "lost");
	ktap_ok(refused(QUERY("recommendation.stations", stage.wallet->hex, HERE), -EACCES, "suspended"),
		"nor who is suspended: %s", stage.output.refusal);
	DO(stage.administrator[0], "account.reinstate", stage.wallet->hex);
	ktap_ok(SIMULATE(stage.wallet, "recommendation.stations", stage.wallet->hex, HERE) == -EPERM, "%s",
		stage.output.refusal);
	ktap_ok(QUERY("recommendation.stations", stage.wallet->hex, "90000001", "0") == -EINVAL &&
			QUERY("recommendation.stations", stage.wallet->hex, "0", "-180000001") == -EINVAL &&
			QUERY("recommendation.stations", stage.wallet->hex, "x", "0") == -EINVAL &&
			QUERY("recommendation.stations", stage.wallet->hex, HERE, "0") == -EINVAL &&
			QUERY("recommendation.stations", stage.wallet->hex, HERE, "51") == -EINVAL &&
			QUERY("recommendation.stations", stage.wallet->hex, HERE, "5", "0") == -EINVAL &&
			QUERY("recommendation.stations", stage.wallet->hex, HERE, "5", "1000001") == -EINVAL,
		"arguments out of range: %s", stage.output.refusal);
	ktap_ok(!QUERY("parameters.show") &&
			strstr((const char *)stage.output.result.bytes, "\"rating-alpha-milli\":10000"),
		"parameters.show");
}

/* Equal in everything: the smaller id first, whatever the order of registration; and many stations are no trouble. */
static void many(void)
{
	char id[65], before[65] = "";
	u32 wrong = 0, i;
	json_t *array;

	for (i = 0; i < 60; i++) {
		char name[16];

		snprintf(name, sizeof(name), "equal%u", i);
		station(name, "10000000", "20000000", "0:100+0", 1, id);
	}
	QUERY("recommendation.stations", stage.wallet->hex, "10000000", "20000000", "50");
	array = stage_json();
	for (i = 0; i < json_array_size(array); i++) {
		const char *next = json_string_value(json_object_get(json_array_get(array, i), "station"));

		wrong += strcmp(before, next) >= 0;
		snprintf(before, sizeof(before), "%s", next);
	}
	ktap_ok(json_array_size(array) == 50 && !wrong, "fifty of sixty equal ones, by their ids");
	json_decref(array);
}

int main(void)
{
	ktap_plan(0);
	stage_open();
	DO(stage.wallet, "account.register");
	DO(stage.other, "account.register");
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "10000000");
	DO(stage.administrator[1], "account.deposit", stage.other->hex, "10000000");
	distances();
	one_by_one();
	rated();
	who();
	many();
	stage_close();
	return ktap_exit();
}

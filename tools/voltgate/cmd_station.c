// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_station.c - voltgate station: charging stations: chargers, tariffs, ratings, and which is best
 * (agent/contract/CHARGING.md).
 */
#include <string.h>

#include "tools/voltgate/charging_call.h"
#include "tools/voltgate/station_guide.h"

static const struct charging_verb table[] = {
	{ .name = "register",
	  .function = "station.register",
	  .words = { { "NAME", CHARGING_TEXT, false, false },
		     { "NODE", CHARGING_KEY, false, false },
		     { "LATITUDE", CHARGING_DEGREES, false, false },
		     { "LONGITUDE", CHARGING_DEGREES, false, false },
		     { "PERIODS", CHARGING_PERIODS, false, false },
		     { "CHARGER", CHARGING_CHARGER, true, true } } },
	{ .name = "charger",
	  .function = "station.charger",
	  .words = { { "STATION", CHARGING_ID, false, false },
		     { "CHARGER", CHARGING_NUMBER, false, false },
		     { "METER", CHARGING_CHARGER, false, false } } },
	{ .name = "tariff",
	  .function = "station.tariff",
	  .words = { { "STATION", CHARGING_ID, false, false },
		     { "VERSION", CHARGING_NUMBER, false, false },
		     { "PERIODS", CHARGING_PERIODS, false, false } } },
	{ .name = "status",
	  .function = "station.status",
	  .words = { { "STATION", CHARGING_ID, false, false },
		     { "STATE", CHARGING_TEXT, false, false },
		     { "CHARGER", CHARGING_NUMBER, true, false } } },
	{ .name = "withdraw",
	  .function = "station.withdraw",
	  .words = { { "STATION", CHARGING_ID, false, false }, { "AMOUNT", CHARGING_MONEY, false, false } } },
	{ .name = "show",
	  .function = "station.show",
	  .query = true,
	  .words = { { "STATION", CHARGING_ID, false, false } } },
	{ .name = "list",
	  .function = "station.list",
	  .query = true,
	  .words = { { "AFTER", CHARGING_ID, true, false } } },
	{ .name = "rating",
	  .function = "rating.show",
	  .query = true,
	  .words = { { "STATION", CHARGING_ID, false, false } } },
	{ .name = "recommend",
	  .function = "recommendation.stations",
	  .query = true,
	  .words = { { "WALLET", CHARGING_KEY, false, false },
		     { "LATITUDE", CHARGING_DEGREES, false, false },
		     { "LONGITUDE", CHARGING_DEGREES, false, false },
		     { "COUNT", CHARGING_NUMBER, true, false },
		     { "RADIUS", CHARGING_DISTANCE, true, false } } },
	{ .name = "appoint", .function = "plan.appoint", .words = { { "ORGANISATION", CHARGING_TEXT, false, false } } },
	{ .name = "plan",
	  .function = "plan.show",
	  .query = true,
	  .words = { { "STATION", CHARGING_ID, false, false } } },
	{ .name = "observe",
	  .function = "plan.observe",
	  .words = { { "STATION", CHARGING_ID, false, false },
		     { "LOAD", CHARGING_POWER, false, false },
		     { "BUSY", CHARGING_NUMBER, false, false } } },
	{ .name = "guide" }, /* its words are its own: station_guide.c */
	{ .name = NULL },
};

static const char *const verbs[] = { "appoint",	  "charger",  "guide", "list",	 "observe", "plan",	"rating",
				     "recommend", "register", "show",  "status", "tariff",  "withdraw", NULL };

static int station(const struct cli *cli, int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "guide"))
		return station_guide(cli, argc - 1, argv + 1);
	return charging_call(cli, table, argc, argv);
}

const struct cli_command cmd_station = {
	.name = "station",
	.run = station,
	.usage = "register CHANNEL --wallet FOLDER NAME NODE LATITUDE LONGITUDE PERIODS [CHARGER...]\n"
		 "charger CHANNEL --wallet FOLDER STATION CHARGER METER\n"
		 "tariff CHANNEL --wallet FOLDER STATION VERSION PERIODS\n"
		 "status CHANNEL --wallet FOLDER STATION STATE [CHARGER]\n"
		 "withdraw CHANNEL --wallet FOLDER STATION AMOUNT\n"
		 "show CHANNEL --wallet FOLDER STATION\n"
		 "list CHANNEL --wallet FOLDER [AFTER]\n"
		 "rating CHANNEL --wallet FOLDER STATION\n"
		 "recommend CHANNEL --wallet FOLDER WALLET LATITUDE LONGITUDE [COUNT] [RADIUS]\n"
		 "appoint CHANNEL --wallet FOLDER ORGANISATION\n"
		 "plan CHANNEL --wallet FOLDER STATION\n"
		 "observe CHANNEL --wallet FOLDER STATION LOAD BUSY\n"
		 "guide CHANNEL --wallet FOLDER --guide FILE [--start TIME] [--genesis FILE] [--node NAME] "
		 "NAME=STATION...",
	.summary = "Charging stations: chargers, tariffs, ratings, and which is best",
	.help = "Every form also takes --genesis FILE (else the agent is asked for the channel), --node NAME, "
		"--timeout SECONDS, and\n"
		"--certificate and --key in place of --wallet. register, charger, tariff, status and withdraw are an\n"
		"administrator's of the station's organisation. NODE is the ledger's node whose endorsements count for "
		"the station's\n"
		"rating. PERIODS are prices by time of day as 00:00=0.32+0.20,08:00=0.68+0.40 (energy and service, "
		"yuan per kWh),\n"
		"CHARGER a meter's key and power as KEY:60kW (voltgate-station --new-meter makes one). recommend lists "
		"free\n"
		"stations near a position, well rated and cheap first. appoint lets another organisation, a utility, "
		"schedule this\n"
		"one's stations (\"-\": nobody); its administrator then posts by guide what \"voltgate -j plan guide\" "
		"found: a plan and a\n"
		"tariff with its energy prices for each station named, the service prices as they are. observe tells a "
		"station's\n"
		"load, by its own node's key; plan shows both.",
	.verbs = verbs,
};

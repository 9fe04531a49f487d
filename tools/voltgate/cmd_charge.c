// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_charge.c - voltgate charge: a charging session, from reservation to its end (agent/contract/CHARGING.md).
 */
#include "tools/voltgate/charging_call.h"

static const struct charging_verb table[] = {
	{ .name = "reserve",
	  .function = "session.reserve",
	  .words = { { "STATION", CHARGING_ID, false, false }, { "CHARGER", CHARGING_NUMBER, false, false } } },
	{
		.name = "cancel",
		.function = "session.cancel",
	},
	{ .name = "start",
	  .function = "session.start",
	  .cable = CHARGING_CABLE_START,
	  .words = { { "STATION", CHARGING_ID, false, false },
		     { "CHARGER", CHARGING_NUMBER, false, false },
		     { "TARIFF", CHARGING_NUMBER, false, false },
		     { "PRICE", CHARGING_PRICE, false, false },
		     { "ENERGY", CHARGING_ENERGY, false, false },
		     { "REGISTER", CHARGING_ENERGY, true, false },
		     { "TIME", CHARGING_TIME, true, false },
		     { "SIGNATURE", CHARGING_SIGNATURE, true, false } } },
	{ .name = "meter",
	  .function = "session.meter",
	  .cable = CHARGING_CABLE_READING,
	  .words = { { "SESSION", CHARGING_ID, false, false },
		     { "NUMBER", CHARGING_NUMBER, true, false },
		     { "REGISTER", CHARGING_ENERGY, true, false },
		     { "TIME", CHARGING_TIME, true, false },
		     { "SIGNATURE", CHARGING_SIGNATURE, true, false } } },
	{ .name = "stop",
	  .function = "session.stop",
	  .cable = CHARGING_CABLE_END,
	  .words = { { "SESSION", CHARGING_ID, false, false },
		     { "NUMBER", CHARGING_NUMBER, true, false },
		     { "REGISTER", CHARGING_ENERGY, true, false },
		     { "TIME", CHARGING_TIME, true, false },
		     { "SIGNATURE", CHARGING_SIGNATURE, true, false } } },
	{ .name = "close",
	  .function = "session.close",
	  .words = { { "SESSION", CHARGING_ID, false, false }, { "READING", CHARGING_TEXT, true, true } } },
	{ .name = "show",
	  .function = "session.show",
	  .query = true,
	  .words = { { "SESSION", CHARGING_ID, false, false } } },
	{ .name = "pay", .function = "settlement.pay", .words = { { "SESSION", CHARGING_ID, false, false } } },
	{ .name = NULL },
};

static const char *const verbs[] = { "cancel", "close", "meter", "pay", "reserve", "show", "start", "stop", NULL };

static int charge(const struct cli *cli, int argc, char **argv)
{
	return charging_call(cli, table, argc, argv);
}

const struct cli_command cmd_charge = {
	.name = "charge",
	.run = charge,
	.usage = "reserve CHANNEL --wallet FOLDER STATION CHARGER\n"
		 "cancel CHANNEL --wallet FOLDER\n"
		 "start CHANNEL --wallet FOLDER [--cable PATH] STATION CHARGER TARIFF PRICE ENERGY [REGISTER] [TIME] "
		 "[SIGNATURE]\n"
		 "meter CHANNEL --wallet FOLDER [--cable PATH] SESSION [NUMBER] [REGISTER] [TIME] [SIGNATURE]\n"
		 "stop CHANNEL --wallet FOLDER [--cable PATH] SESSION [NUMBER] [REGISTER] [TIME] [SIGNATURE]\n"
		 "close CHANNEL --wallet FOLDER SESSION [READING...]\n"
		 "show CHANNEL --wallet FOLDER SESSION\n"
		 "pay CHANNEL --wallet FOLDER SESSION",
	.summary = "A charging session, from reservation to its end",
	.help = "Every form also takes --genesis FILE (else the agent is asked for the channel), --node NAME, "
		"--timeout SECONDS, and\n"
		"--certificate and --key in place of --wallet. A wallet's own signature stands for each step here; a "
		"vehicle\n"
		"that has a session at a gateway does the same by packets (voltgate-vehicle). start names the tariff's "
		"version, the\n"
		"highest price (yuan per kWh) and the most energy that the wallet agrees to. Readings are the meter's: "
		"by --cable from\n"
		"the charger (voltgate-station), or as words. close is for the station's administrator, once a vehicle "
		"is silent for\n"
		"the channel's session-idle-s. pay settles an unpaid bill.",
	.verbs = verbs,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_rate.c - voltgate rate: rate a station after charging there (agent/contract/CHARGING.md).
 */
#include "tools/voltgate/charging_call.h"

static const struct charging_verb table[] = {
	{ .name = "give",
	  .function = "rating.rate",
	  .words = { { "SESSION", CHARGING_ID, false, false }, { "SCORE", CHARGING_NUMBER, false, false } } },
	{ .name = "show",
	  .function = "rating.show",
	  .query = true,
	  .words = { { "STATION", CHARGING_ID, false, false } } },
	{ .name = NULL },
};

static const char *const verbs[] = { "give", "show", NULL };

static int rate(const struct cli *cli, int argc, char **argv)
{
	return charging_call(cli, table, argc, argv);
}

const struct cli_command cmd_rate = {
	.name = "rate",
	.run = rate,
	.usage = "give CHANNEL --wallet FOLDER SESSION SCORE\n"
		 "show CHANNEL --wallet FOLDER STATION",
	.summary = "Rate a station after charging there",
	.help = "Every form also takes --genesis FILE (else the agent is asked for the channel), --node NAME, "
		"--timeout SECONDS, and\n"
		"--certificate and --key in place of --wallet. give says 1 to 5 of a charging session that is "
		"settled,\n"
		"once; it counts by the wallet's credit and the station's experience (paper eq. (3)). show is a "
		"station's rating.",
	.verbs = verbs,
};

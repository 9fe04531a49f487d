// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_bill.c - voltgate bill: bills, by wallet, EV number or organisation, and credit notes
 * (agent/contract/CHARGING.md).
 */
#include "tools/voltgate/charging_call.h"

static const struct charging_verb table[] = {
	{ .name = "show",
	  .function = "bill.show",
	  .query = true,
	  .words = { { "WALLET", CHARGING_KEY, false, false }, { "NUMBER", CHARGING_NUMBER, false, false } } },
	{ .name = "vehicle",
	  .function = "bill.by-vehicle",
	  .query = true,
	  .words = { { "EV-NUMBER", CHARGING_TEXT, false, false },
		     { "FROM", CHARGING_TIME, true, false },
		     { "TO", CHARGING_TIME, true, false },
		     { "AFTER", CHARGING_TEXT, true, false } } },
	{ .name = "organisation",
	  .function = "bill.by-organisation",
	  .query = true,
	  .words = { { "NAME", CHARGING_TEXT, false, false },
		     { "FROM", CHARGING_TIME, true, false },
		     { "TO", CHARGING_TIME, true, false },
		     { "AFTER", CHARGING_TEXT, true, false } } },
	{ .name = "note",
	  .function = "note.issue",
	  .words = { { "WALLET", CHARGING_KEY, false, false },
		     { "NUMBER", CHARGING_NUMBER, false, false },
		     { "AMOUNT", CHARGING_MONEY, false, false },
		     { "REASON", CHARGING_TEXT, false, false } } },
	{ .name = NULL },
};

static const char *const verbs[] = { "note", "organisation", "show", "vehicle", NULL };

static int bill(const struct cli *cli, int argc, char **argv)
{
	return charging_call(cli, table, argc, argv);
}

const struct cli_command cmd_bill = {
	.name = "bill",
	.run = bill,
	.usage = "show CHANNEL --wallet FOLDER WALLET NUMBER\n"
		 "vehicle CHANNEL --wallet FOLDER EV-NUMBER [FROM] [TO] [AFTER]\n"
		 "organisation CHANNEL --wallet FOLDER NAME [FROM] [TO] [AFTER]\n"
		 "note CHANNEL --wallet FOLDER WALLET NUMBER AMOUNT REASON",
	.summary = "Bills, by wallet, EV number or organisation, and credit notes",
	.help = "Every form also takes --genesis FILE (else the agent is asked for the channel), --node NAME, "
		"--timeout SECONDS, and\n"
		"--certificate and --key in place of --wallet. Queries are answered from one node's state; an EV "
		"number's\n"
		"by nodes of the organisations that hold the collection of vehicles, for those organisations' clients. "
		"A bill never\n"
		"changes: note, by an administrator of the station's organisation, gives money of it back.",
	.verbs = verbs,
};

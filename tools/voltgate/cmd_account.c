// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_account.c - voltgate account: wallets that may charge: balance, state, credit (agent/contract/CHARGING.md).
 */
#include "tools/voltgate/charging_call.h"

static const struct charging_verb table[] = {
	{
		.name = "register",
		.function = "account.register",
		.private = CHARGING_PRIVATE_VEHICLE,
	},
	{
		.name = "vehicle",
		.function = "account.vehicle",
		.private = CHARGING_PRIVATE_VEHICLE,
	},
	{ .name = "file",
	  .function = "account.file",
	  .private = CHARGING_PRIVATE_WALLET,
	  .words = { { "WALLET", CHARGING_KEY, false, false } } },
	{ .name = "deposit",
	  .function = "account.deposit",
	  .words = { { "WALLET", CHARGING_KEY, false, false }, { "AMOUNT", CHARGING_MONEY, false, false } } },
	{ .name = "withdraw",
	  .function = "account.withdraw",
	  .words = { { "WALLET", CHARGING_KEY, false, false }, { "AMOUNT", CHARGING_MONEY, false, false } } },
	{ .name = "suspend",
	  .function = "account.suspend",
	  .words = { { "WALLET", CHARGING_KEY, false, false }, { "REASON", CHARGING_TEXT, false, false } } },
	{ .name = "reinstate", .function = "account.reinstate", .words = { { "WALLET", CHARGING_KEY, false, false } } },
	{ .name = "order",
	  .function = "account.order",
	  .words = { { "WALLET", CHARGING_KEY, false, false }, { "REASON", CHARGING_TEXT, false, false } } },
	{ .name = "reveal",
	  .function = "account.reveal",
	  .query = true,
	  .words = { { "WALLET", CHARGING_KEY, false, false } } },
	{ .name = "certificate",
	  .function = "account.certificate",
	  .query = true,
	  .words = { { "WALLET", CHARGING_KEY, false, false } } },
	{ .name = "show",
	  .function = "account.show",
	  .query = true,
	  .words = { { "WALLET", CHARGING_KEY, false, false } } },
	{ .name = "credit",
	  .function = "credit.show",
	  .query = true,
	  .words = { { "WALLET", CHARGING_KEY, false, false } } },
	{ .name = NULL },
};

static const char *const verbs[] = { "certificate", "credit", "deposit", "file",    "order",	"register", "reinstate",
				     "reveal",	    "show",   "suspend", "vehicle", "withdraw", NULL };

static int account(const struct cli *cli, int argc, char **argv)
{
	return charging_call(cli, table, argc, argv);
}

const struct cli_command cmd_account = {
	.name = "account",
	.run = account,
	.usage = "register CHANNEL --wallet FOLDER [--private FILE]\n"
		 "vehicle CHANNEL --wallet FOLDER [--private FILE]\n"
		 "file CHANNEL --wallet FOLDER --private FILE WALLET\n"
		 "deposit CHANNEL --wallet FOLDER WALLET AMOUNT\n"
		 "withdraw CHANNEL --wallet FOLDER WALLET AMOUNT\n"
		 "suspend CHANNEL --wallet FOLDER WALLET REASON\n"
		 "reinstate CHANNEL --wallet FOLDER WALLET\n"
		 "order CHANNEL --wallet FOLDER WALLET REASON\n"
		 "reveal CHANNEL --wallet FOLDER WALLET\n"
		 "certificate CHANNEL --wallet FOLDER WALLET\n"
		 "show CHANNEL --wallet FOLDER WALLET\n"
		 "credit CHANNEL --wallet FOLDER WALLET",
	.summary = "Wallets that may charge: balance, state, credit",
	.help = "Every form also takes --genesis FILE (else the agent is asked for the channel), --node NAME, "
		"--timeout SECONDS, and\n"
		"--certificate and --key in place of --wallet. register opens the wallet's own account; --private "
		"gives its EV\n"
		"number (a file, \"-\": standard input) to the collection of vehicles alone. deposit, withdraw, "
		"suspend, reinstate and\n"
		"file are an administrator's of the wallet's organisation; order is a regulator's, and opens the EV "
		"number to the\n"
		"regulator's reveal. AMOUNT is in yuan, WALLET a key, its file or a wallet's folder.",
	.verbs = verbs,
};

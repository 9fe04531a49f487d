/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging_call.h - the contract "charging" on the command line: each of
 * account, station, charge, bill and rate is a table of verbs, and a verb is one function of the contract with
 * its words. Proposals are signed by the wallet's key; queries are answered from one node's state.
 */
#ifndef VOLTGATE_TOOLS_CHARGING_CALL_H
#define VOLTGATE_TOOLS_CHARGING_CALL_H

#include "tools/voltgate/charging_cable.h"
#include "tools/voltgate/charging_word.h"
#include "tools/voltgate/cli.h"

#define CHARGING_CALL_WORDS 10

/* What --private FILE holds: an EV number; or one, and the first word (a wallet) goes before it, not to the chain. */
enum charging_private { CHARGING_PRIVATE_NONE, CHARGING_PRIVATE_VEHICLE, CHARGING_PRIVATE_WALLET };

struct charging_call_word {
	const char *name; /* as help shows it; NULL: no more */
	enum charging_word kind;
	bool optional; /* those behind it too */
	bool repeated; /* any number of it, to the end */
};

struct charging_verb {
	const char *name;     /* NULL: the end of the table */
	const char *function; /* of the contract */
	bool query;	      /* answered from state, nothing is ordered */
	enum charging_private private;
	enum charging_cable cable; /* --cable PATH: the words of the meter's reading come from the charger */
	struct charging_call_word words[CHARGING_CALL_WORDS];
};

/*
 * argv[0] is the command's name, argv[1] a verb of @verbs:
 * VERB CHANNEL --wallet FOLDER [--genesis FILE] [--node NAME] [--timeout SECONDS] [--private FILE] [--cable PATH]
 * WORD...
 */
int charging_call(const struct cli *cli, const struct charging_verb *verbs, int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging_cable.h - a charger's signed readings, asked for at its cable and
 * put behind the other words of session.start, meter and stop.
 */
#ifndef VOLTGATE_TOOLS_CHARGING_CABLE_H
#define VOLTGATE_TOOLS_CHARGING_CABLE_H

#include "ledger/cursor.h"
#include "ledger/transaction.h"
#include "tools/voltgate/charging_word.h"

#define CHARGING_ARGUMENTS_MAX TRANSACTION_ARGUMENTS_MAX

enum charging_cable { CHARGING_CABLE_NONE, CHARGING_CABLE_START, CHARGING_CABLE_READING, CHARGING_CABLE_END };

struct charging_arguments {
	u32 count;
	char texts[CHARGING_ARGUMENTS_MAX][CHARGING_WORD_MAX];
	struct span spans[CHARGING_ARGUMENTS_MAX];
	/* Of the proposal, where the first reading was signed over them; else 0. */
	u64 nonce, expires;
	u8 session[32]; /* whose reading was asked for */
};

/* Puts @text, an argument as the contract takes it, behind the others. */
void charging_argument_add(struct charging_arguments *arguments, const char *text);
/*
 * Asks the charger at @path for the reading that @arguments still lack (the start of a session's: register, time,
 * signature; else number too). enum cli_exit, after a sentence where not 0.
 */
int charging_cable(const char *path, enum charging_cable kind, const u8 channel[32], const u8 wallet[32],
		   struct charging_arguments *arguments);
/* A start that was refused: its session ends at the charger too, which is free for the next. */
void charging_cable_undo(const char *path, const struct charging_arguments *arguments);

#endif

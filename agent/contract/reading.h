/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reading.h - what a charger's meter signs: the bytes, and which reading may
 * follow which (PROTOCOL.md M5). Pure.
 *
 * reading = channel 32, station 32, charger u16, charging session 32, number u32 (0: the start), register u64 (Wh over
 *           the meter's life), time u64 (Time64); signed by the meter's Ed25519 key over hash(READING: reading)
 */
#ifndef VOLTGATE_CONTRACT_READING_H
#define VOLTGATE_CONTRACT_READING_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define READING_LEN 118
#define READING_SLACK_WH 1000 /* of one reading: registers that count whole kWh */

struct reading_scope {
	const u8 *channel, *station, *session; /* 32 each */
	u16 charger;
};

struct reading {
	u32 number;
	u64 register_wh, time;
};

/* X(NAME, "what is wrong, a sentence") */
#define READING_FAULTS(X)                                                                                         \
	X(NONE, "")                                                                                               \
	X(REPEATED, "A reading of this number was counted already.")                                              \
	X(GAP, "Signed readings have no gap: the one after the last is wanted.")                                  \
	X(FALLS, "The register is below the reading before: a meter never counts back.")                          \
	X(BACK_IN_TIME, "Its time is not after the reading before.")                                              \
	X(TOO_MUCH, "It is more energy than the charger can have given in this time: a placeholder or a foreign " \
		    "register was taken for a reading.")

enum reading_fault {
#define READING_FAULT_ENUM(name, sentence) READING_##name,
	READING_FAULTS(READING_FAULT_ENUM)
#undef READING_FAULT_ENUM
};

/* What the meter signs. */
void reading_hash(const struct reading_scope *scope, const struct reading *reading, u8 ret_hash[LEDGER_HASH_LEN]);
/* May @next follow @before at a charger of @power_w? */
enum reading_fault reading_follows(const struct reading *before, const struct reading *next, u64 power_w);
const char *reading_sentence(enum reading_fault fault);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging_word.h - what a person writes, as the contract "charging" takes it:
 * yuan with decimals become 1/10000 yuan, kWh become Wh, a wallet's folder its key. Pure but for key files.
 */
#ifndef VOLTGATE_TOOLS_CHARGING_WORD_H
#define VOLTGATE_TOOLS_CHARGING_WORD_H

#include <stdbool.h>

#define CHARGING_WORD_MAX 1024 /* bytes of an argument, its zero included */

/* X(NAME, "what it is, for errors") */
#define CHARGING_WORDS(X)                                                                             \
	X(TEXT, "a text of 1 to 1,000 bytes")                                                         \
	X(NUMBER, "a whole number")                                                                   \
	X(KEY, "64 hex digits, a certificate's or key's file, or a wallet's folder")                  \
	X(ID, "64 hex digits")                                                                        \
	X(SIGNATURE, "128 hex digits")                                                                \
	X(MONEY, "an amount in yuan, with at most four decimals")                                     \
	X(PRICE, "a price in yuan per kWh, with at most four decimals")                               \
	X(ENERGY, "an energy: Wh, or with a unit as 12.5kWh")                                         \
	X(POWER, "a power: W, or with a unit as 60kW")                                                \
	X(DEGREES, "a position in degrees, with at most six decimals")                                \
	X(TIME, "a time (2030-01-01T00:00:00Z, @TIME64) or how long from now (15m, 2h)")              \
	X(DISTANCE, "a distance: m, or with a unit as 5km")                                           \
	X(PERIODS, "prices by time of day, HH:MM=ENERGY+SERVICE in yuan per kWh with commas between") \
	X(CHARGER, "a charger, METER:POWER or METER:POWER:REGISTER (a meter's key, 60kW, 1200kWh)")

enum charging_word {
#define CHARGING_WORD_ENUM(name, meaning) CHARGING_##name,
	CHARGING_WORDS(CHARGING_WORD_ENUM)
#undef CHARGING_WORD_ENUM
};

/* Writes @word as the contract's argument. False: it is no such thing. */
bool charging_word(enum charging_word kind, const char *word, char ret_argument[CHARGING_WORD_MAX]);
const char *charging_word_meaning(enum charging_word kind);

#endif

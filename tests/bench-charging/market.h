/* SPDX-License-Identifier: GPL-2.0 */
/*
 * market.h - what must be on the ledger before vehicles can charge: their
 * wallets enrolled, their accounts with money on them, stations with a charger for each.
 */
#ifndef VOLTGATE_TESTS_BENCH_MARKET_H
#define VOLTGATE_TESTS_BENCH_MARKET_H

#include "agent/client/consortium.h"
#include "tests/charge/car.h"
#include "tools/station/meter.h"

struct market_vehicle {
	struct car car; /* wallet, secret, hello's credential and signature */
	struct meter meter;
};

struct market_options {
	struct consortium
		*consortium; /* its certificate is an enrolled administrator's of the authority's organisation */
	u8 authority[64];    /* secret key that enrols */
	u8 node[32];	     /* the stations' */
	u32 stations;	     /* at least; 0: as few as their chargers allow */
};

/* Fills in @vehicles and brings them onto the ledger; tells what it does. Exits with a sentence where it cannot. */
void market_open(const struct market_options *options, struct market_vehicle *vehicles, u32 count);

#endif

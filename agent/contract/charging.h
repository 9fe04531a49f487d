/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging.h - the contract "charging": what its files share. Each file below
 * is one noun with its functions ("account.register" is account.c's).
 *
 *   account         register, vehicle, file, certificate, deposit, withdraw, show, suspend, reinstate, order, reveal
 *   station         register, charger, tariff, status, withdraw, show, list
 *   session         reserve, start, meter, stop, cancel, close (time-out, by the operator with signed readings), show
 *   settlement      pay (an unpaid bill); what session.stop and session.close settle with
 *   bill            show, by-vehicle, by-organisation (queries)
 *   note            issue (a credit record that corrects a bill)
 *   credit          show (query); what settlement counts with, paper eq. (2)
 *   rating          rate, show; paper eq. (3) is applied by validators (ledger/rating.h)
 *   recommendation  stations (query)
 *   misbehaviour    conflict, alarms, policy, show, travel, gates
 *   anchor          post, show: heads of verdict chains
 *   parameters      show (query)
 *
 * Arguments are text: numbers in decimal, keys, hashes and signatures in lower-case hex, names in UTF-8. Results are
 * one compact JSON object (or array, for lists) in a stated order of members. Units: money 1/10000 yuan, energy Wh,
 * power W, prices 1/10000 yuan per kWh, time Time64, positions microdegrees.
 *
 * Keys under "k" "charging" 0 (all integers big-endian; layouts stand in each noun's file):
 *   'a' wallet 32          account            'b' wallet 32          balance, counter
 *   'j' wallet 32          J, counter         'c' wallet 32          sum of C, counter (paper eq. (2))
 *   's' station 32         station            't' station 32, u32    tariff by version
 *   'x' station 32, u16    charger            'g' station 32         account of the station, counter
 *   'i' session 32         charging session   'w' wallet 32          the wallet's charging session under way
 *   'l' wallet 32, u64     bill by wallet and number                  'L' organisation u16, time, bill: index
 *   'o' wallet 32          a regulator's order to open its EV number    'q' meter 32: where it hangs
 *   'n' bill, u32          credit note        'R' station 32         rating (RATE), 'N' station 32: ratings counted
 *   'h' attestor 32, u64   anchored head      'z' ...                misbehaviour
 *   'P' station 32         plan               'O' station 32         its load as told
 *   'u' organisation u16   who schedules its stations
 *   'D', 'W'               all deposits, all withdrawals, counters: sum of all balances = D - W (PROTOCOL.md M1)
 *
 * A wallet is named by its Ed25519 key; a station by the hash of its registering proposal. EV numbers live in the
 * private collection "vehicles" alone.
 */
#ifndef VOLTGATE_CONTRACT_CHARGING_H
#define VOLTGATE_CONTRACT_CHARGING_H

#include <jansson.h>

#include "agent/contract/contract.h"
#include "ledger/mandate.h"

#define CHARGING_NAME "charging"
#define CHARGING_COLLECTION "vehicles" /* EV numbers */
#define CHARGING_ID_LEN 32

enum charging_flag {
	CHARGING_QUERY = 1,    /* answered from state, never ordered */
	CHARGING_MANDATED = 2, /* may be asked by evidence under a mandate; all others need the client's signature */
	CHARGING_ADMINISTRATOR = 4, /* the client is an administrator of an organisation */
};

struct charging_function {
	const char *name; /* "register" */
	u32 least, most;  /* arguments */
	u32 flags;	  /* enum charging_flag */
	int (*call)(struct contract_run *run, const struct span *arguments, u32 count);
	const char *usage; /* "ORGANISATION [NUMBER]", for errors and documents */
};

/* Who asks, by committed state; -EACCES with a sentence. */
int charging_asker(struct contract_run *run, struct contract_member *ret_member);
/* Refuses an asker of another organisation than @organisation, to which the @what ("wallet") belongs. */
int charging_concerns(struct contract_run *run, u16 organisation, const char *what);

struct charging_noun {
	const char *name;			   /* "account" */
	const struct charging_function *functions; /* ends with name NULL */
};

extern const struct charging_noun charging_account, charging_station, charging_session, charging_settlement,
	charging_bill, charging_note, charging_credit, charging_rating, charging_recommendation, charging_misbehaviour,
	charging_anchor, charging_parameters, charging_plan;
extern const struct contract contract_charging;

/* The nouns that the contract has, for documents and tests; NULL after the last. */
const struct charging_noun *charging_noun(u32 index);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * station.h - charging stations: whose, where, at what prices, and their
 * chargers with a meter each. The hash of the registering proposal is a station's id.
 *
 * 's' station 32:               version u8 1, organisation u16, node 32 (whose endorsements are the M of its rating,
 *                               paper eq. (1)), state u8, latitude u32, longitude u32 (microdegrees, two's complement),
 *                               chargers u16, tariff u32 (the present version, from 1), opened u64, name span16
 * 't' station 32, version u32:  tariff.h; never changed
 * 'x' station 32, charger u16:  version u8 1, meter 32, power u32 (W), state u8, use u8 (enum charger_use), register
 *                               u64 (highest seen), read u64 (Time64 of it), holder 32, until u64
 * 'q' meter 32:                 station 32, charger u16: a meter hangs at one charger
 * 'g' station 32:               its account, a counter of 1/10000 yuan
 */
#ifndef VOLTGATE_CONTRACT_STATION_H
#define VOLTGATE_CONTRACT_STATION_H

#include "agent/contract/contract.h"
#include "agent/contract/tariff.h"

#define STATION_NAME_MAX 64
#define STATION_CHARGERS_MAX 1000
#define STATION_POWER_MOST 100000000U /* W of a charger */

enum station_state { STATION_OPEN = 1, STATION_CLOSED = 2 }; /* of stations and of chargers */

enum charger_use { CHARGER_FREE = 0, CHARGER_RESERVED = 1, CHARGER_BUSY = 2 };

struct station {
	u16 organisation;
	u8 node[32];
	u8 state;
	int latitude, longitude; /* microdegrees */
	u16 chargers;		 /* numbered from 1 */
	u32 tariff;
	u64 opened;
	char name[STATION_NAME_MAX + 1];
};

struct charger {
	u8 meter[32]; /* Ed25519 */
	u32 power_w;
	u8 state, use;
	u64 register_wh, read;
	u8 holder[32]; /* the wallet that reserved it, or the charging session */
	u64 until;     /* of a reservation */
};

/* Pure: 0, -EBADMSG. */
int station_decode(struct span value, struct station *ret_station);
int charger_decode(struct span value, struct charger *ret_charger);
/* All are into the read set; -ENOENT with a sentence. */
int station_get(struct contract_run *run, const u8 station[32], struct station *ret_station);
int station_tariff(struct contract_run *run, const u8 station[32], u32 version, struct tariff *ret_tariff);
int station_put(struct contract_run *run, const u8 id[32], const struct station *station);
int station_tariff_put(struct contract_run *run, const u8 station[32], u32 version, const struct tariff *tariff);
/* The station's account by delta, never below zero; and what it holds, not into the read set. */
int station_account(struct contract_run *run, const u8 station[32], s64 amount);
int station_balance(struct contract_run *run, const u8 station[32], u64 *ret_money);
int charger_get(struct contract_run *run, const u8 station[32], u16 number, struct charger *ret_charger);
int charger_put(struct contract_run *run, const u8 station[32], u16 number, const struct charger *charger);
/* The meter's place is noted; -EEXIST with a sentence if it hangs elsewhere. Takes its note away again. */
int charger_meter_hang(struct contract_run *run, const u8 station[32], u16 number, const u8 meter[32]);
int charger_meter_remove(struct contract_run *run, const u8 meter[32]);
/* Could somebody else begin there now: in service, and free or with a reservation that has run out. */
bool charger_free(const struct charger *charger, u64 now);

#endif

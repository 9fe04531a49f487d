/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bill.h - bills: written once at settlement and never changed; whether one is
 * paid or corrected stands in its session (PROTOCOL.md M6).
 *
 * 'l' wallet 32, number u64: version u8 1, session 32, station 32, charger u16, user's organisation u16, station's
 *                organisation u16, tariff u32, from u64, to u64, start register u64, stop register u64, metered u64
 * (Wh), energy u64 (billed), cost u64, settled u64 (Time64 of the head), lines u16, each: from u64, to u64, energy u64,
 * energy price u64, service price u64, cost u64 'L' organisation u16, settled u64, wallet 32, number u64: u8 (1 the
 * user's organisation, 2 the station's, 3 both) 'n' wallet 32, number u64, note u32: version u8 1, amount u64, issued
 * u64, reason span16
 */
#ifndef VOLTGATE_CONTRACT_BILL_H
#define VOLTGATE_CONTRACT_BILL_H

#include "agent/contract/session.h"

struct bill_line {
	u64 from, to, energy_wh, energy_price, service_price, cost;
};

struct bill {
	u8 session[32], station[32];
	u16 charger, organisation, station_organisation;
	u32 tariff;
	u64 from, to, start_register_wh, stop_register_wh, metered_wh, energy_wh, cost, settled;
	u32 line_count;
	struct bill_line lines[SESSION_LINES_MAX];
};

struct bill_key {
	u8 bytes[1 + 32 + 8];
};

struct bill_index_key {
	u8 bytes[1 + 2 + 8 + 32 + 8];
};

#define BILL_SPAN(key) ((struct span){ (key).bytes, sizeof((key).bytes) })
#define BILL_OF_USER 1	  /* the organisation indexed is the user's */
#define BILL_OF_STATION 2 /* the station's */

struct bill_key bill_key(const u8 wallet[32], u64 number);
struct bill_index_key bill_index_key(u16 organisation, u64 settled, const u8 wallet[32], u64 number);
int bill_decode(struct span value, struct bill *ret_bill); /* pure: 0, -EBADMSG */
/* What a bill is worth by now: payments and notes change it, and the index with it. */
struct bill_worth {
	u8 whose;
	u64 energy_wh, cost, due, noted;
};

int bill_worth_decode(struct span value, struct bill_worth *ret_worth); /* pure: 0, -EBADMSG */
/* @session: as it stands by now. */
int bill_index(struct contract_run *run, const struct bill *bill, const struct session *session);
/* A new bill; -EEXIST if there is one of this number: bills are immutable. The index is another call. */
int bill_put(struct contract_run *run, const u8 wallet[32], u64 number, const struct bill *bill);
int bill_get(struct contract_run *run, const u8 wallet[32], u64 number, struct bill *ret_bill);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - one charging session, from its start to what became of its bill;
 * and what a wallet does now. All of a session is one key: whoever changes it twice at once is refused by its version.
 *
 *   (nothing) --reserve--> reserved --cancel, time-out--> (nothing)
 *   (nothing), reserved --start--> charging --meter--> charging --stop, close--> paid | unpaid --settlement.pay--> paid
 *
 * 'i' session 32: version u8 1, state u8, wallet 32, station 32, charger u16, tariff u32, price u64, energy u64
 *                 (ceilings), user's organisation u16, station's organisation u16, start: register u64, time u64; last
 *                 reading: number u32, register u64, time u64; touched u64 (block time), bill u64 (the wallet's number
 *                 of it; 0: none yet), cost u64, noted u64, notes u32, rated u8, lines u16, each: from u64, to u64,
 *                 energy u64, period u8 of the tariff (what is billed so far; none once there is a bill)
 * 'w' wallet 32:  version u8 1, bills u64 (so far), doing u8 (enum wallet_doing), holder 32 (the session, or the
 * station reserved), charger u16, until u64
 *
 * The id of a session is mandate_hash() of the mandate that begins it. Where the client signs the proposal itself, the
 * proposal is the mandate: session_signed_id().
 */
#ifndef VOLTGATE_CONTRACT_SESSION_H
#define VOLTGATE_CONTRACT_SESSION_H

#include "agent/contract/contract.h"
#include "agent/contract/reading.h"
#include "agent/contract/station.h"

#define SESSION_LINES_MAX 128
#define SESSION_LIFE_US (48 * 3600 * 1000000ULL) /* readings end so long after the start */

enum session_state { SESSION_CHARGING = 1, SESSION_UNPAID = 2, SESSION_PAID = 3 };

struct session_line {
	u64 from, to, energy_wh;
	u8 period; /* of the tariff, by the time zone when it was metered */
};

struct session {
	u8 state;
	u8 wallet[32], station[32];
	u16 charger;
	u32 tariff;
	u64 price, energy_wh; /* ceilings */
	u16 organisation, station_organisation;
	u64 start_register_wh, started;
	struct reading last;
	u64 touched;
	u64 bill, cost, noted;
	u32 notes;
	u8 rated;
	u32 line_count;
	struct session_line lines[SESSION_LINES_MAX];
};

enum wallet_doing { WALLET_NOTHING = 0, WALLET_RESERVED = 1, WALLET_CHARGING = 2 };

struct wallet {
	u64 bills;
	u8 doing;
	u8 holder[32];
	u16 charger;
	u64 until;
};

/*
 * The id that session.start gives a session whose proposal the client signed: mandate_hash() with attestor zeros,
 * epoch 0 and gate session 0 of a mandate with the start's station, tariff and ceilings, the proposal's @nonce, issued
 * 0 and @expires the proposal's. So a meter can sign the start reading before the proposal is made. Pure.
 */
void session_signed_id(const u8 channel[32], const u8 wallet[32], const u8 station[32], u32 tariff, u64 price,
		       u64 energy_wh, u64 nonce, u64 expires, u8 ret_id[32]);

int session_decode(struct span value, struct session *ret_session); /* pure: 0, -EBADMSG */
int wallet_decode(struct span value, struct wallet *ret_wallet);
/* Into the read set. -ENOENT with a sentence. */
int session_get(struct contract_run *run, const u8 id[32], struct session *ret_session);
int session_put(struct contract_run *run, const u8 id[32], const struct session *session);
/* What the wallet does; nothing if it never did anything. */
int wallet_get(struct contract_run *run, const u8 wallet[32], struct wallet *ret_wallet);
int wallet_put(struct contract_run *run, const u8 key[32], const struct wallet *wallet);
/* Does the run's request speak for @session: its wallet's own signature, or a mandate that began or continues it? */
int session_speaks(struct contract_run *run, const u8 id[32], const struct session *session);

#endif

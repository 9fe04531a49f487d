/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mandate.h - what a wallet signs once for a charging session and a gate
 * session: from then on verdicts of that gate session speak for the wallet,
 * within these limits (PROTOCOL.md section 11). Pure.
 *
 * mandate = charging 32 (id of the charging session that goes on at another gateway; zeros: a new one),
 *           station 32 (its id), tariff u32 (version), price u64 (ceiling, 1/10000 yuan per kWh, energy and service
 *           together), energy u64 (ceiling, Wh), nonce u64 (the wallet's count of mandates, rises), issued u64,
 *           expires u64 (Time64)
 * signed by the wallet over hash(MANDATE: channel 32, wallet 32, attestor 32, epoch u64, gate session u64, mandate):
 * who holds the session's key at another gateway, or in another epoch, holds no mandate.
 * The hash names the charging session that a mandate with charging = zeros begins.
 */
#ifndef VOLTGATE_LEDGER_MANDATE_H
#define VOLTGATE_LEDGER_MANDATE_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define MANDATE_LEN 108
#define MANDATE_SIGNATURE_LEN 64

struct mandate {
	u8 charging[LEDGER_HASH_LEN];
	u8 station[LEDGER_HASH_LEN];
	u32 tariff;
	u64 price, energy;
	u64 nonce, issued, expires;
};

/* Whom a mandate binds to what; big-endian on the wire, host order here. */
struct mandate_scope {
	const u8 *channel, *wallet, *attestor; /* 32 each */
	u64 epoch, session;
};

void mandate_encode(struct writer *writer, const struct mandate *mandate);
/* 0; -EBADMSG: not MANDATE_LEN bytes, or it expires before it was issued. */
int mandate_decode(struct span bytes, struct mandate *ret_mandate);
/* What the wallet signs. */
void mandate_hash(const struct mandate_scope *scope, const struct mandate *mandate, u8 ret_hash[LEDGER_HASH_LEN]);

#endif

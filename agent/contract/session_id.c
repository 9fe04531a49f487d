// SPDX-License-Identifier: GPL-2.0
/* session_id.c - the name of a session whose proposal its client signed: the proposal is its mandate (PROTOCOL.md M12).
 * Pure. */
#include "agent/contract/session.h"
#include "ledger/mandate.h"

void session_signed_id(const u8 channel[32], const u8 wallet[32], const u8 station[32], u32 tariff, u64 price,
		       u64 energy_wh, u64 nonce, u64 expires, u8 ret_id[32])
{
	static const u8 nobody[32];
	struct mandate_scope scope = { .channel = channel, .wallet = wallet, .attestor = nobody };
	struct mandate mandate = {
		.tariff = tariff, .price = price, .energy = energy_wh, .nonce = nonce, .expires = expires
	};

	memcpy(mandate.station, station, sizeof(mandate.station));
	mandate_hash(&scope, &mandate, ret_id);
}

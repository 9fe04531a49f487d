/* SPDX-License-Identifier: GPL-2.0 */
/*
 * settlement.h - from metered energy to money (paper 3.3, PROTOCOL.md M2, M3).
 */
#ifndef VOLTGATE_CONTRACT_SETTLEMENT_H
#define VOLTGATE_CONTRACT_SETTLEMENT_H

#include "agent/contract/session.h"

/* What @session would cost with what is metered so far. -EOVERFLOW with a sentence: it does not fit. */
int settlement_cost(struct contract_run *run, const struct session *session, const struct tariff *tariff,
		    u64 *ret_cost);
/*
 * Ends @session, whose last reading is in place: writes the bill, frees the charger and the wallet, moves the money or
 * leaves the bill unpaid, and counts the credit point. Puts the session too.
 */
int settlement_settle(struct contract_run *run, const u8 id[32], struct session *session);

#endif

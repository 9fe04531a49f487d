/* SPDX-License-Identifier: GPL-2.0 */
/*
 * statement.h - what a wallet signed itself: a mandate in its scope; and
 * when two such statements cannot both be one honest vehicle's. Pure, but for the verification.
 *
 * statement = attestor 32, epoch u64, gate session u64, mandate 108, wallet's signature 64 (ledger/mandate.h)
 * presence  = charger u16, register u64, time u64, meter's signature 64: the start reading (number 0) of the charging
 *             session that the mandate begins, at a charger of the mandate's station: there the vehicle was
 */
#ifndef VOLTGATE_CONTRACT_STATEMENT_H
#define VOLTGATE_CONTRACT_STATEMENT_H

#include "agent/contract/contract.h"

#define STATEMENT_LEN 220
#define STATEMENT_PRESENCE_LEN 82

struct statement {
	u8 attestor[32];
	u64 epoch, session;
	struct mandate mandate;
	u8 signature[MANDATE_SIGNATURE_LEN];
	u8 hash[LEDGER_HASH_LEN]; /* of the mandate in its scope */
};

/* Reads @text (hex) and checks @wallet's signature. -EINVAL, -EACCES with a sentence; @name: the argument's. */
int statement_read(struct contract_run *run, struct span text, const char *name, const u8 wallet[32],
		   struct statement *ret_statement);
/* Where and when the vehicle of @statement stood, by the meter's reading in @text. Refused as statement_read(). */
int statement_presence(struct contract_run *run, struct span text, const char *name, const struct statement *statement,
		       u64 *ret_time, int *ret_latitude, int *ret_longitude);

#endif

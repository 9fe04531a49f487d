/* SPDX-License-Identifier: GPL-2.0 */
/*
 * credential.h - what an organisation's authority says of a key: it may act for
 * the organisation (enrol), or not any more (revoke). Pure.
 *
 * credential = channel 32, organisation u16, subject 32, role u8, serial u64 (rises with each statement on the
 * subject), expires u64 (Time64; 0: never), epoch u64 (attestor: its epoch; else 0), grade u8 (attestor: enum vg_grade;
 * else 0) signed by the organisation's authority (a revocation also by a regulator) over hash(CREDENTIAL: kind u8,
 * credential).
 */
#ifndef VOLTGATE_LEDGER_CREDENTIAL_H
#define VOLTGATE_LEDGER_CREDENTIAL_H

#include "ledger/cursor.h"

#define CREDENTIAL_LEN 92

enum credential_role {
	CREDENTIAL_CLIENT = 1,
	CREDENTIAL_ATTESTOR = 2,
	CREDENTIAL_ADMINISTRATOR = 3,
	CREDENTIAL_NODE = 4
};

struct credential {
	u8 channel[32];
	u16 organisation;
	u8 subject[32];
	u8 role;
	u64 serial, expires, epoch;
	u8 grade;
};

void credential_encode(const struct credential *credential, u8 ret_bytes[CREDENTIAL_LEN]);
int credential_decode(struct span bytes, struct credential *ret_credential);
/* @kind: TRANSACTION_ENROL or TRANSACTION_REVOKE. */
void credential_signed_hash(u8 kind, struct span credential, u8 ret_hash[32]);

#endif

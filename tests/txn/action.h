/* SPDX-License-Identifier: GPL-2.0 */
/* action.h - an action's packet as a gate admits it, and the mandate it comes under, for tests and benches that make
 * evidence by hand. */
#ifndef VOLTGATE_TESTS_TXN_ACTION_H
#define VOLTGATE_TESTS_TXN_ACTION_H

#include "ledger/evidence.h"

#define ACTION_MANDATE_S 86400 /* life of the mandates made here */

/* A mandate of the wallet for evidence->head's attestor and epoch and evidence->record's session, issued at
 * @now (Time64). @secret: libsodium's 64 bytes. */
void action_mandate(struct evidence *evidence, const u8 channel[32], const u8 wallet[32], const u8 secret[64], u64 now);
/* The packet of @proposal in @vid: session, sequence and type as evidence->record says; its digest is set there, and
 * evidence->vid. The payload's sealed part is as long as a vehicle's, and zeros. */
void action_packet(struct evidence *evidence, struct span proposal, u8 vid[VG_VID_MAX]);

#endif

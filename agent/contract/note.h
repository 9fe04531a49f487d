/* SPDX-License-Identifier: GPL-2.0 */
/*
 * note.h - credit notes: records that correct a bill, which itself never
 * changes (PROTOCOL.md M6; layout in bill.h). A note on a paid bill moves money back, one on an unpaid bill lessens the
 * debt.
 */
#ifndef VOLTGATE_CONTRACT_NOTE_H
#define VOLTGATE_CONTRACT_NOTE_H

#include <jansson.h>

#include "agent/contract/contract.h"

/* The notes of a bill, oldest first; the caller drops the array. */
int note_list(struct contract_run *run, const u8 wallet[32], u64 number, json_t **ret_notes);

#endif

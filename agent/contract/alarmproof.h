/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarmproof.h - an alarm record of a gate's verdict chain, shown by itself:
 * record, salt, path and sealed head (evidence.h, head to path), and perhaps the aggregate that its digest is of.
 */
#ifndef VOLTGATE_CONTRACT_ALARMPROOF_H
#define VOLTGATE_CONTRACT_ALARMPROOF_H

#include "agent/contract/contract.h"

/*
 * Reads PROOF (hex) and checks the record, its path, attestor and signature. @aggregate: hex of struct vg_alarm,
 * big-endian, sample bytes after sample_len zeros; empty: not shown, which reveals nobody's address. Refusals name what
 * is wrong. Nothing in *ret_proof points into memory that goes; its path is NULL.
 */
int alarmproof_read(struct contract_run *run, struct span proof, struct span aggregate, struct evidence *ret_proof);

#endif

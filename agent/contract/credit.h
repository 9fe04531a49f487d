/* SPDX-License-Identifier: GPL-2.0 */
/*
 * credit.h - a wallet's credit R_v, paper eq. (2): the sum of its points, +1
 * for a bill that was paid and -1 for one that could not be, over the number of them (PROTOCOL.md M3, M4).
 *
 * 'j' wallet 32: J, counter         'c' wallet 32: sum of C, counter
 */
#ifndef VOLTGATE_CONTRACT_CREDIT_H
#define VOLTGATE_CONTRACT_CREDIT_H

#include "agent/contract/contract.h"

#define CREDIT_MICRO 1000000

struct credit {
	u64 count; /* J */
	s64 sum;   /* of C; within -J and J */
};

/* One point more, by delta: +1 if @paid, else -1. */
int credit_count(struct contract_run *run, const u8 wallet[32], bool paid);
/* @record: into the read set. What never was counted is zeros. */
int credit_get(struct contract_run *run, const u8 wallet[32], bool record, struct credit *ret_credit);
/* Pure. R_v in millionths, rounded towards zero; 0 while J = 0. */
s64 credit_micro(const struct credit *credit);
/* Pure and exact. -1, 0, 1: R_v lies below, at, above the channel's threshold (credit-threshold-milli). */
int credit_against(const struct credit *credit, u64 threshold_milli);

#endif

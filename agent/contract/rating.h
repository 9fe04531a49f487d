/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rating.h - stations' ratings as a contract sees them: who may give a score,
 * and what is known. Paper eq. (3) itself is ledger/rating.h, applied by validators.
 *
 * 'R' station 32: rating, s64 in 2^-32 (RATE)       'N' station 32: scores given, counter
 */
#ifndef VOLTGATE_CONTRACT_RATING_H
#define VOLTGATE_CONTRACT_RATING_H

#include "agent/contract/contract.h"

/* In millionths, rounded to the nearest; 0 where nobody rated. Not into the read set. */
int rating_get(struct contract_run *run, const u8 station[32], u64 *ret_micro);

#endif

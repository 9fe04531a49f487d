/* SPDX-License-Identifier: GPL-2.0 */
/*
 * audit.h - what the contract "charging" left in a state, judged as a whole
 * (PROTOCOL.md M1, M2, M6): by `voltgate ledger verify` offline, by tests after every block. Reads, changes nothing.
 *
 *   money     sum of all balances, wallets' and stations', is deposits less withdrawals; no balance is negative; what
 *             stations hold came from bills that were paid
 *   bills     lines add up to energy and cost, each by its tariff's prices, rounded half up; billed energy is metered
 *             by the difference of registers and within the mandate; a wallet's bills are numbered without gap;
 *             the index by organisation says what each is worth by now
 *   sessions  one bill each once they ended, with the bill's cost; while they charge, none
 *   notes     add up to what the session says, never beyond the bill
 *   credit    points lie within their number; ratings within 0 and 6
 */
#ifndef VOLTGATE_CONTRACT_AUDIT_H
#define VOLTGATE_CONTRACT_AUDIT_H

#include "ledger/state.h"

struct charging_audit {
	u64 accounts, stations, sessions, bills, notes;
	u64 deposits, withdrawals, balances, due; /* 1/10000 yuan; due: of unpaid bills */
	char fault[320];			  /* a sentence; empty: none */
};

/* 0; -EBADMSG: ret_audit->fault names the first fault; -EIO: the state cannot be read; -ENOMEM. */
int charging_audit(struct state *state, struct charging_audit *ret_audit);

#endif

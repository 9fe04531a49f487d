/* SPDX-License-Identifier: GPL-2.0 */
/*
 * account.h - wallets that may charge: whose they are and whether they are
 * suspended. Balances lie beside them as counters ('b'), so that a deposit and a bill do not meet in one key.
 *
 * 'a' wallet 32: version u8 1, organisation u16, state u8 (enum account_state), opened u64, changed u64 (Time64)
 * 'o' wallet 32: a regulator's order to open the wallet's EV number: organisation u16 (that may ask), time u64, reason
 *                span16
 * Collection "vehicles": key 'w' wallet 32: EV number; key 'e' EV number: wallet 32 (filed by an administrator, so that
 *                the transaction that writes a pseudonym which one could guess is not the wallet's own)
 */
#ifndef VOLTGATE_CONTRACT_ACCOUNT_H
#define VOLTGATE_CONTRACT_ACCOUNT_H

#include "agent/contract/contract.h"

#define ACCOUNT_LEN 20
#define ACCOUNT_REASON_MAX 256
#define ACCOUNT_VEHICLE_MAX 64 /* bytes of an EV number */

enum account_state { ACCOUNT_ACTIVE = 1, ACCOUNT_SUSPENDED = 2 };

struct account {
	u16 organisation;
	u8 state;
	u64 opened, changed;
};

struct account_key { /* a key with a wallet behind its first letter */
	u8 bytes[33];
};

struct account_key account_key(char space, const u8 wallet[32]);
#define ACCOUNT_SPAN(key) ((struct span){ (key).bytes, sizeof((key).bytes) })

/* Pure, for whoever reads committed state: 0, -EBADMSG. */
int account_decode(struct span value, struct account *ret_account);
/* Into the read set. -ENOENT with a sentence that names the remedy. */
int account_get(struct contract_run *run, const u8 wallet[32], struct account *ret_account);
int account_put(struct contract_run *run, const u8 wallet[32], const struct account *account);
/* As account_get(), and refuses one that is suspended: -EACCES. */
int account_active(struct contract_run *run, const u8 wallet[32], struct account *ret_account);
/* What a misbehaviour policy does; no one is asked here whether it may. 0 too if it is suspended already. */
int account_suspend(struct contract_run *run, const u8 wallet[32]);
/* The balance, 1/10000 yuan. @record: into the read set. */
int account_balance(struct contract_run *run, const u8 wallet[32], bool record, u64 *ret_money);
/* The wallet of an EV number, by the private collection; queries of entitled organisations only. -ENOENT. */
int account_of_vehicle(struct contract_run *run, struct span vehicle, u8 ret_wallet[32]);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* account_vehicle.h - the functions of noun "account" that touch EV numbers; private to account.c. */
#ifndef VOLTGATE_CONTRACT_ACCOUNT_VEHICLE_H
#define VOLTGATE_CONTRACT_ACCOUNT_VEHICLE_H

#include "agent/contract/contract.h"

/* The private arguments as @wallet's EV number. */
int account_vehicle_put(struct contract_run *run, const u8 wallet[32]);
int account_vehicle(struct contract_run *run, const struct span *arguments, u32 count);
int account_file(struct contract_run *run, const struct span *arguments, u32 count);
int account_order(struct contract_run *run, const struct span *arguments, u32 count);
int account_reveal(struct contract_run *run, const struct span *arguments, u32 count);

#endif

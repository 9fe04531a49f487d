/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging_ask.h - the contract "charging" asked by the agent itself, from the
 * committed state of its own node: what every client would be answered.
 */
#ifndef VOLTGATE_CHARGING_ASK_H
#define VOLTGATE_CHARGING_ASK_H

#include <jansson.h>

#include "ledger/ledger.h"

/* @argument may be NULL. A new reference; NULL: refused, or no memory. */
json_t *charging_ask(struct ledger *ledger, const char *function, const char *argument);

#endif

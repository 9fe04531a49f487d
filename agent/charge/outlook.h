/* SPDX-License-Identifier: GPL-2.0 */
/*
 * outlook.h - what a station's gateway tells the utility that schedules it: the
 * load of its chargers by the readings on the ledger, and how many are busy (contract "charging", plan.observe). Told
 * when it changes and now and then; one at a time, and nothing waits for it. The client's key of [charge] must be the
 * station's node's, or an administrator's.
 */
#ifndef VOLTGATE_CHARGE_OUTLOOK_H
#define VOLTGATE_CHARGE_OUTLOOK_H

#include "agent/client/invoker.h"
#include "ledger/ledger.h"

struct outlook_options {
	struct consortium *consortium;
	const char *station; /* its id, 64 hex digits */
	u32 timeout_ms;
	void (*told)(void *arg);
	void *arg;
};

struct outlook;

/* NULL: no memory. */
struct outlook *outlook_new(const struct outlook_options *options);
void outlook_free(struct outlook *outlook); /* NULL is fine */
/* Often: looks at @ledger every heartbeat-s of the channel. @now_ms monotonic. */
void outlook_tick(struct outlook *outlook, struct ledger *ledger, u64 now_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oracle.h - what the gate must say of a packet: the shared core's decode and
 * decision, run in user space on the simulator's own picture of the session.
 * Budgets are left out: whoever sends keeps within them.
 */
#ifndef VOLTGATE_SIM_ORACLE_H
#define VOLTGATE_SIM_ORACLE_H

#include "tools/sim/fleet.h"

struct oracle {
	s64 stale_us; /* the gate's policy */
	s64 future_us;
	bool hello_needs_cookie;
};

/*
 * The reason for the @len bytes at @vid at the time @now (Time64), if the only
 * session it can belong to is @vehicle's (may be NULL). An accepted packet
 * enters the vehicle's window. Hellos are judged bad-cookie unless
 * @hello_proven; making them right is knock.h's business.
 */
enum vg_reason oracle_judge(const struct oracle *oracle, struct vehicle *vehicle, const u8 *vid, u32 len, u64 now,
			    bool hello_proven);
/* The same without taking it in. */
enum vg_reason oracle_ask(const struct oracle *oracle, const struct vehicle *vehicle, const u8 *vid, u32 len, u64 now);

#endif

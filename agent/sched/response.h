/* SPDX-License-Identifier: GPL-2.0 */
/*
 * response.h - what vehicles do with a tariff: each charges in the cheapest
 * periods of its stay, as little as it wants in all. Where periods cost the same, a second order decides; the one who
 * asks chooses it, to see the best or the worst of what indifferent vehicles may do.
 */
#ifndef VOLTGATE_SCHED_RESPONSE_H
#define VOLTGATE_SCHED_RESPONSE_H

#include "agent/sched/pricelist.h"

/* Which vehicles: those of each class whose number falls into this share of it. */
struct response_share {
	u32 group, groups; /* vehicle v of a class belongs to group (v + class) % groups; groups 0: all */
};

/*
 * @then: periods x stations, the lower first among equal prices; NULL: the earlier first. Adds up MW into @ret_power
 * (periods x stations), which the caller has zeroed; *ret_bill (may be NULL): 1/10000 yuan, all together. -ENOMEM.
 */
int response_power(const struct crowd *crowd, const struct pricelist *tariff, double hours, const double *then,
		   struct response_share share, double *ret_power, double *ret_bill);

#endif

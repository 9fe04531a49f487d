/* SPDX-License-Identifier: GPL-2.0 */
/*
 * certificate_parts.h - the judge of certificate.h while it judges. Inside of
 * certificate*.c only.
 */
#ifndef VOLTGATE_SCHED_CERTIFICATE_PARTS_H
#define VOLTGATE_SCHED_CERTIFICATE_PARTS_H

#include "agent/sched/certificate.h"

#define CERTIFICATE_TOLERANCE 1e-6

struct judge {
	const struct dispatch_problem *problem;
	const struct dispatch_plan *plan;
	const struct grid *grid;
	struct certificate *out;
	double worst;	     /* in units of its tolerance */
	double product;	     /* sum of multiplier times slack */
	double money, power; /* scales: highest price, largest load */
	double *rent;	     /* periods x branches: of limits, and of those after outages */
};

/* Notes a residual of @size in units of @scale; @kind is the certificate's largest of its kind. */
__attribute__((format(printf, 5, 6))) void judge_residual(struct judge *judge, double *kind, double size, double scale,
							  const char *format, ...);
/* A multiplier must push against a limit that binds. @value lies within @least .. @most. */
void judge_sign(struct judge *judge, double multiplier, double value, double least, double most, const char *what,
		const char *name, u32 t);
/* certificate_outage.c: fills judge->rent; flows after every outage. -ENOMEM. */
int judge_outages(struct judge *judge);

#endif

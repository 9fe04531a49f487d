/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - a plan as one page of HTML with drawings (plot.h), complete in
 * itself: no scripts, nothing loaded from elsewhere, well-formed XML.
 */
#ifndef VOLTGATE_SCHED_REPORT_H
#define VOLTGATE_SCHED_REPORT_H

#include "agent/sched/certificate.h"
#include "agent/sched/crowd.h"
#include "agent/sched/plot.h"

/* What of vehicles may be shown besides; all may be empty. */
struct report_fleet {
	const struct plot_bar *bar;
	u32 bars;
	const struct plot_stop *stop;
	u32 stops;
};

/* @crowd, @fleet: NULL: none. 0 with @ret_page; -ENOMEM, it is broken then. plot_done() it in any case. */
int report_make(const struct dispatch_problem *problem, const struct dispatch_plan *plan,
		const struct certificate *certificate, const struct crowd *crowd, const struct report_fleet *fleet,
		struct plot *ret_page);

/* A page of vehicles alone: @title, @line (what is to be said of them) and the drawings. As above. */
int report_vehicles(const char *title, const char *line, const struct report_fleet *fleet, struct plot *ret_page);

#endif

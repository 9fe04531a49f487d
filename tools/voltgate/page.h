/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page.h - reports as HTML files: a page that was made, a fleet's charging, an instance's routes.
 * All return an enum cli_exit.
 */
#ifndef VOLTGATE_TOOLS_PAGE_H
#define VOLTGATE_TOOLS_PAGE_H

#include "agent/sched/assign.h"
#include "agent/sched/plot.h"
#include "agent/sched/routing.h"

/* @page to @path, and plot_done(@page) in any case. */
int page_write(const char *path, struct plot *page);
/* One bar for each vehicle served; free(*@ret_bar). The names stay @fleet's. 0 or -ENOMEM. */
int page_bars(const struct fleet *fleet, const struct assign_plan *plan, struct plot_bar **ret_bar, u32 *ret_count);
int page_sessions(const char *path, const struct fleet *fleet, const struct assign_plan *plan);
int page_routes(const char *path, const struct evrptw *instance, const struct routing *routing);

#endif

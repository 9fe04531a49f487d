/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plot.h - drawings as SVG text, written into a growing string: stacked areas,
 * lines with a limit, maps of values over time, bars of a Gantt chart, routes. No scripts, no fonts, nothing from
 * elsewhere; names are escaped.
 */
#ifndef VOLTGATE_SCHED_PLOT_H
#define VOLTGATE_SCHED_PLOT_H

#include "voltgate/types.h"

/* Grows as needed; after an allocation failed nothing more is written and broken is set. */
struct plot {
	char *text;
	size_t len, room;
	bool broken;
};

struct plot_series {
	const char *name;
	const double *value; /* every @stride-th number */
	u32 stride;
};

void plot_put(struct plot *plot, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* @text with <, >, &, quotes and what XML does not allow escaped. */
void plot_text(struct plot *plot, const char *text);
void plot_done(struct plot *plot);

/* Values of @count series over @periods, one upon the other (values below 0 count as 0). */
void plot_stack(struct plot *plot, const char *title, const char *unit, const struct plot_series *series, u32 count,
		u32 periods);
/* Lines; @limit: a dashed line at that height, 0: none. */
void plot_lines(struct plot *plot, const char *title, const char *unit, const struct plot_series *series, u32 count,
		u32 periods, double limit);
/* A row for each series, a cell for each period, dark where it is high. */
void plot_map(struct plot *plot, const char *title, const char *unit, const struct plot_series *series, u32 count,
	      u32 periods);

/* One bar of a Gantt chart: row @name, from and to in hours, its colour's number and label. */
struct plot_bar {
	const char *name, *label;
	double from, to;
	u32 kind;
};

#define PLOT_GANTT_ROWS_MAX 200 /* the first ones are shown */
void plot_gantt(struct plot *plot, const char *title, const struct plot_bar *bar, u32 count);

/* A stop of a route, in order; @route numbers from 0; depots and stations are marked. */
struct plot_stop {
	u32 route;
	double x, y;
	const char *name;
	u32 kind; /* 0 customer, 1 station, 2 depot */
};

void plot_routes(struct plot *plot, const char *title, const struct plot_stop *stop, u32 count);

#endif

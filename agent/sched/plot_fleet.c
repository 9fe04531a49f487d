// SPDX-License-Identifier: GPL-2.0
/*
 * plot_fleet.c - vehicles in drawings: when each charges, and where each drives.
 * See plot.h.
 */
#include <math.h>
#include <string.h>

#include "agent/sched/plot_parts.h"

/* The row of @name among those seen so far; @bar is in order of first mention. */
static u32 plot_row(const struct plot_bar *bar, u32 i)
{
	u32 k, row = 0;

	for (k = 0; k < i; k++) {
		u32 m;

		if (!strcmp(bar[k].name, bar[i].name))
			return plot_row(bar, k);
		for (m = 0; m < k && strcmp(bar[m].name, bar[k].name); m++)
			;
		row += m == k;
	}
	return row;
}

void plot_gantt(struct plot *plot, const char *title, const struct plot_bar *bar, u32 count)
{
	struct plot_frame frame = { .periods = 1 };
	double last = 1;
	u32 i, row, rows = 0, hour;

	for (i = 0; i < count; i++) {
		row = plot_row(bar, i);
		if (row >= PLOT_GANTT_ROWS_MAX)
			break; /* the first ones are shown */
		rows = row >= rows ? row + 1 : rows;
		last = fmax(last, isfinite(bar[i].to) ? bar[i].to : 0);
	}
	count = i;
	frame.periods = (u32)ceil(fmin(last, 744));
	plot_open(plot, title, "", PLOT_TOP + 14.0 * rows + 30);
	for (i = 0; i < count; i++) {
		double y = PLOT_TOP + 14.0 * plot_row(bar, i);

		plot_put(plot, "<text x=\"%d\" y=\"%.0f\" class=\"tick end\">", PLOT_LEFT - 5, y + 11);
		plot_text(plot, bar[i].name);
		plot_put(plot, "</text><rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"11\" fill=\"%s\"><title>",
			 plot_x(&frame, bar[i].from), y + 1,
			 fmax(0.5, plot_x(&frame, bar[i].to) - plot_x(&frame, bar[i].from)), plot_colour(bar[i].kind));
		plot_text(plot, bar[i].label);
		plot_put(plot, "</title></rect>\n");
	}
	for (hour = 0; hour <= frame.periods; hour += frame.periods > 48 ? 24 : 2)
		plot_put(plot, "<text x=\"%.1f\" y=\"%.0f\" class=\"tick middle\">%u h</text>\n", plot_x(&frame, hour),
			 PLOT_TOP + 14.0 * rows + 16, hour);
	plot_close(plot);
}

void plot_routes(struct plot *plot, const char *title, const struct plot_stop *stop, u32 count)
{
	double low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY }, scale;
	u32 i;

	for (i = 0; i < count; i++) {
		low[0] = fmin(low[0], stop[i].x);
		high[0] = fmax(high[0], stop[i].x);
		low[1] = fmin(low[1], stop[i].y);
		high[1] = fmax(high[1], stop[i].y);
	}
	scale = 500 / fmax(1e-9, fmax(high[0] - low[0], high[1] - low[1]));
	plot_open(plot, title, "", 540);
#define PLOT_AT(i) 20 + scale *(stop[i].x - low[0]), 520 - scale *(stop[i].y - low[1])
	for (i = 0; i < count; i++) {
		if (!i || stop[i].route != stop[i - 1].route)
			plot_put(plot, "%s<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\" points=\"",
				 i ? "\"/>\n" : "", plot_colour(stop[i].route));
		plot_put(plot, "%.1f,%.1f ", PLOT_AT(i));
	}
	plot_put(plot, "%s", count ? "\"/>\n" : "");
	for (i = 0; i < count; i++) {
		static const char *const fill[] = { "#ffffff", "#ccbb44", "#000000" };

		plot_put(plot, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%u\" fill=\"%s\" stroke=\"#444444\"><title>",
			 PLOT_AT(i), stop[i].kind ? 5 : 3, fill[stop[i].kind % 3]);
		plot_text(plot, stop[i].name);
		plot_put(plot, "</title></circle>\n");
	}
#undef PLOT_AT
	plot_close(plot);
}

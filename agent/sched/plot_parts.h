/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plot_parts.h - where things stand in a drawing of plot.h. Inside of plot*.c
 * only.
 */
#ifndef VOLTGATE_SCHED_PLOT_PARTS_H
#define VOLTGATE_SCHED_PLOT_PARTS_H

#include "agent/sched/plot.h"

#define PLOT_WIDE 760
#define PLOT_LEFT 70
#define PLOT_RIGHT 740
#define PLOT_TOP 12
#define PLOT_BOTTOM 240

struct plot_frame {
	u32 periods;
	double low, high;
};

const char *plot_colour(u32 i);
double plot_value(const struct plot_series *series, u32 t);
double plot_x(const struct plot_frame *frame, double t);
double plot_y(const struct plot_frame *frame, double value);
void plot_axes(struct plot *plot, const struct plot_frame *frame);
void plot_open(struct plot *plot, const char *title, const char *unit, double high);
void plot_close(struct plot *plot);

#endif

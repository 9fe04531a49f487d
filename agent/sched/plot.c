// SPDX-License-Identifier: GPL-2.0
/*
 * plot.c - text that grows, and charts over periods: see plot.h.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/plot_parts.h"

#define PLOT_LEGEND 18

static const char *const plot_colours[] = { "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377",
					    "#bbbbbb", "#000000", "#e69f00", "#56b4e9", "#009e73", "#d55e00" };

const char *plot_colour(u32 i)
{
	return plot_colours[i % (sizeof(plot_colours) / sizeof(*plot_colours))];
}

void plot_put(struct plot *plot, const char *format, ...)
{
	va_list arguments;
	char *grown;
	int len;

	va_start(arguments, format);
	len = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (plot->broken || len < 0)
		return;
	if (plot->len + (size_t)len + 1 > plot->room) {
		grown = realloc(plot->text, 2 * plot->room + (size_t)len + 4096);
		if (!grown) {
			plot->broken = true;
			return;
		}
		plot->text = grown;
		plot->room = 2 * plot->room + (size_t)len + 4096;
	}
	va_start(arguments, format);
	vsnprintf(plot->text + plot->len, plot->room - plot->len, format, arguments);
	va_end(arguments);
	plot->len += (size_t)len;
}

void plot_text(struct plot *plot, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
			plot_put(plot, "&#%u;", c);
		else if (c < 0x20 || c >= 0x7f) /* names are what a file says: bytes of no known encoding */
			plot_put(plot, "?");
		else
			plot_put(plot, "%c", c);
	}
}

void plot_done(struct plot *plot)
{
	free(plot->text);
	memset(plot, 0, sizeof(*plot));
}

double plot_value(const struct plot_series *series, u32 t)
{
	double value = series->value[(size_t)t * series->stride];

	return isfinite(value) ? value : 0;
}

void plot_open(struct plot *plot, const char *title, const char *unit, double high)
{
	plot_put(plot, "<figure><figcaption>");
	plot_text(plot, title);
	if (*unit) {
		plot_put(plot, ", ");
		plot_text(plot, unit);
	}
	plot_put(plot,
		 "</figcaption>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" role=\"img\">\n",
		 PLOT_WIDE, high);
}

void plot_close(struct plot *plot)
{
	plot_put(plot, "</svg></figure>\n");
}

/* 1, 2 or 5 times a power of ten, so that about five steps fill @span. */
static double plot_step(double span)
{
	double power, step;

	if (!(span > 0))
		return 1;
	power = pow(10, floor(log10(span / 5)));
	step = span / 5 / power;
	return power * (step <= 1 ? 1 : step <= 2 ? 2 : step <= 5 ? 5 : 10);
}

void plot_axes(struct plot *plot, const struct plot_frame *frame)
{
	double step = plot_step(frame->high - frame->low), value;
	u32 t, every = frame->periods > 48 ? frame->periods / 24 : frame->periods > 24 ? 2 : 1;

	for (value = ceil(frame->low / step) * step; value <= frame->high + step * 1e-6; value += step)
		plot_put(plot,
			 "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/><text x=\"%d\" y=\"%.1f\" "
			 "class=\"tick end\">%g</text>\n",
			 PLOT_LEFT, PLOT_RIGHT, plot_y(frame, value), plot_y(frame, value), PLOT_LEFT - 5,
			 plot_y(frame, value) + 4, fabs(value) < step * 1e-6 ? 0 : value);
	for (t = 0; t < frame->periods; t += every)
		plot_put(plot, "<text x=\"%.1f\" y=\"%d\" class=\"tick middle\">%u</text>\n", plot_x(frame, t + 0.5),
			 PLOT_BOTTOM + 15, t + 1);
}

double plot_x(const struct plot_frame *frame, double t)
{
	return PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * t / (frame->periods ? frame->periods : 1);
}

double plot_y(const struct plot_frame *frame, double value)
{
	double span = frame->high - frame->low;

	return PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * (value - frame->low) / (span > 0 ? span : 1);
}

static double plot_legend_high(u32 count)
{
	return PLOT_BOTTOM + 24 + PLOT_LEGEND * ceil((count < 24 ? count : 24) / 6.0);
}

static void plot_legend(struct plot *plot, const struct plot_series *series, u32 count)
{
	u32 i;

	for (i = 0; i < count && i < 24; i++) {
		double x = PLOT_LEFT + i % 6 * 110, y = PLOT_BOTTOM + 34 + i / 6 * PLOT_LEGEND;

		plot_put(plot,
			 "<rect x=\"%.0f\" y=\"%.0f\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%.0f\" "
			 "y=\"%.0f\" "
			 "class=\"tick\">",
			 x, y - 9, plot_colour(i), x + 14, y);
		plot_text(plot, i == 23 && count > 24 ? "and more" : series[i].name);
		plot_put(plot, "</text>\n");
	}
}

void plot_stack(struct plot *plot, const char *title, const char *unit, const struct plot_series *series, u32 count,
		u32 periods)
{
	struct plot_frame frame = { .periods = periods };
	double *base = calloc((size_t)periods + 1, sizeof(*base)), sum;
	u32 i, t;

	if (!base) {
		plot->broken = true;
		return;
	}
	for (t = 0; t < periods; t++) {
		for (sum = 0, i = 0; i < count; i++)
			sum += fmax(0, plot_value(&series[i], t));
		frame.high = fmax(frame.high, sum);
	}
	plot_open(plot, title, unit, plot_legend_high(count));
	plot_axes(plot, &frame);
	for (i = 0; i < count; i++)
		for (t = 0; t < periods; t++) {
			double value = fmax(0, plot_value(&series[i], t));

			if (value > 0)
				plot_put(plot,
					 "<rect x=\"%.2f\" width=\"%.2f\" y=\"%.2f\" height=\"%.2f\" fill=\"%s\"/>\n",
					 plot_x(&frame, t) + 0.5, plot_x(&frame, 1) - PLOT_LEFT - 1,
					 plot_y(&frame, base[t] + value),
					 plot_y(&frame, base[t]) - plot_y(&frame, base[t] + value), plot_colour(i));
			base[t] += value;
		}
	plot_legend(plot, series, count);
	plot_close(plot);
	free(base);
}

void plot_lines(struct plot *plot, const char *title, const char *unit, const struct plot_series *series, u32 count,
		u32 periods, double limit)
{
	struct plot_frame frame = { .periods = periods, .high = limit };
	u32 i, t;

	for (i = 0; i < count; i++)
		for (t = 0; t < periods; t++) {
			frame.high = fmax(frame.high, plot_value(&series[i], t));
			frame.low = fmin(frame.low, plot_value(&series[i], t));
		}
	plot_open(plot, title, unit, plot_legend_high(count));
	plot_axes(plot, &frame);
	for (i = 0; i < count; i++) {
		plot_put(plot, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" points=\"", plot_colour(i));
		for (t = 0; t < periods; t++)
			plot_put(plot, "%.1f,%.1f ", plot_x(&frame, t + 0.5),
				 plot_y(&frame, plot_value(&series[i], t)));
		plot_put(plot, "\"/>\n");
	}
	if (limit > 0)
		plot_put(plot, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"limit\"/>\n", PLOT_LEFT,
			 PLOT_RIGHT, plot_y(&frame, limit), plot_y(&frame, limit));
	plot_legend(plot, series, count);
	plot_close(plot);
}

void plot_map(struct plot *plot, const char *title, const char *unit, const struct plot_series *series, u32 count,
	      u32 periods)
{
	struct plot_frame frame = { .periods = periods };
	double low = INFINITY, high = -INFINITY, share;
	u32 i, t, every = periods > 48 ? periods / 24 : 1;

	for (i = 0; i < count; i++)
		for (t = 0; t < periods; t++) {
			low = fmin(low, plot_value(&series[i], t));
			high = fmax(high, plot_value(&series[i], t));
		}
	plot_open(plot, title, unit, PLOT_TOP + 12.0 * count + 40);
	for (i = 0; i < count; i++) {
		plot_put(plot, "<text x=\"%d\" y=\"%.0f\" class=\"tick end\">", PLOT_LEFT - 5,
			 PLOT_TOP + 12.0 * i + 10);
		plot_text(plot, series[i].name);
		plot_put(plot, "</text>\n");
		for (t = 0; t < periods; t++) {
			share = high > low ? (plot_value(&series[i], t) - low) / (high - low) : 0;
			plot_put(
				plot,
				"<rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"12\" fill=\"rgb(%.0f,%.0f,%.0f)\">"
				"<title>%.4g</title></rect>\n",
				plot_x(&frame, t), PLOT_TOP + 12.0 * i, plot_x(&frame, 1) - PLOT_LEFT + 0.2,
				247 - 180 * share, 251 - 220 * share, 255 - 110 * share, plot_value(&series[i], t));
		}
	}
	for (t = 0; t < periods; t += every)
		plot_put(plot, "<text x=\"%.1f\" y=\"%.0f\" class=\"tick middle\">%u</text>\n", plot_x(&frame, t + 0.5),
			 PLOT_TOP + 12.0 * count + 14, t + 1);
	if (count && periods)
		plot_put(plot, "<text x=\"%d\" y=\"%.0f\" class=\"tick\">light: %.4g, dark: %.4g</text>\n", PLOT_LEFT,
			 PLOT_TOP + 12.0 * count + 32, low, high);
	plot_close(plot);
}

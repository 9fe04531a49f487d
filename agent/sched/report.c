// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - see report.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/report.h"

#define REPORT_ROWS 60 /* of a map or a legend */

struct report {
	const struct dispatch_problem *problem;
	const struct dispatch_plan *plan;
	struct plot *page;
	struct plot_series series[REPORT_ROWS + 4];
};

/* Everything up to the first heading. */
static void report_open(struct plot *page, const char *title)
{
	plot_put(page, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>\n"
		       "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta charset=\"UTF-8\"/>"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		       "'unsafe-inline'\"/><title>Voltgate: plan of ");
	plot_text(page, title);
	plot_put(page,
		 "</title><style>body{font:15px sans-serif;max-width:60em;margin:2em auto;color:#222}"
		 "figure{margin:1.5em 0}figcaption{font-weight:bold}svg{width:100%%;height:auto}"
		 ".tick{font:11px sans-serif;fill:#444}.end{text-anchor:end}.middle{text-anchor:middle}"
		 ".grid{stroke:#ddd}.limit{stroke:#c00;stroke-dasharray:6 4;stroke-width:1.5}"
		 "table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}"
		 "</style></head><body>\n<h1>Plan of ");
	plot_text(page, title);
	plot_put(page, "</h1>\n");
}

static void report_head(struct report *report, const struct certificate *certificate)
{
	const struct dispatch_plan *plan = report->plan;

	report_open(report->page, report->problem->grid->name);
	plot_put(report->page, "<p>Cost %.2f over %u periods of %g h; %u limits bind; %s.</p>\n", plan->cost,
		 plan->periods, report->problem->hours, plan->binding,
		 certificate->good ? "certified as the optimum" : "NOT certified as the optimum");
}

/* The first @count of columns @from .. of a table of the plan. */
static void report_series(struct report *report, u32 at, const char *name, const double *value, u32 stride)
{
	if (at < REPORT_ROWS + 4)
		report->series[at] = (struct plot_series){ name, value, stride };
}

static void report_dispatch(struct report *report)
{
	const struct grid *grid = report->problem->grid;
	const struct dispatch_plan *plan = report->plan;
	u32 u, count = plan->units < REPORT_ROWS ? plan->units : REPORT_ROWS;

	for (u = 0; u < count; u++)
		report_series(report, u, grid->unit[u].name, &plan->output[u], plan->units);
	plot_stack(report->page, count < plan->units ? "Output of the first units" : "Output of units", "MW",
		   report->series, count, plan->periods);
}

static void report_prices(struct report *report)
{
	const struct grid *grid = report->problem->grid;
	const struct dispatch_plan *plan = report->plan;
	u32 b, count = plan->buses < REPORT_ROWS ? plan->buses : REPORT_ROWS;

	for (b = 0; b < count; b++)
		report_series(report, b, grid->bus[b].name, &plan->price[b], plan->buses);
	plot_map(report->page, count < plan->buses ? "Nodal prices of the first buses" : "Nodal prices", "per MWh",
		 report->series, count, plan->periods);
}

/* Loading of branches that have limits, the fullest first. */
static int report_loading(struct report *report)
{
	const struct grid *grid = report->problem->grid;
	const struct dispatch_plan *plan = report->plan;
	double *loading = calloc((size_t)plan->periods * plan->branches + 1, sizeof(*loading)), least, most, top;
	u32 *pick = calloc((size_t)plan->branches + 1, sizeof(*pick)), l, t, i, count = 0;
	double *peak = calloc((size_t)plan->branches + 1, sizeof(*peak));

	if (!loading || !pick || !peak)
		goto out;
	for (l = 0; l < plan->branches; l++) {
		dispatch_flow_limits(&grid->branch[l], report->problem->limits_scale, &least, &most);
		for (t = 0; t < plan->periods; t++) {
			double flow = plan->flow[(size_t)t * plan->branches + l];
			double share = flow > 0 ? flow / most : flow / least;

			loading[(size_t)t * plan->branches + l] = isfinite(share) ? 100 * share : 0;
			peak[l] = fmax(peak[l], loading[(size_t)t * plan->branches + l]);
		}
	}
	for (; count < 40 && count < plan->branches; count++) {
		for (top = 0, i = 0; i < plan->branches; i++)
			if (peak[i] > top) {
				top = peak[i];
				pick[count] = i;
			}
		if (!top)
			break;
		peak[pick[count]] = 0;
		report_series(report, count, grid->branch[pick[count]].name, &loading[pick[count]], plan->branches);
	}
	plot_map(report->page, "Loading of branches, the fullest first", "% of the limit", report->series, count,
		 plan->periods);
out:
	report->page->broken |= !loading || !pick || !peak;
	free(loading);
	free(pick);
	free(peak);
	return report->page->broken ? -ENOMEM : 0;
}

static void report_station(struct report *report, const struct crowd *crowd, u32 s, double *power)
{
	const struct dispatch_plan *plan = report->plan;
	char title[80];
	u32 t, i;

	memset(power, 0, 2 * (size_t)plan->periods * sizeof(*power));
	for (t = 0; t < plan->periods; t++)
		for (i = 0; i < plan->stations; i++)
			if (crowd ? crowd->class[i].station == s : i == s)
				power[t] += plan->charge[(size_t)t * plan->stations + i] -
					    plan->discharge[(size_t)t * plan->stations + i];
	for (i = 0; crowd && i < crowd->classes; i++) {
		const struct crowd_class *class = &crowd->class[i];

		for (t = class->arrive; class->station == s && t <= class->depart && t < plan->periods; t++)
			power[plan->periods + t] += class->count * class->power;
	}
	snprintf(title, sizeof(title), "Load of station %.31s",
		 crowd ? crowd->station[s].name : report->problem->stations->station[s].name);
	report_series(report, 0, "charged", power, 1);
	report_series(report, 1, "plugged in", power + plan->periods, 1);
	plot_lines(report->page, title, "MW", report->series, crowd ? 2 : 1, plan->periods,
		   crowd ? crowd->station[s].limit : report->problem->stations->charge[s]);
}

static int report_stations(struct report *report, const struct crowd *crowd)
{
	double *power = calloc(2 * (size_t)report->plan->periods + 1, sizeof(*power));
	u32 s, count = crowd ? crowd->stations : report->plan->stations;

	if (!power)
		return -ENOMEM;
	if (crowd && crowd->classes != report->plan->stations)
		crowd = NULL;
	for (s = 0; s < count && s < 12 && report->plan->stations; s++)
		report_station(report, crowd, s, power);
	free(power);
	return 0;
}

static void report_binding(struct report *report)
{
	const struct grid *grid = report->problem->grid;
	const struct dispatch_plan *plan = report->plan;
	u32 t, l, told = 0;

	plot_put(report->page,
		 "<h2>Limits that bind</h2>\n<table><tr><th>period</th><th>branch</th><th>MW</th><th>price "
		 "per MWh</th></tr>\n");
	for (t = 0; t < plan->periods; t++)
		for (l = 0; l < plan->branches && told < 500; l++) {
			size_t at = (size_t)t * plan->branches + l;

			if (fabs(plan->rent[at]) <= 1e-6)
				continue;
			plot_put(report->page, "<tr><td>%u</td><td>", t + 1);
			plot_text(report->page, grid->branch[l].name);
			plot_put(report->page, "</td><td>%.3f</td><td>%.4f</td></tr>\n", plan->flow[at],
				 fabs(plan->rent[at]));
			told++;
		}
	plot_put(report->page, "</table>\n");
}

static void report_drawings(const struct report_fleet *fleet, struct plot *page)
{
	if (fleet->bars)
		plot_gantt(page,
			   fleet->bars > PLOT_GANTT_ROWS_MAX ? "When the first vehicles charge"
							     : "When vehicles charge",
			   fleet->bar, fleet->bars);
	if (fleet->stops)
		plot_routes(page, "Routes", fleet->stop, fleet->stops);
}

int report_vehicles(const char *title, const char *line, const struct report_fleet *fleet, struct plot *ret_page)
{
	memset(ret_page, 0, sizeof(*ret_page));
	report_open(ret_page, title);
	plot_put(ret_page, "<p>");
	plot_text(ret_page, line);
	plot_put(ret_page, "</p>\n");
	report_drawings(fleet, ret_page);
	plot_put(ret_page, "</body></html>\n");
	return ret_page->broken ? -ENOMEM : 0;
}

int report_make(const struct dispatch_problem *problem, const struct dispatch_plan *plan,
		const struct certificate *certificate, const struct crowd *crowd, const struct report_fleet *fleet,
		struct plot *ret_page)
{
	struct report *report = calloc(1, sizeof(*report));
	int err;

	memset(ret_page, 0, sizeof(*ret_page));
	ret_page->broken = !report;
	if (!report)
		return -ENOMEM;
	report->problem = problem;
	report->plan = plan;
	report->page = ret_page;
	report_head(report, certificate);
	report_dispatch(report);
	report_prices(report);
	err = report_loading(report);
	if (!err)
		err = report_stations(report, crowd && crowd->classes ? crowd : NULL);
	if (fleet)
		report_drawings(fleet, ret_page);
	report_binding(report);
	plot_put(ret_page, "</body></html>\n");
	free(report);
	ret_page->broken |= err != 0;
	return ret_page->broken ? -ENOMEM : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * page.c - see page.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sched/report.h"
#include "tools/voltgate/page.h"
#include "tools/voltgate/say.h"

int page_write(const char *path, struct plot *page)
{
	FILE *file = page->broken ? NULL : fopen(path, "w");
	int status = CLI_OK;

	if (page->broken)
		status = say_failure(CLI_REFUSED, "out of memory");
	else if (!file || fwrite(page->text, 1, page->len, file) != page->len)
		status = say_failure(CLI_REFUSED, "%.200s: %s", path, strerror(errno));
	if (file && fclose(file) && !status)
		status = say_failure(CLI_REFUSED, "%.200s: %s", path, strerror(errno));
	plot_done(page);
	return status;
}

int page_bars(const struct fleet *fleet, const struct assign_plan *plan, struct plot_bar **ret_bar, u32 *ret_count)
{
	struct plot_bar *bar = calloc((size_t)plan->vehicles + 1, sizeof(*bar));
	double hours = fleet->period_s / 3600.0;
	u32 v, count = 0;

	if (!bar)
		return -ENOMEM;
	for (v = 0; v < plan->vehicles; v++) {
		const struct assign_session *session = &plan->session[v];

		if (session->state == ASSIGN_SERVED)
			bar[count++] =
				(struct plot_bar){ fleet->vehicle[v].name, fleet->station[session->station].name,
						   session->start * hours, (session->start + session->periods) * hours,
						   session->station };
	}
	*ret_bar = bar;
	*ret_count = count;
	return 0;
}

int page_sessions(const char *path, const struct fleet *fleet, const struct assign_plan *plan)
{
	struct report_fleet drawn = { 0 };
	struct plot_bar *bar;
	struct plot page;
	char line[160];

	if (page_bars(fleet, plan, &bar, &drawn.bars))
		return say_failure(CLI_REFUSED, "out of memory");
	drawn.bar = bar;
	snprintf(line, sizeof(line), "%u of %u vehicles are served, cost %.4f yuan; no plan costs less than %.4f.",
		 plan->served, plan->vehicles, (double)plan->cost / ASSIGN_COST_YUAN,
		 (double)plan->bound / ASSIGN_COST_YUAN);
	report_vehicles("vehicles and chargers", line, &drawn, &page);
	free(bar);
	return page_write(path, &page);
}

struct page_name {
	char text[12];
};

static struct plot_stop page_stop(const struct evrptw *instance, u32 route, u32 node, struct page_name *name)
{
	const struct evrptw_node *at = &instance->node[node];

	snprintf(name->text, sizeof(name->text), "%u", node);
	return (struct plot_stop){ route, at->x, at->y, name->text, !node ? 2 : at->kind == EVRPTW_STATION };
}

int page_routes(const char *path, const struct evrptw *instance, const struct routing *routing)
{
	size_t room = routing->stop_count + 2 * (size_t)routing->vehicles + 1;
	struct plot_stop *stop = calloc(room, sizeof(*stop));
	struct page_name *name = calloc(room, sizeof(*name));
	struct report_fleet drawn = { .stop = stop };
	struct plot page;
	char line[160];
	u32 r, k, at = 0;
	int status = CLI_OK;

	if (!stop || !name) {
		status = say_failure(CLI_REFUSED, "out of memory");
		goto out;
	}
	for (r = 0; r < routing->vehicles; r++) { /* the depot at both ends */
		stop[at] = page_stop(instance, r, 0, &name[at]);
		for (at++, k = 0; k < routing->route[r].count; k++, at++)
			stop[at] = page_stop(instance, r, routing->stops[routing->route[r].first + k], &name[at]);
		stop[at] = page_stop(instance, r, 0, &name[at]);
		at++;
	}
	drawn.stops = at;
	snprintf(line, sizeof(line), "%u vehicles, distance %.2f.", routing->vehicles, routing->distance);
	report_vehicles(instance->name, line, &drawn, &page);
	status = page_write(path, &page);
out:
	free(stop);
	free(name);
	return status;
}

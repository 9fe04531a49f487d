// SPDX-License-Identifier: GPL-2.0
/*
 * plan_csv.c - see plan_csv.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/voltgate/plan_csv.h"
#include "tools/voltgate/say.h"

/* A name as a field: in quotes where it needs them (RFC 4180). */
static void put_name(FILE *file, const char *name)
{
	if (!name[strcspn(name, ",\"\r\n")]) {
		fputs(name, file);
		return;
	}
	fputc('"', file);
	for (; *name; name++) {
		if (*name == '"')
			fputc('"', file);
		fputc(*name, file);
	}
	fputc('"', file);
}

static void put(FILE *file, u32 t, const char *quantity, const char *name, double value)
{
	fprintf(file, "%u,%s,", t + 1, quantity);
	put_name(file, name);
	fprintf(file, ",%.12g\n", value);
}

static void put_period(FILE *file, const struct dispatch_problem *problem, const struct dispatch_plan *plan, u32 t)
{
	const struct grid *grid = problem->grid;
	u32 i;

	for (i = 0; i < plan->units; i++)
		put(file, t, "output", grid->unit[i].name, plan->output[(size_t)t * plan->units + i]);
	for (i = 0; problem->reserve && i < plan->units; i++)
		put(file, t, "reserve", grid->unit[i].name, plan->reserve[(size_t)t * plan->units + i]);
	for (i = 0; i < plan->buses; i++)
		put(file, t, "price", grid->bus[i].name, plan->price[(size_t)t * plan->buses + i]);
	for (i = 0; i < plan->branches; i++)
		put(file, t, "flow", grid->branch[i].name, plan->flow[(size_t)t * plan->branches + i]);
	for (i = 0; i < plan->branches; i++)
		put(file, t, "rent", grid->branch[i].name, plan->rent[(size_t)t * plan->branches + i]);
	for (i = 0; i < plan->stations; i++) {
		const char *name = problem->stations->station[i].name;
		size_t at = (size_t)t * plan->stations + i;

		put(file, t, "charge", name, plan->charge[at]);
		put(file, t, "discharge", name, plan->discharge[at]);
		put(file, t, "stock", name, plan->stock[at]);
	}
}

bool plan_csv_alone(const char *path)
{
	return path && !strcmp(path, "-");
}

int plan_csv_write(const char *path, const struct dispatch_problem *problem, const struct dispatch_plan *plan)
{
	bool out = plan_csv_alone(path);
	FILE *file = out ? stdout : fopen(path, "w");
	int failed;
	u32 t;

	if (!file)
		return say_failure(CLI_REFUSED, "%.200s: %s", path, strerror(errno));
	fputs("period,quantity,name,value\n", file);
	for (t = 0; t < plan->periods; t++)
		put_period(file, problem, plan, t);
	if (out)
		return say_done(CLI_OK);
	failed = ferror(file);
	if (fclose(file) || failed)
		return say_failure(CLI_REFUSED, "%.200s: %s", path, strerror(errno));
	return CLI_OK;
}

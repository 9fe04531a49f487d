// SPDX-License-Identifier: GPL-2.0
/*
 * plan_case.c - see plan_case.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/sched/area.h"
#include "agent/sched/area_partition.h"
#include "agent/sched/conflict.h"
#include "tools/voltgate/plan_case.h"
#include "tools/voltgate/say.h"

static void plan_case_tell(const struct grid *grid)
{
	u32 i;

	for (i = 0; i < grid->faults; i++)
		if (!grid->fault[i].fatal)
			fprintf(stderr, "voltgate: warning: %s\n", grid->fault[i].text);
	if (grid->faults_untold)
		fprintf(stderr, "voltgate: warning: %u more warnings are not shown\n", grid->faults_untold);
}

static const char *plan_case_fatal(const struct grid *grid)
{
	u32 i;

	for (i = 0; grid && i < grid->faults; i++)
		if (grid->fault[i].fatal)
			return grid->fault[i].text;
	return "out of memory.";
}

/* A MATPOWER file holds one period; it stands for all. */
static int plan_case_repeat(struct gridfiles *files, u32 periods)
{
	const struct grid *grid = files->grid;
	u32 t, i;

	files->periods = periods;
	files->load = calloc((size_t)periods * grid->buses + 1, sizeof(double));
	if (!files->load)
		return -ENOMEM;
	for (t = 0; t < periods; t++)
		for (i = 0; i < grid->buses; i++)
			files->load[(size_t)t * grid->buses + i] = grid->bus[i].load;
	return 0;
}

/* Reserve as a share of what each period's loads are together. */
static int plan_case_reserve(const struct plan_words *words, struct plan_case *plan_case)
{
	const struct gridfiles *files = &plan_case->files;
	size_t i;

	plan_case->reserve = calloc((size_t)files->periods + 1, sizeof(double));
	if (!plan_case->reserve)
		return say_failure(CLI_REFUSED, "out of memory");
	for (i = 0; i < (size_t)files->periods * files->grid->buses; i++)
		plan_case->reserve[i / files->grid->buses] += words->reserve * files->load[i];
	plan_case->problem.reserve = plan_case->reserve;
	return CLI_OK;
}

int plan_case_load(const struct plan_words *words, struct plan_case *ret_case)
{
	struct gridfiles *files = &ret_case->files;
	struct stat entry;
	const char *text;
	int err;

	memset(ret_case, 0, sizeof(*ret_case));
	if (!stat(words->path, &entry) && S_ISDIR(entry.st_mode)) {
		err = gridfiles_load(words->path, words->keep_areas, files);
		if (!err && words->periods && words->periods < files->periods)
			files->periods = words->periods; /* the first ones */
		else if (!err && words->periods > files->periods)
			return say_usage("plan", "the case has %u periods, not %u", files->periods, words->periods);
	} else {
		err = matpower_load(words->path, &files->grid);
		if (!err)
			err = plan_case_repeat(files, words->periods ? words->periods : 1);
		if (!err)
			err = area_renumber(files->grid);
	}
	if (files->grid && !words->quiet)
		plan_case_tell(files->grid);
	if (err) {
		text = plan_case_fatal(files->grid);
		return say_failure(CLI_REFUSED, "%.*s", (int)strlen(text) - 1, text);
	}
	err = words->areas ? area_partition(files->grid, words->areas) : 0;
	if (err)
		return say_failure(CLI_REFUSED, "%u areas cannot be made of %u buses", words->areas,
				   files->grid->buses);
	ret_case->problem = (struct dispatch_problem){
		.grid = files->grid,
		.periods = files->periods,
		.hours = 1,
		.load = files->load,
		.available = files->available,
		.stations = files->stations.count ? &files->stations : NULL,
		.limits_scale = words->scale,
		.form = words->full ? DISPATCH_FULL : DISPATCH_LAZY,
		.secure = words->outage_scale > 0,
		.outage_scale = words->outage_scale,
		.seconds = words->seconds,
	};
	if (files->crowd.classes) {
		if (crowd_flexible(&files->crowd, files->periods, 1, &ret_case->crowd))
			return say_failure(CLI_REFUSED, "out of memory");
		ret_case->problem.stations = &ret_case->crowd;
	}
	return words->reserve > 0 ? plan_case_reserve(words, ret_case) : CLI_OK;
}

void plan_case_free(struct plan_case *plan_case)
{
	gridfiles_free(&plan_case->files);
	crowd_flexible_done(&plan_case->crowd);
	free(plan_case->reserve);
	plan_case->reserve = NULL;
}

/* A number after an option; -1 after a sentence. */
static double plan_case_number(const char *option, const char *value, double least, double most)
{
	char *end = NULL;
	double number = value ? strtod(value, &end) : 0;

	if (!value)
		say_usage("plan", "%s needs a value after it", option);
	else if (end == value || *end || !isfinite(number) || number < least || number > most)
		say_usage("plan", "%s takes a number from %g to %g, not \"%.60s\"", option, least, most, value);
	else
		return number;
	return -1;
}

static int plan_case_periods(const char *value, struct plan_words *words)
{
	double number = plan_case_number("--periods", value, 1, DISPATCH_PERIODS_MAX);

	if (number != floor(number))
		return say_usage("plan", "--periods takes a whole number");
	words->periods = (u32)number;
	return number < 0 ? CLI_USAGE : CLI_OK;
}

int plan_case_option(char **argv, int *at, struct plan_words *words)
{
	const char *option = argv[*at], *value = argv[*at + 1];
	int status = CLI_OK;

	(*at)++;
	if (!strcmp(option, "--keep-areas"))
		words->keep_areas = true;
	else if (!strcmp(option, "--full"))
		words->full = true;
	else if (!strcmp(option, "--secure"))
		words->outage_scale = 1;
	else if (!strcmp(option, "--periods"))
		status = plan_case_periods(value, words);
	else if (!strcmp(option, "--limits-scale"))
		status = (words->scale = plan_case_number(option, value, 0, 1e6)) < 0;
	else if (!strcmp(option, "--reserve"))
		status = (words->reserve = plan_case_number(option, value, 0, 10)) < 0;
	else if (!strcmp(option, "--outage-scale"))
		status = (words->outage_scale = plan_case_number(option, value, 0.01, 100)) < 0;
	else if (!strcmp(option, "--drill"))
		status = (words->drill = plan_case_number(option, value, 0, 0.9)) < 0;
	else if (!strcmp(option, "--groups"))
		status = (words->groups = (u32)fmax(0, plan_case_number(option, value, 1, 10000))) < 1;
	else if (!strcmp(option, "--areas"))
		status = (words->areas = (u32)fmax(0, plan_case_number(option, value, 1, AREA_MOST))) < 1;
	else if (!strcmp(option, "--time"))
		status = (words->seconds = plan_case_number(option, value, 0.001, 1e6)) < 0;
	else if (!strcmp(option, "--report"))
		status = (words->report = value) ? CLI_OK : say_usage("plan", "--report needs a FILE after it");
	else if (!strcmp(option, "--csv"))
		status = (words->csv = value) ? CLI_OK : say_usage("plan", "--csv needs a FILE after it, or -");
	else
		status = ~0;
	*at += !status && strcmp(option, "--keep-areas") && strcmp(option, "--full") && strcmp(option, "--secure");
	*at -= status == ~0;
	return status;
}

int plan_case_words(int argc, char **argv, int first, struct plan_words *words)
{
	int at = first, status;

	while (at < argc) {
		status = plan_case_option(argv, &at, words);
		if (!status)
			continue;
		if (status != ~0)
			return status;
		if (argv[at][0] == '-')
			return say_usage("plan", "\"%.60s\" is no option of plan", argv[at]);
		if (words->path)
			return say_usage("plan", "\"%.60s\" is one word too many", argv[at]);
		words->path = argv[at++];
	}
	if (words->path)
		return CLI_OK;
	return say_usage("plan", "a CASE is needed: a MATPOWER file or a folder of CSV tables");
}

int plan_case_explain(const struct plan_case *plan_case, int err, const struct dispatch_error *error)
{
	struct conflict conflict;
	char text[1500];

	if (err != -EDOM || conflict_find(&plan_case->problem, &conflict))
		return say_failure(CLI_REFUSED, "%.60s: %s", plan_case->files.grid->name, error->text);
	conflict_words(&plan_case->problem, &conflict, text, sizeof(text));
	return say_failure(CLI_REFUSED, "%.60s: %s", plan_case->files.grid->name, text);
}

// SPDX-License-Identifier: GPL-2.0
/* series.c - see series.h. */
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "series.h"

struct series *series_of(struct series_report *report, const char *unit, const char *format, ...)
{
	struct series *series;
	char name[96];
	va_list args;
	int i;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	for (i = 0; i < report->count; i++)
		if (!strcmp(report->series[i].name, name))
			return &report->series[i];
	if (report->count == SERIES_MAX)
		abort();
	series = &report->series[report->count++];
	snprintf(series->name, sizeof(series->name), "%s", name);
	snprintf(series->unit, sizeof(series->unit), "%s", unit);
	return series;
}

void series_add(struct series *series, double value)
{
	if (series->count < SERIES_VALUES_MAX)
		series->values[series->count++] = value;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double series_median(const struct series *series)
{
	double sorted[SERIES_VALUES_MAX];
	int n = series->count;

	if (!n)
		return 0;
	memcpy(sorted, series->values, n * sizeof(double));
	qsort(sorted, n, sizeof(double), compare);
	return n & 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double series_least(const struct series *series)
{
	double least = series->count ? series->values[0] : 0;
	int i;

	for (i = 1; i < series->count; i++)
		if (series->values[i] < least)
			least = series->values[i];
	return least;
}

static bool reached(const struct series_goal *goal)
{
	return goal->at_most ? goal->figure <= goal->limit : goal->figure >= goal->limit;
}

void series_goal(struct series_report *report, double figure, bool at_most, double limit, const char *format, ...)
{
	struct series_goal *goal = &report->goals[report->goals_count++];
	va_list args;

	va_start(args, format);
	vsnprintf(goal->text, sizeof(goal->text), format, args);
	va_end(args);
	goal->figure = figure;
	goal->limit = limit;
	goal->at_most = at_most;
	printf("goal  %-11s %-72s %10.2f (at %s %.2f)\n", reached(goal) ? "reached" : "NOT REACHED", goal->text, figure,
	       at_most ? "most" : "least", limit);
}

static json_t *series_json(const struct series *series)
{
	json_t *values = json_array();
	int i;

	for (i = 0; i < series->count; i++)
		json_array_append_new(values, json_real(series->values[i]));
	return json_pack("{s:s, s:s, s:f, s:o}", "name", series->name, "unit", series->unit, "median",
			 series_median(series), "values", values);
}

static json_t *goal_json(const struct series_goal *goal)
{
	return json_pack("{s:s, s:f, s:s, s:f, s:b}", "goal", goal->text, "figure", goal->figure, "relation",
			 goal->at_most ? "at most" : "at least", "limit", goal->limit, "reached", reached(goal));
}

static void cpu_model(char *ret_model, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(ret_model, size, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "model name", 10) || !strchr(line, ':'))
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(ret_model, size, "%s", strchr(line, ':') + 2);
		break;
	}
	if (file)
		fclose(file);
}

int series_write(const struct series_report *report, const char *dir)
{
	char path[512], model[128];
	json_t *all = json_array(), *goals = json_array(), *root;
	struct utsname kernel;
	int i, err;

	for (i = 0; i < report->count; i++)
		json_array_append_new(all, series_json(&report->series[i]));
	for (i = 0; i < report->goals_count; i++)
		json_array_append_new(goals, goal_json(&report->goals[i]));
	uname(&kernel);
	cpu_model(model, sizeof(model));
	root = json_pack("{s:s, s:I, s:s, s:s, s:i, s:b, s:o, s:o}", "bench", report->bench, "unix_time",
			 (json_int_t)time(NULL), "kernel", kernel.release, "cpu", model, "cpus",
			 (int)sysconf(_SC_NPROCESSORS_ONLN), "quick", series_is_quick(), "goals", goals, "series", all);
	mkdir(dir, 0777);
	snprintf(path, sizeof(path), "%s/%s.json", dir, report->bench);
	errno = 0;
	err = json_dump_file(root, path, JSON_INDENT(1)) ? (errno ? -errno : -EIO) : 0;
	json_decref(root);
	if (!err)
		printf("raw numbers: %s\n", path);
	return err;
}

bool series_is_quick(void)
{
	const char *quick = getenv("BENCH_QUICK");

	return quick && *quick && strcmp(quick, "0");
}

int series_rounds(int quick, int full)
{
	return series_is_quick() ? quick : full;
}

static double clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

double series_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

double series_wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int series_pin(void)
{
	const char *asked = getenv("BENCH_CPU");
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	while (cpu > 0 && !CPU_ISSET(cpu, &set))
		cpu--;
	if (asked)
		cpu = atoi(asked);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : cpu;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * series.h - numbers of one benchmark: repeated measurements by name, their
 * medians, the goals they are held against, and the file that keeps it all.
 *
 * A missed goal is reported, never an error. Aborts only for lack of memory.
 */
#ifndef VOLTGATE_BENCH_SERIES_H
#define VOLTGATE_BENCH_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#define SERIES_MAX 512
#define SERIES_VALUES_MAX 64

struct series {
	char name[96];
	char unit[16];
	double values[SERIES_VALUES_MAX]; /* in the order measured */
	int count;
};

struct series_goal {
	char text[160];
	double figure, limit;
	bool at_most; /* else: at least */
};

struct series_report {
	const char *bench;
	struct series series[SERIES_MAX];
	int count;
	struct series_goal goals[32];
	int goals_count;
};

/* The series of that name, made if there is none yet. */
struct series *series_of(struct series_report *report, const char *unit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void series_add(struct series *series, double value);
double series_median(const struct series *series); /* 0 if empty */
double series_least(const struct series *series);
/* Keeps a goal and prints figure, limit and whether it is reached. */
void series_goal(struct series_report *report, double figure, bool at_most, double limit, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Writes @dir/BENCH.json (made if need be). 0 or -errno. */
int series_write(const struct series_report *report, const char *dir);

/* Rounds that the environment asks for: @quick with BENCH_QUICK=1, else @full. */
int series_rounds(int quick, int full);
bool series_is_quick(void);
/* CPU time of the calling thread, nanoseconds. */
double series_cpu_ns(void);
/* Wall clock, monotonic, nanoseconds. */
double series_wall_ns(void);
/* Binds the process to the CPU given by BENCH_CPU, else to the last one it may use. Returns it, or -errno. */
int series_pin(void);

#endif

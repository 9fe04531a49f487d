// SPDX-License-Identifier: GPL-2.0
/*
 * plan_progress.c - see plan_progress.h.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tools/voltgate/plan_progress.h"

#define PLAN_AFTER_S 2.0
#define PLAN_EVERY_S 0.5
#define PLAN_EVERY_LINE_S 10.0

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool tell(void *context, u32 round, u32 limits, double cost)
{
	struct plan_progress *progress = context;
	double now = now_s(), every = progress->terminal ? PLAN_EVERY_S : PLAN_EVERY_LINE_S;

	if (interrupted || now - progress->start < PLAN_AFTER_S || (progress->told > 0 && now - progress->told < every))
		return interrupted;
	progress->told = now;
	fprintf(stderr, "%s%.0f s, round %u, %u limits", progress->terminal ? "\r" : "", now - progress->start,
		round + 1, limits);
	if (!isnan(cost))
		fprintf(stderr, ", costs %.2f at least", cost);
	fprintf(stderr, "%s", progress->terminal ? "  (Ctrl-C keeps the best so far) \033[K" : "\n");
	return false;
}

void plan_progress_start(struct plan_progress *progress, struct dispatch_problem *problem)
{
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESETHAND };

	*progress = (struct plan_progress){ .start = now_s(), .terminal = isatty(STDERR_FILENO) };
	problem->progress = tell;
	problem->context = progress;
	sigaction(SIGINT, &action, NULL);
}

void plan_progress_end(const struct plan_progress *progress)
{
	if (progress->terminal && progress->told > 0)
		fprintf(stderr, "\r\033[K");
}

bool plan_progress_interrupted(void)
{
	return interrupted;
}

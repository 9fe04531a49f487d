// SPDX-License-Identifier: GPL-2.0
/* audit_progress.c - see audit_progress.h. */
#include "tools/voltgate/audit_progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tools/voltgate/say.h"

#define AFTER_S 2.0
#define EVERY_S 0.5
#define EVERY_LINE_S 10.0

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void audit_progress_start(struct audit_progress_shown *progress)
{
	*progress = (struct audit_progress_shown){ .start = now_s(), .terminal = isatty(STDERR_FILENO) };
}

void audit_progress_tell(void *arg, u64 number, u64 last)
{
	struct audit_progress_shown *progress = arg;
	double now = now_s(), every = progress->terminal ? EVERY_S : EVERY_LINE_S;

	if (now - progress->start < AFTER_S || now - progress->told < every)
		return;
	progress->told = now;
	fprintf(stderr, "%sblock %s of %s%s", progress->terminal ? "\r" : "", say_count(number), say_count(last),
		progress->terminal ? " " : "\n");
}

void audit_progress_end(const struct audit_progress_shown *progress)
{
	if (progress->terminal && progress->told > 0)
		fprintf(stderr, "\r\033[K");
}

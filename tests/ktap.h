/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap.h - KTAP output for test programs in C (kernel Documentation/dev-tools/ktap).
 *
 *   int main(void) {
 *       ktap_plan(0);                         // 0: the plan follows at the end
 *       ktap_ok(1 + 1 == 2, "addition of %d", 1);
 *       return ktap_exit();                   // 0 all passed, 1 some failed, 4 nothing but skips
 *   }
 */
#ifndef VOLTGATE_TESTS_KTAP_H
#define VOLTGATE_TESTS_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int ktap_done, ktap_failed, ktap_skipped, ktap_planned;

static inline void ktap_plan(int count)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	ktap_planned = count;
	if (count)
		printf("1..%d\n", count);
}

__attribute__((format(printf, 2, 3))) static inline bool ktap_ok(bool passed, const char *format, ...)
{
	va_list args;

	printf("%s %d ", passed ? "ok" : "not ok", ++ktap_done);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	ktap_failed += !passed;
	return passed;
}

/* @why: what is missing and how to get it. */
__attribute__((unused)) static void ktap_skip(const char *name, const char *why)
{
	printf("ok %d %s # SKIP %s\n", ++ktap_done, name, why);
	ktap_skipped++;
}

static inline int ktap_exit(void)
{
	if (!ktap_planned)
		printf("1..%d\n", ktap_done);
	if (ktap_failed || (ktap_planned && ktap_planned != ktap_done))
		return 1;
	return ktap_done && ktap_skipped == ktap_done ? 4 : 0;
}

#endif

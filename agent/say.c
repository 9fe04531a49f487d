// SPDX-License-Identifier: GPL-2.0
/*
 * say.c - sentences of the agent: say.h. Before say_open() standard error only.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "agent/say.h"

static bool say_syslog; /* alarms go there */
static bool say_twice;	/* sentences too */

void say_open(bool to_syslog)
{
	say_syslog = to_syslog;
	say_twice = to_syslog && !getenv("JOURNAL_STREAM");
	if (to_syslog)
		openlog("voltgated", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

__attribute__((format(printf, 2, 0))) static void say(int priority, const char *format, va_list args)
{
	char text[1536];

	vsnprintf(text, sizeof(text), format, args);
	fprintf(stderr, "voltgated: %s\n", text);
	if (say_twice)
		syslog(priority, "%s", text);
}

void say_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_INFO, format, args);
	va_end(args);
}

void say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_ERR, format, args);
	va_end(args);
}

void say_alarm(const char *sentence)
{
	if (say_syslog)
		syslog(LOG_WARNING, "%s", sentence);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * say.h - what the agent says about itself: whole sentences to standard error
 * and, where asked and where standard error is not the journal already, to
 * syslog (facility daemon). Alarms go through alarms.h.
 */
#ifndef VOLTGATE_SAY_H
#define VOLTGATE_SAY_H

#include <stdbool.h>

/* Opens syslog as well if @to_syslog. May be called again. */
void say_open(bool to_syslog);
/* A thing that happened. */
__attribute__((format(printf, 1, 2))) void say_info(const char *format, ...);
/* A thing that somebody should look at. */
__attribute__((format(printf, 1, 2))) void say_error(const char *format, ...);
/* One alarm's sentence: to syslog only, as a warning; nothing where syslog was not asked for. */
void say_alarm(const char *sentence);

#endif

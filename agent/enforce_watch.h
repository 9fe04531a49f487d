/* SPDX-License-Identifier: GPL-2.0 */
/*
 * enforce_watch.h - looks once a second whether the program is still where it
 * was put: interfaces vanish and come back, and others take programs off.
 */
#ifndef VOLTGATE_ENFORCE_WATCH_H
#define VOLTGATE_ENFORCE_WATCH_H

#include "agent/agent.h"

/* Says and alarms what has changed; attaches again to configured interfaces that came back. */
void enforce_watch(struct agent *agent);

#endif

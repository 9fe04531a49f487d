/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verbs.h - what the control socket's verbs do: control.h lists them.
 */
#ifndef VOLTGATE_VERBS_H
#define VOLTGATE_VERBS_H

#include "agent/control.h"

/* A control_request_fn; @arg is the struct agent. */
void verbs_handle(void *arg, struct control_peer *peer, const char *verb, const json_t *request);

#endif

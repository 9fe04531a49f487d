/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node_verbs.h - the control socket's verbs about the ledger's node: control.h
 * lists them.
 */
#ifndef VOLTGATE_NODE_VERBS_H
#define VOLTGATE_NODE_VERBS_H

#include "agent/agent.h"
#include "agent/control.h"

/* False: @verb is none of these. Else it is answered, or will be. */
bool node_verbs_handle(struct agent *agent, struct control_peer *peer, const char *verb, const json_t *request);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * status.h - the agent's own state as JSON, beside the gate's.
 */
#ifndef VOLTGATE_STATUS_H
#define VOLTGATE_STATUS_H

#include "agent/agent.h"

/*
 * The gate's status (gate_json.h) with {"agent": {"pid", "version", "name",
 * "config", "grade_reason", "interfaces": [...], "actions": {...}, "verdicts":
 * {...}, "alarms": {...}, "its": {...} or null, "node", "peers", "charge": {...}}}. Where
 * there is no gate: {"gate": false, "agent": {"pid", "version", "name", "config", "node", "peers"}}. 0 or -errno.
 */
int status_json(struct agent *agent, json_t **ret_object, struct gate_error *ret_error);
/* One attached interface; a new reference or NULL. */
json_t *status_attachment(const struct agent *agent, const struct loader_attachment *attachment);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * room.h - which gate a command talks to: the module where it enforces in this
 * namespace, else the agent.
 */
#ifndef VOLTGATE_TOOLS_ROOM_H
#define VOLTGATE_TOOLS_ROOM_H

#include "agent/control_client.h"
#include "agent/gate.h"
#include "tools/voltgate/cli.h"

/*
 * The module, if its family is in this namespace, -S was not given, and its
 * chain has begun (an agent took it into use) or no agent answers; else the
 * agent. CLI_OK, or a status after a sentence.
 */
int room_gate(const struct cli *cli, struct gate **ret_gate);
/* The agent's gate: for what only the agent does. */
int room_agent_gate(const struct cli *cli, struct gate **ret_gate);
/* A connection to the agent, for requests beyond gate.h. */
int room_agent(const struct cli *cli, struct control_client **ret_client);
/* Ends a command: closes @gate; for @error (0 or what an op returned) says @gate's sentence and gives the status. */
int room_close(struct gate *gate, int error);
/* The status for @error with its sentence @text. */
int room_status(int error, const struct gate_error *text);

#endif

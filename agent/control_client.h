/* SPDX-License-Identifier: GPL-2.0 */
/*
 * control_client.h - one connection to the agent's control socket: a request
 * out, answers in, line by line. gate_control.c and the command line's follow,
 * attach and trust commands stand on it. See control.h for the language.
 */
#ifndef VOLTGATE_AGENT_CONTROL_CLIENT_H
#define VOLTGATE_AGENT_CONTROL_CLIENT_H

#include <jansson.h>
#include "agent/gate.h"

struct control_client;

/* -ENOENT, -ECONNREFUSED (no agent), -EACCES (not of its group), -ENAMETOOLONG. The sentence names path and remedy. */
int control_client_open(const char *path, struct control_client **ret_client, struct gate_error *ret_error);
void control_client_close(struct control_client *client); /* NULL is fine */

/* Sends {"do": verb, ...} from @request, whose reference it takes. The bytes sent are wiped (they may hold a key). */
int control_client_send(struct control_client *client, json_t *request, struct gate_error *ret_error);
/*
 * The next object of the answer, the caller's reference.
 *   1  an object; 0  {"end": true}; -errno  the agent refused (its own errno and sentence)
 *   -ETIMEDOUT  nothing came for @timeout_ms (-1: waits for ever)
 *   -EPIPE      the agent closed the connection
 *   -EPROTO     what came is no JSON object or is too long
 */
int control_client_next(struct control_client *client, int timeout_ms, json_t **ret_object,
			struct gate_error *ret_error);
/* Request and answer in one; each object is passed to @each (may be NULL), whose non-zero ends the call. */
int control_client_call(struct control_client *client, json_t *request, int (*each)(void *arg, const json_t *object),
			void *arg, struct gate_error *ret_error);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node_request.h - what requests about the ledger's node name: a channel,
 * bytes, a file; and how a verb ends. Errors are told as a sentence in @error.
 */
#ifndef VOLTGATE_NODE_REQUEST_H
#define VOLTGATE_NODE_REQUEST_H

#include "agent/agent.h"
#include "agent/control.h"

struct channel;

/* Returns @err. */
int node_request_fail(struct gate_error *error, int err, const char *sentence);
/* The answer is whole: 0. */
int node_request_end(struct control_peer *peer);
/* The bytes of a hex string, malloc'd. -E2BIG above @max, -EINVAL. */
int node_request_bytes(const json_t *request, const char *name, size_t max, u8 **ret_bytes, size_t *ret_len,
		       struct gate_error *error);
/* The node's channel that "channel" names by id or name; where it has one alone, it need not be named. -ENOENT. */
int node_request_index(struct agent *agent, const json_t *request, u32 *ret_index, struct gate_error *error);
/* The same, open. -EIO: it has stopped. */
int node_request_channel(struct agent *agent, const json_t *request, struct channel **ret_channel,
			 struct gate_error *error);
/* A file's bytes, malloc'd. -EFBIG above @max, or what reading it said. */
int node_request_file(const char *path, size_t max, u8 **ret_bytes, size_t *ret_len, struct gate_error *error);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * node_verbs.c - the control socket's verbs about the ledger's node, its channels
 * and peers, and the table of these and of ledger_verbs.c's. See verbs.c for the convention.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/ledger_verbs.h"
#include "agent/node/node.h"
#include "agent/node_request.h"
#include "agent/node_verbs.h"

typedef int node_verb_fn(struct agent *agent, struct control_peer *peer, const json_t *request,
			 struct gate_error *error);

static int verb_status(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	(void)request;
	(void)error;
	control_send(peer, node_status_json(agent->node));
	return node_request_end(peer);
}

static int verb_channels(struct agent *agent, struct control_peer *peer, const json_t *request,
			 struct gate_error *error)
{
	u32 i;

	(void)request;
	(void)error;
	for (i = 0; i < node_channels(agent->node); i++)
		control_send(peer, node_channel_json(agent->node, i, false));
	return node_request_end(peer);
}

static int verb_channel_show(struct agent *agent, struct control_peer *peer, const json_t *request,
			     struct gate_error *error)
{
	u32 index = 0;
	int err = node_request_index(agent, request, &index, error);

	if (err)
		return err;
	control_send(peer, node_channel_json(agent->node, index, true));
	return node_request_end(peer);
}

static int verb_join(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	const char *path;
	struct node_error node_error = { .text = "" };
	u8 *bytes, channel[32];
	size_t len = 0;
	int err;

	if (json_object_get(request, "path")) {
		err = gate_json_get_text(request, "path", &path, error);
		if (!err && *path != '/')
			err = node_request_fail(error, -EINVAL,
						"\"path\" must be absolute: the agent's folder is not yours.");
		if (!err)
			err = node_request_file(path, MEMBERSHIP_BYTES_MAX, &bytes, &len, error);
	} else {
		err = node_request_bytes(request, "genesis", MEMBERSHIP_BYTES_MAX, &bytes, &len, error);
	}
	if (err)
		return err;
	err = node_join(agent->node, (struct span){ bytes, len }, channel, &node_error);
	free(bytes);
	if (err) {
		snprintf(error->text, sizeof(error->text), "%.255s", node_error.text);
		return err;
	}
	control_send(peer, node_channel_json(agent->node, node_channels(agent->node) - 1, false));
	return node_request_end(peer);
}

static int verb_leave(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	struct node_error node_error = { .text = "" };
	u32 index = 0;
	u8 id[32];
	json_t *object;
	int err = node_request_index(agent, request, &index, error);

	if (err)
		return err;
	object = node_channel_json(agent->node, index, false);
	err = gate_json_get_hex(object, "id", id, sizeof(id), error);
	json_decref(object);
	if (!err)
		err = node_leave(agent->node, id, &node_error);
	if (err) {
		if (*node_error.text)
			snprintf(error->text, sizeof(error->text), "%.255s", node_error.text);
		return err;
	}
	return node_request_end(peer);
}

static int verb_peers(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	u32 i;

	(void)request;
	(void)error;
	for (i = 0; i < node_peers(agent->node); i++)
		control_send(peer, node_peer_json(agent->node, i));
	return node_request_end(peer);
}

static const struct {
	const char *word;
	node_verb_fn *handle;
} node_verbs[] = {
	{ "node-status", verb_status },		 { "channels", verb_channels },
	{ "channel-show", verb_channel_show },	 { "channel-join", verb_join },
	{ "channel-leave", verb_leave },	 { "peers", verb_peers },
	{ "block-get", ledger_verbs_block_get }, { "block-list", ledger_verbs_block_list },
	{ "tx-get", ledger_verbs_tx_get },	 { "tx-submit", ledger_verbs_tx_submit },
	{ "state-get", ledger_verbs_state_get },
};

bool node_verbs_handle(struct agent *agent, struct control_peer *peer, const char *verb, const json_t *request)
{
	struct gate_error error = { "" };
	size_t i;
	int err;

	for (i = 0; i < sizeof(node_verbs) / sizeof(*node_verbs); i++)
		if (!strcmp(node_verbs[i].word, verb))
			break;
	if (i == sizeof(node_verbs) / sizeof(*node_verbs))
		return false;
	if (!agent->node)
		err = node_request_fail(&error, -EOPNOTSUPP,
					"This agent runs no node: [node] in its configuration has no listen.");
	else
		err = node_verbs[i].handle(agent, peer, request, &error);
	if (err)
		control_error(peer, err, error.text);
	return true;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * node_request.c - what requests about the ledger's node name: a channel, bytes, a file.
 */
#include "agent/node_request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/gate_json.h"
#include "agent/node/node.h"

int node_request_fail(struct gate_error *error, int err, const char *sentence)
{
	snprintf(error->text, sizeof(error->text), "%s", sentence);
	return err;
}

int node_request_end(struct control_peer *peer)
{
	control_end(peer);
	return 0;
}

int node_request_bytes(const json_t *request, const char *name, size_t max, u8 **ret_bytes, size_t *ret_len,
		       struct gate_error *error)
{
	const char *text;
	int err = gate_json_get_text(request, name, &text, error);
	size_t len = err ? 0 : strlen(text) / 2;

	if (err)
		return err;
	if (len > max) {
		snprintf(error->text, sizeof(error->text), "\"%s\" is longer than %zu bytes.", name, max);
		return -E2BIG;
	}
	*ret_bytes = malloc(len + 1);
	if (!*ret_bytes)
		return node_request_fail(error, -ENOMEM, "There is no memory for this.");
	err = gate_json_get_hex(request, name, *ret_bytes, len, error);
	*ret_len = len;
	if (err)
		free(*ret_bytes);
	return err;
}

int node_request_index(struct agent *agent, const json_t *request, u32 *ret_index, struct gate_error *error)
{
	const char *word;
	int at, err = 0;

	if (!json_object_get(request, "channel") && node_channels(agent->node) == 1) {
		*ret_index = 0;
		return 0;
	}
	err = gate_json_get_text(request, "channel", &word, error);
	if (err)
		return err;
	at = node_find(agent->node, word);
	if (at < 0) {
		snprintf(error->text, sizeof(error->text),
			 "This node is in no channel '%.64s', or in several of that name. 'voltgate channel list' "
			 "shows them with their ids.",
			 word);
		return -ENOENT;
	}
	*ret_index = (u32)at;
	return 0;
}

int node_request_channel(struct agent *agent, const json_t *request, struct channel **ret_channel,
			 struct gate_error *error)
{
	u32 index = 0;
	int err = node_request_index(agent, request, &index, error);

	if (err)
		return err;
	*ret_channel = node_channel(agent->node, index);
	return *ret_channel
		       ? 0
		       : node_request_fail(error, -EIO, "The channel has stopped. 'voltgate channel list' says why.");
}

int node_request_file(const char *path, size_t max, u8 **ret_bytes, size_t *ret_len, struct gate_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = fd < 0 ? -errno : 0;
	ssize_t got = 1;

	*ret_len = 0;
	*ret_bytes = malloc(max + 1);
	while (!err && *ret_bytes && got > 0 && *ret_len <= max) {
		got = read(fd, *ret_bytes + *ret_len, max + 1 - *ret_len);
		if (got < 0)
			err = -errno;
		else
			*ret_len += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	if (!err && !*ret_bytes)
		err = -ENOMEM;
	if (!err && *ret_len > max)
		err = -EFBIG;
	if (!err)
		return 0;
	free(*ret_bytes);
	snprintf(error->text, sizeof(error->text), "The agent cannot read %.160s: %s.", path, strerror(-err));
	return err;
}

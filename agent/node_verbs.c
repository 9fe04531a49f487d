// SPDX-License-Identifier: GPL-2.0
/*
 * node_verbs.c - the control socket's verbs about the ledger's node, a table and
 * a function each: see verbs.c for the convention.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/block_json.h"
#include "agent/gate_json.h"
#include "agent/node/node.h"
#include "agent/node_verbs.h"
#include "ledger/outcome.h"
#include "ledger/transaction.h"

typedef int node_verb_fn(struct agent *agent, struct control_peer *peer, const json_t *request,
			 struct gate_error *error);

#define NODE_VERBS_LIST_MAX 1000 /* blocks in one answer */

static int fail(struct gate_error *error, int err, const char *sentence)
{
	snprintf(error->text, sizeof(error->text), "%s", sentence);
	return err;
}

static int end(struct control_peer *peer)
{
	control_end(peer);
	return 0;
}

/* The bytes of a hex string, malloc'd. */
static int get_bytes(const json_t *request, const char *name, size_t max, u8 **ret_bytes, size_t *ret_len,
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
		return fail(error, -ENOMEM, "There is no memory for this.");
	err = gate_json_get_hex(request, name, *ret_bytes, len, error);
	*ret_len = len;
	if (err)
		free(*ret_bytes);
	return err;
}

static int get_index(struct agent *agent, const json_t *request, u32 *ret_index, struct gate_error *error)
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

static int get_channel(struct agent *agent, const json_t *request, struct channel **ret_channel,
		       struct gate_error *error)
{
	u32 index = 0;
	int err = get_index(agent, request, &index, error);

	if (err)
		return err;
	*ret_channel = node_channel(agent->node, index);
	return *ret_channel ? 0 : fail(error, -EIO, "The channel has stopped. 'voltgate channel list' says why.");
}

static int verb_status(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	(void)request;
	(void)error;
	control_send(peer, node_status_json(agent->node));
	return end(peer);
}

static int verb_channels(struct agent *agent, struct control_peer *peer, const json_t *request,
			 struct gate_error *error)
{
	u32 i;

	(void)request;
	(void)error;
	for (i = 0; i < node_channels(agent->node); i++)
		control_send(peer, node_channel_json(agent->node, i, false));
	return end(peer);
}

static int verb_channel_show(struct agent *agent, struct control_peer *peer, const json_t *request,
			     struct gate_error *error)
{
	u32 index = 0;
	int err = get_index(agent, request, &index, error);

	if (err)
		return err;
	control_send(peer, node_channel_json(agent->node, index, true));
	return end(peer);
}

static int read_file(const char *path, size_t max, u8 **ret_bytes, size_t *ret_len, struct gate_error *error)
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
			err = fail(error, -EINVAL, "\"path\" must be absolute: the agent's folder is not yours.");
		if (!err)
			err = read_file(path, MEMBERSHIP_BYTES_MAX, &bytes, &len, error);
	} else {
		err = get_bytes(request, "genesis", MEMBERSHIP_BYTES_MAX, &bytes, &len, error);
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
	return end(peer);
}

static int verb_leave(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	struct node_error node_error = { .text = "" };
	u32 index = 0;
	u8 id[32];
	json_t *object;
	int err = get_index(agent, request, &index, error);

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
	return end(peer);
}

static int verb_peers(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	u32 i;

	(void)request;
	(void)error;
	for (i = 0; i < node_peers(agent->node); i++)
		control_send(peer, node_peer_json(agent->node, i));
	return end(peer);
}

/* --- blocks and transactions --- */

static int read_block(struct channel *channel, u64 number, u8 **ret_bytes, struct block *ret_block,
		      struct gate_error *error)
{
	struct ledger_error ledger_error = { .text = "" };
	size_t len;
	int err = ledger_block(channel_ledger(channel), number, ret_bytes, &len, &ledger_error);

	if (err == -ENOENT) {
		snprintf(error->text, sizeof(error->text), "There is no block %llu here: this node holds %llu to %llu.",
			 (unsigned long long)number, (unsigned long long)ledger_first(channel_ledger(channel)),
			 (unsigned long long)ledger_durable(channel_ledger(channel)));
		return err;
	}
	if (err) {
		snprintf(error->text, sizeof(error->text), "%.255s",
			 *ledger_error.text ? ledger_error.text : strerror(-err));
		return err;
	}
	err = block_decode((struct span){ *ret_bytes, len }, ret_block);
	if (err) {
		free(*ret_bytes);
		fail(error, err, "The block is damaged. 'voltgate ledger verify' names where.");
	}
	return err;
}

/* In a process of its own: a block may hold 65,535 transactions. */
static int dump_block(void *arg, struct control_peer *peer, struct control_error *ret_error)
{
	const struct block *block = arg;
	struct span transaction;
	struct reader body;
	u32 i;

	control_send(peer, block_json(block));
	if (block_body_open(block->body, &body) < 0) {
		snprintf(ret_error->text, sizeof(ret_error->text), "The block's body is damaged.");
		return -EBADMSG;
	}
	for (i = 0; i < block->header.count && block_body_next(&body, &transaction); i++)
		control_send(peer, block_json_transaction(block, i, transaction, false));
	return 0;
}

static int verb_block_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			  struct gate_error *error)
{
	struct channel *channel;
	struct block block;
	u8 *bytes;
	u64 number;
	int err = get_channel(agent, request, &channel, error);

	if (!err)
		err = gate_json_get_u64(request, "number", &number, error);
	if (!err)
		err = read_block(channel, number, &bytes, &block, error);
	if (err)
		return err;
	control_dump(peer, dump_block, &block);
	free(bytes);
	return 0;
}

static int verb_block_list(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error)
{
	struct channel *channel;
	struct block block;
	u64 from = 0, count = 10, durable;
	u8 *bytes;
	int err = get_channel(agent, request, &channel, error);

	if (!err && json_object_get(request, "count"))
		err = gate_json_get_u64(request, "count", &count, error);
	if (err)
		return err;
	if (!count || count > NODE_VERBS_LIST_MAX)
		return fail(error, -ERANGE, "\"count\" must be from 1 to 1000.");
	durable = ledger_durable(channel_ledger(channel));
	if (json_object_get(request, "from"))
		err = gate_json_get_u64(request, "from", &from, error);
	else
		from = durable + 1 > count ? durable + 1 - count : 0;
	for (; !err && count && from <= durable; from++, count--) {
		err = read_block(channel, from, &bytes, &block, error);
		if (err)
			break;
		control_send(peer, block_json(&block));
		free(bytes);
	}
	return err ? err : end(peer);
}

static int send_transaction(struct control_peer *peer, const struct block *block, u32 index)
{
	struct span transaction;
	struct reader body;
	u32 i;

	if (block_body_open(block->body, &body) < 0)
		return -EBADMSG;
	for (i = 0; i < block->header.count && block_body_next(&body, &transaction); i++) {
		if (i != index)
			continue;
		control_send(peer, block_json_transaction(block, i, transaction, transaction.len < 8192));
		return 0;
	}
	return -EBADMSG;
}

static int verb_tx_get(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	struct channel *channel;
	struct block block;
	u8 hash[32], *bytes;
	u64 number;
	u32 index;
	int err = get_channel(agent, request, &channel, error);

	if (!err)
		err = gate_json_get_hex(request, "hash", hash, sizeof(hash), error);
	if (err)
		return err;
	err = ledger_find(channel_ledger(channel), hash, &number, &index);
	if (err)
		return fail(error, err,
			    err == -ENOENT ? "No transaction of this hash is in the chain here." : strerror(-err));
	err = read_block(channel, number, &bytes, &block, error);
	if (err)
		return err;
	err = send_transaction(peer, &block, index);
	free(bytes);
	return err ? fail(error, err, "The block is damaged. 'voltgate ledger verify' names where.") : end(peer);
}

struct submission {
	struct agent *agent;
	struct control_peer *now; /* while tx-submit runs: the answer can come before it returns */
	u64 ticket;
	u8 hash[32];
};

static json_t *submission_json(const struct submission *submission, u64 number, u32 index, u8 outcome)
{
	json_t *object = json_object();
	int failed = !object;

	failed |= gate_json_put_hex(object, "hash", submission->hash, 32);
	failed |= gate_json_put_u64(object, "block", number);
	failed |= json_object_set_new(object, "index", json_integer(index));
	failed |= json_object_set_new(object, "outcome", json_string(ledger_outcome_word(outcome)));
	failed |= json_object_set_new(object, "sentence", json_string(ledger_outcome_sentence(outcome)));
	return gate_json_finish(object, failed);
}

static void submission_answer(void *arg, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	struct submission *submission = arg;
	struct control_peer *peer =
		submission->now ? submission->now : control_deferred(submission->agent->control, submission->ticket);
	char text[320];

	if (peer && answer == CHANNEL_COMMITTED) {
		control_send(peer, submission_json(submission, number, index, outcome));
		control_end(peer);
	} else if (peer && answer == CHANNEL_REFUSED) {
		snprintf(text, sizeof(text), "%s: %s It was not ordered.", ledger_outcome_word(outcome),
			 ledger_outcome_sentence(outcome));
		control_error(peer, -EPERM, text);
	} else if (peer && answer == CHANNEL_BUSY) {
		control_error(peer, -EAGAIN, "Too many transactions wait here. Come again.");
	} else if (peer) {
		control_error(peer, -ESHUTDOWN, "The node is stopping, or the channel has stopped. Ask another node.");
	}
	if (peer && !submission->now)
		control_resume(peer);
	if (submission->now)
		submission->now = NULL; /* told; its maker frees it */
	else
		free(submission);
}

static int verb_tx_submit(struct agent *agent, struct control_peer *peer, const json_t *request,
			  struct gate_error *error)
{
	struct submission *submission = NULL;
	u8 *bytes = NULL;
	size_t len = 0;
	u32 index = 0;
	int err = get_index(agent, request, &index, error);

	if (!err)
		err = get_bytes(request, "transaction", CONTROL_LINE_MAX / 2, &bytes, &len, error);
	if (err)
		return err;
	submission = calloc(1, sizeof(*submission));
	if (!submission) {
		free(bytes);
		return fail(error, -ENOMEM, "There is no memory for this.");
	}
	submission->agent = agent;
	submission->now = peer;
	transaction_hash((struct span){ bytes, len }, submission->hash);
	err = node_submit(agent->node, index, (struct span){ bytes, len }, submission_answer, submission);
	free(bytes);
	if (err || !submission->now) {
		free(submission);
		return err ? fail(error, err, "The channel has stopped. 'voltgate channel list' says why.") : 0;
	}
	submission->now = NULL;
	submission->ticket = control_defer(peer);
	return 0;
}

struct versions {
	json_t *list;
	u32 left;
};

static bool take_version(void *arg, const struct state_version *version, bool deleted, struct span value)
{
	struct versions *versions = arg;
	json_t *object = json_object();

	gate_json_put_u64(object, "block", version->number);
	json_object_set_new(object, "index", json_integer(version->index));
	json_object_set_new(object, "deleted", json_boolean(deleted));
	if (!deleted)
		gate_json_put_hex(object, "value", value.bytes, value.len);
	json_array_append_new(versions->list, object);
	return --versions->left > 0;
}

static int state_json(struct state *state, struct span key, bool history, json_t **ret_object)
{
	struct versions versions = { json_array(), 100 };
	struct state_value value;
	json_t *object = json_object();
	int err = state_get(state, key, &value), failed = !object || !versions.list;

	*ret_object = object;
	failed |= json_object_set_new(object, "present", json_boolean(!err));
	if (!err) {
		failed |= gate_json_put_hex(object, "value", value.bytes.bytes, value.bytes.len);
		failed |= gate_json_put_u64(object, "block", value.version.number);
		failed |= json_object_set_new(object, "index", json_integer(value.version.index));
	}
	if (err == -ENOENT)
		err = 0;
	failed |= gate_json_put_u64(object, "height", state_mark(state)->number);
	failed |= gate_json_put_hex(object, "root", state_mark(state)->root, 32);
	if (!err && history)
		err = state_history(state, key, take_version, &versions);
	if (history)
		failed |= json_object_set_new(object, "history", versions.list);
	else
		json_decref(versions.list);
	return failed ? -ENOMEM : err;
}

static int verb_state_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			  struct gate_error *error)
{
	struct channel *channel;
	json_t *object = NULL;
	size_t len;
	u8 *key;
	int err = get_channel(agent, request, &channel, error);

	if (!err)
		err = get_bytes(request, "key", TRANSACTION_KEY_MAX, &key, &len, error);
	if (err)
		return err;
	err = state_json(ledger_state(channel_ledger(channel)), (struct span){ key, len },
			 json_is_true(json_object_get(request, "history")), &object);
	free(key);
	if (err) {
		json_decref(object);
		return fail(error, err, strerror(-err));
	}
	control_send(peer, object);
	return end(peer);
}

static const struct {
	const char *word;
	node_verb_fn *handle;
} node_verbs[] = {
	{ "node-status", verb_status },	 { "channels", verb_channels },	    { "channel-show", verb_channel_show },
	{ "channel-join", verb_join },	 { "channel-leave", verb_leave },   { "peers", verb_peers },
	{ "block-get", verb_block_get }, { "block-list", verb_block_list }, { "tx-get", verb_tx_get },
	{ "tx-submit", verb_tx_submit }, { "state-get", verb_state_get },
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
		err = fail(&error, -EOPNOTSUPP, "This agent runs no node: [node] in its configuration has no listen.");
	else
		err = node_verbs[i].handle(agent, peer, request, &error);
	if (err)
		control_error(peer, err, error.text);
	return true;
}

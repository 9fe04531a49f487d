// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_verbs.c - the control socket's verbs about what a channel holds:
 * blocks, transactions, state. See verbs.c for the convention.
 */
#include "agent/ledger_verbs.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/block_json.h"
#include "agent/gate_json.h"
#include "agent/node/node.h"
#include "agent/node_request.h"
#include "ledger/outcome.h"
#include "ledger/transaction.h"

#define LEDGER_VERBS_LIST_MAX 1000 /* blocks in one answer */

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
		node_request_fail(error, err, "The block is damaged. 'voltgate ledger verify' names where.");
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

int ledger_verbs_block_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error)
{
	struct channel *channel;
	struct block block;
	u8 *bytes;
	u64 number;
	int err = node_request_channel(agent, request, &channel, error);

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

int ledger_verbs_block_list(struct agent *agent, struct control_peer *peer, const json_t *request,
			    struct gate_error *error)
{
	struct channel *channel;
	struct block block;
	u64 from = 0, count = 10, durable;
	u8 *bytes;
	int err = node_request_channel(agent, request, &channel, error);

	if (!err && json_object_get(request, "count"))
		err = gate_json_get_u64(request, "count", &count, error);
	if (err)
		return err;
	if (!count || count > LEDGER_VERBS_LIST_MAX)
		return node_request_fail(error, -ERANGE, "\"count\" must be from 1 to 1000.");
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
	return err ? err : node_request_end(peer);
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

int ledger_verbs_tx_get(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	struct channel *channel;
	struct block block;
	u8 hash[32], *bytes;
	u64 number;
	u32 index;
	int err = node_request_channel(agent, request, &channel, error);

	if (!err)
		err = gate_json_get_hex(request, "hash", hash, sizeof(hash), error);
	if (err)
		return err;
	err = ledger_find(channel_ledger(channel), hash, &number, &index);
	if (err)
		return node_request_fail(error, err,
					 err == -ENOENT ? "No transaction of this hash is in the chain here."
							: strerror(-err));
	err = read_block(channel, number, &bytes, &block, error);
	if (err)
		return err;
	err = send_transaction(peer, &block, index);
	free(bytes);
	return err ? node_request_fail(error, err, "The block is damaged. 'voltgate ledger verify' names where.")
		   : node_request_end(peer);
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

int ledger_verbs_tx_submit(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error)
{
	struct submission *submission = NULL;
	u8 *bytes = NULL;
	size_t len = 0;
	u32 index = 0;
	int err = node_request_index(agent, request, &index, error);

	if (!err)
		err = node_request_bytes(request, "transaction", CONTROL_LINE_MAX / 2, &bytes, &len, error);
	if (err)
		return err;
	submission = calloc(1, sizeof(*submission));
	if (!submission) {
		free(bytes);
		return node_request_fail(error, -ENOMEM, "There is no memory for this.");
	}
	submission->agent = agent;
	submission->now = peer;
	transaction_hash((struct span){ bytes, len }, submission->hash);
	err = node_submit(agent->node, index, (struct span){ bytes, len }, submission_answer, submission);
	free(bytes);
	if (err || !submission->now) {
		free(submission);
		return err ? node_request_fail(error, err, "The channel has stopped. 'voltgate channel list' says why.")
			   : 0;
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

int ledger_verbs_state_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error)
{
	struct channel *channel;
	json_t *object = NULL;
	size_t len;
	u8 *key;
	int err = node_request_channel(agent, request, &channel, error);

	if (!err)
		err = node_request_bytes(request, "key", TRANSACTION_KEY_MAX, &key, &len, error);
	if (err)
		return err;
	err = state_json(ledger_state(channel_ledger(channel)), (struct span){ key, len },
			 json_is_true(json_object_get(request, "history")), &object);
	free(key);
	if (err) {
		json_decref(object);
		return node_request_fail(error, err, strerror(-err));
	}
	control_send(peer, object);
	return node_request_end(peer);
}

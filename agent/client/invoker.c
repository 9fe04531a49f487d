// SPDX-License-Identifier: GPL-2.0
/*
 * invoker.c - transactions of a client from proposal to fate: see invoker.h.
 *
 * A node that fails is replaced by the next. What was submitted and not answered is submitted again as it is: the nonce
 * lets it in once, and what then is called a duplicate is looked up at the node that calls it so. That node has all
 * blocks that its judgement rests on: what is not among them was not committed and never will be.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/client/invoker_work.h"

#define INVOKER_AGAIN_US 100000
#define INVOKER_ENDORSERS_AGAIN 4
#define INVOKER_TURN_US 50000
#define INVOKER_SHUN_US 3000000 /* a node that did not answer is asked last for so long */

u64 invoker_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

int invoker_begin(struct grpc_client *client, const char *path, u32 timeout_ms, const struct grpc_answer *answer,
		  const ProtobufCMessage *message, struct grpc_call **ret_call)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	u8 *bytes = malloc(len + 1);
	int err = bytes ? grpc_client_call(client, path, timeout_ms, answer, ret_call) : -ENOMEM;

	if (!err) {
		protobuf_c_message_pack(message, bytes);
		err = grpc_call_send(*ret_call, (struct span){ bytes, len });
		if (err)
			grpc_call_cancel(*ret_call);
		else
			grpc_call_half_close(*ret_call);
	}
	if (err)
		*ret_call = NULL;
	free(bytes);
	return err;
}

int invoker_new(const struct invoker_options *options, struct invoker **ret_invoker)
{
	struct invoker *invoker = calloc(1, sizeof(*invoker));
	u32 i;

	if (!invoker)
		return -ENOMEM;
	invoker->options = *options;
	invoker->consortium = options->consortium;
	invoker->membership = &options->consortium->membership;
	invoker->turned_us = invoker_now_us();
	invoker->home = options->home ? membership_node_index(invoker->membership, options->home->key) : -1;
	for (i = 0; i < invoker->membership->node_count; i++) {
		if ((int)i != invoker->home)
			consortium_client(invoker->consortium, i);
		if (options->node && !strcmp(options->node, invoker->membership->nodes[i].name))
			invoker->turns = i;
	}
	*ret_invoker = invoker;
	return 0;
}

static void invoker_work_free(struct invoker_work *work)
{
	*work->place = work->next;
	if (work->next)
		work->next->place = work->place;
	work->invoker->count--;
	invoker_endorse_reset(work);
	if (work->call)
		grpc_call_cancel(work->call);
	if (work->home)
		work->invoker->options.home->forget(work->invoker->options.home->arg, work);
	free(work->proposal);
	free(work->transaction);
	free(work->evidence);
	if (work->private_arguments)
		sodium_memzero(work->private_arguments, work->private_len);
	free(work->private_arguments);
	free(work->result);
	free(work);
}

void invoker_free(struct invoker *invoker)
{
	while (invoker->works)
		invoker_work_free(invoker->works);
	free(invoker);
}

u32 invoker_under_way(const struct invoker *invoker)
{
	return invoker->count;
}

static void invoker_end(struct invoker_work *work, struct invoker_result *result)
{
	struct invoker *invoker = work->invoker;

	result->number = work->number;
	memcpy(result->proposal_hash, work->hash, sizeof(work->hash));
	result->result = (struct span){ work->result, work->result_len };
	result->took_us = invoker_now_us() - work->started_us;
	invoker->options.done(invoker->options.arg, result);
	invoker_work_free(work);
}

/* A node's no begins with the outcome's word: "word: sentence". */
static u8 invoker_outcome(const char *text)
{
	const char *end = strchr(text, ':');
	u8 outcome;

	for (outcome = LEDGER_VALID + 1; end && outcome < LEDGER_OUTCOME_COUNT; outcome++) {
		const char *word = ledger_outcome_word(outcome);

		if (strlen(word) == (size_t)(end - text) && !strncmp(word, text, strlen(word)))
			return outcome;
	}
	return LEDGER_NOT_ALLOWED;
}

static void invoker_give_up(struct invoker_work *work, const char *trouble)
{
	struct invoker_result result = { .trouble = trouble };

	invoker_end(work, &result);
}

void invoker_fail(struct invoker_work *work, const char *trouble)
{
	struct invoker_result result = { .refused = true, .outcome = work->outcome, .trouble = trouble };

	invoker_end(work, &result);
}

void invoker_note(struct invoker_work *work, u32 node, const char *text)
{
	work->outcome = invoker_outcome(text ? text : "");
	snprintf(work->trouble, sizeof(work->trouble), "node %s: %.300s", work->invoker->membership->nodes[node].name,
		 text && *text ? text : "no answer");
}

static void invoker_committed(struct invoker_work *work, u64 block, u32 index, u8 outcome)
{
	struct invoker_result result = { .committed = true, .block = block, .index = index, .outcome = outcome };

	if (block > work->invoker->height)
		work->invoker->height = block;
	invoker_end(work, &result);
}

bool invoker_shuns(const struct invoker *invoker, u32 node)
{
	return invoker_now_us() < invoker->shunned_us[node];
}

void invoker_judge(struct invoker *invoker, u32 node, enum grpc_status status)
{
	if (status == GRPC_UNAVAILABLE || status == GRPC_DEADLINE_EXCEEDED)
		invoker->shunned_us[node] = invoker_now_us() + INVOKER_SHUN_US;
}

/* The next client that is up, from the work's turn on; NULL: none. */
static struct grpc_client *invoker_next_node(struct invoker_work *work)
{
	const struct membership *membership = work->invoker->membership;
	struct grpc_client *client;
	u32 i, node;

	for (i = 0; i < 2 * membership->node_count; i++) {
		node = (work->turn + i) % membership->node_count;
		client = consortium_client(work->invoker->consortium, node);
		if (!client || grpc_client_state(client) != GRPC_CLIENT_UP ||
		    (i < membership->node_count && invoker_shuns(work->invoker, node)))
			continue;
		work->turn = node;
		return client;
	}
	return NULL;
}

/* The one asked last, or to be asked first. */
static u32 invoker_node(const struct invoker_work *work)
{
	return work->turn % work->invoker->membership->node_count;
}

static void invoker_again(struct invoker_work *work)
{
	work->turn %= work->invoker->membership->node_count;
	work->turn++;
	work->again_us = invoker_now_us() + INVOKER_AGAIN_US;
}

/* --- looking up what may be committed already --- */

bool invoker_is_duplicate(enum grpc_status status, const char *text)
{
	return status == GRPC_FAILED_PRECONDITION && text && !strncmp(text, "duplicate", 9);
}

/* What the contract answered stands in the transaction. */
static void lookup_result(struct invoker_work *work, ProtobufCBinaryData bytes)
{
	struct transaction transaction;

	if (transaction_decode(bytes.data, bytes.len, &transaction) || transaction.kind != TRANSACTION_INVOKE)
		return;
	free(work->result);
	work->result_len = transaction.rwset.result.len;
	work->result = malloc(work->result_len + 1);
	if (work->result)
		memcpy(work->result, transaction.rwset.result.bytes, work->result_len);
	else
		work->result_len = 0;
}

static void lookup_message(void *arg, struct span bytes)
{
	struct invoker_work *work = arg;
	Voltgate__V1__TransactionResponse *response;
	u64 block;
	u32 index, outcome;

	response = voltgate__v1__transaction_response__unpack(NULL, bytes.len, bytes.bytes);
	if (!response)
		return;
	block = response->block;
	index = response->index;
	outcome = response->outcome;
	lookup_result(work, response->transaction);
	voltgate__v1__transaction_response__free_unpacked(response, NULL);
	grpc_call_cancel(work->call);
	work->call = NULL;
	if (outcome == LEDGER_DUPLICATE && invoker_may_propose(work))
		invoker_propose_again(work);
	else
		invoker_committed(work, block, index, (u8)outcome);
}

static void lookup_finished(void *arg, enum grpc_status status, const char *text)
{
	struct invoker_work *work = arg;

	(void)text;
	work->call = NULL;
	if (status != GRPC_NOT_FOUND)
		invoker_again(work); /* the one that knows is asked again */
	else if (!invoker_may_propose(work))
		invoker_fail(work, work->trouble);
	else
		invoker_propose_again(work);
}

void invoker_look_up(struct invoker_work *work, u32 node)
{
	struct grpc_answer answer = { .message = lookup_message, .finished = lookup_finished, .arg = work };
	Voltgate__V1__TransactionRequest request = VOLTGATE__V1__TRANSACTION_REQUEST__INIT;
	struct grpc_client *client = consortium_client(work->invoker->consortium, node);

	request.channel = (ProtobufCBinaryData){ 32, work->invoker->consortium->channel };
	request.hash = (ProtobufCBinaryData){ sizeof(work->hash), work->hash };
	work->looking_up = true;
	work->lookup_node = node;
	if (!client || grpc_client_state(client) != GRPC_CLIENT_UP ||
	    invoker_begin(client, "/voltgate.v1.Ledger/Transaction", 3000, &answer, &request.base, &work->call))
		invoker_again(work);
}

/* --- submitting --- */

static void submit_message(void *arg, struct span bytes)
{
	struct invoker_work *work = arg;
	Voltgate__V1__SubmitResponse *response;
	u64 block;
	u32 index, outcome;

	response = voltgate__v1__submit_response__unpack(NULL, bytes.len, bytes.bytes);
	if (!response)
		return;
	block = response->block;
	index = response->index;
	outcome = response->outcome;
	voltgate__v1__submit_response__free_unpacked(response, NULL);
	grpc_call_cancel(work->call);
	work->call = NULL;
	if (outcome == LEDGER_DUPLICATE)
		invoker_look_up(work, invoker_node(work));
	else
		invoker_committed(work, block, index, (u8)outcome);
}

static void submit_finished(void *arg, enum grpc_status status, const char *text)
{
	struct invoker_work *work = arg;

	work->call = NULL;
	invoker_judge(work->invoker, invoker_node(work), status);
	invoker_unsubmitted(work, invoker_node(work), status, text);
}

/* Was it an endorsement that was refused, perhaps of a node that the channel has revoked? Then others are asked. */
static bool invoker_may_endorse_again(struct invoker_work *work)
{
	if ((work->outcome != LEDGER_REVOKED && work->outcome != LEDGER_BAD_ENDORSEMENT &&
	     work->outcome != LEDGER_POLICY_UNMET) ||
	    ++work->rounds > INVOKER_ENDORSERS_AGAIN)
		return false;
	work->phase = INVOKER_ENDORSING;
	return true;
}

void invoker_unsubmitted(struct invoker_work *work, u32 node, enum grpc_status status, const char *text)
{
	invoker_note(work, node, text);
	if (invoker_is_duplicate(status, text))
		invoker_look_up(work, node);
	else if (status == GRPC_FAILED_PRECONDITION && invoker_may_endorse_again(work))
		invoker_again(work);
	else if (status == GRPC_FAILED_PRECONDITION || status == GRPC_INVALID_ARGUMENT)
		invoker_fail(work, work->trouble);
	else
		invoker_again(work);
}

/* False: there is no home, or it cannot take it now. */
static bool invoker_submit_home(struct invoker_work *work)
{
	const struct invoker_home *home = work->invoker->options.home;

	if (work->invoker->home < 0)
		return false;
	work->home = !home->submit(home->arg, (struct span){ work->transaction, work->transaction_len }, work);
	return work->home;
}

void invoker_home_submitted(void *cookie, enum invoker_fate fate, u64 block, u32 index, u8 outcome)
{
	struct invoker_work *work = cookie;
	char text[256];

	work->home = false;
	if (fate == INVOKER_COMMITTED && outcome != LEDGER_DUPLICATE) {
		invoker_committed(work, block, index, outcome);
	} else if (fate == INVOKER_COMMITTED) {
		invoker_look_up(work, (u32)work->invoker->home);
	} else if (fate == INVOKER_BUSY) {
		work->away = true;
		invoker_again(work);
	} else {
		snprintf(text, sizeof(text), "%s: %s", ledger_outcome_word(outcome), ledger_outcome_sentence(outcome));
		invoker_unsubmitted(work, (u32)work->invoker->home, GRPC_FAILED_PRECONDITION, text);
	}
}

static void invoker_submit(struct invoker_work *work)
{
	struct grpc_answer answer = { .message = submit_message, .finished = submit_finished, .arg = work };
	Voltgate__V1__SubmitRequest request = VOLTGATE__V1__SUBMIT_REQUEST__INIT;
	struct grpc_client *client;

	if (!work->away && invoker_submit_home(work))
		return;
	work->away = false;
	client = invoker_next_node(work);
	request.channel = (ProtobufCBinaryData){ 32, work->invoker->consortium->channel };
	request.transaction = (ProtobufCBinaryData){ work->transaction_len, work->transaction };
	if (!client || invoker_begin(client, "/voltgate.v1.Ledger/Submit", 5000, &answer, &request.base, &work->call))
		invoker_again(work);
}

void invoker_endorsed(struct invoker_work *work)
{
	const struct invoker_options *options = &work->invoker->options;

	work->phase = INVOKER_SUBMITTING;
	if (options->endorsed)
		options->endorsed(options->arg, work->number, (struct span){ work->result, work->result_len });
	invoker_submit(work);
	if (work->phase == INVOKER_SUBMITTING)
		invoker_endorse_reset(work);
}

/* --- starting --- */

/*
 * Nodes take turns, not with each transaction but after a moment: so what comes together lies under one signature of
 * each endorser, and costs every validator less.
 */
static u32 invoker_turn(struct invoker *invoker, u64 now_us)
{
	if (!invoker->options.node && now_us - invoker->turned_us > INVOKER_TURN_US) {
		invoker->turned_us = now_us;
		invoker->turns++;
	}
	return invoker->turns;
}

int invoker_start(struct invoker *invoker, const struct invoker_call *call)
{
	struct invoker_work *work =
		calloc(1, sizeof(*work) + invoker->membership->node_count * sizeof(struct invoker_ask));
	int err;

	if (!work)
		return -ENOMEM;
	work->invoker = invoker;
	work->next = invoker->works;
	work->place = &invoker->works;
	if (work->next)
		work->next->place = &work->next;
	invoker->works = work;
	invoker->count++;
	work->number = call->number;
	work->started_us = invoker_now_us();
	work->turn = invoker_turn(invoker, work->started_us);
	err = call->proposal.len ? invoker_take(work, call) : invoker_propose(work, call);
	if (err)
		invoker_work_free(work);
	else
		invoker_endorse(work);
	return err;
}

static void invoker_go_on(struct invoker_work *work)
{
	work->again_us = 0;
	if (work->looking_up)
		invoker_look_up(work, work->lookup_node);
	else if (work->phase == INVOKER_ENDORSING)
		invoker_endorse(work);
	else
		invoker_submit(work);
}

void invoker_tick(struct invoker *invoker)
{
	struct invoker_work *work, *next;
	u64 now = invoker_now_us();

	for (work = invoker->works; work; work = next) {
		next = work->next;
		if (now - work->started_us > (u64)invoker->options.timeout_ms * 1000) {
			char trouble[512];

			snprintf(trouble, sizeof(trouble),
				 "not known to be committed after %u ms; it may still be. Last trouble: %s",
				 invoker->options.timeout_ms, *work->trouble ? work->trouble : "none");
			invoker_give_up(work, trouble);
		} else if (work->again_us && work->again_us <= now) {
			invoker_go_on(work);
		}
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * service_submit.c - Submit and SubmitStream: transactions in, their fates out.
 *
 *   submitter: waiting --answers--> results gathered --end of the round--> sent as one message
 *   waiting --call gone--> orphan: answers still come and are dropped; freed with the last
 *
 * A stream that has SUBMIT_MOST transactions under way or untold is not read until half of them are gone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/rpc.h"
#include "agent/node/service.h"
#include "agent/node/submitter.h"

#define SUBMIT_MOST 32768
#define SUBMIT_MESSAGE 4096 /* results in one message */

struct waiting { /* the cookie of one transaction */
	struct submitter *submitter;
	struct waiting *next; /* while unused */
	u64 number;
};

struct submitter {
	struct rpc_owner owner;
	struct seat *seat;
	struct submitter *next, **place; /* what points to it */
	struct grpc_call *call;		 /* NULL: gone, or the operator's */
	node_answer_fn *answer;		 /* the operator's */
	void *arg;
	bool stream, said_all, paused;
	u32 waiting;
	u32 count, room; /* results */
	Voltgate__V1__SubmitResult *results;
};

static struct waiting *submit_unused;

static void submit_gone(struct grpc_call *call);

static struct waiting *submit_wait(struct submitter *submitter, u64 number)
{
	struct waiting *waiting = submit_unused;

	if (waiting)
		submit_unused = waiting->next;
	else
		waiting = malloc(sizeof(*waiting));
	if (!waiting)
		return NULL;
	waiting->submitter = submitter;
	waiting->number = number;
	submitter->waiting++;
	return waiting;
}

static struct submitter *submit_new(struct seat *seat, struct grpc_call *call, bool stream)
{
	struct submitter *submitter = calloc(1, sizeof(*submitter));

	if (!submitter)
		return NULL;
	submitter->owner.release = submit_gone;
	submitter->seat = seat;
	submitter->call = call;
	submitter->stream = stream;
	submitter->place = &seat->submitters[stream];
	submitter->next = *submitter->place;
	if (submitter->next)
		submitter->next->place = &submitter->next;
	*submitter->place = submitter;
	if (call)
		grpc_call_set(call, submitter);
	return submitter;
}

static void submit_free(struct submitter *submitter)
{
	*submitter->place = submitter->next;
	if (submitter->next)
		submitter->next->place = submitter->place;
	if (submitter->call)
		grpc_call_set(submitter->call, NULL);
	free(submitter->results);
	free(submitter);
}

static Voltgate__V1__SubmitResult__Kind submit_kind(enum channel_answer answer)
{
	switch (answer) {
	case CHANNEL_COMMITTED:
		return VOLTGATE__V1__SUBMIT_RESULT__KIND__COMMITTED;
	case CHANNEL_REFUSED:
		return VOLTGATE__V1__SUBMIT_RESULT__KIND__REFUSED;
	case CHANNEL_BUSY:
		return VOLTGATE__V1__SUBMIT_RESULT__KIND__BUSY;
	default:
		return VOLTGATE__V1__SUBMIT_RESULT__KIND__STOPPING;
	}
}

static void submit_gather(struct submitter *submitter, u64 number, enum channel_answer answer, u64 block, u32 index,
			  u8 outcome)
{
	Voltgate__V1__SubmitResult *result;

	if (submitter->count == submitter->room) {
		u32 room = submitter->room ? 2 * submitter->room : 64;

		result = realloc(submitter->results, room * sizeof(*result));
		if (!result)
			return; /* the client learns it from the blocks */
		submitter->results = result;
		submitter->room = room;
	}
	result = &submitter->results[submitter->count++];
	voltgate__v1__submit_result__init(result);
	result->number = number;
	result->kind = submit_kind(answer);
	result->block = block;
	result->index = index;
	result->outcome = outcome;
}

/* The one transaction of a unary call. */
static void submit_tell(struct submitter *submitter, enum channel_answer answer, u64 block, u32 index, u8 outcome)
{
	Voltgate__V1__SubmitResponse response = VOLTGATE__V1__SUBMIT_RESPONSE__INIT;
	struct grpc_call *call = submitter->call;

	grpc_call_set(call, NULL);
	submitter->call = NULL;
	response.block = block;
	response.index = index;
	response.outcome = outcome;
	response.word = (char *)ledger_outcome_word(outcome);
	if (answer == CHANNEL_COMMITTED)
		rpc_answer(call, &response.base);
	else if (answer == CHANNEL_REFUSED)
		rpc_refuse(call, GRPC_FAILED_PRECONDITION, "%s: %s It was not ordered.", ledger_outcome_word(outcome),
			   ledger_outcome_sentence(outcome));
	else if (answer == CHANNEL_BUSY)
		rpc_refuse(call, GRPC_RESOURCE_EXHAUSTED, "Too many transactions wait here. Come again.");
	else
		rpc_refuse(call, GRPC_UNAVAILABLE, "This node is stopping. Ask another.");
}

void submitter_answer(void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	struct waiting *waiting = cookie;
	struct submitter *submitter = waiting->submitter;

	if (submitter->answer)
		submitter->answer(submitter->arg, answer, number, index, outcome);
	else if (submitter->call && submitter->stream)
		submit_gather(submitter, waiting->number, answer, number, index, outcome);
	else if (submitter->call)
		submit_tell(submitter, answer, number, index, outcome);
	waiting->next = submit_unused;
	submit_unused = waiting;
	submitter->waiting--;
	if (!submitter->waiting && !submitter->call)
		submit_free(submitter);
}

/* Sends results as far as there is room. */
static void submit_send(struct submitter *submitter)
{
	static Voltgate__V1__SubmitResult *pointers[SUBMIT_MESSAGE];
	Voltgate__V1__SubmitResults message = VOLTGATE__V1__SUBMIT_RESULTS__INIT;
	u32 sent = 0, i;

	while (sent < submitter->count) {
		message.n_results = submitter->count - sent < SUBMIT_MESSAGE ? submitter->count - sent : SUBMIT_MESSAGE;
		message.results = pointers;
		for (i = 0; i < message.n_results; i++)
			pointers[i] = &submitter->results[sent + i];
		if (rpc_send(submitter->call, &message.base))
			break;
		sent += (u32)message.n_results;
	}
	submitter->count -= sent;
	memmove(submitter->results, submitter->results + sent, submitter->count * sizeof(*submitter->results));
}

static void submit_settle(struct submitter *submitter)
{
	if (submitter->count)
		submit_send(submitter);
	if (submitter->paused && submitter->waiting + submitter->count < SUBMIT_MOST / 2) {
		submitter->paused = false;
		grpc_call_pause(submitter->call, false);
	}
	if (!submitter->said_all || submitter->waiting || submitter->count)
		return;
	grpc_call_finish(submitter->call, GRPC_OK, NULL);
	submitter->call = NULL;
	submit_free(submitter);
}

void submitter_flush(struct seat *seat)
{
	struct submitter *submitter, *next;

	for (submitter = seat->submitters[true]; submitter; submitter = next) {
		next = submitter->next;
		if (submitter->call)
			submit_settle(submitter);
	}
}

void submitter_end(struct seat *seat)
{
	struct submitter *submitter;
	struct grpc_call *call;

	submitter_flush(seat);
	while ((submitter = seat->submitters[false] ?: seat->submitters[true])) {
		call = submitter->call;
		submitter->call = NULL;
		if (call) {
			grpc_call_set(call, NULL);
			rpc_refuse(call, GRPC_UNAVAILABLE, "%s",
				   *seat->stopped ? seat->stopped : "This node is stopping. Ask another.");
		}
		submit_free(submitter);
	}
}

static int submit_one(struct submitter *submitter, struct span transaction, u64 number)
{
	struct waiting *waiting = submit_wait(submitter, number);

	if (!waiting)
		return -ENOMEM;
	channel_submit(submitter->seat->channel, transaction, waiting);
	return 0;
}

static void submit_message(struct grpc_call *call, struct span bytes)
{
	struct submitter *submitter;
	Voltgate__V1__SubmitRequest *request;
	struct seat *seat;

	if (grpc_call_get(call)) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "Submit takes one message. SubmitStream takes many.");
		return;
	}
	request = rpc_request(call, &voltgate__v1__submit_request__descriptor, bytes);
	seat = request ? rpc_seat(call, request->channel) : NULL;
	if (!seat)
		return;
	submitter = submit_new(seat, call, false);
	if (!submitter || submit_one(submitter, rpc_span(request->transaction), 0))
		rpc_refuse(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for this transaction.");
	node_due(seat->node);
}

/* A batch of the stream's channel: every batch of a stream names the same one. */
static void submit_batch(struct grpc_call *call, struct span bytes)
{
	struct submitter *submitter = grpc_call_get(call);
	Voltgate__V1__SubmitBatch *batch = rpc_request(call, &voltgate__v1__submit_batch__descriptor, bytes);
	struct seat *seat = batch ? rpc_seat(call, batch->channel) : NULL;
	size_t i;

	if (!seat)
		return;
	if (submitter && submitter->seat != seat) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "A stream is for one channel. Open another for another.");
		return;
	}
	if (!submitter)
		submitter = submit_new(seat, call, true);
	for (i = 0; submitter && i < batch->n_transactions; i++)
		if (submit_one(submitter, rpc_span(batch->transactions[i]), batch->first + i) || !seat_is_open(seat))
			break;
	if (!submitter || (i < batch->n_transactions && seat_is_open(seat))) {
		rpc_refuse(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for these transactions.");
		return;
	}
	if (!submitter->paused && submitter->waiting + submitter->count > SUBMIT_MOST) {
		submitter->paused = true;
		grpc_call_pause(call, true);
	}
	node_due(seat->node);
}

static void submit_half_closed(struct grpc_call *call)
{
	struct submitter *submitter = grpc_call_get(call);

	if (!submitter)
		rpc_nothing(call);
}

static void submit_stream_half_closed(struct grpc_call *call)
{
	struct submitter *submitter = grpc_call_get(call);

	if (!submitter) {
		grpc_call_finish(call, GRPC_OK, NULL);
		return;
	}
	submitter->said_all = true;
	node_due(submitter->seat->node);
}

static void submit_writable(struct grpc_call *call)
{
	struct submitter *submitter = grpc_call_get(call);

	if (submitter)
		submit_settle(submitter);
}

static void submit_gone(struct grpc_call *call)
{
	struct submitter *submitter = grpc_call_get(call);

	if (!submitter)
		return;
	grpc_call_set(call, NULL);
	submitter->call = NULL;
	submitter->count = 0;
	if (!submitter->waiting)
		submit_free(submitter);
}

int submitter_operator(struct seat *seat, struct span transaction, node_answer_fn *answer, void *arg)
{
	struct submitter *submitter = submit_new(seat, NULL, false);

	if (!submitter)
		return -ENOMEM;
	submitter->answer = answer;
	submitter->arg = arg;
	if (submit_one(submitter, transaction, 0)) {
		submit_free(submitter);
		return -ENOMEM;
	}
	node_due(seat->node);
	return 0;
}

const struct grpc_method service_submit = {
	.path = "/voltgate.v1.Ledger/Submit",
	.message = submit_message,
	.half_closed = submit_half_closed,
	.gone = submit_gone,
};

const struct grpc_method service_submit_stream = {
	.path = "/voltgate.v1.Ledger/SubmitStream",
	.message = submit_batch,
	.half_closed = submit_stream_half_closed,
	.writable = submit_writable,
	.gone = submit_gone,
};

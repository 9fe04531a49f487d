// SPDX-License-Identifier: GPL-2.0
/*
 * tx_query.c - queries over gRPC: one node after the other until one answers.
 */
#include "tools/voltgate/tx_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/transaction.h"
#include "node/voltgate.pb-c.h"
#include "agent/client/invoker_work.h"
#include "tools/voltgate/say.h"

#define QUERY_CALL_MS 5000 /* one node's patience */

struct query_run {
	const struct tx_query *query;
	struct consortium *consortium;
	struct tx_query_answer *answer;
	struct grpc_call *call;
	u32 turn;
	bool has, ended;
	enum grpc_status status;
	char text[400];
};

static void query_message(void *arg, struct span bytes)
{
	struct query_run *run = arg;
	Voltgate__V1__QueryResponse *response = voltgate__v1__query_response__unpack(NULL, bytes.len, bytes.bytes);
	u8 *result = response && !run->has ? malloc(response->result.len + 1) : NULL;

	if (result) {
		run->has = true;
		if (response->result.len)
			memcpy(result, response->result.data, response->result.len);
		result[response->result.len] = '\0';
		run->answer->result = result;
		run->answer->result_len = response->result.len;
		run->answer->height = response->height;
	}
	voltgate__v1__query_response__free_unpacked(response, NULL);
}

static void query_finished(void *arg, enum grpc_status status, const char *text)
{
	struct query_run *run = arg;

	run->call = NULL;
	run->status = status;
	snprintf(run->text, sizeof(run->text), "%s", text && *text ? text : "no answer");
	run->ended = status != GRPC_UNAVAILABLE; /* then another node is asked */
}

static void query_ask(struct query_run *run, u32 node)
{
	struct grpc_answer answer = { .message = query_message, .finished = query_finished, .arg = run };
	Voltgate__V1__QueryRequest request = VOLTGATE__V1__QUERY_REQUEST__INIT;
	ProtobufCBinaryData arguments[TRANSACTION_ARGUMENTS_MAX];
	struct grpc_client *client = consortium_client(run->consortium, node);
	u32 i;

	if (!client || grpc_client_state(client) != GRPC_CLIENT_UP)
		return;
	request.channel = (ProtobufCBinaryData){ 32, run->consortium->channel };
	request.contract = (char *)run->query->contract;
	request.function = (char *)run->query->function;
	for (i = 0; i < run->query->argument_count; i++)
		arguments[i] =
			(ProtobufCBinaryData){ run->query->arguments[i].len, (u8 *)run->query->arguments[i].bytes };
	request.arguments = arguments;
	request.n_arguments = run->query->argument_count;
	invoker_begin(client, "/voltgate.v1.Ledger/Query", QUERY_CALL_MS, &answer, &request.base, &run->call);
}

static bool query_done(void *arg)
{
	struct query_run *run = arg;
	const struct membership *membership = &run->consortium->membership;
	u32 i;

	for (i = 0; !run->call && !run->ended && i < membership->node_count; i++) {
		u32 node = (run->turn++) % membership->node_count;

		if (!run->query->node || !strcmp(run->query->node, membership->nodes[node].name))
			query_ask(run, node);
	}
	return run->ended;
}

int tx_query(struct consortium *consortium, const struct tx_query *query, struct tx_query_answer *ret_answer)
{
	struct query_run run = { .query = query, .consortium = consortium, .answer = ret_answer };

	memset(ret_answer, 0, sizeof(*ret_answer));
	if (!consortium_wait(consortium, query->timeout_ms, query_done, &run)) {
		if (run.call)
			grpc_call_cancel(run.call);
		return say_failure(CLI_UNREACHABLE, "no node answers%s%s", *run.text ? "; the last one: " : "",
				   run.text);
	}
	if (run.status != GRPC_OK || !run.has)
		return say_failure(CLI_REFUSED, "%s", run.text);
	return CLI_OK;
}

void tx_query_answer_free(struct tx_query_answer *answer)
{
	free(answer->result);
	answer->result = NULL;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * charging_invoke.c - see charging_invoke.h.
 */
#include "tools/voltgate/charging_invoke.h"

#include <errno.h>
#include <string.h>

#include "agent/client/invoker.h"
#include "agent/contract/charging.h"
#include "tools/voltgate/say.h"

struct invoke_run {
	struct invoker *invoker;
	struct charging_outcome *outcome;
	int status;
	bool done;
};

json_t *charging_answer(struct span result)
{
	return json_loadb((const char *)result.bytes, result.len, JSON_DECODE_ANY, NULL);
}

static void on_done(void *arg, const struct invoker_result *result)
{
	struct invoke_run *run = arg;

	run->done = true;
	if (!result->committed) {
		run->status = say_failure(CLI_REFUSED, "%s", result->trouble);
	} else if (result->outcome != LEDGER_VALID) {
		run->status = say_failure(CLI_REFUSED, "the transaction is in block %llu, but not valid: %s",
					  (unsigned long long)result->block, ledger_outcome_sentence(result->outcome));
	} else {
		run->outcome->block = result->block;
		run->outcome->index = result->index;
		memcpy(run->outcome->proposal, result->proposal_hash, sizeof(run->outcome->proposal));
		run->outcome->answer = charging_answer(result->result);
	}
}

static bool is_done(void *arg)
{
	struct invoke_run *run = arg;

	invoker_tick(run->invoker);
	return run->done;
}

int charging_invoke(const struct charging_invocation *invocation, struct charging_outcome *ret_outcome)
{
	struct invoke_run run = { .outcome = ret_outcome, .status = CLI_OK };
	struct invoker_options options = {
		.consortium = invocation->consortium,
		.node = invocation->node,
		.timeout_ms = invocation->timeout_ms,
		.done = on_done,
		.arg = &run,
	};
	struct invoker_call call = {
		.contract = { (const u8 *)CHARGING_NAME, strlen(CHARGING_NAME) },
		.function = { (const u8 *)invocation->function, strlen(invocation->function) },
		.arguments = invocation->arguments->spans,
		.argument_count = invocation->arguments->count,
		.nonce = invocation->arguments->nonce,
		.expires = invocation->arguments->expires,
		.private_arguments = invocation->private,
		.collection = invocation->private.len ? CHARGING_COLLECTION : NULL,
	};
	int error;

	memset(ret_outcome, 0, sizeof(*ret_outcome));
	if (invoker_new(&options, &run.invoker))
		return say_failure(CLI_REFUSED, "out of memory");
	error = invoker_start(run.invoker, &call);
	if (!error)
		consortium_wait(invocation->consortium, ~0U, is_done, &run);
	else if (error == -ENOENT)
		run.status = say_failure(CLI_REFUSED, "the channel has no collection \"" CHARGING_COLLECTION
						      "\": its genesis must name one");
	else
		run.status = say_failure(CLI_REFUSED, "the call cannot be made: %s", strerror(-error));
	invoker_free(run.invoker);
	return run.status;
}

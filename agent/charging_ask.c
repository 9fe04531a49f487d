// SPDX-License-Identifier: GPL-2.0
/* charging_ask.c - see charging_ask.h. */
#include "agent/charging_ask.h"

#include <string.h>

#include "agent/contract/charging.h"

json_t *charging_ask(struct ledger *ledger, const char *function, const char *argument)
{
	static const u8 nothing[32];
	struct proposal proposal = {
		.channel = ledger_channel(ledger),
		.client = nothing,
		.contract = { (const u8 *)CHARGING_NAME, strlen(CHARGING_NAME) },
		.function = { (const u8 *)function, strlen(function) },
		.argument_count = argument != NULL,
		.arguments = { { (const u8 *)argument, argument ? strlen(argument) : 0 } },
		.private_hash = nothing,
	};
	struct contract_input input = {
		.state = ledger_state(ledger),
		.membership = ledger_membership(ledger),
		.proposal = &proposal,
		.time = ledger_head(ledger)->time,
		.verifier = ledger_verifier(ledger),
	};
	struct contract_output output = { .refusal = "" };
	json_t *answer = NULL;

	if (!contract_simulate(&input, &output))
		answer = json_loadb((const char *)output.result.bytes, output.result.len, 0, NULL);
	contract_output_free(&output);
	return answer;
}

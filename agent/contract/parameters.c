// SPDX-License-Identifier: GPL-2.0
/* parameters.c - the channel's parameters, for whoever prices, waits or rates by them. */
#include <errno.h>

#include "agent/contract/answer.h"
#include "agent/contract/charging.h"

static int parameters_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	const struct membership *membership = contract_membership(run);
	json_t *object = json_object(), *parameters = json_object();
	u32 i;

	(void)arguments, (void)count;
	if (membership) {
		answer_text(object, "channel", membership->name);
		answer_number(object, "sequence", membership->sequence);
		answer_number(object, "epoch", membership->epoch);
	}
	for (i = 0; i < MEMBERSHIP_PARAMETER_COUNT; i++)
		answer_number(parameters, membership_parameter_word(i), contract_parameter(run, i));
	answer_part(object, "parameters", parameters);
	return answer_give(run, object);
}

static const struct charging_function functions[] = {
	{ "show", 0, 0, CHARGING_QUERY, parameters_show, "" },
	{ .name = NULL },
};

const struct charging_noun charging_parameters = { "parameters", functions };

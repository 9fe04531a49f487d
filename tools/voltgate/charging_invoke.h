/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging_invoke.h - one function of the contract "charging" called with a
 * wallet's signature, and waited for.
 */
#ifndef VOLTGATE_TOOLS_CHARGING_INVOKE_H
#define VOLTGATE_TOOLS_CHARGING_INVOKE_H

#include <jansson.h>

#include "agent/client/consortium.h"
#include "tools/voltgate/charging_cable.h"

struct charging_invocation {
	struct consortium *consortium;
	const char *node; /* submit to this one first; NULL: all in turn */
	u32 timeout_ms;
	const char *function;
	const struct charging_arguments *arguments;
	struct span private; /* for the collection of vehicles; len 0: nothing */
};

struct charging_outcome { /* of a committed, valid transaction */
	u64 block;
	u32 index;
	u8 proposal[32];
	json_t *answer; /* the contract's; the caller's reference; NULL: none */
};

/* CLI_OK with @ret_outcome, or a status after a sentence. */
int charging_invoke(const struct charging_invocation *invocation, struct charging_outcome *ret_outcome);
/* A contract's answer as JSON; NULL: it is none. */
json_t *charging_answer(struct span result);

#endif

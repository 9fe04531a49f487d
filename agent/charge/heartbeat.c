// SPDX-License-Identifier: GPL-2.0
/*
 * heartbeat.c - posts heads of the verdict chain: see heartbeat.h.
 */
#include "agent/charge/heartbeat.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/charging.h"
#include "agent/say.h"

struct heartbeat {
	struct heartbeat_options options;
	struct invoker *invoker;
	u64 next_ms;
	bool under_way, troubled;
	struct vg_batch_head posting, posted; /* zeros: none yet */
};

static void heartbeat_done(void *arg, const struct invoker_result *result)
{
	struct heartbeat *heartbeat = arg;

	heartbeat->under_way = false;
	if (result->committed && result->outcome == LEDGER_VALID) {
		heartbeat->posted = heartbeat->posting;
		heartbeat->troubled = false;
		heartbeat->options.anchored(heartbeat->options.arg);
		return;
	}
	if (!heartbeat->troubled)
		say_error("The verdict chain's head could not be anchored: %s It is tried again with each beat.",
			  result->committed ? ledger_outcome_sentence(result->outcome) : result->trouble);
	heartbeat->troubled = true;
}

struct heartbeat *heartbeat_new(const struct heartbeat_options *options)
{
	struct heartbeat *heartbeat = calloc(1, sizeof(*heartbeat));
	struct invoker_options to = {
		.consortium = options->consortium,
		.timeout_ms = options->timeout_ms,
		.done = heartbeat_done,
		.arg = heartbeat,
	};

	if (!heartbeat)
		return NULL;
	heartbeat->options = *options;
	if (!invoker_new(&to, &heartbeat->invoker))
		return heartbeat;
	free(heartbeat);
	return NULL;
}

void heartbeat_free(struct heartbeat *heartbeat)
{
	if (!heartbeat)
		return;
	invoker_free(heartbeat->invoker);
	free(heartbeat);
}

static void heartbeat_post(struct heartbeat *heartbeat, const struct vg_batch_seal *last)
{
	static const char function[] = "anchor.post";
	char head[2 * sizeof(last->head) + 1], signature[2 * VG_SIGNATURE_LEN + 1];
	struct span arguments[] = { { (u8 *)head, sizeof(head) - 1 }, { (u8 *)signature, sizeof(signature) - 1 } };
	struct invoker_call call = {
		.contract = { (const u8 *)CHARGING_NAME, strlen(CHARGING_NAME) },
		.function = { (const u8 *)function, strlen(function) },
		.arguments = arguments,
		.argument_count = 2,
	};

	sodium_bin2hex(head, sizeof(head), (const u8 *)&last->head, sizeof(last->head));
	sodium_bin2hex(signature, sizeof(signature), last->signature, VG_SIGNATURE_LEN);
	heartbeat->posting = last->head;
	heartbeat->under_way = !invoker_start(heartbeat->invoker, &call);
}

void heartbeat_tick(struct heartbeat *heartbeat, const struct vg_batch_seal *last, u64 now_ms)
{
	const struct membership *membership = &heartbeat->options.consortium->membership;

	if (!heartbeat->under_way && last && now_ms >= heartbeat->next_ms &&
	    memcmp(&last->head, &heartbeat->posted, sizeof(last->head))) {
		heartbeat->next_ms = now_ms + membership->parameters[MEMBERSHIP_HEARTBEAT_S] * 1000;
		heartbeat_post(heartbeat, last);
	}
	invoker_tick(heartbeat->invoker);
}

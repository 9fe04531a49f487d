// SPDX-License-Identifier: GPL-2.0
/*
 * heartbeat.c - posts heads of the verdict chain and alarm records (PROTOCOL.md E7): see heartbeat.h.
 */
#include "agent/charge/heartbeat.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/charging.h"
#include "agent/say.h"

enum heartbeat_statement { HEARTBEAT_ANCHOR, HEARTBEAT_ALARM };

struct heartbeat_proof {
	size_t len;
	char hex[2 * EVIDENCE_RECORD_MAX + 1];
};

struct heartbeat {
	struct heartbeat_options options;
	struct invoker *invoker;
	u64 next_ms;
	bool under_way, troubled, due;	      /* due: this beat's head */
	struct vg_batch_head posting, posted; /* zeros: none yet */
	struct heartbeat_proof alarms[HEARTBEAT_QUEUE];
	u32 alarm_from, alarm_count, alarm_left; /* left: of this beat */
};

static void heartbeat_alarm_done(struct heartbeat *heartbeat, bool valid, bool known)
{
	if (!known)
		return; /* it stays the first */
	heartbeat->alarm_from = (heartbeat->alarm_from + 1) % HEARTBEAT_QUEUE;
	heartbeat->alarm_count--;
	if (valid)
		heartbeat->options.reported(heartbeat->options.arg);
}

static void heartbeat_done(void *arg, const struct invoker_result *result)
{
	struct heartbeat *heartbeat = arg;
	bool valid = result->committed && result->outcome == LEDGER_VALID;

	heartbeat->under_way = false;
	if (result->number == HEARTBEAT_ALARM) {
		heartbeat_alarm_done(heartbeat, valid, result->committed || result->refused);
	} else if (valid) {
		heartbeat->posted = heartbeat->posting;
		heartbeat->options.anchored(heartbeat->options.arg);
	}
	if (!valid && !heartbeat->troubled)
		say_error("What this gateway says of its verdicts is not on the ledger: %s It is tried again with each "
			  "beat.",
			  result->committed ? ledger_outcome_sentence(result->outcome) : result->trouble);
	heartbeat->troubled = !valid;
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

static void heartbeat_say(struct heartbeat *heartbeat, enum heartbeat_statement statement, const char *function,
			  const struct span *arguments, u32 count)
{
	struct invoker_call call = {
		.number = statement,
		.contract = { (const u8 *)CHARGING_NAME, strlen(CHARGING_NAME) },
		.function = { (const u8 *)function, strlen(function) },
		.arguments = arguments,
		.argument_count = count,
	};

	heartbeat->under_way = !invoker_start(heartbeat->invoker, &call);
}

static void heartbeat_post(struct heartbeat *heartbeat, const struct vg_batch_seal *last)
{
	char head[2 * sizeof(last->head) + 1], signature[2 * VG_SIGNATURE_LEN + 1];
	struct span arguments[] = { { (u8 *)head, sizeof(head) - 1 }, { (u8 *)signature, sizeof(signature) - 1 } };

	sodium_bin2hex(head, sizeof(head), (const u8 *)&last->head, sizeof(last->head));
	sodium_bin2hex(signature, sizeof(signature), last->signature, VG_SIGNATURE_LEN);
	heartbeat->posting = last->head;
	heartbeat_say(heartbeat, HEARTBEAT_ANCHOR, "anchor.post", arguments, 2);
}

static void heartbeat_report(struct heartbeat *heartbeat)
{
	const struct heartbeat_proof *proof = &heartbeat->alarms[heartbeat->alarm_from];
	struct span argument = { (const u8 *)proof->hex, proof->len };

	heartbeat->alarm_left--;
	heartbeat_say(heartbeat, HEARTBEAT_ALARM, "misbehaviour.alarms", &argument, 1);
}

bool heartbeat_alarm(struct heartbeat *heartbeat, const struct evidence *proof)
{
	u8 bytes[EVIDENCE_RECORD_MAX];
	struct heartbeat_proof *to;
	struct writer writer;

	if (heartbeat->alarm_count == HEARTBEAT_QUEUE)
		return false;
	writer_init(&writer, bytes, sizeof(bytes));
	evidence_record_encode(&writer, proof);
	to = &heartbeat->alarms[(heartbeat->alarm_from + heartbeat->alarm_count++) % HEARTBEAT_QUEUE];
	to->len = 2 * writer_len(&writer);
	sodium_bin2hex(to->hex, sizeof(to->hex), bytes, writer_len(&writer));
	return true;
}

void heartbeat_tick(struct heartbeat *heartbeat, const struct vg_batch_seal *last, u64 now_ms)
{
	const struct membership *membership = &heartbeat->options.consortium->membership;
	bool beat = now_ms >= heartbeat->next_ms;

	if (beat) {
		heartbeat->next_ms = now_ms + membership->parameters[MEMBERSHIP_HEARTBEAT_S] * 1000;
		heartbeat->alarm_left = HEARTBEAT_ALARMS;
		heartbeat->due = true;
	}
	if (!heartbeat->under_way && heartbeat->due) {
		heartbeat->due = false;
		if (last && memcmp(&last->head, &heartbeat->posted, sizeof(last->head)))
			heartbeat_post(heartbeat, last);
	}
	if (!heartbeat->under_way && heartbeat->alarm_count && heartbeat->alarm_left)
		heartbeat_report(heartbeat);
	invoker_tick(heartbeat->invoker);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * eventlog.c - [node] log: one JSON object a line, for whoever watches the
 * ledger: each block that is durable here, and what happens to a channel.
 *
 *   {"event":"block","time":UTC,"channel":NAME,"id":HEX,"number":N,"hash":HEX,"transactions":N,"valid":N,"outcomes":{...}}
 *   {"event":"stopped"|"resumed"|"reconfigured"|"trouble"|"notice","time":UTC,"channel":NAME,"id":HEX,"sentence":TEXT}
 *
 * A log that cannot be written is told once and tried again with each line: the ledger does not wait for it.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/node_state.h"
#include "agent/say.h"
#include "agent/time_text.h"

int eventlog_open(struct node *node, struct node_error *ret_error)
{
	if (!node->options.log || !*node->options.log)
		return 0;
	node->log = fopen(node->options.log, "ae");
	if (node->log) {
		setvbuf(node->log, NULL, _IOLBF, 0);
		return 0;
	}
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "Cannot open the log %s: %s. Name another with 'log' in [node].", node->options.log, strerror(errno));
	return -errno;
}

void eventlog_close(struct node *node)
{
	if (node->log)
		fclose(node->log);
	node->log = NULL;
}

int eventlog_reopen(struct node *node)
{
	FILE *log;

	if (!node->log)
		return 0;
	log = fopen(node->options.log, "ae");
	if (!log)
		return -errno;
	setvbuf(log, NULL, _IOLBF, 0);
	fclose(node->log);
	node->log = log;
	return 0;
}

/* Takes the reference. */
static void eventlog_write(struct node *node, json_t *object)
{
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
	bool failed = !line || fprintf(node->log, "%s\n", line) < 0;

	if (failed && !node->log_failed)
		say_error("The log %s cannot be written: %s. Lines are lost until it can.", node->options.log,
			  strerror(errno));
	if (failed)
		clearerr(node->log);
	node->log_failed = failed;
	free(line);
	json_decref(object);
}

static json_t *eventlog_object(const struct seat *seat, const char *event, u64 time)
{
	char text[TIME_TEXT_LEN], id[65];

	sodium_bin2hex(id, sizeof(id), seat->id, 32);
	time_text_utc(time, text);
	return json_pack("{s:s, s:s, s:s, s:s}", "event", event, "time", text, "channel", seat->name, "id", id);
}

void eventlog_block(struct seat *seat, const struct block *block)
{
	u32 counts[LEDGER_OUTCOME_COUNT] = { 0 }, i;
	json_t *object, *outcomes;
	char hash[65];

	if (!seat->node->log)
		return;
	for (i = 0; i < block->header.count; i++)
		if (block->outcomes[i] < LEDGER_OUTCOME_COUNT)
			counts[block->outcomes[i]]++;
	outcomes = json_object();
	for (i = 0; i < LEDGER_OUTCOME_COUNT; i++)
		if (counts[i])
			json_object_set_new(outcomes, ledger_outcome_word(i), json_integer(counts[i]));
	sodium_bin2hex(hash, sizeof(hash), block->hash, 32);
	object = eventlog_object(seat, "block", block->header.time);
	json_object_set_new(object, "number", json_integer((json_int_t)block->header.number));
	json_object_set_new(object, "hash", json_string(hash));
	json_object_set_new(object, "transactions", json_integer(block->header.count));
	json_object_set_new(object, "valid", json_integer(counts[LEDGER_VALID]));
	json_object_set_new(object, "outcomes", outcomes);
	eventlog_write(seat->node, object);
}

void eventlog_say(struct node *node, const struct seat *seat, const char *event, const char *sentence)
{
	json_t *object;

	if (!node->log)
		return;
	object = eventlog_object(seat, event, node_clock(node));
	json_object_set_new(object, "sentence", json_string(sentence));
	eventlog_write(node, object);
}

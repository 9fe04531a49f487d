// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_verdicts.c - voltgate verdicts: the records of the verdict log, or as
 * the agent stores them. It shows; "voltgate verify" checks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/verdictlog.h"
#include "tools/voltgate/follow.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

#define LOG_PATH "/var/lib/voltgate/verdicts"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

static void print_text(const json_t *object)
{
	const json_t *sequence = json_object_get(object, "sequence");
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(sequence));
	printf("%s  %-14s  session %s  sequence %s  %s%s%s  %s  batch %lld.%lld%s\n", text_of(object, "time_utc"),
	       text_of(object, "kind"), text_of(object, "session"),
	       json_is_string(sequence) ? json_string_value(sequence) : number,
	       json_object_get(object, "type") ? text_of(object, "type") : "",
	       json_object_get(object, "type") ? " " : "", text_of(object, "reason"), text_of(object, "grade"),
	       (long long)json_integer_value(json_object_get(object, "number")),
	       (long long)json_integer_value(json_object_get(object, "index")),
	       json_is_true(json_object_get(object, "test_clock")) ? "  TEST CLOCK" : "");
}

static int print_record(const struct cli *cli, const struct batch *batch, u32 index)
{
	json_t *object = gate_json_record(&batch->seal.head, index, &batch->records[index]);

	if (!object)
		return say_failure(CLI_REFUSED, "out of memory");
	if (cli->json)
		return say_json(object);
	print_text(object);
	json_decref(object);
	return ferror(stdout) ? say_done(CLI_REFUSED) : CLI_OK;
}

static int list(const struct cli *cli, const char *path, unsigned long count)
{
	struct verdictlog_reader *reader;
	struct verdictlog_error text = { "" };
	struct batch *batch = malloc(sizeof(*batch));
	unsigned long seen = 0;
	int got, status = CLI_OK;
	u32 i;

	if (!batch)
		return say_failure(CLI_REFUSED, "out of memory");
	got = verdictlog_reader_open(path, &reader, &text);
	if (got) {
		free(batch);
		return say_failure(CLI_REFUSED, "%s", text.text);
	}
	while (!status && (got = verdictlog_reader_next(reader, batch, &text)) == 1)
		for (i = 0; i < vg_be32(batch->seal.head.count) && !status && !(count && seen >= count); i++, seen++)
			status = print_record(cli, batch, i);
	if (!status && got < 0)
		status = say_failure(CLI_REFUSED, "%s", text.text);
	verdictlog_reader_close(reader);
	free(batch);
	return status;
}

static int verdicts(const struct cli *cli, int argc, char **argv)
{
	struct control_client *client;
	struct follow_words words;
	int status = follow_words_take("verdicts", "VERDICTLOG", argc, argv, &words);

	if (status)
		return status;
	if (!words.follow)
		return list(cli, words.other ? words.other : LOG_PATH, words.count);
	if (words.other)
		return say_usage("verdicts", "-f follows the agent; leave out \"%.60s\"", words.other);
	status = room_agent(cli, &client);
	if (status)
		return status;
	status = follow_agent(cli, client, "verdicts", words.count, print_text);
	control_client_close(client);
	return status;
}

const struct cli_command cmd_verdicts = {
	.name = "verdicts",
	.run = verdicts,
	.usage = "[VERDICTLOG] [-c COUNT]\n-f [-c COUNT]",
	.summary = "Show the records of the verdict log",
	.help = "VERDICTLOG is a folder or one segment (default " LOG_PATH "). -f shows records as the agent\n"
		"stores them. Nothing is checked here: \"voltgate verify\" does that.",
	.verbs = NULL,
};

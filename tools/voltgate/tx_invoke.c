// SPDX-License-Identifier: GPL-2.0
/*
 * tx_invoke.c - voltgate tx invoke and query: see tx_invoke.h.
 */
#include "tools/voltgate/tx_invoke.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/client/invoker.h"
#include "agent/client/invoker_work.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/tx_query.h"

#define INVOKE_TIMEOUT_S 30
#define INVOKE_FLIGHT 32
#define INVOKE_FLIGHT_MAX 4096
#define INVOKE_LINE_MAX 65536
#define INVOKE_PRIVATE_MAX 65536

struct invoke_words {
	struct consortium_words who;
	const char *node, *batch, *private;
	unsigned long timeout_s, flight;
	bool single, query;
	char **call; /* contract, function, arguments */
	int call_count;
};

struct invoke_run {
	const struct cli *cli;
	const struct invoke_words *words;
	struct invoker *invoker;
	FILE *batch;
	u64 started, ended, valid;
	int status;
};

/* --- words --- */

static int take_number(const char *option, const char *word, unsigned long most, unsigned long *ret_number)
{
	char *end;

	*ret_number = strtoul(word, &end, 10);
	if (*end || word[0] < '0' || word[0] > '9' || !*ret_number || *ret_number > most)
		return say_usage("tx", "%s takes a number from 1 to %lu, not \"%.60s\"", option, most, word);
	return CLI_OK;
}

static int take_option(struct invoke_words *words, const char *option, const char *value)
{
	static const char *const options[] = { "--certificate", "--key",     "--genesis", "--node",
					       "--timeout",	"--private", "--batch",	  "--flight" };
	const char **texts[] = { &words->who.certificate,
				 &words->who.key,
				 &words->who.genesis,
				 &words->node,
				 NULL,
				 &words->private,
				 &words->batch,
				 NULL };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options) && strcmp(option, options[i]); i++)
		;
	if (i == sizeof(options) / sizeof(*options) || (words->query && i > 4))
		return say_usage("tx", "\"%.60s\" is no option of tx %s", option, words->query ? "query" : "invoke");
	if (!value)
		return say_usage("tx", "%s needs a value", option);
	if (texts[i]) {
		*texts[i] = value;
		return CLI_OK;
	}
	return i == 4 ? take_number(option, value, 86400, &words->timeout_s)
		      : take_number(option, value, INVOKE_FLIGHT_MAX, &words->flight);
}

static int take_words(int argc, char **argv, struct invoke_words *words)
{
	int at = 1, status = CLI_OK;

	words->query = !strcmp(argv[0], "query");
	words->timeout_s = INVOKE_TIMEOUT_S;
	words->flight = INVOKE_FLIGHT;
	if (argc > 1 && argv[1][0] != '-')
		words->who.channel = argv[at++];
	for (; at < argc && argv[at][0] == '-' && argv[at][1] == '-' && argv[at][2] && !status; at++) {
		if (!strcmp(argv[at], "--single") && !words->query)
			words->single = true;
		else
			status = take_option(words, argv[at], argv[at + 1]), at++;
	}
	if (status)
		return status;
	if (at < argc && !strcmp(argv[at], "--"))
		at++;
	words->call = argv + at;
	words->call_count = argc - at;
	if (!words->who.channel || !words->who.certificate || !words->who.key)
		return say_usage("tx", "tx %s takes a channel, --certificate and --key", argv[0]);
	if (words->batch ? words->call_count != 0 : words->call_count < 2)
		return say_usage("tx", "%s",
				 words->batch ? "--batch takes its calls from the file, no others"
					      : "say which contract and which function");
	if (words->batch && words->private)
		return say_usage("tx", "--private goes with one call, not with --batch");
	if (words->call_count > 2 + TRANSACTION_ARGUMENTS_MAX)
		return say_usage("tx", "a contract takes at most %d arguments", TRANSACTION_ARGUMENTS_MAX);
	return CLI_OK;
}

/* --- results --- */

static json_t *result_json(const struct invoker_result *result)
{
	json_t *object = json_object();
	int failed = !object;

	failed |= gate_json_put_u64(object, "number", result->number);
	failed |= gate_json_put_hex(object, "proposal", result->proposal_hash, sizeof(result->proposal_hash));
	failed |= json_object_set_new(object, "committed", json_boolean(result->committed));
	if (result->committed) {
		failed |= gate_json_put_u64(object, "block", result->block);
		failed |= json_object_set_new(object, "index", json_integer(result->index));
		failed |= json_object_set_new(object, "outcome", json_string(ledger_outcome_word(result->outcome)));
		failed |= gate_json_put_hex(object, "result", result->result.bytes, result->result.len);
	} else {
		failed |= json_object_set_new(object, "trouble", json_string(result->trouble));
	}
	failed |= gate_json_put_u64(object, "took_us", result->took_us);
	return gate_json_finish(object, failed);
}

static void print_result(struct span result)
{
	size_t i;

	for (i = 0; i < result.len; i++)
		if (result.bytes[i] < 0x20 || result.bytes[i] > 0x7e)
			break;
	printf("result        ");
	if (i == result.len)
		printf("%.*s\n", (int)result.len, (const char *)result.bytes);
	else
		for (i = 0; i < result.len; i++)
			printf("%02x%s", result.bytes[i], i + 1 == result.len ? "\n" : "");
}

static void on_done(void *arg, const struct invoker_result *result)
{
	struct invoke_run *run = arg;
	bool valid = result->committed && result->outcome == LEDGER_VALID;

	run->ended++;
	run->valid += valid;
	if (run->cli->json) {
		say_json(result_json(result));
		if (run->batch)
			fflush(stdout);
	} else if (result->committed && !run->batch) {
		printf("committed     block %llu, index %u: %s\n", (unsigned long long)result->block, result->index,
		       ledger_outcome_word(result->outcome));
		if (valid && result->result.len)
			print_result(result->result);
	}
	if (valid)
		return;
	run->status = run->status == CLI_UNREACHABLE || result->committed ? CLI_REFUSED : CLI_UNREACHABLE;
	if (!result->committed && strstr(result->trouble, "not known to be committed") != result->trouble)
		run->status = CLI_REFUSED;
	if (result->committed)
		say_failure(CLI_REFUSED, "call %llu is in the chain, but not valid: %s",
			    (unsigned long long)result->number, ledger_outcome_sentence(result->outcome));
	else
		say_failure(CLI_REFUSED, "call %llu: %s", (unsigned long long)result->number, result->trouble);
}

/* --- calls --- */

static int start(struct invoke_run *run, char **words, int count, struct span private, const char *collection)
{
	struct span arguments[TRANSACTION_ARGUMENTS_MAX];
	struct invoker_call call = {
		.number = run->started,
		.contract = { (const u8 *)words[0], strlen(words[0]) },
		.function = { (const u8 *)words[1], strlen(words[1]) },
		.arguments = arguments,
		.argument_count = (u32)count - 2,
		.private_arguments = private,
		.collection = collection,
	};
	int i, error;

	for (i = 2; i < count; i++)
		arguments[i - 2] = (struct span){ (const u8 *)words[i], strlen(words[i]) };
	error = invoker_start(run->invoker, &call);
	if (error == -ENOENT)
		return say_failure(CLI_REFUSED, "the channel has no collection \"%.60s\"", collection);
	if (error)
		return say_failure(CLI_REFUSED, "the call cannot be made: %s", strerror(-error));
	run->started++;
	return CLI_OK;
}

/* The next line of the batch, started. False: there is none, or it is wrong. */
static bool start_line(struct invoke_run *run)
{
	static char line[INVOKE_LINE_MAX];
	char *words[2 + TRANSACTION_ARGUMENTS_MAX], *word, *rest = line;
	int count;

	while (fgets(line, sizeof(line), run->batch)) {
		for (count = 0, rest = line; (word = strtok_r(rest, " \t\n", &rest));)
			if (count < (int)(sizeof(words) / sizeof(*words)))
				words[count++] = word;
		if (!count)
			continue;
		if (count < 2) {
			run->status = say_failure(CLI_REFUSED, "call %llu is no contract and function",
						  (unsigned long long)run->started);
			return false;
		}
		run->status = start(run, words, count, (struct span){ NULL, 0 }, NULL) ? CLI_REFUSED : run->status;
		return true;
	}
	return false;
}

static bool all_done(void *arg)
{
	struct invoke_run *run = arg;

	while (run->batch && invoker_under_way(run->invoker) < run->words->flight)
		if (!start_line(run)) {
			if (run->batch != stdin)
				fclose(run->batch);
			run->batch = NULL;
			break;
		}
	invoker_tick(run->invoker);
	return !run->batch && !invoker_under_way(run->invoker);
}

static int start_private(struct invoke_run *run)
{
	static char collection[MEMBERSHIP_NAME_MAX + 1];
	static u8 bytes[INVOKE_PRIVATE_MAX + 1];
	const char *equals = strchr(run->words->private, '=');
	FILE *file;
	size_t len;
	int status;

	if (!equals || (size_t)(equals - run->words->private) > MEMBERSHIP_NAME_MAX)
		return say_usage("tx", "--private takes COLLECTION=FILE");
	snprintf(collection, sizeof(collection), "%.*s", (int)(equals - run->words->private), run->words->private);
	file = strcmp(equals + 1, "-") ? fopen(equals + 1, "re") : stdin;
	if (!file)
		return say_failure(CLI_REFUSED, "cannot read %s: %s", equals + 1, strerror(errno));
	len = fread(bytes, 1, sizeof(bytes), file);
	if (file != stdin)
		fclose(file);
	if (len > INVOKE_PRIVATE_MAX)
		return say_failure(CLI_REFUSED, "%s is longer than %d bytes", equals + 1, INVOKE_PRIVATE_MAX);
	status = start(run, run->words->call, run->words->call_count, (struct span){ bytes, len }, collection);
	sodium_memzero(bytes, sizeof(bytes));
	return status;
}

static int begin(struct invoke_run *run)
{
	if (run->words->batch) {
		run->batch = strcmp(run->words->batch, "-") ? fopen(run->words->batch, "re") : stdin;
		return run->batch ? CLI_OK
				  : say_failure(CLI_REFUSED, "cannot read %s: %s", run->words->batch, strerror(errno));
	}
	if (run->words->private)
		return start_private(run);
	return start(run, run->words->call, run->words->call_count, (struct span){ NULL, 0 }, NULL);
}

static int invoke(const struct cli *cli, const struct invoke_words *words, struct consortium *consortium)
{
	struct invoke_run run = { .cli = cli, .words = words };
	struct invoker_options options = {
		.consortium = consortium,
		.node = words->node,
		.timeout_ms = (u32)words->timeout_s * 1000,
		.single = words->single,
		.done = on_done,
		.arg = &run,
	};
	bool batch = words->batch;
	int status;

	if (invoker_new(&options, &run.invoker))
		return say_failure(CLI_REFUSED, "out of memory");
	status = begin(&run);
	if (!status) {
		consortium_wait(consortium, ~0U, all_done, &run);
		status = run.status;
	}
	if (!status && batch && !cli->json)
		printf("%llu calls, %llu valid\n", (unsigned long long)run.ended, (unsigned long long)run.valid);
	invoker_free(run.invoker);
	return status;
}

/* --- query --- */

static int query(const struct cli *cli, const struct invoke_words *words, struct consortium *consortium)
{
	struct span arguments[TRANSACTION_ARGUMENTS_MAX];
	struct tx_query query = {
		.node = words->node,
		.timeout_ms = (u32)words->timeout_s * 1000,
		.contract = words->call[0],
		.function = words->call[1],
		.arguments = arguments,
		.argument_count = (u32)words->call_count - 2,
	};
	struct tx_query_answer answer;
	json_t *object;
	u32 i;
	int status;

	for (i = 0; i < query.argument_count; i++)
		arguments[i] = (struct span){ (const u8 *)words->call[2 + i], strlen(words->call[2 + i]) };
	status = tx_query(consortium, &query, &answer);
	if (!status && cli->json) {
		object = json_object();
		gate_json_put_hex(object, "result", answer.result, answer.result_len);
		gate_json_put_u64(object, "height", answer.height);
		status = say_json(object);
	} else if (!status) {
		print_result((struct span){ answer.result, answer.result_len });
	}
	tx_query_answer_free(&answer);
	return status;
}

int tx_invoke(const struct cli *cli, int argc, char **argv)
{
	struct invoke_words words = { .node = NULL };
	struct consortium *consortium = NULL;
	int status = take_words(argc, argv, &words);

	if (!status)
		status = consortium_open(cli, &words.who, &consortium);
	if (status)
		return status;
	status = words.query ? query(cli, &words, consortium) : invoke(cli, &words, consortium);
	consortium_close(consortium);
	return status;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * charging_call.c - words to a call of the contract, its answer to the terminal: see charging_call.h.
 */
#include "tools/voltgate/charging_call.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/charging.h"
#include "agent/gate_json.h"
#include "ledger/outcome.h"
#include "tools/voltgate/charging_invoke.h"
#include "tools/voltgate/charging_print.h"
#include "tools/voltgate/consortium_open.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/tx_query.h"

#define CALL_TIMEOUT_S 30
#define CALL_PRIVATE_MAX 4096
#define CALL_VERBS_MAX 24

struct call_words {
	const struct charging_verb *verb;
	struct consortium_words who;
	const char *wallet, *node, *private, *cable, *timeout;
	char certificate[512], key[512];
	u32 timeout_ms;
	struct charging_arguments arguments;
};

/* --- words --- */

static int take_verb(const char *command, const struct charging_verb *verbs, const char *word, struct call_words *words)
{
	const char *names[CALL_VERBS_MAX + 1];
	char what[64];
	u32 i;

	for (i = 0; verbs[i].name && i < CALL_VERBS_MAX; i++) {
		names[i] = verbs[i].name;
		if (word && !strcmp(word, verbs[i].name)) {
			words->verb = &verbs[i];
			return CLI_OK;
		}
	}
	names[i] = NULL;
	if (!word)
		return say_usage(command, "say what to do: %s, ... and what", verbs[0].name);
	snprintf(what, sizeof(what), "verb of %s", command);
	return say_unknown(command, what, word, names);
}

/* What the word at @at of a verb is; NULL: there is none. The last one may be told to repeat itself. */
static const struct charging_call_word *word_at(const struct charging_verb *verb, u32 at)
{
	u32 i;

	for (i = 0; i < CHARGING_CALL_WORDS && verb->words[i].name; i++)
		if (i == at || verb->words[i].repeated)
			return &verb->words[i];
	return NULL;
}

static int take_argument(const char *command, const char *word, struct call_words *words)
{
	const struct charging_call_word *spec = word_at(words->verb, words->arguments.count);
	char text[CHARGING_WORD_MAX];

	if (words->arguments.count == CHARGING_ARGUMENTS_MAX || !spec)
		return say_usage(command, "%s %s takes no further word: \"%.60s\"", command, words->verb->name, word);
	if (!charging_word(spec->kind, word, text))
		return say_usage(command, "%s is %s, not \"%.60s\"", spec->name, charging_word_meaning(spec->kind),
				 word);
	charging_argument_add(&words->arguments, text);
	return CLI_OK;
}

static int take_option(const char *command, const char *option, const char *value, struct call_words *words)
{
	const struct {
		const char *option, **to;
	} options[] = { { "--wallet", &words->wallet },	  { "--certificate", &words->who.certificate },
			{ "--key", &words->who.key },	  { "--genesis", &words->who.genesis },
			{ "--node", &words->node },	  { "--timeout", &words->timeout },
			{ "--private", &words->private }, { "--cable", &words->cable } };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options) && strcmp(option, options[i].option); i++)
		;
	if (i == sizeof(options) / sizeof(*options) || (options[i].to == &words->private && !words->verb->private) ||
	    (options[i].to == &words->cable && !words->verb->cable))
		return say_usage(command, "\"%.60s\" is no option of %s %s", option, command, words->verb->name);
	if (!value)
		return say_usage(command, "%s needs a value", option);
	*options[i].to = value;
	return CLI_OK;
}

/* What the words say together. */
static int complete(const char *command, struct call_words *words)
{
	const struct charging_call_word *next = word_at(words->verb, words->arguments.count);
	unsigned long seconds = CALL_TIMEOUT_S;
	char *end = "";

	if (words->wallet) {
		snprintf(words->certificate, sizeof(words->certificate), "%.480s/client.crt", words->wallet);
		snprintf(words->key, sizeof(words->key), "%.480s/client.key", words->wallet);
		words->who.certificate = words->who.certificate ?: words->certificate;
		words->who.key = words->who.key ?: words->key;
	}
	if (!words->who.channel || !words->who.certificate || !words->who.key)
		return say_usage(command, "%s %s takes a channel and --wallet (or --certificate and --key)", command,
				 words->verb->name);
	if (next && !next->optional && !words->cable)
		return say_usage(command, "%s %s lacks %s: %s", command, words->verb->name, next->name,
				 charging_word_meaning(next->kind));
	if (words->verb->private == CHARGING_PRIVATE_WALLET && !words->private)
		return say_usage(command, "%s %s takes the EV number by --private FILE (\"-\": standard input)",
				 command, words->verb->name);
	if (words->timeout)
		seconds = strtoul(words->timeout, &end, 10);
	if (*end || !seconds || seconds > 86400)
		return say_usage(command, "--timeout takes a number of seconds from 1 to 86400");
	words->timeout_ms = (u32)seconds * 1000;
	return CLI_OK;
}

static int take_words(const struct charging_verb *verbs, int argc, char **argv, struct call_words *words)
{
	int at, status = take_verb(argv[0], verbs, argc > 1 ? argv[1] : NULL, words);

	for (at = 2; at < argc && !status; at++) {
		if (argv[at][0] == '-' && argv[at][1] == '-') {
			status = take_option(argv[0], argv[at], argv[at + 1], words);
			at++;
		} else if (!words->who.channel) {
			words->who.channel = argv[at];
		} else {
			status = take_argument(argv[0], argv[at], words);
		}
	}
	return status ?: complete(argv[0], words);
}

/* --- invoke --- */

static void tell(const struct cli *cli, const struct charging_outcome *outcome)
{
	json_t *object;
	int failed;

	if (!cli->json) {
		printf("%-18sblock %llu, index %u\n", "committed", (unsigned long long)outcome->block, outcome->index);
		charging_print(outcome->answer);
		return;
	}
	object = json_pack("{s:b, s:s, s:i}", "committed", 1, "outcome", ledger_outcome_word(LEDGER_VALID), "index",
			   (int)outcome->index);
	failed = gate_json_put_u64(object, "block", outcome->block);
	failed |= gate_json_put_hex(object, "proposal", outcome->proposal, sizeof(outcome->proposal));
	failed |= json_object_set(object, "result", outcome->answer ?: json_null());
	say_json(gate_json_finish(object, failed));
}

/* What goes to the collection: the file's line, after the wallet where the verb says so. */
static int read_private(struct call_words *words, u8 bytes[CALL_PRIVATE_MAX], size_t *ret_len)
{
	FILE *file = strcmp(words->private, "-") ? fopen(words->private, "re") : stdin;
	size_t wallet = 0, len;

	if (!file)
		return say_failure(CLI_REFUSED, "cannot read %s: %s", words->private, strerror(errno));
	if (words->verb->private == CHARGING_PRIVATE_WALLET) {
		sodium_hex2bin(bytes, 32, words->arguments.texts[0], 64, NULL, &wallet, NULL);
		words->arguments.count = 0;
	}
	len = fread(bytes + wallet, 1, CALL_PRIVATE_MAX - wallet, file);
	if (file != stdin)
		fclose(file);
	while (len && (bytes[wallet + len - 1] == '\n' || bytes[wallet + len - 1] == '\r'))
		len--;
	if (!len || wallet + len == CALL_PRIVATE_MAX)
		return say_failure(CLI_REFUSED, "%s holds nothing, or more than %d bytes", words->private,
				   CALL_PRIVATE_MAX - 33);
	*ret_len = wallet + len;
	return CLI_OK;
}

static int invoke(const struct cli *cli, struct call_words *words, struct consortium *consortium)
{
	struct charging_invocation invocation = {
		.consortium = consortium,
		.node = words->node,
		.timeout_ms = words->timeout_ms,
		.function = words->verb->function,
		.arguments = &words->arguments,
	};
	struct charging_outcome outcome = { .answer = NULL };
	u8 private[CALL_PRIVATE_MAX];
	size_t len = 0;
	int status = words->private ? read_private(words, private, &len) : CLI_OK;

	invocation.private = (struct span){ private, len };
	if (!status)
		status = charging_invoke(&invocation, &outcome);
	if (!status)
		tell(cli, &outcome);
	json_decref(outcome.answer);
	sodium_memzero(private, sizeof(private));
	return status;
}

/* --- query --- */

static int ask(const struct cli *cli, const struct call_words *words, struct consortium *consortium)
{
	struct tx_query query = {
		.node = words->node,
		.timeout_ms = words->timeout_ms,
		.contract = CHARGING_NAME,
		.function = words->verb->function,
		.arguments = words->arguments.spans,
		.argument_count = words->arguments.count,
	};
	struct tx_query_answer answer;
	json_t *object, *result;
	int status = tx_query(consortium, &query, &answer);

	if (status)
		goto out;
	result = charging_answer((struct span){ answer.result, answer.result_len });
	if (!result) {
		status = say_failure(CLI_REFUSED, "the node's answer is not JSON; ask another with --node");
	} else if (cli->json) {
		object = json_pack("{s:o}", "result", result);
		status = say_json(gate_json_finish(object, gate_json_put_u64(object, "height", answer.height)));
	} else {
		charging_print(result);
		json_decref(result);
	}
out:
	tx_query_answer_free(&answer);
	return status;
}

int charging_call(const struct cli *cli, const struct charging_verb *verbs, int argc, char **argv)
{
	static struct call_words words;
	struct consortium *consortium = NULL;
	int status;

	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	status = take_words(verbs, argc, argv, &words);
	if (!status)
		status = consortium_open(cli, &words.who, &consortium);
	if (status)
		return status;
	if (words.cable)
		status = charging_cable(words.cable, words.verb->cable, consortium->channel,
					identity_tls_self(consortium->tls)->key, &words.arguments);
	if (!status)
		status = words.verb->query ? ask(cli, &words, consortium) : invoke(cli, &words, consortium);
	if (status && words.verb->cable == CHARGING_CABLE_START && words.cable && words.arguments.nonce)
		charging_cable_undo(words.cable, &words.arguments);
	consortium_close(consortium);
	return status;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_ledger.c - voltgate ledger verify: audits a stored ledger from its genesis, or from the
 * snapshot that it began with, offline and without changing it. Exit status 1 is a fault in the ledger here.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/audit.h"
#include "ledger/ledger.h"
#include "tools/voltgate/audit_progress.h"
#include "tools/voltgate/genesis_file.h"
#include "tools/voltgate/key_file.h"
#include "tools/voltgate/say.h"

#define LEDGER_FAULT 1
#define UNCHECKED_MAX 3

static const char *const verbs[] = { "verify", NULL };

struct unchecked {
	char sentences[UNCHECKED_MAX][320];
	u32 count;
};

/* What an audit from a snapshot cannot see. */
static void unchecked_note(const struct audit_report *report, const struct audit_pins *pins,
			   struct unchecked *ret_unchecked)
{
	unsigned long long base = report->base, after = base + report->vouched;

	*ret_unchecked = (struct unchecked){ .count = 0 };
	if (!base)
		return;
	snprintf(
		ret_unchecked->sentences[ret_unchecked->count++], 320,
		"Blocks 0 to %llu are not here: the certificate of block %llu, whose replicas follow from the genesis, "
		"stands for them.",
		base, base);
	if (report->vouched)
		snprintf(ret_unchecked->sentences[ret_unchecked->count++], 320,
			 "Blocks %llu to %llu were not carried out again, for the state before them is gone: their "
			 "certificates stand for outcomes and state roots; the stored state has the root of block "
			 "%llu.",
			 base + 1, after, after);
	if (!pins->channel && !pins->checkpoint)
		snprintf(ret_unchecked->sentences[ret_unchecked->count++], 320,
			 "That this is the channel you mean: compare its id, or name --genesis or --checkpoint.");
}

static void report_more(json_t *object, const struct audit_report *report, const struct audit_pins *pins)
{
	struct unchecked unchecked;
	json_t *list = json_array();
	char hex[65];
	u32 i;

	sodium_bin2hex(hex, sizeof(hex), report->channel, 32);
	json_object_set_new(object, "channel", json_string(hex));
	sodium_bin2hex(hex, sizeof(hex), report->base_hash, 32);
	json_object_set_new(object, "snapshot",
			    report->base ? json_pack("{s:I, s:s}", "number", (json_int_t)report->base, "hash", hex)
					 : json_null());
	unchecked_note(report, pins, &unchecked);
	for (i = 0; i < unchecked.count; i++)
		json_array_append_new(list, json_string(unchecked.sentences[i]));
	json_object_set_new(object, "unchecked", list);
}

static json_t *report_json(const char *folder, const struct audit_report *report, const struct audit_pins *pins,
			   const struct ledger_error *error)
{
	char head[65], root[65];
	json_t *object, *fault;

	sodium_bin2hex(head, sizeof(head), report->head, 32);
	sodium_bin2hex(root, sizeof(root), report->root, 32);
	object = json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "ledger", folder, "good", !error, "first",
			   (json_int_t)report->first, "last", (json_int_t)report->last, "transactions",
			   (json_int_t)report->transactions, "valid", (json_int_t)report->valid, "keys",
			   (json_int_t)report->keys, "head", head, "root", root);
	if (object)
		report_more(object, report, pins);
	if (object && error) {
		fault = json_pack("{s:s, s:I, s:s}", "file", error->file, "offset", (json_int_t)error->offset,
				  "sentence", error->text);
		json_object_set_new(object, "first_fault", fault);
	}
	return object;
}

static void report_text(const struct audit_report *report, const struct audit_pins *pins, bool good)
{
	struct unchecked unchecked;
	u32 i;

	/* In two calls: say_count()'s texts live until the fourth after. */
	printf("%s: blocks %s to %s with %s transactions, %s of them valid", good ? "good" : "good up to there",
	       say_count(report->first), say_count(report->last), say_count(report->transactions),
	       say_count(report->valid));
	if (good)
		printf("; %s keys of state", say_count(report->keys));
	putchar('\n');
	if (!good)
		return;
	say_hex("channel", report->channel, 32);
	say_hex("head", report->head, 32);
	say_hex("state root", report->root, 32);
	if (report->base)
		say_hex("snapshot", report->base_hash, 32);
	unchecked_note(report, pins, &unchecked);
	for (i = 0; i < unchecked.count; i++)
		printf("not checked: %s\n", unchecked.sentences[i]);
}

/* The charging contract's sums; a channel without it has none, and passes. */
static int charging_judge(void *arg, struct state *state, struct ledger_error *ret_error)
{
	struct charging_audit *charging = arg;
	int code = charging_audit(state, charging);

	if (code == -EBADMSG)
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", charging->fault);
	else if (code)
		snprintf(ret_error->text, sizeof(ret_error->text), "The charging contract's keys cannot be read: %s.",
			 strerror(-code));
	return code;
}

static json_t *charging_json(const struct charging_audit *charging)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "accounts", (json_int_t)charging->accounts,
			 "stations", (json_int_t)charging->stations, "sessions", (json_int_t)charging->sessions,
			 "bills", (json_int_t)charging->bills, "notes", (json_int_t)charging->notes, "deposits",
			 (json_int_t)charging->deposits, "withdrawals", (json_int_t)charging->withdrawals, "balances",
			 (json_int_t)charging->balances, "due", (json_int_t)charging->due);
}

static void charging_text(const struct charging_audit *charging)
{
	if (!charging->accounts && !charging->stations)
		return;
	printf("charging: %s accounts, %s stations, %s sessions, ", say_count(charging->accounts),
	       say_count(charging->stations), say_count(charging->sessions));
	printf("%s bills with %s notes; ", say_count(charging->bills), say_count(charging->notes));
	printf("balances of %llu.%04llu yuan are deposits less withdrawals\n",
	       (unsigned long long)charging->balances / 10000, (unsigned long long)charging->balances % 10000);
}

struct verify_words {
	const char *folder;
	u8 channel[32], checkpoint[32];
	struct audit_pins pins;
};

static int genesis_take_id(const char *path, u8 ret_id[32])
{
	struct membership *genesis = malloc(sizeof(*genesis));
	struct genesis_file_error error = { .text = "" };
	int status = CLI_OK;

	if (!genesis)
		return say_failure(CLI_REFUSED, "there is no memory left");
	if (genesis_file_read(path, genesis, &error))
		status = say_failure(CLI_REFUSED, "%s", error.text);
	else
		membership_channel_id(genesis, ret_id);
	free(genesis);
	return status;
}

static int verify_words_take(int argc, char **argv, struct verify_words *ret_words)
{
	int i, status;

	*ret_words = (struct verify_words){ .folder = NULL };
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--genesis") && i + 1 < argc) {
			status = genesis_take_id(argv[++i], ret_words->channel);
			if (status)
				return status;
			ret_words->pins.channel = ret_words->channel;
		} else if (!strcmp(argv[i], "--checkpoint") && i + 1 < argc) {
			if (key_file_hex(argv[++i], ret_words->checkpoint, 32))
				return say_usage("ledger", "--checkpoint is a block's hash: 64 hex digits");
			ret_words->pins.checkpoint = ret_words->checkpoint;
		} else if (argv[i][0] == '-' || ret_words->folder) {
			return say_usage("ledger",
					 "ledger verify takes one folder, --genesis FILE and --checkpoint HASH");
		} else {
			ret_words->folder = argv[i];
		}
	}
	if (!ret_words->folder)
		return say_usage("ledger", "ledger verify takes one folder: a channel's, with blocks and state in it");
	return CLI_OK;
}

static int verify(const struct cli *cli, int argc, char **argv)
{
	struct audit_progress_shown progress;
	struct audit_report report = { 0 };
	struct ledger_error error = { .text = "" };
	struct charging_audit charging = { .fault = "" };
	struct verify_words words;
	json_t *object;
	int code;

	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	code = verify_words_take(argc, argv, &words);
	if (code)
		return code;
	words.pins.content = charging_judge;
	words.pins.arg = &charging;
	audit_progress_start(&progress);
	code = ledger_audit(words.folder, &words.pins, audit_progress_tell, &progress, &report, &error);
	audit_progress_end(&progress);
	if (code && code != -EBADMSG)
		return say_failure(CLI_REFUSED, "%.*s", (int)(strlen(error.text) - (strlen(error.text) > 0)),
				   error.text);
	if (cli->json) {
		object = report_json(words.folder, &report, &words.pins, code ? &error : NULL);
		json_object_set_new(object, "charging", charging_json(&charging));
		say_json(object);
	} else {
		report_text(&report, &words.pins, !code);
		if (!code)
			charging_text(&charging);
	}
	if (!code)
		return CLI_OK;
	say_failure(CLI_REFUSED, "%s at offset %llu: %.*s", error.file, (unsigned long long)error.offset,
		    (int)(strlen(error.text) - (strlen(error.text) > 0)), error.text);
	return LEDGER_FAULT;
}

static int ledger(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("ledger", "say what to do: verify");
	if (!strcmp(argv[1], "verify"))
		return verify(cli, argc - 1, argv + 1);
	return say_unknown("ledger", "verb of ledger (verify)", argv[1], verbs);
}

const struct cli_command cmd_ledger = {
	.name = "ledger",
	.run = ledger,
	.usage = "verify FOLDER [--genesis FILE] [--checkpoint HASH]",
	.summary = "Audit a stored ledger offline, from its genesis or its snapshot",
	.help = "FOLDER is a channel's, below the node's state folder: channels/ID. Every block's checksum, place, "
		"link, time,\n"
		"certificate and replica set are checked, every transaction is carried out again, and outcomes and "
		"state roots\n"
		"are compared, the stored state's too. A ledger that began with a snapshot is audited from there: the "
		"snapshot's\n"
		"block is proved from the genesis on, and what cannot be checked is said. --genesis and --checkpoint "
		"pin "
		"what you\n"
		"know from elsewhere: the channel, and the hash of a block that must be in it.\n"
		"Then the charging contract's state is judged: money is conserved and no balance negative, bills are "
		"the sums of\n"
		"their lines and fit their sessions, credit notes stay within their bills.\n"
		"Nothing is changed; the node must not be running. Exit status "
		"0: all\n"
		"good; 1: a fault, told with file and offset; 2: it cannot be read.",
	.verbs = verbs,
};

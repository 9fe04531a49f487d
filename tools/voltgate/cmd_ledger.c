// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_ledger.c - voltgate ledger verify: audits a stored ledger from its
 * genesis, offline and without changing it. Exit status 1 is a fault in the ledger here.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "tools/voltgate/say.h"

#define PROGRESS_AFTER_S 2.0
#define PROGRESS_EVERY_S 0.5
#define LEDGER_FAULT 1

static const char *const verbs[] = { "verify", NULL };

struct progress {
	double start, told;
	bool terminal;
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One line that is written over on a terminal, one every ten seconds elsewhere. */
static void progress_tell(void *arg, u64 number, u64 last)
{
	struct progress *progress = arg;
	double now = now_s(), every = progress->terminal ? PROGRESS_EVERY_S : 10;

	if (now - progress->start < PROGRESS_AFTER_S || now - progress->told < every)
		return;
	progress->told = now;
	fprintf(stderr, "%sblock %s of %s%s", progress->terminal ? "\r" : "", say_count(number), say_count(last),
		progress->terminal ? " " : "\n");
}

static void progress_end(const struct progress *progress)
{
	if (progress->terminal && progress->told > 0)
		fprintf(stderr, "\r\033[K");
}

static json_t *report_json(const char *folder, const struct audit_report *report, const struct ledger_error *error)
{
	char head[65], root[65];
	json_t *object, *fault;

	sodium_bin2hex(head, sizeof(head), report->head, 32);
	sodium_bin2hex(root, sizeof(root), report->root, 32);
	object = json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "ledger", folder, "good", !error, "first",
			   (json_int_t)report->first, "last", (json_int_t)report->last, "transactions",
			   (json_int_t)report->transactions, "valid", (json_int_t)report->valid, "keys",
			   (json_int_t)report->keys, "head", head, "root", root);
	if (object && error) {
		fault = json_pack("{s:s, s:I, s:s}", "file", error->file, "offset", (json_int_t)error->offset,
				  "sentence", error->text);
		json_object_set_new(object, "first_fault", fault);
	}
	return object;
}

static void report_text(const struct audit_report *report, bool good)
{
	/* In two calls: say_count()'s texts live until the fourth after. */
	printf("%s: blocks %s to %s with %s transactions, %s of them valid", good ? "good" : "good up to there",
	       say_count(report->first), say_count(report->last), say_count(report->transactions),
	       say_count(report->valid));
	if (good)
		printf("; %s keys of state", say_count(report->keys));
	putchar('\n');
	if (good) {
		say_hex("head", report->head, 32);
		say_hex("state root", report->root, 32);
	}
}

static int verify(const struct cli *cli, int argc, char **argv)
{
	struct progress progress = { .start = now_s(), .terminal = isatty(STDERR_FILENO) };
	struct audit_report report = { 0 };
	struct ledger_error error = { .text = "" };
	int code;

	if (argc != 2)
		return say_usage("ledger", "ledger verify takes one folder: a channel's, with blocks and state in it");
	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	code = ledger_audit(argv[1], progress_tell, &progress, &report, &error);
	progress_end(&progress);
	if (code && code != -EBADMSG)
		return say_failure(CLI_REFUSED, "%.*s", (int)(strlen(error.text) - (strlen(error.text) > 0)),
				   error.text);
	if (cli->json)
		say_json(report_json(argv[1], &report, code ? &error : NULL));
	else
		report_text(&report, !code);
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
	.usage = "verify FOLDER",
	.summary = "Audit a stored ledger offline, from its genesis",
	.help = "FOLDER is a channel's, below the node's state folder: channels/ID. Every block's checksum, place, "
		"link, time,\n"
		"certificate and replica set are checked, every transaction is carried out again, and outcomes and "
		"state roots\n"
		"are compared, the stored state's too. Nothing is changed; the node must not be running. Exit status "
		"0: all\n"
		"good; 1: a fault, told with file and offset; 2: it cannot be read.",
	.verbs = verbs,
};

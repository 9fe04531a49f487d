// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_session.c - voltgate session: admit, forget, revoke, show and list
 * sessions. Adding is in session_add.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/time_text.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/session_add.h"
#include "tools/voltgate/session_words.h"

static const char *const verbs[] = { "add", "remove", "show", "list", "revoke", NULL };

static int print_session(const struct cli *cli, const struct gate_session *session)
{
	char expires[TIME_TEXT_LEN];

	if (cli->json)
		return say_json(gate_json_session(session));
	if (!time_text_utc(session->expires, expires))
		strcpy(expires, "never");
	printf("%016llx  expires %s  accepted %s  head %s%s\n", (unsigned long long)session->id, expires,
	       say_count(session->accepted), say_count(session->head), session->revoked ? "  REVOKED" : "");
	return CLI_OK;
}

static void print_details(const struct gate_session *session)
{
	char added[TIME_TEXT_LEN];
	int i;

	time_text_utc(session->added, added);
	printf("  added %s  commitment ", session->added ? added : "unknown");
	for (i = 0; i < VG_HASH_LEN; i++)
		printf("%02x", session->commitment[i]);
	putchar('\n');
}

static int show(const struct cli *cli, u64 id)
{
	struct gate_session session;
	struct gate *gate;
	int error = room_gate(cli, &gate);

	if (error)
		return error;
	error = gate->ops->session_get(gate, id, &session);
	if (!error) {
		print_session(cli, &session);
		if (!cli->json)
			print_details(&session);
	}
	return room_close(gate, error);
}

struct listing {
	const struct cli *cli;
	unsigned long long count;
};

static int each_listed(void *arg, const struct gate_session *session)
{
	struct listing *listing = arg;

	listing->count++;
	if (print_session(listing->cli, session))
		return -EIO;
	if (listing->cli->statistics && !listing->cli->json)
		print_details(session);
	return ferror(stdout) ? -EIO : 0;
}

static int list(const struct cli *cli)
{
	struct listing listing = { .cli = cli };
	struct gate *gate;
	int error = room_gate(cli, &gate);

	if (error)
		return error;
	error = gate->ops->session_dump(gate, each_listed, &listing);
	if (!error && !cli->json && !listing.count)
		printf("no sessions\n");
	return room_close(gate, error);
}

static int forget(const struct cli *cli, u64 id)
{
	struct gate *gate;
	json_t *object;
	int error = room_gate(cli, &gate);

	if (error)
		return error;
	error = gate->ops->session_remove(gate, id);
	if (!error && cli->json) {
		object = json_pack("{s:b}", "removed", 1);
		gate_json_put_id(object, "id", id);
		say_json(object);
	} else if (!error) {
		printf("session %016llx removed\n", (unsigned long long)id);
	}
	return room_close(gate, error);
}

static int session(const struct cli *cli, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "list";
	u64 id;
	int i, status;

	for (i = 0; verbs[i] && strcmp(verbs[i], verb); i++)
		;
	if (!verbs[i])
		return say_unknown("session", "verb of session (add, remove, show, list, revoke)", verb, verbs);
	if (!strcmp(verb, "add"))
		return session_add(cli, argc - 2, argv + 2);
	if (!strcmp(verb, "list"))
		return argc > 2 ? say_usage("session", "session list takes no words, not \"%.60s\"", argv[2])
				: list(cli);
	if (argc != 3)
		return say_usage("session", "session %s needs one session id", verb);
	if (!strcmp(verb, "revoke"))
		return cmd_revoke.run(cli, argc - 1, argv + 1);
	status = session_words_id("session", argv[2], &id);
	if (status)
		return status;
	return !strcmp(verb, "show") ? show(cli, id) : forget(cli, id);
}

const struct cli_command cmd_session = {
	.name = "session",
	.run = session,
	.usage = "add [id ID] {key SOURCE | key-out FILE} [expires WHEN] [commitment HEX]\n"
		 "remove ID\nshow ID\nlist\nrevoke ID",
	.summary = "Admit, forget, revoke, show and list sessions",
	.help = "ID has 16 hex digits; without one, add draws it at random. SOURCE is a file, - (standard input) or "
		"fd:N\n"
		"with 32 hex digits or 16 raw bytes: keys are never taken from the command line. key-out draws a new "
		"key\n"
		"and writes it to a new file that only you can read. WHEN is a duration (90s, 15m, 8h, 30d; default "
		"8h),\n"
		"a UTC time (2026-11-23T08:00:00Z) or @TIME64. The commitment is 64 hex digits, recorded in the chain.",
	.verbs = verbs,
};

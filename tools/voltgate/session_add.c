// SPDX-License-Identifier: GPL-2.0
/*
 * session_add.c - admits one session: reads or draws its key, never shows it.
 */
#include "tools/voltgate/session_add.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/gate_json.h"
#include "agent/time_text.h"
#include "tools/voltgate/key_file.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/session_words.h"

#define DEFAULT_LIFE "8h"

/* The words as they were given; NULL: not given. */
struct words {
	const char *id, *key, *key_out, *expires, *commitment;
};

static int take_words(int argc, char **argv, struct words *words)
{
	static const char *const names[] = { "id", "key", "key-out", "expires", "commitment", NULL };
	const char **values[] = { &words->id, &words->key, &words->key_out, &words->expires, &words->commitment };
	int at, i;

	for (at = 0; at < argc; at += 2) {
		for (i = 0; names[i] && strcmp(names[i], argv[at]); i++)
			;
		if (!names[i])
			return say_unknown("session", "word of session add (id, key, key-out, expires, commitment)",
					   argv[at], names);
		if (at + 1 >= argc)
			return say_usage("session", "\"%s\" needs a value after it", argv[at]);
		if (*values[i])
			return say_usage("session", "\"%s\" is given twice", argv[at]);
		*values[i] = argv[at + 1];
	}
	if (words->key && words->key_out)
		return say_usage("session", "give either key (an existing one) or key-out (where a new one goes)");
	if (!words->key && !words->key_out)
		return say_usage(
			"session",
			"say where the key is (key FILE, key -, key fd:N) or where a new one goes (key-out FILE)");
	return CLI_OK;
}

/* A key typed as a word would be seen by everyone who lists processes. */
static int refuse_key_word(const char *source)
{
	if (strlen(source) == 32 && strspn(source, "0123456789abcdefABCDEF") == 32 && access(source, F_OK))
		return say_usage("session", "keys are not taken from the command line, where other users see them: "
					    "put it into a file or pipe it in with key -");
	return CLI_OK;
}

static int take_expiry(const char *text, u64 *ret_expires)
{
	struct timespec now;
	u64 life_us;
	int error;

	error = time_text_duration(text, &life_us);
	if (!error) {
		if (!life_us)
			return say_usage("session", "a session must last longer than 0");
		clock_gettime(CLOCK_REALTIME, &now);
		*ret_expires = time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000) + life_us;
		return CLI_OK;
	}
	if (error == -EINVAL)
		error = time_text_parse(text, ret_expires);
	if (error == -ERANGE)
		return say_usage("session",
				 "expires \"%.60s\" is too far away: at most 100 years, or a time from 2004 to 9999",
				 text);
	if (error)
		return say_usage("session",
				 "expires \"%.60s\" is neither a duration (90s, 15m, 8h, 30d) nor a UTC time "
				 "(2026-11-23T08:00:00Z) nor @TIME64",
				 text);
	return CLI_OK;
}

static int take_session(const struct words *words, struct gate_session *session)
{
	int status = CLI_OK;

	if (words->id)
		status = session_words_id("session", words->id, &session->id);
	while (!status && !session->id)
		randombytes_buf(&session->id, sizeof(session->id));
	if (!status && words->commitment && key_file_hex(words->commitment, session->commitment, VG_HASH_LEN))
		status = say_usage("session", "a commitment has 64 hex digits");
	if (!status)
		status = take_expiry(words->expires ? words->expires : DEFAULT_LIFE, &session->expires);
	if (!status && words->key)
		status = refuse_key_word(words->key);
	return status;
}

static int take_key(const struct words *words, struct gate_session *session)
{
	struct key_file_error text;
	int error;

	if (words->key) {
		error = key_file_read(words->key, session->key, sizeof(session->key), &text);
	} else {
		randombytes_buf(session->key, sizeof(session->key));
		error = key_file_write(words->key_out, session->key, sizeof(session->key), &text);
	}
	return error ? say_failure(CLI_REFUSED, "%s", text.text) : CLI_OK;
}

static void print_added(const struct cli *cli, const struct words *words, const struct gate_session *session)
{
	char expires[TIME_TEXT_LEN];
	json_t *object;

	if (cli->json) {
		object = json_object();
		gate_json_put_id(object, "id", session->id);
		gate_json_put_time(object, "expires", session->expires);
		if (words->key_out)
			json_object_set_new(object, "key_file", json_string(words->key_out));
		say_json(object);
		return;
	}
	if (!time_text_utc(session->expires, expires))
		strcpy(expires, "the end of time");
	printf("session %016llx added until %s%s%s\n", (unsigned long long)session->id, expires,
	       words->key_out ? ", its key is in " : "", words->key_out ? words->key_out : "");
}

int session_add(const struct cli *cli, int argc, char **argv)
{
	struct gate_session session = { 0 };
	struct words words = { 0 };
	struct gate *gate;
	int status, error;

	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot get random numbers from this system");
	status = take_words(argc, argv, &words);
	if (!status)
		status = take_session(&words, &session);
	if (!status)
		status = room_gate(cli, &gate);
	if (status)
		return status;
	status = take_key(&words, &session);
	error = status ? 0 : gate->ops->session_add(gate, &session);
	sodium_memzero(session.key, sizeof(session.key));
	if (error && words.key_out)
		unlink(words.key_out);
	else if (!status && !error)
		print_added(cli, &words, &session);
	error = room_close(gate, error);
	return status ? status : error;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * consortium_open.c - finds a channel's configuration: see consortium_open.h.
 */
#include "tools/voltgate/consortium_open.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

struct consortium_found {
	struct membership membership;
	u8 channel[32];
};

static int found_read_genesis(struct consortium_found *found, const char *path)
{
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = fd < 0 ? errno : 0;
	ssize_t got = bytes && fd >= 0 ? read(fd, bytes, MEMBERSHIP_BYTES_MAX + 1) : 0;
	int status = CLI_OK;

	if (got < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	if (error || !bytes)
		status = say_failure(CLI_REFUSED, "cannot read %s: %s", path, strerror(error ? error : ENOMEM));
	else if (membership_decode((struct span){ bytes, (size_t)got }, &found->membership))
		status = say_failure(CLI_REFUSED, "%s is no configuration of a channel", path);
	else
		membership_channel_id(&found->membership, found->channel);
	free(bytes);
	return status;
}

static int keep_object(void *arg, const json_t *object)
{
	json_t **kept = arg;

	if (!*kept)
		*kept = json_deep_copy(object);
	return 0;
}

static int found_take_object(struct consortium_found *found, const json_t *object)
{
	const char *hex = json_string_value(json_object_get(object, "configuration"));
	const char *id = json_string_value(json_object_get(object, "id"));
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	size_t len = 0, id_len = 0;
	int status = CLI_OK;

	if (!bytes || !hex || !id || sodium_hex2bin(bytes, MEMBERSHIP_BYTES_MAX, hex, strlen(hex), NULL, &len, NULL) ||
	    sodium_hex2bin(found->channel, 32, id, strlen(id), NULL, &id_len, NULL) || id_len != 32 ||
	    membership_decode((struct span){ bytes, len }, &found->membership))
		status = say_failure(CLI_REFUSED, "the agent does not know the channel's configuration now");
	free(bytes);
	return status;
}

static int found_ask_agent(const struct cli *cli, struct consortium_found *found, const char *channel)
{
	struct control_client *client;
	struct gate_error text = { "" };
	json_t *object = NULL;
	int status = room_agent(cli, &client), error;

	if (status)
		return status;
	error = control_client_call(client, json_pack("{s:s, s:s}", "do", "channel-show", "channel", channel),
				    keep_object, &object, &text);
	status = error ? room_status(error, &text) : found_take_object(found, object);
	json_decref(object);
	control_client_close(client);
	return status;
}

static int found_find(const struct cli *cli, struct consortium_found *found, const struct consortium_words *words)
{
	char hex[65];
	int status;

	if (!words->genesis)
		return found_ask_agent(cli, found, words->channel);
	status = found_read_genesis(found, words->genesis);
	if (status)
		return status;
	sodium_bin2hex(hex, sizeof(hex), found->channel, 32);
	if (strcmp(words->channel, found->membership.name) && strcmp(words->channel, hex))
		return say_failure(CLI_REFUSED, "%s is of channel \"%s\", not \"%.64s\"", words->genesis,
				   found->membership.name, words->channel);
	return CLI_OK;
}

int consortium_open(const struct cli *cli, const struct consortium_words *words, struct consortium **ret_consortium)
{
	struct consortium_found *found = calloc(1, sizeof(*found));
	struct identity_error error = { .text = "" };
	struct consortium_options options = { .certificate = words->certificate, .key = words->key };
	int status;

	*ret_consortium = NULL;
	if (!found)
		return say_failure(CLI_REFUSED, "out of memory");
	status = found_find(cli, found, words);
	options.membership = &found->membership;
	options.channel = found->channel;
	if (!status && consortium_new(&options, ret_consortium, &error))
		status = say_failure(CLI_REFUSED, "%s", error.text);
	free(found);
	if (!status && words->genesis)
		consortium_refresh(*ret_consortium);
	return status;
}

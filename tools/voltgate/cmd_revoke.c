// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_revoke.c - voltgate revoke ID, and how session ids are written.
 */
#include <stdio.h>

#include "agent/gate_json.h"
#include "tools/voltgate/key_file.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/session_words.h"

int session_words_id(const char *command, const char *word, u64 *ret_id)
{
	u8 bytes[8];
	int i;

	*ret_id = 0;
	if (!key_file_hex(word, bytes, sizeof(bytes)))
		for (i = 0; i < 8; i++)
			*ret_id = *ret_id << 8 | bytes[i];
	if (!*ret_id)
		return say_usage(command, "\"%.60s\" is no session id; one has 16 hex digits, not all zero", word);
	return CLI_OK;
}

static int revoke(const struct cli *cli, int argc, char **argv)
{
	struct gate *gate;
	json_t *object;
	u64 id;
	int error;

	if (argc != 2)
		return say_usage("revoke", "revoke needs one session id");
	error = session_words_id("revoke", argv[1], &id);
	if (!error)
		error = room_gate(cli, &gate);
	if (error)
		return error;
	error = gate->ops->session_revoke(gate, id);
	if (!error && cli->json) {
		object = json_pack("{s:b}", "revoked", 1);
		gate_json_put_id(object, "id", id);
		say_json(object);
	} else if (!error) {
		printf("session %016llx revoked: its packets are refused from now on\n", (unsigned long long)id);
	}
	return room_close(gate, error);
}

const struct cli_command cmd_revoke = {
	.name = "revoke",
	.run = revoke,
	.usage = "ID",
	.summary = "Revoke a session at once (short for session revoke)",
	.help = "Its packets are refused as revoked until it would have expired; the revocation is recorded in the\n"
		"verdict chain.",
	.verbs = NULL,
};

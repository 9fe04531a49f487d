// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_key.c - voltgate key: what others need to check this gate's verdicts.
 */
#include <stdio.h>

#include "agent/gate_json.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static int key(const struct cli *cli, int argc, char **argv)
{
	struct gate_status found;
	struct gate *gate;
	json_t *object;
	int error;

	if (argc > 1)
		return say_usage("key", "key takes no words, not \"%.60s\"", argv[1]);
	error = room_gate(cli, &gate);
	if (error)
		return error;
	error = gate->ops->status(gate, &found);
	if (!error && cli->json) {
		object = json_object();
		gate_json_put_hex(object, "attestor", found.attestor, VG_KEY_LEN);
		json_object_set_new(object, "grade",
				    json_string(found.grade == VG_GRADE_ATTESTED ? "attested" : "plain"));
		gate_json_put_time(object, "epoch", found.epoch);
		gate_json_put_u64(object, "next_number", found.next_number);
		gate_json_put_hex(object, "head_hash", found.head_hash, VG_HASH_LEN);
		say_json(object);
	} else if (!error) {
		say_hex("attestor", found.attestor, VG_KEY_LEN);
		say_time("epoch", found.epoch);
		printf("%-12s%s\n", "next number", say_count(found.next_number));
		say_hex("head hash", found.head_hash, VG_HASH_LEN);
	}
	return room_close(gate, error);
}

const struct cli_command cmd_key = {
	.name = "key",
	.run = key,
	.usage = "",
	.summary = "Show the public attestation key, its epoch and the chain's head",
	.help = "The key is what \"voltgate verify --key\" pins. In the attested grade each load of the module makes "
		"a\n"
		"new one; its secret half never leaves the kernel.",
	.verbs = NULL,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_attach.c - voltgate attach, detach: the agent puts its program on an
 * interface or takes it off.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "agent/gate_json.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static const char *const modes[] = { "native", "generic", "auto", NULL };

struct shown {
	const struct cli *cli;
	bool any;
};

static int each_attached(void *arg, const json_t *object)
{
	struct shown *shown = arg;
	struct gate_interface interface;
	struct gate_error error;

	shown->any = true;
	if (shown->cli->json)
		return say_json(json_copy((json_t *)object)) ? -EIO : 0;
	if (gate_json_interface_decode(object, &interface, &error))
		return 0;
	printf("attached to %s in mode %s, grade %s\n", interface.name, interface.mode,
	       interface.grade == VG_GRADE_ATTESTED ? "attested" : "plain");
	return 0;
}

static int check_interface(const char *command, const char *name)
{
	if (!*name || strlen(name) >= IFNAMSIZ || strchr(name, '/'))
		return say_usage(command,
				 "\"%.60s\" is no name of an interface (1 to %d characters); \"ip link\" shows them",
				 name, IFNAMSIZ - 1);
	return CLI_OK;
}

static int ask(const struct cli *cli, json_t *request, const char *done, const char *name)
{
	struct shown shown = { .cli = cli };
	struct control_client *client;
	struct gate_error text = { "" };
	int error, status = room_agent(cli, &client);

	if (status) {
		json_decref(request);
		return status;
	}
	error = control_client_call(client, request, each_attached, &shown, &text);
	control_client_close(client);
	if (!error && !shown.any && !cli->json)
		printf("%s %s\n", done, name);
	return room_status(error, &text);
}

static int attach(const struct cli *cli, int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[2] : "auto";
	int status, i;

	if (argc < 2)
		return say_usage("attach", "attach needs the name of an interface");
	if (argc > 3)
		return say_usage("attach", "attach takes an interface and a mode, not \"%.60s\"", argv[3]);
	for (i = 0; modes[i] && strcmp(modes[i], mode); i++)
		;
	if (!modes[i])
		return say_unknown("attach", "mode (native, generic, auto)", mode, modes);
	status = check_interface("attach", argv[1]);
	if (status)
		return status;
	return ask(cli, json_pack("{s:s, s:s, s:s}", "do", "attach", "interface", argv[1], "mode", mode), "attached to",
		   argv[1]);
}

static int detach(const struct cli *cli, int argc, char **argv)
{
	int status;

	if (argc != 2)
		return say_usage("detach", "detach needs the name of one interface");
	status = check_interface("detach", argv[1]);
	if (status)
		return status;
	return ask(cli, json_pack("{s:s, s:s}", "do", "detach", "interface", argv[1]), "detached from", argv[1]);
}

const struct cli_command cmd_attach = {
	.name = "attach",
	.run = attach,
	.usage = "IFACE [native|generic|auto]",
	.summary = "Put the gate on an interface",
	.help = "The agent does it. auto (the default) takes the driver's native XDP and falls back to generic.\n"
		"Another XDP program on the interface is left alone and the attach refused, unless the agent's\n"
		"configuration says coexist = yes for it.",
	.verbs = NULL,
};

const struct cli_command cmd_detach = {
	.name = "detach",
	.run = detach,
	.usage = "IFACE",
	.summary = "Take the gate off an interface",
	.help = "From then on nothing is admitted through it: the agent acts on verdicts only.",
	.verbs = NULL,
};

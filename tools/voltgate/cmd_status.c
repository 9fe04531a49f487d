// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_status.c - voltgate status: gate, agent and interfaces at a glance.
 */
#include <errno.h>
#include <stdio.h>

#include "agent/gate_json.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static void print_gate(const struct gate_status *status)
{
	printf("%-12s%s%s%s%s\n", "gate", status->grade == VG_GRADE_ATTESTED ? "attested" : "plain",
	       status->version[0] ? ", version " : "", status->version,
	       status->test_clock ? ", TEST CLOCK: the policy's clock-offset-us is not 0" : "");
	say_time("time", status->time);
	printf("%-12s%s of %s bytes each\n", "sessions", say_count(status->sessions), say_count(status->session_bytes));
	printf("%-12s%s aggregates\n", "alarms", say_count(status->alarm_entries));
	if (status->epoch)
		say_time("epoch", status->epoch);
	else
		printf("%-12snot begun: no agent has taken this gate into use\n", "epoch");
	say_hex("attestor", status->attestor, VG_KEY_LEN);
	printf("%-12snext number %s, %s records open, %s batches wait for the agent\n", "chain",
	       say_count(status->next_number), say_count(status->open_records), say_count(status->pending_batches));
}

static void print_scalar(const json_t *value)
{
	if (json_is_string(value))
		fputs(json_string_value(value), stdout);
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", stdout);
	else
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* "name count, name count": the counts that are not 0, or "none". */
static void print_counts(const json_t *object)
{
	const char *name, *comma = "";
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		if (json_is_object(value) || json_is_array(value) || json_is_false(value) ||
		    (json_is_integer(value) && !json_integer_value(value)))
			continue;
		printf("%s%s ", comma, name);
		print_scalar(value);
		comma = ", ";
	}
	puts(*comma ? "" : "none");
}

/* The agent says of itself what it likes: values and groups of counts, one a line. Interfaces have lines of their own.
 */
static void print_agent(const json_t *agent)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)agent, name, value) {
		if (json_is_array(value))
			continue;
		printf("agent %-19s ", name);
		if (json_is_object(value)) {
			print_counts(value);
			continue;
		}
		print_scalar(value);
		putchar('\n');
	}
}

static int keep_first(void *arg, const json_t *object)
{
	json_t **first = arg;

	if (!*first)
		*first = json_deep_copy(object);
	return 0;
}

static int keep_all(void *arg, const json_t *object)
{
	return json_array_append((json_t *)arg, (json_t *)object);
}

static void print_interfaces(const json_t *interfaces)
{
	struct gate_interface interface;
	struct gate_error error;
	json_t *value;
	size_t i;

	json_array_foreach (interfaces, i, value)
		if (!gate_json_interface_decode(value, &interface, &error))
			printf("%-12s%s, %s, grade %s\n", "interface", interface.name, interface.mode,
			       interface.grade == VG_GRADE_ATTESTED ? "attested" : "plain");
	if (!json_array_size(interfaces))
		printf("%-12snone: voltgate attach IFACE\n", "interface");
}

/* Takes @object, with what the agent answered. */
static int show_agent(const struct cli *cli, json_t *object)
{
	struct gate_status status;
	struct gate_error error = { "" };
	int failed;

	if (cli->json)
		return say_json(object);
	if (json_is_false(json_object_get(object, "gate"))) {
		printf("%-12snone: this agent has no gate, only a node of the ledger\n", "gate");
		print_agent(json_object_get(object, "agent"));
		json_decref(object);
		return CLI_OK;
	}
	failed = gate_json_status_decode(object, &status, &error);
	if (!failed) {
		print_gate(&status);
		print_interfaces(json_object_get(object, "interfaces"));
		print_agent(json_object_get(object, "agent"));
	}
	json_decref(object);
	return room_status(failed, &error);
}

static int ask_agent(const struct cli *cli, struct control_client *client)
{
	struct gate_error text = { "" };
	json_t *object = NULL, *interfaces = json_array();
	int error = control_client_call(client, json_pack("{s:s}", "do", "status"), keep_first, &object, &text);

	if (!error && json_is_false(json_object_get(object, "gate"))) {
		json_decref(interfaces);
		return show_agent(cli, object);
	}
	if (!error)
		error = control_client_call(client, json_pack("{s:s}", "do", "interfaces"), keep_all, interfaces,
					    &text);
	if (!error && json_object_set(object, "interfaces", interfaces))
		error = -EPROTO;
	json_decref(interfaces);
	if (error) {
		json_decref(object);
		return room_status(error, &text);
	}
	return show_agent(cli, object);
}

static int status(const struct cli *cli, int argc, char **argv)
{
	struct control_client *client;
	struct gate_status gate_status;
	struct gate_error text;
	struct gate *gate;
	int error;

	if (argc > 1)
		return say_usage("status", "status takes no words, not \"%.60s\"", argv[1]);
	if ((cli->socket_given || !cli->netns) && !control_client_open(cli->socket, &client, &text)) {
		error = ask_agent(cli, client);
		control_client_close(client);
		return error;
	}
	error = room_gate(cli, &gate);
	if (error)
		return error;
	error = gate->ops->status(gate, &gate_status);
	if (!error && cli->json)
		say_json(gate_json_status(&gate_status));
	else if (!error)
		print_gate(&gate_status);
	return room_close(gate, error);
}

const struct cli_command cmd_status = {
	.name = "status",
	.run = status,
	.usage = "",
	.summary = "Show gate, agent and interfaces",
	.help = "The grade says who enforces and signs: attested (the kernel module) or plain (BPF and the agent).",
	.verbs = NULL,
};

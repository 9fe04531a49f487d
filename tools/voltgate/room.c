// SPDX-License-Identifier: GPL-2.0
/*
 * room.c - opens the gate that a command talks to.
 */
#include "tools/voltgate/room.h"

#include <errno.h>
#include <unistd.h>

#include "tools/voltgate/say.h"

/* Errors of an open connection: a gate that went away is unreachable, any other word of it is a refusal. */
static enum cli_exit status_of(int error)
{
	return error == -EPIPE || error == -ETIMEDOUT || error == -ECONNREFUSED || error == -EPROTO ? CLI_UNREACHABLE
												    : CLI_REFUSED;
}

/* Of a connection that could not be opened: no permission is a refusal. */
static enum cli_exit status_of_open(int error)
{
	return error == -EACCES || error == -EPERM ? CLI_REFUSED : CLI_UNREACHABLE;
}

int room_status(int error, const struct gate_error *text)
{
	if (!error)
		return CLI_OK;
	return say_failure(status_of(error), "%s", text->text[0] ? text->text : strerror(-error));
}

int room_agent(const struct cli *cli, struct control_client **ret_client)
{
	struct gate_error text = { "" };
	int error = control_client_open(cli->socket, ret_client, &text);

	return error ? say_failure(status_of_open(error), "%s", text.text) : CLI_OK;
}

int room_agent_gate(const struct cli *cli, struct gate **ret_gate)
{
	struct gate_error text = { "" };
	int error = gate_control_open(cli->socket, ret_gate, &text);

	return error ? say_failure(status_of_open(error), "%s", text.text) : CLI_OK;
}

/* True if nobody has begun the module's chain: it is loaded, but enforces nothing. */
static bool module_idle(struct gate *kernel)
{
	struct gate_status status;

	return !kernel->ops->status(kernel, &status) && !status.epoch;
}

int room_gate(const struct cli *cli, struct gate **ret_gate)
{
	struct gate_error text = { "" };
	struct gate *kernel = NULL, *agent = NULL;
	int error;

	if (cli->socket_given)
		return room_agent_gate(cli, ret_gate);
	error = gate_kernel_open(&kernel, &text);
	if (error == -ENOENT) {
		error = gate_control_open(cli->socket, ret_gate, &text);
		if (error == -ENOENT)
			return say_failure(
				CLI_UNREACHABLE,
				"no gate here: neither is voltgate.ko loaded nor does an agent listen at %s: "
				"start it (systemctl start voltgated), give its socket with -S, or run \"voltgate "
				"doctor\"",
				cli->socket);
		return error ? say_failure(status_of_open(error), "%s", text.text) : CLI_OK;
	}
	if (error)
		return say_failure(CLI_UNREACHABLE, "%s", text.text);
	if (module_idle(kernel) && !gate_control_open(cli->socket, &agent, &text)) {
		kernel->ops->close(kernel);
		kernel = agent;
	}
	*ret_gate = kernel;
	return CLI_OK;
}

int room_close(struct gate *gate, int error)
{
	int status = room_status(error, &gate->error);

	gate->ops->close(gate);
	return status;
}

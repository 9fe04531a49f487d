// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_alarms.c - voltgate alarms: the gate's aggregates of refused packets, as
 * they stand or as they change. From the agent, or from the module itself.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/gate_kernel.h"
#include "tools/voltgate/follow.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

struct printing {
	const struct cli *cli;
	unsigned long count, seen;
};

static void print_text(const json_t *object)
{
	const char *when = json_string_value(json_object_get(object, "timestamp"));
	const char *state = json_string_value(json_object_get(object, "state"));
	const char *sentence = json_string_value(json_object_get(object, "sentence"));

	printf("%s  %-6s  %s\n", when ? when : "-", state ? state : "-", sentence ? sentence : "-");
}

/* -EINTR: all that were asked for have been printed. */
static int print_alarm(struct printing *printing, int event, const struct vg_alarm *alarm)
{
	char name[IF_NAMESIZE];
	json_t *object = gate_json_alarm(alarm, event, if_indextoname(alarm->state.ifindex, name));

	if (object && printing->cli->json) {
		say_json(object);
	} else if (object) {
		print_text(object);
		json_decref(object);
	}
	if (!object || ferror(stdout))
		return -EIO;
	return printing->count && ++printing->seen >= printing->count ? -EINTR : 0;
}

static int each_open(void *arg, const struct vg_alarm *alarm)
{
	return print_alarm(arg, 0, alarm);
}

static int each_event(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm)
{
	return print_alarm(arg, event, alarm);
}

static int list(const struct cli *cli, const struct follow_words *words)
{
	struct printing printing = { .cli = cli, .count = words->count };
	struct gate *gate;
	int error = room_gate(cli, &gate);

	if (error)
		return error;
	error = gate->ops->alarm_dump(gate, each_open, &printing);
	return room_close(gate, error == -EINTR ? 0 : error);
}

static int follow_kernel(const struct cli *cli, const struct follow_words *words, struct gate_kernel_listener *listener)
{
	struct printing printing = { .cli = cli, .count = words->count };
	struct gate_kernel_sink sink = { .arg = &printing, .alarm = each_event };
	struct pollfd waiting = { .fd = gate_kernel_listener_fd(listener), .events = POLLIN };
	int error = 0;

	while (!error && poll(&waiting, 1, -1) >= 0) {
		error = gate_kernel_listener_receive(listener, &sink);
		if (fflush(stdout))
			return say_done(CLI_REFUSED);
		if (error == -ENOBUFS) { /* the counts are in the next update of each */
			fprintf(stderr, "voltgate: some notices were lost because they were not read fast enough.\n");
			error = 0;
		}
	}
	return error && error != -EINTR ? say_failure(CLI_REFUSED, "cannot read alarms: %s", strerror(-error)) : CLI_OK;
}

static int follow(const struct cli *cli, const struct follow_words *words)
{
	struct gate_kernel_listener *listener;
	struct control_client *client;
	struct gate_error text;
	int status;

	if (cli->socket_given || gate_kernel_listen(false, true, &listener, &text)) {
		status = room_agent(cli, &client);
		if (status)
			return status;
		status = follow_agent(cli, client, "alarms", words->count, print_text);
		control_client_close(client);
		return status;
	}
	status = follow_kernel(cli, words, listener);
	gate_kernel_listener_close(listener);
	return status;
}

static int alarms(const struct cli *cli, int argc, char **argv)
{
	struct follow_words words;
	int status = follow_words_take("alarms", NULL, argc, argv, &words);

	if (status)
		return status;
	return words.follow ? follow(cli, &words) : list(cli, &words);
}

const struct cli_command cmd_alarms = {
	.name = "alarms",
	.run = alarms,
	.usage = "[-f] [-c COUNT]",
	.summary = "Show refused packets by session, source and reason",
	.help = "Without -f the aggregates that are open now, with it each that is new, grows or ends, as it happens.\n"
		"-j gives the lines of the alarm log.",
	.verbs = NULL,
};

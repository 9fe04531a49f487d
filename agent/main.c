// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - voltgated: the agent's parts in the order they are opened.
 *
 * What needs privilege comes first; then the agent becomes its own user and
 * opens the rest as that user. Parts are closed in reverse, after the program
 * was taken off the interfaces, so that all it admitted is still stored.
 */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/charge/charge.h"
#include "agent/control.h"
#include "agent/live.h"
#include "agent/greet.h"
#include "agent/notify.h"
#include "agent/privileges.h"
#include "agent/say.h"
#include "agent/verbs.h"
#include "agent/wipe.h"

u64 agent_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

u64 agent_now_ms(void)
{
	return agent_now_us() / 1000;
}

void agent_stop(struct agent *agent, int exit_code)
{
	if (!agent->stopping)
		agent->exit_code = exit_code;
	agent->stopping = true;
	event_base_loopbreak(agent->base);
}

static int main_open_loop(struct agent *agent)
{
	signal(SIGPIPE, SIG_IGN);
	wipe_json();
	agent->clock_fd = -1;
	if (*agent->config.name)
		strcpy(agent->host, agent->config.name);
	else
		gethostname(agent->host, sizeof(agent->host) - 1);
	agent->base = event_base_new();
	return agent->base && sodium_init() >= 0 ? 0 : AGENT_EXIT_REFUSED;
}

static void main_close_loop(struct agent *agent)
{
	event_base_free(agent->base);
}

static int main_make_folders(const struct agent *agent, const struct privileges *privileges,
			     struct privileges_error *ret_error)
{
	char control[CONFIG_TEXT_MAX], alarm_log[CONFIG_TEXT_MAX];
	int err = privileges_make_folder(privileges, agent->config.state_dir, ret_error);

	strcpy(control, agent->config.control);
	strcpy(alarm_log, agent->config.alarm_log);
	if (!err)
		err = privileges_make_folder(privileges, dirname(control), ret_error);
	if (!err && agent->config.gate)
		err = privileges_make_folder(privileges, dirname(alarm_log), ret_error);
	return err;
}

/* The border between root and the agent's own user. */
static int main_drop(struct agent *agent)
{
	struct privileges privileges;
	struct privileges_error error;
	int err = privileges_find(agent->config.user, agent->config.group, &privileges, &error);

	if (!err)
		err = main_make_folders(agent, &privileges, &error);
	if (!err)
		err = privileges_drop(&privileges, agent->config.gate, &error);
	if (err)
		say_error("%s", error.text);
	return err ? AGENT_EXIT_REFUSED : 0;
}

static int main_open_gate(struct agent *agent)
{
	return loader_grade(agent->loader) == VG_GRADE_ATTESTED ? batchlink_open(agent) : plain_open(agent);
}

static void main_close_gate(struct agent *agent)
{
	if (agent->batchlink)
		batchlink_close(agent);
	else
		plain_close(agent);
}

static int main_open_control(struct agent *agent)
{
	struct control_error error;

	if (!control_open(agent->base, agent->config.control, agent->config.control_clients, verbs_handle, agent,
			  &agent->control, &error))
		return 0;
	say_error("%s", error.text);
	return AGENT_EXIT_REFUSED;
}

static void main_close_control(struct agent *agent)
{
	control_close(agent->control);
	agent->control = NULL;
}

static const struct {
	int (*open)(struct agent *agent);
	void (*close)(struct agent *agent);
	bool gate; /* left out where [agent] gate = no */
} main_parts[] = {
	{ main_open_loop, main_close_loop, false },
	{ act_prepare, act_close, true }, /* holds the UDP port: from here on this is the namespace's only agent */
	{ enforce_open, enforce_close, true },
	{ notice_prepare, NULL, true },
	{ main_drop, NULL, false },
	{ record_open, record_close, true },
	{ notice_open, notice_close, true },
	{ main_open_gate, main_close_gate, true },
	{ act_open, NULL, true },
	{ main_open_control, main_close_control, false },
	{ consort_open, consort_close, false },
	{ live_open, live_close, false },
	{ greet_open, greet_close, true },
	{ charge_open, charge_close, true },
	{ rhythm_open, rhythm_close, false },
};

#define MAIN_PARTS (sizeof(main_parts) / sizeof(*main_parts))

static int main_run(struct agent *agent)
{
	size_t opened;
	int err = 0;

	for (opened = 0; !err && opened < MAIN_PARTS; opened++)
		if (agent->config.gate || !main_parts[opened].gate)
			err = main_parts[opened].open(agent);
	if (!err) {
		notify("READY=1");
		say_info("Ready: %s answers on %s.", agent->host, agent->config.control);
		event_base_dispatch(agent->base);
		notify("STOPPING=1");
		consort_stop(agent);
		if (agent->config.gate)
			enforce_detach(agent);
		err = agent->exit_code;
	}
	while (opened--)
		if (main_parts[opened].close && (agent->config.gate || !main_parts[opened].gate))
			main_parts[opened].close(agent);
	return err;
}

static int main_usage(FILE *out, int code)
{
	fprintf(out, "usage: voltgated [-n] [-c FILE]    run, or with -n only check the configuration\n"
		     "       voltgated -k                list the configuration's keys and defaults\n"
		     "       voltgated -V                print the version\n");
	return code;
}

int main(int argc, char **argv)
{
	static struct agent agent;
	struct config_error error;
	bool check = false;
	int option;

	agent.config_path = CONFIG_PATH;
	while ((option = getopt(argc, argv, "c:nkVh")) != -1) {
		switch (option) {
		case 'c':
			agent.config_path = optarg;
			break;
		case 'n':
			check = true;
			break;
		case 'k':
			config_print_keys(stdout);
			return AGENT_EXIT_OK;
		case 'V':
			printf("voltgated %s\n", VOLTGATE_VERSION);
			return AGENT_EXIT_OK;
		case 'h':
			return main_usage(stdout, AGENT_EXIT_OK);
		default:
			return main_usage(stderr, AGENT_EXIT_USAGE);
		}
	}
	if (optind < argc)
		return main_usage(stderr, AGENT_EXIT_USAGE);
	if (config_load(agent.config_path, &agent.config, &error)) {
		fprintf(stderr, "voltgated: %s\n", error.text);
		return AGENT_EXIT_USAGE;
	}
	if (check)
		return AGENT_EXIT_OK;
	say_open(agent.config.syslog);
	return main_run(&agent);
}

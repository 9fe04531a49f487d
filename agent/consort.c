// SPDX-License-Identifier: GPL-2.0
/*
 * consort.c - the ledger's node as a part of the agent: opened where [node]
 * has an address to listen on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/block_json.h"
#include "agent/control.h"
#include "agent/figures.h"
#include "agent/live.h"
#include "agent/node/node.h"
#include "agent/revocation.h"
#include "agent/say.h"

static void consort_committed(void *arg, struct channel *channel, const struct block *block)
{
	struct agent *agent = arg;
	json_t *object;

	revocation_committed(agent, channel, block);
	if (!agent->page && (!agent->control || !control_followed(agent->control, CONTROL_BLOCKS)))
		return;
	object = block_json(block);
	json_object_set_new(object, "channel", json_string(ledger_membership(channel_ledger(channel))->name));
	if (agent->control)
		control_publish(agent->control, CONTROL_BLOCKS, object);
	live_block(agent, object);
	json_decref(object);
}

static void consort_figures(void *arg, struct evbuffer *out)
{
	figures_add(arg, out);
}

int consort_open(struct agent *agent)
{
	const struct config_node_section *section = &agent->config.node;
	char folder[CONFIG_TEXT_MAX + 16];
	struct node_options options = {
		.base = agent->base,
		.folder = folder,
		.certificate = section->certificate,
		.key = section->key,
		.listen = section->listen,
		.metrics = section->metrics,
		.log = section->log,
		.pool_requests = section->pool_requests,
		.pool_bytes = section->pool_bytes,
		.snapshot_after = section->snapshot_after,
		.leap_s = agent->config.policy.leap_seconds,
		.clock_offset_us = section->clock_offset_us,
		.committed = consort_committed,
		.figures = consort_figures,
		.arg = agent,
	};
	struct node_error error = { .text = "" };

	if (!*section->listen)
		return 0;
	if (*section->folder)
		snprintf(folder, sizeof(folder), "%s", section->folder);
	else
		snprintf(folder, sizeof(folder), "%s/ledger", agent->config.state_dir);
	if (!node_open(&options, &agent->node, &error)) {
		say_info("The ledger's node answers on %s (port %u), %u channels.", section->listen,
			 node_port(agent->node), node_channels(agent->node));
		return 0;
	}
	say_error("%s", error.text);
	return AGENT_EXIT_REFUSED;
}

void consort_stop(struct agent *agent)
{
	if (agent->node)
		node_stop(agent->node);
}

void consort_hang_up(struct agent *agent)
{
	int err = agent->node ? node_reopen_log(agent->node) : 0;

	if (err)
		say_error("Cannot open the log %s again: %s. The old file stays in use.", agent->config.node.log,
			  strerror(-err));
}

void consort_close(struct agent *agent)
{
	if (agent->node)
		node_close(agent->node);
	agent->node = NULL;
}

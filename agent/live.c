// SPDX-License-Identifier: GPL-2.0
/*
 * live.c - gathers the live page's state from the parts of the agent: see live.h.
 */
#include "agent/live.h"

#include <errno.h>
#include <string.h>

#include "agent/charging_ask.h"
#include "agent/gate_json.h"
#include "agent/live_stations.h"
#include "agent/node/node.h"
#include "agent/page/page.h"
#include "agent/say.h"
#include "agent/status.h"

static json_t *live_gate(struct agent *agent)
{
	struct gate_counters counters;
	struct gate_error error;
	json_t *status = NULL, *object, *packets;
	u32 i;

	if (!agent->config.gate || status_json(agent, &status, &error))
		return json_null();
	object = json_object();
	json_object_set(object, "grade", json_object_get(status, "grade"));
	json_object_set(object, "sessions", json_object_get(status, "sessions"));
	json_object_set(object, "next_number", json_object_get(status, "next_number"));
	json_object_set(object, "test_clock", json_object_get(status, "test_clock"));
	packets = json_array();
	for (i = 0; i < agent->config.interface_count; i++)
		json_array_append_new(packets, json_string(agent->config.interfaces[i].name));
	json_object_set_new(object, "interfaces", packets);
	packets = json_object();
	if (!agent->gate->ops->counters(agent->gate, &counters))
		for (i = 0; i < VG_REASON_COUNT; i++)
			gate_json_put_u64(packets, vg_reason_word(i), counters.packets[i]);
	json_object_set_new(object, "packets", packets);
	json_decref(status);
	return object;
}

/* Members of @from that the page shows, by the same names. */
static json_t *picked(const json_t *from, const char *const *names)
{
	json_t *object = json_object(), *value;

	for (; *names; names++) {
		value = json_object_get(from, *names);
		if (value)
			json_object_set(object, *names, value);
	}
	return object;
}

static json_t *live_channels(struct agent *agent)
{
	static const char *const names[] = { "name", "height", "epoch", "waiting", "behind", "stopped", NULL };
	json_t *list = json_array(), *object, *channel, *view;
	u32 i;

	for (i = 0; agent->node && i < node_channels(agent->node); i++) {
		channel = node_channel_json(agent->node, i, false);
		object = picked(channel, names);
		view = json_object_get(json_object_get(channel, "consensus"), "view");
		if (view)
			json_object_set(object, "view", view);
		json_array_append_new(list, object);
		json_decref(channel);
	}
	return list;
}

static json_t *live_peers(struct agent *agent)
{
	static const char *const names[] = { "name", "address", "state", NULL };
	json_t *list = json_array(), *peer;
	u32 i;

	for (i = 0; agent->node && i < node_peers(agent->node); i++) {
		peer = node_peer_json(agent->node, i);
		json_array_append_new(list, picked(peer, names));
		json_decref(peer);
	}
	return list;
}

static json_t *live_stations(struct agent *agent)
{
	json_t *list = json_array();
	struct channel *channel;
	u32 i;

	for (i = 0; agent->node && i < node_channels(agent->node); i++) {
		channel = node_channel(agent->node, i);
		if (channel)
			live_stations_add(channel_ledger(channel), list);
	}
	return list;
}

/* What the utility plans for the station here; null where there is none. */
static json_t *live_plan(struct agent *agent)
{
	json_t *answer, *plan = NULL;
	struct channel *channel;
	u32 i;

	for (i = 0; agent->node && *agent->config.handshake.station && !plan && i < node_channels(agent->node); i++) {
		channel = node_channel(agent->node, i);
		answer = channel ? charging_ask(channel_ledger(channel), "plan.show", agent->config.handshake.station)
				 : NULL;
		plan = json_incref(json_object_get(answer, "plan"));
		json_decref(answer);
	}
	return plan ? plan : json_null();
}

static json_t *live_state(void *arg)
{
	struct agent *agent = arg;
	json_t *object = json_object();
	int failed = !object;

	failed |= json_object_set_new(object, "name", json_string(agent->host));
	failed |= json_object_set_new(object, "gate", live_gate(agent));
	failed |= json_object_set_new(object, "channels", live_channels(agent));
	failed |= json_object_set_new(object, "peers", live_peers(agent));
	failed |= json_object_set_new(object, "stations", live_stations(agent));
	failed |= json_object_set_new(object, "plan", live_plan(agent));
	return gate_json_finish(object, failed);
}

int live_open(struct agent *agent)
{
	struct page_options options = {
		.base = agent->base,
		.listen = agent->config.page_listen,
		.state = live_state,
		.arg = agent,
	};
	struct page_error error = { .text = "" };

	if (!*agent->config.page_listen)
		return 0;
	if (page_open(&options, &agent->page, &error)) {
		say_error("%s", error.text);
		return AGENT_EXIT_REFUSED;
	}
	say_info("The live page is at http://%s/ (port %u).", agent->config.page_listen, page_port(agent->page));
	return 0;
}

void live_close(struct agent *agent)
{
	page_close(agent->page);
	agent->page = NULL;
}

void live_tick(struct agent *agent)
{
	if (agent->page)
		page_tick(agent->page);
}

void live_alarm(struct agent *agent, const json_t *alarm)
{
	if (agent->page)
		page_publish(agent->page, "alarm", alarm);
}

void live_block(struct agent *agent, const json_t *block)
{
	if (agent->page)
		page_publish(agent->page, "block", block);
}

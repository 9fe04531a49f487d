// SPDX-License-Identifier: GPL-2.0
/*
 * act.c - the agent's use of action.h: its sockets in the event loop, and what
 * "acting" is: an action of a session that came of a handshake goes on to
 * charging, and those who follow actions are told of every one.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/charge/charge.h"
#include "agent/control.h"
#include "agent/gate_json.h"
#include "agent/greet.h"
#include "agent/say.h"
#include "voltgate/vid.h"

static void act_tell(struct agent *agent, const struct vg_batch_head *head, u32 index, const struct vg_record *record,
		     const struct datagram *datagram)
{
	json_t *object;

	if (!agent->control || !control_followed(agent->control, CONTROL_ACTIONS))
		return;
	object = gate_json_action(head, index, record, datagram->bytes, datagram->len);
	if (object)
		control_publish(agent->control, CONTROL_ACTIONS, object);
	json_decref(object);
}

static void act_acted(void *arg, const struct vg_batch_head *head, u32 index, const struct vg_record *record,
		      const struct datagram *datagram)
{
	struct agent *agent = arg;
	const struct greeted *greeted =
		greet_heard(agent, vg_be64(record->session), vg_be64(record->sequence), &datagram->path);

	if (greeted)
		charge_take(agent, greeted, head, index, record, datagram->bytes, datagram->len);
	act_tell(agent, head, index, record, datagram);
}

static void act_beacon(void *arg, u64 session)
{
	greet_beacon(arg, session);
}

static void act_on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	(void)what;
	action_receive(agent->action, fd, agent_now_ms());
}

int act_prepare(struct agent *agent)
{
	const struct action_events events = { agent, act_acted, act_beacon };
	int err = action_new(agent->config.pending_actions, agent->config.action_timeout_ms, &events, &agent->action);

	if (!err)
		err = action_open_sockets(agent->action);
	if (!err)
		return 0;
	if (err == -EADDRINUSE)
		say_error("Another process has UDP port %d. Stop it: only one agent runs in a network namespace.",
			  VG_VID_PORT);
	else
		say_error("Cannot receive on UDP port %d: %s.", VG_VID_PORT, strerror(-err));
	return AGENT_EXIT_REFUSED;
}

int act_open(struct agent *agent)
{
	int i, fd;

	for (i = 0; i < 2; i++) {
		fd = action_port(agent->action)->sockets[i][DATAGRAM_OTHERS];
		if (fd < 0) {
			say_info("No IPv%d here: its packets are not received.", i ? 6 : 4);
			continue;
		}
		agent->action_events[i] = event_new(agent->base, fd, EV_READ | EV_PERSIST, act_on_socket, agent);
		if (!agent->action_events[i] || event_add(agent->action_events[i], NULL))
			return AGENT_EXIT_REFUSED;
	}
	return 0;
}

void act_close(struct agent *agent)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (agent->action_events[i])
			event_free(agent->action_events[i]);
		agent->action_events[i] = NULL;
	}
	action_free(agent->action);
	agent->action = NULL;
}

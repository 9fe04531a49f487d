// SPDX-License-Identifier: GPL-2.0
/*
 * notice.c - the agent's use of alarms.h and its_room.h: drains vg_ring, which
 * carries ITS frames and first-of-a-kind alarms, and sends alarms on.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/control.h"
#include "agent/gate_plain.h"
#include "agent/live.h"
#include "agent/greet.h"
#include "agent/say.h"

#define NOTICE_ROUND 512 /* events before the event loop has its turn: each frame can cost a signature */

static void notice_told(void *arg, const json_t *object)
{
	struct agent *agent = arg;

	if (agent->control)
		control_publish(agent->control, CONTROL_ALARMS, object);
	live_alarm(agent, object);
}

void notice_alarm(struct agent *agent, enum gate_alarm_event event, const struct vg_alarm *alarm)
{
	alarms_take(agent->alarms, event, alarm, agent_now_ms());
}

static void notice_its_alarm(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm)
{
	notice_alarm(arg, event, alarm);
}

static void notice_its_note(void *arg, const char *sentence)
{
	(void)arg;
	say_info("%s", sentence);
}

static int notice_take_event(void *arg, void *data, size_t size)
{
	const struct vg_event *event = data;
	struct agent *agent = arg;

	if (size < sizeof(*event) || event->len > size - sizeof(*event))
		return 0;
	if (event->kind == VG_EVENT_ITS_FRAME && agent->its)
		its_room_frame(agent->its, ingress_now(agent->ingress), agent_now_us(), event->bytes, event->len,
			       event->ifindex);
	else if (event->kind == VG_EVENT_ALARM && agent->attest && event->len == sizeof(struct vg_alarm_key))
		gate_plain_alarm_notice(agent->gate, (const struct vg_alarm_key *)event->bytes);
	else if (event->kind == VG_EVENT_ASKED && event->len == sizeof(struct vg_hello_asked))
		greet_asked(agent, (const struct vg_hello_asked *)event->bytes, event->ifindex);
	return --agent->round_left ? 0 : -EAGAIN;
}

static void notice_on_ring(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	(void)fd;
	(void)what;
	agent->round_left = NOTICE_ROUND;
	ring_buffer__consume(agent->ring);
}

int notice_prepare(struct agent *agent)
{
	struct its_room_error error;

	agent->its_tap = -1;
	if (!agent->config.its.enable || !*agent->config.its.tap)
		return 0;
	agent->its_tap = its_room_tap_open(agent->config.its.tap, &error);
	if (agent->its_tap >= 0)
		return 0;
	say_error("%s", error.text);
	return AGENT_EXIT_REFUSED;
}

static int notice_open_its(struct agent *agent, struct its_room_error *ret_error)
{
	const struct config_its_section *its = &agent->config.its;
	struct its_room_config config = {
		.trust_dir = its->trust_dir,
		.tap = agent->its_tap,
		.alarm_idle_us = agent->policy.alarm_idle_us,
		.alarm_entries = (u32)agent->policy.alarm_entries,
		.alarm_new_rate = (u32)agent->policy.alarm_new_rate,
		.on_alarm = notice_its_alarm,
		.on_note = notice_its_note,
		.arg = agent,
	};
	struct its_room_error error;
	int err;

	its_room_default_limits(agent->policy.its_stale_us, agent->policy.its_future_us, &config.limits);
	config.limits.cache_certificates = its->cache_certificates;
	config.limits.waiting_frames = its->waiting_frames;
	config.limits.waiting_us = (u64)its->waiting_ms * 1000;
	config.limits.p256_rate = its->p256_rate;
	config.limits.brainpool_rate = its->brainpool_rate;
	config.limits.signer_rate = its->signer_rate;
	err = its_room_new(&config, &agent->its, &error);
	if (!err) {
		agent->its_tap = -1; /* the room's from now on */
		return 0;
	}
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "%.200s Until there is a trust list, every ITS frame is refused ('voltgate its reload' reads it "
		 "again).",
		 error.text);
	return err;
}

int notice_reload(struct agent *agent, struct its_room_error *ret_error)
{
	if (!agent->config.its.enable) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "ITS frames are off: 'enable' in [its] of the configuration is no.");
		return -EOPNOTSUPP;
	}
	return agent->its ? its_room_reload(agent->its, ret_error) : notice_open_its(agent, ret_error);
}

int notice_open(struct agent *agent)
{
	const char *path = agent->config.alarm_log;
	struct its_room_error error;
	int err = alarmlog_open(path, agent->host, &agent->alarmlog);

	if (err) {
		say_error("Cannot open the alarm log %s: %s. Does its folder exist, and may the user '%s' write there?",
			  path, strerror(-err), agent->config.user);
		return AGENT_EXIT_REFUSED;
	}
	if (alarms_new(agent->alarmlog, agent->host, agent->config.alarm_update_ms, notice_told, agent, &agent->alarms))
		return AGENT_EXIT_REFUSED;
	if (agent->config.its.enable && notice_open_its(agent, &error))
		say_error("%s", error.text); /* refusing all of them is safe; the rest of the gate works on */
	agent->ring = ring_buffer__new(loader_map_fd(agent->loader, LOADER_MAP_RING), notice_take_event, agent, NULL);
	if (agent->ring)
		agent->ring_event = event_new(agent->base, ring_buffer__epoll_fd(agent->ring), EV_READ | EV_PERSIST,
					      notice_on_ring, agent);
	if (!agent->ring_event || event_add(agent->ring_event, NULL)) {
		say_error("Cannot read the ring of ITS frames and alarms: %s.", strerror(errno));
		return AGENT_EXIT_REFUSED;
	}
	return 0;
}

void notice_close(struct agent *agent)
{
	if (agent->ring_event)
		event_free(agent->ring_event);
	ring_buffer__free(agent->ring);
	if (agent->its)
		its_room_free(agent->its);
	if (agent->its_tap >= 0)
		close(agent->its_tap);
	alarms_free(agent->alarms);
	alarmlog_close(agent->alarmlog);
	agent->ring_event = NULL;
	agent->ring = NULL;
	agent->its = NULL;
	agent->its_tap = -1;
	agent->alarms = NULL;
	agent->alarmlog = NULL;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * plain.c - the plain grade: drains vg_actions into records, stores what is
 * sealed, and opens the gate over the program's maps.
 *
 * Two things wake it: the ring, and a timer that is armed while a batch is
 * open. While the log cannot be written the ring's event is off, the ring
 * fills, and the gate refuses actions as backlog.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>

#include "agent/agent.h"
#include "agent/gate_plain.h"
#include "agent/say.h"

#define PLAIN_ROUND 8192 /* records before the event loop has its turn */

/* A negative return ends the round; the record itself counts as taken. */
static int plain_take_event(void *arg, void *data, size_t size)
{
	const struct vg_event *event = data;
	struct agent *agent = arg;

	if (size >= sizeof(*event) && event->len <= size - sizeof(*event) &&
	    !attest_event(agent->attest, event, agent->round_now))
		say_error(
			"The ring of actions held something that is no vehicle-ID packet. Is the loaded program ours?");
	if (!attest_ready(agent->attest) || !--agent->round_left)
		return -EAGAIN;
	return 0;
}

/* Stores all that is sealed, and listens to the ring while that works. False: the disk is full. */
static bool plain_store(struct agent *agent)
{
	const struct batch *batch;
	int err;

	while ((batch = attest_sealed(agent->attest))) {
		err = record_take(agent, batch);
		if (err == -EBADMSG) { /* what we signed ourselves does not verify: this process is not sane */
			agent_stop(agent, AGENT_EXIT_REFUSED);
			return false;
		}
		if (err)
			break;
		attest_stored(agent->attest);
	}
	record_commit(agent);
	if (batch)
		event_del(agent->actions_event);
	else if (!event_pending(agent->actions_event, EV_READ, NULL))
		event_add(agent->actions_event, NULL);
	return !batch;
}

static void plain_arm(struct agent *agent)
{
	struct timeval interval = { 0, (suseconds_t)agent->policy.batch_interval_us };

	if (interval.tv_usec >= 1000000)
		interval = (struct timeval){ 1, 0 };
	if (attest_open_records(agent->attest) && !event_pending(agent->seal_event, EV_TIMEOUT, NULL))
		event_add(agent->seal_event, &interval);
}

static void plain_drain(struct agent *agent)
{
	bool stored = true;

	if (record_waits(agent))
		return;
	agent->round_now = ingress_now(agent->ingress);
	agent->round_left = PLAIN_ROUND;
	while (stored && attest_ready(agent->attest) && agent->round_left) {
		int err = ring_buffer__consume(agent->actions_ring);

		stored = plain_store(agent);
		if (err >= 0)
			break; /* empty */
	}
	plain_arm(agent);
}

static void plain_on_ring(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	plain_drain(arg);
}

static void plain_on_seal(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	(void)fd;
	(void)what;
	if (!record_waits(agent)) {
		attest_seal(agent->attest, ingress_now(agent->ingress), true);
		plain_store(agent);
	}
	plain_arm(agent);
}

void plain_tick(struct agent *agent)
{
	gate_plain_tick(agent->gate);
	if (agent->verdicts_stuck && !record_waits(agent))
		plain_store(agent);
	plain_arm(agent);
}

static int plain_session_add(void *arg, const struct gate_session *session)
{
	struct agent *agent = arg;

	if (agent->verdicts_stuck || !attest_ready(agent->attest))
		return -ENOBUFS;
	attest_session(agent->attest, VG_RECORD_SESSION_ADD, session->id, session->expires, VG_ACCEPTED,
		       session->commitment, ingress_now(agent->ingress));
	plain_arm(agent);
	return 0;
}

static void plain_session_remove(void *arg, const struct gate_session *session, enum vg_reason why)
{
	struct agent *agent = arg;

	attest_session(agent->attest, VG_RECORD_SESSION_REMOVE, session->id, session->head, why, session->commitment,
		       ingress_now(agent->ingress));
	plain_arm(agent);
}

static void plain_alarm(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm)
{
	struct agent *agent = arg;

	notice_alarm(agent, event, alarm);
	if (event != GATE_ALARM_CLOSED)
		return;
	attest_alarm(agent->attest, alarm, ingress_now(agent->ingress));
	plain_arm(agent);
}

static int plain_open_ring(struct agent *agent)
{
	int fd = loader_map_fd(agent->loader, LOADER_MAP_ACTIONS);

	agent->actions_ring = ring_buffer__new(fd, plain_take_event, agent, NULL);
	if (!agent->actions_ring) {
		say_error("Cannot read the ring of actions: %s.", strerror(errno));
		return AGENT_EXIT_REFUSED;
	}
	agent->actions_event = event_new(agent->base, ring_buffer__epoll_fd(agent->actions_ring), EV_READ | EV_PERSIST,
					 plain_on_ring, agent);
	agent->seal_event = evtimer_new(agent->base, plain_on_seal, agent);
	if (!agent->actions_event || !agent->seal_event || event_add(agent->actions_event, NULL))
		return AGENT_EXIT_REFUSED;
	return 0;
}

int plain_open(struct agent *agent)
{
	struct gate_plain_events events = { agent, plain_session_add, plain_session_remove, plain_alarm };
	struct vg_batch_seal last;
	struct attest_error error;
	struct gate_error gate_error;
	char key[CONFIG_TEXT_MAX + 16];
	bool any = verdicts_last(agent->verdicts, &last);
	int err;

	snprintf(key, sizeof(key), "%s/attest.key", agent->config.state_dir);
	err = attest_open(key, any ? &last : NULL, ingress_now(agent->ingress), &agent->policy, &agent->attest, &error);
	if (err) {
		say_error("%s", error.text);
		return AGENT_EXIT_REFUSED;
	}
	err = gate_plain_open(agent->loader, agent->ingress, &agent->policy, &events, &agent->gate, &gate_error);
	if (err) {
		say_error("%s", gate_error.text);
		return AGENT_EXIT_REFUSED;
	}
	err = plain_open_ring(agent);
	if (!err)
		plain_on_seal(-1, 0, agent); /* the epoch's first record at once */
	return err;
}

void plain_close(struct agent *agent)
{
	if (agent->actions_ring && agent->attest) { /* what was admitted until now is still stored */
		plain_drain(agent);
		attest_seal(agent->attest, ingress_now(agent->ingress), true);
		plain_store(agent);
	}
	if (agent->actions_event)
		event_free(agent->actions_event);
	if (agent->seal_event)
		event_free(agent->seal_event);
	ring_buffer__free(agent->actions_ring);
	if (agent->gate)
		agent->gate->ops->close(agent->gate);
	attest_close(agent->attest);
	agent->actions_event = agent->seal_event = NULL;
	agent->actions_ring = NULL;
	agent->gate = NULL;
	agent->attest = NULL;
}

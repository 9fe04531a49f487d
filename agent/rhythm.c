// SPDX-License-Identifier: GPL-2.0
/*
 * rhythm.c - signals, clock steps, and what is done ten times and once a second.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/enforce_watch.h"
#include "agent/greet.h"
#include "agent/revocation.h"
#include "agent/say.h"
#include "agent/live.h"

#define RHYTHM_CLOCK_S 60 /* a slewed clock is followed that often */

static void rhythm_hang_up(struct agent *agent)
{
	struct its_room_error error;
	int err = alarmlog_reopen(agent->alarmlog);

	if (err)
		say_error("Cannot open the alarm log %s again: %s. The old file stays in use.", agent->config.alarm_log,
			  strerror(-err));
	if (agent->config.its.enable && notice_reload(agent, &error))
		say_error("%s", error.text);
	say_info("Hang-up: the alarm log was opened again and the trust list read again.");
}

static void rhythm_on_signal(evutil_socket_t number, short what, void *arg)
{
	struct agent *agent = arg;

	(void)what;
	if (number != SIGHUP) {
		say_info("Signal %d: stopping.", (int)number);
		agent_stop(agent, AGENT_EXIT_OK);
		return;
	}
	if (agent->config.gate)
		rhythm_hang_up(agent);
	consort_hang_up(agent);
}

static void rhythm_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	(void)fd;
	(void)what;
	if (!agent->config.gate)
		return;
	if (agent->attest)
		plain_tick(agent);
	if (agent->its)
		its_room_tick(agent->its, ingress_now(agent->ingress), agent_now_us());
	action_expire(agent->action, agent_now_ms());
	greet_tick(agent);
}

static void rhythm_tell_uncovered(struct agent *agent)
{
	struct action_counts counts;

	action_counts(agent->action, &counts);
	if (counts.uncovered > agent->uncovered_told)
		alarms_uncovered(agent->alarms, counts.uncovered - agent->uncovered_told, ingress_now(agent->ingress));
	agent->uncovered_told = counts.uncovered;
}

static void rhythm_on_second(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	(void)fd;
	(void)what;
	live_tick(agent);
	if (!agent->config.gate)
		return;
	rhythm_tell_uncovered(agent);
	revocation_sweep(agent);
	enforce_watch(agent);
	if (agent->batchlink)
		batchlink_tick(agent);
	agent->cookie_age_s++;
	if (agent->cookie_age_s % RHYTHM_CLOCK_S == 0)
		ingress_clock_stepped(agent->ingress);
	if (agent->cookie_age_s >= INGRESS_COOKIE_SECRET_S) {
		agent->cookie_age_s = 0;
		if (ingress_rotate_cookie_secret(agent->ingress))
			say_error("A new cookie secret could not be told to the XDP program; the old one stays.");
	}
}

/* Far enough in the future never to expire; what matters is its cancellation when the clock is set. */
static int rhythm_arm_clock(int fd)
{
	struct itimerspec when = { .it_value.tv_sec = (time_t)INT32_MAX * 4 };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void rhythm_on_clock(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	u64 expirations;

	(void)what;
	if (read(fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED) {
		if (agent->config.gate) {
			say_info("The clock was set: generation times are judged by the new one from now on.");
			ingress_clock_stepped(agent->ingress);
		}
	}
	rhythm_arm_clock(fd);
}

static int rhythm_open_clock(struct agent *agent)
{
	agent->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (agent->clock_fd < 0 || rhythm_arm_clock(agent->clock_fd)) {
		say_error("Cannot watch the clock: %s.", strerror(errno));
		return AGENT_EXIT_REFUSED;
	}
	agent->clock_event = event_new(agent->base, agent->clock_fd, EV_READ | EV_PERSIST, rhythm_on_clock, agent);
	return agent->clock_event && !event_add(agent->clock_event, NULL) ? 0 : AGENT_EXIT_REFUSED;
}

int rhythm_open(struct agent *agent)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	static const struct timeval tick = { 0, 100000 }, second = { 1, 0 };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		agent->signal_events[i] = evsignal_new(agent->base, signals[i], rhythm_on_signal, agent);
		if (!agent->signal_events[i] || event_add(agent->signal_events[i], NULL))
			return AGENT_EXIT_REFUSED;
	}
	agent->tick_event = event_new(agent->base, -1, EV_PERSIST, rhythm_on_tick, agent);
	agent->second_event = event_new(agent->base, -1, EV_PERSIST, rhythm_on_second, agent);
	if (!agent->tick_event || !agent->second_event || event_add(agent->tick_event, &tick) ||
	    event_add(agent->second_event, &second))
		return AGENT_EXIT_REFUSED;
	return rhythm_open_clock(agent);
}

void rhythm_close(struct agent *agent)
{
	struct event **events[] = { &agent->tick_event,	      &agent->second_event,	&agent->clock_event,
				    &agent->signal_events[0], &agent->signal_events[1], &agent->signal_events[2] };
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (*events[i])
			event_free(*events[i]);
		*events[i] = NULL;
	}
	if (agent->clock_fd >= 0)
		close(agent->clock_fd);
	agent->clock_fd = -1;
}

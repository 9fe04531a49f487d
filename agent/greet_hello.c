// SPDX-License-Identifier: GPL-2.0
/*
 * greet_hello.c - hellos from the sockets to their judge, and cookies: see
 * greet_room.h.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/greet_room.h"
#include "agent/handshake/cookie.h"
#include "agent/say.h"

#define GREET_TURN 4	    /* hellos judged before the event loop has its turn: about a millisecond's work */
#define GREET_WORK_US 1000  /* until the next turn */
#define GREET_EASE_MS 10000 /* cookies are demanded until the queue was short for so long */

static void greet_arm(struct greet *greet)
{
	static const struct timeval turn = { 0, GREET_WORK_US };

	if (greet->count && !event_pending(greet->work_event, EV_TIMEOUT, NULL))
		event_add(greet->work_event, &turn);
}

/* While the queue is full nobody reads: what the sockets have no room for costs the kernel little. */
static void greet_read(struct greet *greet, bool on)
{
	int i;

	for (i = 0; i < 2 && greet->reading != on; i++) {
		if (!greet->hello_events[i])
			continue;
		if (on)
			event_add(greet->hello_events[i], NULL);
		else
			event_del(greet->hello_events[i]);
	}
	greet->reading = on;
}

static void greet_set_loaded(struct greet *greet, bool loaded)
{
	int err = greet->loaded == loaded ? 0 : ingress_set_loaded(greet->agent->ingress, loaded);

	if (err) {
		say_error("The XDP program could not be told the load: %s.", strerror(-err));
		return;
	}
	if (loaded && !greet->loaded) {
		greet->counts.loads++;
		say_info("Many hellos: %u of %u places are taken, cookies are demanded.", greet->count, greet->size);
	} else if (!loaded && greet->loaded) {
		say_info("Few hellos again: cookies are no longer demanded.");
	}
	greet->loaded = loaded;
}

static void greet_weigh(struct greet *greet)
{
	if (greet->count > greet->size / 4)
		greet->short_since_ms = agent_now_ms();
	if (greet->count > greet->size / 4 * 3)
		greet_set_loaded(greet, true);
}

void greet_hello_tick(struct greet *greet)
{
	greet_weigh(greet);
	if (greet->loaded && agent_now_ms() - greet->short_since_ms >= GREET_EASE_MS)
		greet_set_loaded(greet, false);
}

static void greet_cookie_input(const struct greeted_path *path, struct vg_cookie_input *ret_input)
{
	*ret_input = (struct vg_cookie_input){ .source = path->peer, .port = path->port };
}

void greet_cookie(struct greet *greet, const struct greeted_path *path, const u8 mac1[VG_VID_TAG_LEN])
{
	struct vg_siphash_key secret, cookie;
	u8 nonce[COOKIE_NONCE_LEN], vid[COOKIE_LEN];
	struct vg_cookie_input input;

	if (!vg_budget_take(&greet->cookie_budget, &greet->cookie_rate, agent_now_us() * 1000))
		return;
	greet_cookie_input(path, &input);
	ingress_cookie_secret(greet->agent->ingress, &secret);
	vg_hello_cookie(&secret, &input, &cookie);
	randombytes_buf(nonce, sizeof(nonce));
	cookie_make(greet->cookie_key, &cookie, mac1, nonce, vid);
	sodium_memzero(&secret, sizeof(secret));
	sodium_memzero(&cookie, sizeof(cookie));
	greet->counts.cookies++;
	greet_send(greet, path, vid, sizeof(vid));
}

void greet_asked(struct agent *agent, const struct vg_hello_asked *asked, u32 ifindex)
{
	struct greeted_path path = {
		.peer = asked->from.source, .local = asked->to, .port = asked->from.port, .ifindex = ifindex
	};

	if (agent->greet)
		greet_cookie(agent->greet, &path, asked->mac1);
}

/* Under load a hello without the right mac2 is not worth work with keys: the same as the XDP program judges. */
static bool greet_is_due(struct greet *greet, const struct datagram *hello)
{
	struct vg_cookie_input input;

	if (!greet->loaded && !greet->agent->policy.under_load)
		return true;
	greet_cookie_input(&hello->path, &input);
	if (ingress_hello_proves(greet->agent->ingress, &input, hello->bytes))
		return true;
	greet->counts.unproven++;
	greet_cookie(greet, &hello->path, hello_mac1(hello->bytes));
	return false;
}

static void greet_work(struct greet *greet)
{
	u32 turn = GREET_TURN;
	struct datagram *hello;

	while (greet->count && turn) {
		hello = &greet->queue[greet->head];
		if (greet_is_due(greet, hello)) {
			if (!vg_budget_take(&greet->work_budget, &greet->work_rate, agent_now_us() * 1000))
				break;
			greet_judge(greet, hello);
			turn--;
		}
		greet->head = (greet->head + 1) % greet->size;
		greet->count--;
	}
	if (greet->count <= greet->size / 2)
		greet_read(greet, true);
	greet_arm(greet);
}

static void greet_take(struct greet *greet, const struct datagram *hello)
{
	greet->counts.received++;
	if (!hello_is_meant(hello->bytes, hello->len, responder_mac1_key(greet->responder))) {
		greet->counts.foreign++;
		admission_count(greet->agent, ADMISSION_BAD_HELLO);
		return;
	}
	if (!limiter_take(greet->limiter, &hello->path.peer, agent_now_us() * 1000)) {
		greet->counts.over_rate++;
		admission_count(greet->agent, ADMISSION_OVER_RATE);
		return;
	}
	if (!greet_is_due(greet, hello))
		return;
	if (greet->count == greet->size) {
		greet->counts.overflowed++;
		return;
	}
	greet->queue[(greet->head + greet->count++) % greet->size] = *hello;
}

static void greet_on_hellos(evutil_socket_t fd, short what, void *arg)
{
	struct greet *greet = arg;
	int got = datagram_receive(fd, greet->burst, DATAGRAM_BURST), i;

	(void)what;
	for (i = 0; i < got; i++)
		greet_take(greet, &greet->burst[i]);
	greet_weigh(greet);
	if (greet->count == greet->size)
		greet_read(greet, false);
	greet_arm(greet);
}

static void greet_on_work(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	greet_work(arg);
}

int greet_hello_open(struct greet *greet)
{
	const struct datagram_port *port = action_port(greet->agent->action);
	int i, fd;

	greet->work_event = evtimer_new(greet->agent->base, greet_on_work, greet);
	if (!greet->work_event)
		return -ENOMEM;
	for (i = 0; i < 2; i++) {
		fd = port->sockets[i][DATAGRAM_HELLOS];
		if (fd < 0)
			continue;
		greet->hello_events[i] =
			event_new(greet->agent->base, fd, EV_READ | EV_PERSIST, greet_on_hellos, greet);
		if (!greet->hello_events[i])
			return -ENOMEM;
	}
	greet_read(greet, true);
	return 0;
}

void greet_hello_close(struct greet *greet)
{
	int i;

	for (i = 0; i < 2; i++)
		if (greet->hello_events[i])
			event_free(greet->hello_events[i]);
	if (greet->work_event)
		event_free(greet->work_event);
}

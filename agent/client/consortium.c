// SPDX-License-Identifier: GPL-2.0
/*
 * consortium.c - a channel's nodes as a client sees them: see consortium.h.
 */
#include "agent/client/consortium.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/voltgate.pb-c.h"

#define CONSORTIUM_REFRESH_MS 3000 /* for the present configuration */

static u64 consortium_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

static void consortium_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

bool consortium_wait(struct consortium *consortium, u32 timeout_ms, bool (*done)(void *arg), void *arg)
{
	static const struct timeval often = { 0, 20000 };
	u64 deadline = consortium_now_ms() + timeout_ms;
	struct event *timer = event_new(consortium->base, -1, EV_PERSIST, consortium_on_timer, NULL);
	bool is_done;

	if (timer)
		event_add(timer, &often);
	while (!(is_done = done(arg)) && timer && consortium_now_ms() < deadline)
		event_base_loop(consortium->base, EVLOOP_ONCE);
	if (timer)
		event_free(timer);
	return is_done;
}

static void consortium_state(void *arg, enum grpc_client_state state, const char *why)
{
	struct consortium_link *link = arg;

	(void)state;
	if (why && *why)
		snprintf(link->consortium->trouble[link->node], sizeof(link->consortium->trouble[0]), "%s", why);
}

struct grpc_client *consortium_client(struct consortium *consortium, u32 node)
{
	const struct membership_node *at = &consortium->membership.nodes[node];
	struct grpc_client_options options = {
		.address = at->address,
		.tls = consortium->tls,
		.expect_key = at->key,
		.state = consortium_state,
		.arg = &consortium->links[node],
	};
	struct identity_error error = { .text = "" };

	if (consortium->clients[node] || !*at->address)
		return consortium->clients[node];
	consortium->links[node] = (struct consortium_link){ consortium, node };
	grpc_limits_default(&options.limits);
	if (grpc_client_open(consortium->base, &options, &consortium->clients[node], &error)) {
		snprintf(consortium->trouble[node], sizeof(consortium->trouble[0]), "%.159s", error.text);
		consortium->clients[node] = NULL;
	}
	return consortium->clients[node];
}

static void consortium_disconnect(struct consortium *consortium)
{
	u32 i;

	for (i = 0; i < MEMBERSHIP_NODES_MAX; i++) {
		if (consortium->clients[i])
			grpc_client_close(consortium->clients[i]);
		consortium->clients[i] = NULL;
	}
}

static int consortium_trust(struct consortium *consortium)
{
	struct identity_authority authorities[MEMBERSHIP_ORGANISATIONS_MAX];
	const struct membership *membership = &consortium->membership;
	u32 count = 0, i;

	for (i = 0; i < membership->organisation_count; i++) {
		if (membership_organisation_left(membership, i))
			continue;
		snprintf(authorities[count].organisation, sizeof(authorities[0].organisation), "%s",
			 membership->organisations[i].name);
		memcpy(authorities[count++].key, membership->organisations[i].authority, 32);
	}
	return identity_tls_trust(consortium->tls, authorities, count, NULL, 0);
}

/* --- the present configuration: what f + 1 of the nodes that the known one names say alike --- */

struct refresh_answer {
	struct consortium_refresh *refresh;
	bool asked, has;
	u8 hash[LEDGER_HASH_LEN];
};

struct consortium_refresh {
	struct consortium *consortium;
	bool done;
	struct refresh_answer answers[MEMBERSHIP_NODES_MAX];
};

/* True once f + 1 nodes have given @answer's bytes: one of them is honest. */
static bool refresh_agreed(struct consortium_refresh *refresh, const struct refresh_answer *answer)
{
	const struct membership *membership = &refresh->consortium->membership;
	u32 alike = 0, i;

	for (i = 0; i < membership->node_count; i++)
		alike += membership->nodes[i].roles & MEMBERSHIP_REPLICA && refresh->answers[i].has &&
			 !memcmp(refresh->answers[i].hash, answer->hash, sizeof(answer->hash));
	return alike > block_faulty(membership_replicas(membership));
}

static void refresh_take(struct refresh_answer *answer, struct span configuration)
{
	struct membership *next = malloc(sizeof(*next)), *known = &answer->refresh->consortium->membership;

	if (!next || answer->refresh->done || membership_decode(configuration, next) ||
	    memcmp(next->seed, known->seed, 32)) {
		free(next);
		return;
	}
	ledger_hash_bytes(LEDGER_DOMAIN_CONFIG, configuration.bytes, configuration.len, answer->hash);
	answer->has = true;
	if (refresh_agreed(answer->refresh, answer)) {
		answer->refresh->done = true;
		if (next->sequence > known->sequence)
			*known = *next;
	}
	free(next);
}

static void refresh_message(void *arg, struct span bytes)
{
	Voltgate__V1__StateResponse *response;

	response = voltgate__v1__state_response__unpack(NULL, bytes.len, bytes.bytes);
	if (!response)
		return;
	if (response->present)
		refresh_take(arg, (struct span){ response->value.data, response->value.len });
	voltgate__v1__state_response__free_unpacked(response, NULL);
}

static void refresh_finished(void *arg, enum grpc_status status, const char *text)
{
	(void)arg;
	(void)status;
	(void)text;
}

static void refresh_ask(struct consortium_refresh *refresh, u32 node)
{
	struct grpc_client *client = consortium_client(refresh->consortium, node);
	struct grpc_answer answer = { .message = refresh_message,
				      .finished = refresh_finished,
				      .arg = &refresh->answers[node] };
	Voltgate__V1__StateRequest request = VOLTGATE__V1__STATE_REQUEST__INIT;
	struct grpc_call *call;
	u8 bytes[128];
	size_t len;

	if (!client || grpc_client_state(client) != GRPC_CLIENT_UP)
		return;
	refresh->answers[node].asked = true;
	request.channel = (ProtobufCBinaryData){ 32, refresh->consortium->channel };
	request.key = (ProtobufCBinaryData){ 1, (u8 *)"c" };
	if (grpc_client_call(client, "/voltgate.v1.Ledger/State", 2000, &answer, &call))
		return;
	len = voltgate__v1__state_request__pack(&request, bytes);
	grpc_call_send(call, (struct span){ bytes, len });
	grpc_call_half_close(call);
}

static bool refresh_done(void *arg)
{
	struct consortium_refresh *refresh = arg;
	u32 i;

	for (i = 0; !refresh->done && i < refresh->consortium->membership.node_count; i++)
		if (!refresh->answers[i].asked)
			refresh_ask(refresh, i);
	return refresh->done;
}

void consortium_refresh(struct consortium *consortium)
{
	static struct consortium_refresh refresh;
	u32 sequence = consortium->membership.sequence, i;

	refresh.consortium = consortium;
	for (i = 0; i < MEMBERSHIP_NODES_MAX; i++)
		refresh.answers[i].refresh = &refresh;

	consortium_wait(consortium, CONSORTIUM_REFRESH_MS, refresh_done, &refresh);
	consortium_disconnect(consortium);
	if (consortium->membership.sequence != sequence)
		consortium_trust(consortium);
}

/* --- opening --- */

int consortium_new(const struct consortium_options *options, struct consortium **ret_consortium,
		   struct identity_error *ret_error)
{
	struct consortium *consortium = calloc(1, sizeof(*consortium));
	int err = consortium && sodium_init() >= 0 ? 0 : -ENOMEM;

	*ret_consortium = NULL;
	snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
	if (!err) {
		consortium->base = options->base ? options->base : event_base_new();
		consortium->own_base = !options->base;
		consortium->membership = *options->membership;
		memcpy(consortium->channel, options->channel, sizeof(consortium->channel));
		err = consortium->base
			      ? identity_tls_open(options->certificate, options->key, &consortium->tls, ret_error)
			      : -ENOMEM;
	}
	if (!err && consortium_trust(consortium)) {
		snprintf(ret_error->text, sizeof(ret_error->text), "the channel's authorities cannot be taken in");
		err = -EINVAL;
	}
	if (err) {
		consortium_close(consortium);
		return err;
	}
	*ret_consortium = consortium;
	return 0;
}

void consortium_close(struct consortium *consortium)
{
	if (!consortium)
		return;
	consortium_disconnect(consortium);
	if (consortium->tls)
		identity_tls_close(consortium->tls);
	if (consortium->own_base && consortium->base)
		event_base_free(consortium->base);
	free(consortium);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * node.c - the node: opens identity, server, links and seats, and runs the end
 * of each round of the loop.
 *
 * The round's event is activated by whoever made work (node_due()): it stands then behind everything that was ready in
 * the same turn of the loop, so that what came in together is committed together.
 */
#include <errno.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/node/node_state.h"
#include "agent/node/service.h"
#include "agent/say.h"
#include "voltgate/time64.h"

#define NODE_MESSAGE_BYTES (24 * 1024 * 1024) /* the largest block, and a batch of parcels */
#define NODE_STOP_US 1000000		      /* clients have so long to take their last answers */

u64 node_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

u64 node_clock(const struct node *node)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return vg_time64_of_utc((u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000, node->options.leap_s,
				node->options.clock_offset_us);
}

void node_due(struct node *node)
{
	event_active(node->round, EV_TIMEOUT, 0);
}

struct seat *node_seat(const struct node *node, const u8 id[32])
{
	u32 i;

	for (i = 0; i < node->seat_count; i++)
		if (!memcmp(node->seats[i]->id, id, 32))
			return node->seats[i];
	return NULL;
}

int node_send(struct node *node, const u8 channel[32], const u8 key[32], enum channel_urgency urgency,
	      struct span parcel)
{
	int err = peers_send(node->peers, key, channel, urgency, parcel);

	if (!err)
		node_due(node);
	return err;
}

void node_round(struct node *node)
{
	struct seat *seat;
	u32 i;

	for (i = 0; i < node->seat_count; i++) {
		seat = node->seats[i];
		if (seat_is_open(seat))
			channel_flush(seat->channel);
		if (seat_is_open(seat))
			seat_endorsements(seat);
		submitter_flush(seat);
	}
	peers_flush(node->peers);
	grpc_server_flush(node->server);
	for (i = 0; i < node->seat_count; i++)
		if (node->seats[i]->broken)
			seat_close(node->seats[i]);
	if (node->refresh && !node->stopping)
		admission_refresh(node);
}

static void node_on_round(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	node_round(arg);
}

static void node_on_second(evutil_socket_t fd, short what, void *arg)
{
	struct node *node = arg;
	u32 i;

	(void)fd;
	(void)what;
	for (i = 0; i < node->seat_count; i++)
		seat_tick(node->seats[i]);
}

/* A link came up or went away: each channel that the other is in may have something to tell it. */
static void node_on_peer(void *arg, const u8 key[32], bool up)
{
	struct node *node = arg;
	u32 i;

	for (i = 0; i < node->seat_count; i++)
		if (seat_is_open(node->seats[i]) &&
		    membership_node_index(ledger_membership(node->seats[i]->ledger), key) >= 0)
			channel_peer(node->seats[i]->channel, key, up);
	node_due(node);
}

static int node_fail(struct node_error *ret_error, int err, const char *sentence)
{
	snprintf(ret_error->text, sizeof(ret_error->text), "%s", sentence);
	return err;
}

static void node_limits(struct grpc_limits *ret_limits)
{
	grpc_limits_default(ret_limits);
	ret_limits->message_bytes = NODE_MESSAGE_BYTES;
	ret_limits->connection_bytes = 2 * NODE_MESSAGE_BYTES;
}

static int node_open_server(struct node *node, struct node_error *ret_error)
{
	static struct grpc_method methods[11];
	struct grpc_server_options options = {
		.address = node->options.listen,
		.tls = node->tls,
		.methods = methods,
		.admit = admission_any,
		.arg = node,
	};
	const struct grpc_method table[] = {
		service_endorse,     service_submit, service_submit_stream, service_blocks, service_events,
		service_transaction, service_query,  service_state,	    service_status, service_exchange,
	};
	struct identity_error error = { .text = "" };
	int err;

	memcpy(methods, table, sizeof(table));
	node_limits(&options.limits);
	err = grpc_server_open(node->options.base, &options, &node->server, &error);
	return err ? node_fail(ret_error, err, *error.text ? error.text : strerror(-err)) : 0;
}

static int node_open_network(struct node *node, struct node_error *ret_error)
{
	struct peers_options options = {
		.base = node->options.base, .tls = node->tls, .up = node_on_peer, .arg = node
	};
	int err;

	node_limits(&options.limits);
	node->peers = peers_new(&options);
	if (!node->peers)
		return node_fail(ret_error, -ENOMEM, "There is no memory for the links.");
	err = node_open_server(node, ret_error);
	return err || !*node->options.metrics ? err : metrics_open(node, ret_error);
}

static int node_open_identity(struct node *node, struct node_error *ret_error)
{
	struct identity_error error = { .text = "" };
	int err = identity_tls_open(node->options.certificate, node->options.key, &node->tls, &error);

	return err ? node_fail(ret_error, err, *error.text ? error.text : strerror(-err)) : 0;
}

static int node_open_events(struct node *node, struct node_error *ret_error)
{
	static const struct timeval second = { 0, 500000 };

	node->round = event_new(node->options.base, -1, 0, node_on_round, node);
	node->second = event_new(node->options.base, -1, EV_PERSIST, node_on_second, node);
	if (node->round && node->second && !event_add(node->second, &second))
		return 0;
	return node_fail(ret_error, -ENOMEM, "There is no memory for the node's timers.");
}

static int node_open_seat(struct node *node, const u8 id[32])
{
	int err = node_take_seat(node, id);

	return err == -ENOMEM || err == -E2BIG ? err : 0;
}

/* Blocks and messages of some MiB come and go with every round: their pages are not given back to the kernel each time,
 * which would clear them again. So many bytes at most stay with the process in vain. */
#define NODE_MEMORY_KEPT (32 << 20)

static void node_keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, NODE_MEMORY_KEPT / 4);
	mallopt(M_TRIM_THRESHOLD, NODE_MEMORY_KEPT);
}

int node_open(const struct node_options *options, struct node **ret_node, struct node_error *ret_error)
{
	struct node *node = calloc(1, sizeof(*node));
	int err;

	if (!node)
		return node_fail(ret_error, -ENOMEM, "There is no memory for the node.");
	node_keep_memory();
	node->options = *options;
	node->folder = strdup(options->folder);
	err = node->folder ? node_open_events(node, ret_error) : -ENOMEM;
	if (!err)
		err = node_open_identity(node, ret_error);
	if (!err)
		err = seat_folder_open(node, ret_error);
	if (!err)
		err = eventlog_open(node, ret_error);
	if (!err)
		err = node_open_network(node, ret_error);
	if (!err)
		err = seat_folder_list(node, node_open_seat, ret_error);
	if (err) {
		node_close(node);
		return err;
	}
	admission_refresh(node);
	node_due(node);
	*ret_node = node;
	return 0;
}

void node_stop(struct node *node)
{
	struct grpc_counts counts;
	u64 deadline = node_now_us() + NODE_STOP_US;
	u32 i;

	node->stopping = true;
	grpc_server_drain(node->server);
	node_round(node);
	for (i = 0; i < node->seat_count; i++)
		if (node->seats[i]->channel)
			seat_close(node->seats[i]);
	do {
		event_base_loop(node->options.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		grpc_server_counts(node->server, &counts);
	} while (counts.open_calls && node_now_us() < deadline);
}

void node_close(struct node *node)
{
	u32 i;

	for (i = 0; i < node->seat_count; i++) {
		if (node->seats[i]->channel)
			seat_close(node->seats[i]);
		free(node->seats[i]);
	}
	metrics_close(node);
	if (node->server)
		grpc_server_close(node->server);
	if (node->peers)
		peers_free(node->peers);
	eventlog_close(node);
	if (node->tls)
		identity_tls_close(node->tls);
	if (node->round)
		event_free(node->round);
	if (node->second)
		event_free(node->second);
	free(node->folder);
	free(node);
}

u16 node_port(const struct node *node)
{
	return grpc_server_port(node->server);
}

int node_reopen_log(struct node *node)
{
	return eventlog_reopen(node);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * metrics.c - GET /metrics on a port of its own, plain HTTP, Prometheus text
 * format 0.0.4. Read only; labels are channels and outcomes, both bounded.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>

#include "agent/node/node_state.h"

struct metrics {
	struct evhttp *http;
	struct evhttp_bound_socket *socket;
};

static void metrics_family(struct evbuffer *out, const char *name, const char *type, const char *help)
{
	evbuffer_add_printf(out, "# HELP voltgate_%s %s\n# TYPE voltgate_%s %s\n", name, help, name, type);
}

static void metrics_plain(struct evbuffer *out, const char *name, const char *type, const char *help, u64 value)
{
	metrics_family(out, name, type, help);
	evbuffer_add_printf(out, "voltgate_%s %llu\n", name, (unsigned long long)value);
}

static struct verifier_counts metrics_verifier(const struct seat *seat)
{
	struct verifier_counts counts = { 0 };

	if (seat_is_open(seat))
		verifier_counts(ledger_verifier(seat->ledger), &counts);
	return counts;
}

/* One figure of each channel: how it is had, and what it is called. */
struct metrics_figure {
	const char *name, *type, *help;
	u64 (*of)(const struct seat *seat, const struct channel_status *status);
};

#define METRICS_FIGURES(X)                                                                                             \
	X(channel_height, "gauge", "Number of the last block appended.", status->height)                               \
	X(channel_durable_height, "gauge", "Number of the last block on the disk.", status->durable)                   \
	X(channel_behind_blocks, "gauge", "Blocks known of and not held.", status->behind)                             \
	X(channel_epoch, "gauge", "Configurations of the replica set before the present one.", status->epoch)          \
	X(channel_view, "gauge", "View of consensus.", status->consensus.view)                                         \
	X(channel_changing_view, "gauge", "1 between views.", status->consensus.changing)                              \
	X(channel_mute, "gauge", "1: the replica lost its votes and gives none.", status->consensus.mute)              \
	X(channel_replica, "gauge", "1: this node orders.", status->replica)                                           \
	X(channel_in_flight_blocks, "gauge", "Blocks proposed and not committed.", status->consensus.in_flight)        \
	X(channel_waiting_transactions, "gauge", "Transactions that wait to be ordered.", status->waiting)             \
	X(channel_waiting_bytes, "gauge", "Bytes of transactions that wait.", status->waiting_bytes)                   \
	X(channel_blocks_total, "counter", "Blocks made durable since start.", seat->counts.blocks)                    \
	X(channel_busy_total, "counter", "Transactions turned away for want of room.", status->busy)                   \
	X(channel_refused_submissions_total, "counter", "Transactions refused before ordering.",                       \
	  status->refused_submissions)                                                                                 \
	X(channel_refused_blocks_total, "counter", "Blocks of others that were refused.", status->refused_blocks)      \
	X(channel_damaged_parcels_total, "counter", "Parcels of nodes that were damaged.", status->damaged_parcels)    \
	X(channel_strangers_parcels_total, "counter", "Parcels of who is no node of the channel.",                     \
	  seat->counts.strangers_parcels)                                                                              \
	X(channel_endorsements_total, "counter", "Proposals endorsed.", seat->counts.endorsed)                         \
	X(channel_endorsements_refused_total, "counter", "Proposals not endorsed.", seat->counts.endorsements_refused) \
	X(channel_queries_total, "counter", "Queries answered.", seat->counts.queries)                                 \
	X(channel_signatures_verified_total, "counter", "Signatures verified.", metrics_verifier(seat).verified)       \
	X(channel_signatures_remembered_total, "counter", "Signatures known to be right already.",                     \
	  metrics_verifier(seat).remembered)                                                                           \
	X(channel_signatures_wrong_total, "counter", "Signatures found wrong.", metrics_verifier(seat).wrong)          \
	X(channel_private_values_sent_total, "counter", "Private values given to those entitled.",                     \
	  seat->counts.privates_sent)                                                                                  \
	X(channel_private_values_received_total, "counter", "Private values taken from others.",                       \
	  seat->counts.privates_taken)                                                                                 \
	X(channel_private_values_refused_total, "counter", "Private values refused.", seat->counts.privates_refused)

#define METRICS_GETTER(name, type, help, value)                                                 \
	static u64 metrics_##name(const struct seat *seat, const struct channel_status *status) \
	{                                                                                       \
		(void)seat;                                                                     \
		(void)status;                                                                   \
		return value;                                                                   \
	}
METRICS_FIGURES(METRICS_GETTER)
#undef METRICS_GETTER

static const struct metrics_figure metrics_figures[] = {
#define METRICS_ENTRY(name, type, help, value) { #name, type, help, metrics_##name },
	METRICS_FIGURES(METRICS_ENTRY)
#undef METRICS_ENTRY
};

static void metrics_channels(struct evbuffer *out, const struct node *node)
{
	struct channel_status *statuses = calloc(node->seat_count ? node->seat_count : 1, sizeof(*statuses));
	size_t figure;
	u32 i, k;

	if (!statuses)
		return;
	for (i = 0; i < node->seat_count; i++)
		if (seat_is_open(node->seats[i]))
			channel_status(node->seats[i]->channel, &statuses[i]);
	metrics_family(out, "channel_stopped", "gauge", "1: nothing is acknowledged (disk full, damage).");
	for (i = 0; i < node->seat_count; i++)
		evbuffer_add_printf(out, "voltgate_channel_stopped{channel=\"%s\"} %d\n", node->seats[i]->name,
				    !seat_is_open(node->seats[i]) || statuses[i].stopped);
	for (figure = 0; figure < sizeof(metrics_figures) / sizeof(*metrics_figures); figure++) {
		const struct metrics_figure *at = &metrics_figures[figure];

		metrics_family(out, at->name, at->type, at->help);
		for (i = 0; i < node->seat_count; i++)
			evbuffer_add_printf(out, "voltgate_%s{channel=\"%s\"} %llu\n", at->name, node->seats[i]->name,
					    (unsigned long long)at->of(node->seats[i], &statuses[i]));
	}
	metrics_family(out, "channel_transactions_total", "counter", "Transactions committed, by what became of them.");
	for (i = 0; i < node->seat_count; i++)
		for (k = 0; k < LEDGER_OUTCOME_COUNT; k++)
			evbuffer_add_printf(out,
					    "voltgate_channel_transactions_total{channel=\"%s\",outcome=\"%s\"} %llu\n",
					    node->seats[i]->name, ledger_outcome_word(k),
					    (unsigned long long)node->seats[i]->counts.outcomes[k]);
	free(statuses);
}

static void metrics_node(struct evbuffer *out, const struct node *node)
{
	struct grpc_counts counts;
	struct peers_status peer;
	struct statvfs disk;
	u32 i, up = 0;

	grpc_server_counts(node->server, &counts);
	for (i = 0; i < peers_count(node->peers); i++) {
		peers_status(node->peers, i, &peer);
		up += peer.state == GRPC_CLIENT_UP;
	}
	metrics_family(out, "node_info", "gauge", "The program.");
	evbuffer_add_printf(out, "voltgate_node_info{version=\"%s\"} 1\n", VOLTGATE_VERSION);
	metrics_plain(out, "node_channels", "gauge", "Channels joined.", node->seat_count);
	metrics_plain(out, "node_links", "gauge", "Other nodes that share a channel.", peers_count(node->peers));
	metrics_plain(out, "node_links_up", "gauge", "Of them, connected.", up);
	metrics_plain(out, "node_connections", "gauge", "Connections taken and open.", counts.open_connections);
	metrics_plain(out, "node_calls", "gauge", "Calls under way.", counts.open_calls);
	metrics_plain(out, "node_calls_total", "counter", "Calls begun.", counts.calls);
	metrics_plain(out, "node_calls_refused_total", "counter", "Calls refused.", node->refused_calls);
	metrics_plain(out, "node_handshakes_refused_total", "counter", "Connections whose certificate was refused.",
		      counts.refused_handshakes);
	metrics_plain(out, "node_received_bytes_total", "counter", "Bytes received by calls.", counts.bytes_in);
	metrics_plain(out, "node_sent_bytes_total", "counter", "Bytes sent by calls.", counts.bytes_out);
	metrics_plain(out, "node_protocol_errors_total", "counter", "Breaches of HTTP/2 or gRPC.",
		      counts.protocol_errors);
	metrics_plain(out, "node_over_limit_total", "counter", "Calls and messages over a limit.", counts.over_limit);
	metrics_plain(out, "node_malformed_messages_total", "counter", "Messages that are not protobuf.",
		      node->malformed_messages);
	metrics_plain(out, "node_refused_parcels_total", "counter", "Parcels of nodes that were refused.",
		      node->refused_parcels);
	metrics_plain(out, "node_unknown_channel_parcels_total", "counter",
		      "Parcels for channels that are not here or not the sender's.", node->unknown_channel_parcels);
	if (!statvfs(node->folder, &disk)) {
		metrics_plain(out, "node_disk_free_bytes", "gauge", "Room left where the ledgers are.",
			      (u64)disk.f_bavail * disk.f_frsize);
		metrics_plain(out, "node_disk_size_bytes", "gauge", "Room there is where the ledgers are.",
			      (u64)disk.f_blocks * disk.f_frsize);
	}
}

static void metrics_answer(struct evhttp_request *request, void *arg)
{
	struct node *node = arg;
	struct evbuffer *out = evbuffer_new();

	if (!out || evhttp_request_get_command(request) != EVHTTP_REQ_GET) {
		evhttp_send_error(request, out ? HTTP_BADMETHOD : HTTP_INTERNAL, NULL);
	} else {
		metrics_node(out, node);
		metrics_channels(out, node);
		if (node->options.figures)
			node->options.figures(node->options.arg, out);
		evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
				  "text/plain; version=0.0.4; charset=utf-8");
		evhttp_send_reply(request, HTTP_OK, "OK", out);
	}
	if (out)
		evbuffer_free(out);
}

/* "host:port" or "[host]:port" in two. */
static int metrics_split(const char *address, char *host, size_t room, u16 *ret_port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;
	char *end;
	long port;

	if (len > 1 && address[0] == '[' && colon[-1] == ']') {
		address++;
		len -= 2;
	}
	port = colon ? strtol(colon + 1, &end, 10) : -1;
	if (!len || len >= room || !colon[1] || *end || port < 0 || port > 65535)
		return -EINVAL;
	memcpy(host, address, len);
	host[len] = '\0';
	*ret_port = (u16)port;
	return 0;
}

int metrics_open(struct node *node, struct node_error *ret_error)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));
	char host[256];
	u16 port;
	int err = metrics ? metrics_split(node->options.metrics, host, sizeof(host), &port) : -ENOMEM;

	node->metrics = metrics;
	if (!err) {
		metrics->http = evhttp_new(node->options.base);
		errno = 0;
		metrics->socket = metrics->http ? evhttp_bind_socket_with_handle(metrics->http, host, port) : NULL;
		if (!metrics->socket)
			err = errno ? -errno : -EADDRNOTAVAIL;
	}
	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "Metrics cannot be served on %s: %s. Write host:port of an address of this machine.",
			 node->options.metrics, strerror(-err));
		return err;
	}
	evhttp_set_max_headers_size(metrics->http, 8192);
	evhttp_set_max_body_size(metrics->http, 1024);
	evhttp_set_timeout(metrics->http, 10);
	evhttp_set_allowed_methods(metrics->http, EVHTTP_REQ_GET);
	evhttp_set_cb(metrics->http, "/metrics", metrics_answer, node);
	return 0;
}

void metrics_close(struct node *node)
{
	if (node->metrics && node->metrics->http)
		evhttp_free(node->metrics->http);
	free(node->metrics);
	node->metrics = NULL;
}

u16 node_metrics_port(const struct node *node)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (!node->metrics ||
	    getsockname(evhttp_bound_socket_get_fd(node->metrics->socket), (struct sockaddr *)&address, &len))
		return 0;
	return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port)
					     : ntohs(((struct sockaddr_in *)&address)->sin_port);
}

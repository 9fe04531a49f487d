// SPDX-License-Identifier: GPL-2.0
/*
 * http2_test.c - two sessions face to face without TLS, where the test decides when there is room: a call that ends
 * while one of its frames is promised to nghttp2 and not yet put.
 */
#include <stdlib.h>

#include "agent/net/http2.h"
#include "tests/ktap.h"

struct end {
	struct http2 *http2;
	struct grpc_counts counts;
	u8 out[1 << 20];
	size_t len, room;
};

static struct end client, server;
static struct grpc_call *served;
static bool finished;
static enum grpc_status status;
static u32 gone;

static void sink_put(void *arg, const u8 *bytes, size_t len)
{
	struct end *end = arg;

	if (end->len + len > sizeof(end->out))
		abort();
	memcpy(end->out + end->len, bytes, len);
	end->len += len;
}

static size_t sink_room(void *arg)
{
	struct end *end = arg;

	return end->len < end->room ? end->room - end->len : 0;
}

static void nothing(void *arg)
{
	(void)arg;
}

static const struct http2_sink sink = { sink_put, sink_room, nothing, nothing, nothing };

static void on_begin(struct grpc_call *call)
{
	static u8 bytes[200000];

	served = call;
	grpc_call_send(call, (struct span){ bytes, sizeof(bytes) });
}

static void on_gone(struct grpc_call *call)
{
	(void)call;
	gone++;
}

static const struct grpc_method methods[] = { { .path = "/a/b", .begin = on_begin, .gone = on_gone }, { 0 } };

static void on_finished(void *arg, enum grpc_status with, const char *text)
{
	(void)arg, (void)text;
	finished = true;
	status = with;
}

static int pass(struct end *from, struct end *to)
{
	size_t len = from->len;
	int err;

	err = http2_flush(from->http2);
	len = from->len;
	from->len = 0;
	return err ? err : http2_receive(to->http2, from->out, len);
}

static void open_both(struct grpc_call **ret_call)
{
	struct grpc_limits limits;
	struct http2_options options = { .sink = &sink, .limits = &limits, .methods = methods };
	const struct grpc_answer answer = { .finished = on_finished };

	grpc_limits_default(&limits);
	memset(&client, 0, sizeof(client));
	memset(&server, 0, sizeof(server));
	finished = false;
	gone = 0;
	client.room = server.room = sizeof(client.out);
	options.arg = &client;
	options.counts = &client.counts;
	if (http2_new(&options, &client.http2))
		abort();
	options.server = true;
	options.arg = &server;
	options.counts = &server.counts;
	if (http2_new(&options, &server.http2) || pass(&client, &server) || pass(&server, &client) ||
	    http2_call(client.http2, "x", "/a/b", 0, &answer, ret_call))
		abort();
	pass(&client, &server);
}

static void close_both(void)
{
	http2_silence(client.http2, "over");
	http2_silence(server.http2, "over");
	http2_free(client.http2);
	http2_free(server.http2);
}

/* Room for the response's head and a frame, so that the next frame is promised only. */
static bool promise(void)
{
	bool promised;

	server.room = 20000;
	http2_flush(server.http2);
	promised = served->packed > 0 && served->out.bytes > served->packed;
	ktap_ok(promised, "a frame of %zu of %zu bytes waits for room", served->packed, served->out.bytes);
	return promised;
}

static bool exchange(void)
{
	server.room = sizeof(server.out);
	for (int i = 0; i < 4; i++)
		if (pass(&server, &client) || pass(&client, &server))
			return false;
	return true;
}

/* The server gives the call up: the promised frame goes out whole, then the trailers. */
static void abandoned(void)
{
	struct grpc_call *call;
	bool passed;

	open_both(&call);
	promise();
	grpc_call_abandon(served, GRPC_DEADLINE_EXCEEDED, "late");
	passed = exchange() && finished && status == GRPC_DEADLINE_EXCEEDED && gone == 1;
	ktap_ok(passed && !server.counts.queued_bytes,
		"a call given up with a frame promised ends at both ends, with its reason: status %u", status);
	close_both();
}

/* The client resets it. */
static void cancelled(void)
{
	struct grpc_call *call;

	open_both(&call);
	promise();
	grpc_call_cancel(call);
	pass(&client, &server);
	ktap_ok(exchange() && gone == 1 && !server.counts.open_calls && !server.counts.queued_bytes,
		"a call reset with a frame promised leaves nothing behind");
	close_both();
}

int main(void)
{
	ktap_plan(0);
	abandoned();
	cancelled();
	return ktap_exit();
}

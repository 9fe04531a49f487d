// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_test.c - our client against our server over TLS on loopback.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/net/address.h"
#include "tests/ktap.h"
#include "tests/net/world.h"

#define QUERY "/voltgate.v1.Ledger/Query"
#define STREAM "/voltgate.v1.Ledger/SubmitStream"
#define BLOCKS "/voltgate.v1.Ledger/Blocks"
#define EXCHANGE "/voltgate.v1.Peer/Exchange"
#define NEVER "/voltgate.v1.Ledger/Status"
#define PAUSED "/voltgate.v1.Ledger/Submit"

static struct world world;
static bool ok; /* a check's outcome before its words are made */

static struct span words(const char *text)
{
	return (struct span){ (const u8 *)text, strlen(text) };
}

static void unary(void)
{
	struct world_call call = { 0 };

	ok = world_unary(&world, &call, QUERY, words("hello"), 0) && call.status == GRPC_OK && call.messages == 1 &&
	     call.last_len == 5 && !memcmp(call.last, "hello", 5);
	ktap_ok(ok, "a unary call brings its message back: %u %s", call.status, call.text);
	ok = world_unary(&world, &call, QUERY, words(""), 0) && call.status == GRPC_OK && call.messages == 1 &&
	     !call.bytes;
	ktap_ok(ok, "an empty message is a message");
	ok = world_unary(&world, &call, "/voltgate.v1.Ledger/Nothing", words("x"), 0) &&
	     call.status == GRPC_UNIMPLEMENTED;
	ktap_ok(ok, "a method that is not there is UNIMPLEMENTED: %s", call.text);
	ok = world_unary(&world, &call, "/voltgate.v1.Ledger/Endorse", words("x"), 0) &&
	     call.status == GRPC_FAILED_PRECONDITION && !strcmp(call.text, "100 %41 wrong: Z\xc3\xa4hler?");
	ktap_ok(ok, "a refusal's text arrives, percent-encoded in between: %s", call.text);
}

static void many_at_once(void)
{
	static struct world_call calls[1100];
	u32 open = 0, good = 0;
	int err = 0;

	for (; open < 1100 && !err; open += !err) {
		err = world_call(&world, &calls[open], QUERY, 0);
		if (!err) {
			grpc_call_send(calls[open].call, words("many"));
			grpc_call_half_close(calls[open].call);
		}
	}
	for (u32 i = 0; i < open; i++)
		good += world_wait_finished(&world, &calls[i], 20) && calls[i].status == GRPC_OK;
	ktap_ok(open == 1024 && err == -ENOBUFS && good == open,
		"1,024 calls at once are answered, one more is refused: %u of %u", good, open);
}

static bool half_back(void *arg)
{
	return ((struct world_call *)arg)->messages >= 500;
}

static void both_ways(void)
{
	struct world_call call = { 0 };
	u8 message[3000];
	u64 sent = 0;

	world_call(&world, &call, STREAM, 0);
	for (u32 i = 0; i < 1000; i++) {
		memset(message, (u8)i, sizeof(message));
		ok = !grpc_call_send(call.call, (struct span){ message, i * 3 });
		sent += i * 3;
		if (!ok)
			break;
		if (i == 499) {
			ok = world_wait(&world, half_back, &call, 10);
			ktap_ok(ok, "answers come while the client still talks: %llu",
				(unsigned long long)call.messages);
		}
	}
	grpc_call_half_close(call.call);
	ok = world_wait_finished(&world, &call, 10) && call.status == GRPC_OK && call.messages == 1000 &&
	     call.bytes == sent;
	ktap_ok(ok, "1,000 messages of 0 to 3,000 bytes went both ways: %llu, %llu bytes",
		(unsigned long long)call.messages, (unsigned long long)call.bytes);
}

static void long_messages(void)
{
	u32 most = world.client_limits.message_bytes;
	struct world_call call = { 0 };
	u8 *bytes = malloc(most + 1);
	u64 sum = 0;

	for (u32 i = 0; i <= most; i++)
		bytes[i] = (u8)(i * 2654435761u >> 24);
	for (u32 i = 0; i < most; i += 997)
		sum += bytes[i];
	ok = world_unary(&world, &call, QUERY, (struct span){ bytes, most }, 0) && call.status == GRPC_OK &&
	     call.bytes == most && call.sum == sum;
	ktap_ok(ok, "a message of 16 MiB goes there and back: %u %s, %llu bytes", call.status, call.text,
		(unsigned long long)call.bytes);
	world_call(&world, &call, QUERY, 0);
	ktap_ok(grpc_call_send(call.call, (struct span){ bytes, most + 1 }) == -EMSGSIZE, "a byte more is not sent");
	grpc_call_cancel(call.call);
	free(bytes);
}

/* The client takes larger messages than the server does. */
static void over_limit(void)
{
	struct world_call call = { 0 };
	struct grpc_counts counts;
	u8 *bytes = calloc(1, 70000);

	ok = world_unary(&world, &call, QUERY, (struct span){ bytes, 70000 }, 0) &&
	     call.status == GRPC_RESOURCE_EXHAUSTED && !call.messages;
	grpc_server_counts(world.server, &counts);
	ktap_ok(ok && counts.over_limit == 1, "a message over the server's limit is refused and counted: %s",
		call.text);
	ok = world_unary(&world, &call, QUERY, (struct span){ bytes, 65536 }, 0) && call.status == GRPC_OK;
	ktap_ok(ok, "the connection is as good as before");
	free(bytes);
}

static bool stream_fills(void *arg)
{
	(void)arg;
	return world.most_queued >= world.server_limits.call_bytes;
}

static bool many_more(void *arg)
{
	return ((struct world_call *)arg)->messages >= 200;
}

static bool one_gone(void *arg)
{
	return world.gone > *(u64 *)arg;
}

/* A stream without end to a client that does not read: nothing grows beyond its bounds. */
static void slow_reader(void)
{
	static const u8 request[] = { 0x10, 64 }; /* 64 KiB each, without end */
	struct world_call call = { .pause_first = true };
	struct grpc_counts before, after;
	u64 gone = world.gone, bound;

	world.most_queued = 0;
	world_call(&world, &call, BLOCKS, 0);
	grpc_call_send(call.call, (struct span){ request, sizeof(request) });
	grpc_call_half_close(call.call);
	ok = world_wait(&world, stream_fills, NULL, 10);
	grpc_server_counts(world.server, &before);
	for (u32 i = 0; i < 200; i++)
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	grpc_server_counts(world.server, &after);
	bound = world.server_limits.call_bytes + 65536 + 64;
	ktap_ok(ok && after.bytes_out == before.bytes_out && world.most_queued <= bound && call.messages == 1,
		"a reader that pauses stops the sender: %llu bytes queued at most, %llu messages read",
		(unsigned long long)world.most_queued, (unsigned long long)call.messages);
	grpc_call_pause(call.call, false);
	ok = world_wait(&world, many_more, &call, 10);
	ktap_ok(ok, "and lets it go on");
	grpc_call_cancel(call.call);
	ok = world_wait(&world, one_gone, &gone, 10);
	ktap_ok(ok && !call.finished, "a cancelled call is gone at the server, and not told of at the client");
}

static bool received_all(void *arg)
{
	return world.served_messages >= *(u64 *)arg;
}

/* A server that does not read: the sender's room ends, what came is bounded by the window, and nothing is lost. */
static void slow_server(void)
{
	u64 before = world.served_messages, wanted, sent = 0;
	struct world_call call = { 0 };
	u8 bytes[10000] = { 0 };

	world.pausing = NULL;
	world_call(&world, &call, PAUSED, 0);
	for (u32 turn = 0; turn < 500; turn++) {
		while (!grpc_call_send(call.call, (struct span){ bytes, sizeof(bytes) }))
			sent++;
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	}
	ktap_ok(world.pausing && !grpc_call_room(call.call) && world.served_messages == before && sent > 500 &&
			sent < 620,
		"a server that pauses leaves no room: %llu messages of 10 kB were taken", (unsigned long long)sent);
	wanted = before + sent;
	grpc_call_pause(world.pausing, false);
	ok = world_wait(&world, received_all, &wanted, 10);
	ktap_ok(ok && call.writables >= 1, "all of them arrive once it goes on, and the sender hears of the room: %llu",
		(unsigned long long)(world.served_messages - before));
	grpc_call_pause(world.pausing, true);
	for (u32 i = 0; i < 3; i++)
		grpc_call_send(call.call, (struct span){ bytes, sizeof(bytes) });
	grpc_call_half_close(call.call);
	for (u32 i = 0; i < 200; i++)
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	ok = world.served_messages == wanted && !call.finished;
	wanted += 3;
	grpc_call_pause(world.pausing, false);
	ok = ok && world_wait(&world, received_all, &wanted, 10);
	ktap_ok(ok, "an end that came while it paused is heard after the last message");
	ok = world_wait_finished(&world, &call, 10) && call.status == GRPC_OK;
	ktap_ok(ok, "and the call ends in order: %u %s", call.status, call.text);
}

static u32 streams_filled;

static bool all_ask(void *arg)
{
	(void)arg;
	return world.served_messages >= streams_filled;
}

/* All connections together have a bound as well. */
static void together(void)
{
	static const u8 request[] = { 0x10, 64 };
	static struct world_call calls[16];
	struct grpc_counts counts;

	streams_filled = (u32)world.served_messages + 16;
	for (u32 i = 0; i < 16; i++) {
		calls[i].pause_first = true;
		world_call(&world, &calls[i], BLOCKS, 0);
		grpc_call_send(calls[i].call, (struct span){ request, sizeof(request) });
		grpc_call_half_close(calls[i].call);
	}
	ok = world_wait(&world, all_ask, NULL, 10);
	for (u32 i = 0; i < 200; i++)
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	grpc_server_counts(world.server, &counts);
	ktap_ok(ok && counts.queued_bytes > (16u << 20) && counts.queued_bytes < (20u << 20),
		"16 streams that nobody reads queue no more than 16 MiB together, and a message each: %llu",
		(unsigned long long)counts.queued_bytes);
	for (u32 i = 0; i < 16; i++)
		grpc_call_cancel(calls[i].call);
}

/* The end arrives while the reader still pauses: it hears it after the last message. */
static void end_while_paused(void)
{
	static const u8 request[] = { 0x10, 1, 0x18, 20 }; /* 20 of 1 KiB */
	struct world_call call = { .pause_first = true };

	world_call(&world, &call, BLOCKS, 0);
	grpc_call_send(call.call, (struct span){ request, sizeof(request) });
	grpc_call_half_close(call.call);
	for (u32 i = 0; i < 300; i++)
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	ok = call.messages == 1 && !call.finished;
	grpc_call_pause(call.call, false);
	ok = ok && world_wait_finished(&world, &call, 10) && call.messages == 20 && call.status == GRPC_OK;
	ktap_ok(ok, "a stream that ended while its reader paused is read to its end: %llu messages, %u %s",
		(unsigned long long)call.messages, call.status, call.text);
}

static void deadlines(void)
{
	u64 gone = world.gone;
	struct world_call call = { 0 };

	ok = world_unary(&world, &call, NEVER, words("x"), 100) && call.status == GRPC_DEADLINE_EXCEEDED;
	ktap_ok(ok, "a call without answer ends when its time is over: %u %s", call.status, call.text);
	ok = world_wait(&world, one_gone, &gone, 10);
	ktap_ok(ok, "at the server too");
}

static bool was_told(void *arg)
{
	(void)arg;
	return world.downs > 0;
}

static void drains(void)
{
	static const u8 request[] = { 0x10, 1 };
	struct world_call call = { 0 }, late = { 0 };
	u64 messages;

	world.downs = 0;
	world_call(&world, &call, BLOCKS, 0);
	grpc_call_send(call.call, (struct span){ request, sizeof(request) });
	ok = world_wait(&world, half_back, &call, 10);
	grpc_server_drain(world.server);
	ok = ok && world_wait(&world, was_told, NULL, 10);
	ktap_ok(ok && world_call(&world, &late, QUERY, 0) == -ENOTCONN, "a draining server says so: %s", world.why);
	messages = call.messages;
	call.messages = 0;
	ok = world_wait(&world, half_back, &call, 10) && !call.finished;
	ktap_ok(ok, "calls that were open go on: %llu, then %llu messages", (unsigned long long)messages,
		(unsigned long long)call.messages);
	grpc_call_cancel(call.call);
}

static void comes_back(void)
{
	struct world_call call = { 0 };
	char address[64];
	u16 port = grpc_server_port(world.server);

	grpc_server_close(world.server);
	world_serve(&world, "127.0.0.1:0");
	grpc_client_close(world.client);
	world_connect(&world, world.server_key);
	ok = world_wait_up(&world);
	port = grpc_server_port(world.server);
	world_call(&world, &call, NEVER, 0);
	grpc_call_send(call.call, words("x"));
	event_base_loop(world.base, EVLOOP_NONBLOCK);
	world.downs = 0;
	grpc_server_close(world.server);
	ok = ok && world_wait_finished(&world, &call, 10) && call.status == GRPC_UNAVAILABLE;
	ktap_ok(ok, "a call whose server dies is UNAVAILABLE: %s", call.text);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	world_serve(&world, address);
	ok = world_wait_up(&world) && world_unary(&world, &call, QUERY, words("again"), 0) && call.status == GRPC_OK;
	ktap_ok(ok, "the client finds the server when it is back");
}

/* A name goes through the resolver, without stopping the loop. */
static void by_name(void)
{
	char address[64];
	struct grpc_client_options options = {
		.address = address, .tls = world.client_tls, .limits = world.client_limits, .backoff_ms = 20
	};
	struct grpc_client *first = world.client;
	struct identity_error error;

	snprintf(address, sizeof(address), "localhost:%u", grpc_server_port(world.server));
	ok = !grpc_client_open(world.base, &options, &world.client, &error) && world_wait_up(&world);
	ktap_ok(ok, "a server is found by name");
	grpc_client_close(world.client);
	snprintf(address, sizeof(address), "no-such-host.invalid:1");
	ok = !grpc_client_open(world.base, &options, &world.client, &error);
	event_base_loop(world.base, EVLOOP_NONBLOCK);
	grpc_client_close(world.client); /* while it is being looked up */
	for (u32 i = 0; i < 20; i++)
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	ktap_ok(ok, "a client may be closed while its server's name is looked up");
	world.client = first;
}

static void addresses(void)
{
	static const struct {
		const char *text, *host;
		int port; /* -1: refused */
	} table[] = { { "10.0.0.1:7000", "10.0.0.1", 7000 },
		      { "[::1]:1", "::1", 1 },
		      { "gate.example:65535", "gate.example", 65535 },
		      { "gate.example:65536", "", -1 },
		      { "::1:80", "", -1 },
		      { "[::1]", "", -1 },
		      { "[]:1", "", -1 },
		      { ":1", "", -1 },
		      { "host:", "", -1 },
		      { "host:1x", "", -1 },
		      { "host", "", -1 } };
	u32 wrong = 0;

	for (u32 i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct identity_error error = { .text = "" };
		char host[ADDRESS_HOST_MAX] = "";
		u16 port = 0;
		int err = address_split(table[i].text, host, &port, &error);

		wrong += table[i].port < 0 ? err != -EINVAL || !*error.text
					   : err || strcmp(host, table[i].host) || port != table[i].port;
	}
	ktap_ok(!wrong, "addresses are split, wrong ones refused with a sentence: %u wrong", wrong);
}

static bool went_down(void *arg)
{
	(void)arg;
	return world.downs > 0;
}

static void idle(void)
{
	grpc_client_close(world.client);
	grpc_server_close(world.server);
	world.server_limits.idle_s = 1;
	world_serve(&world, NULL);
	world.downs = 0;
	world_connect(&world, world.server_key);
	ok = world_wait_up(&world) && world_wait(&world, went_down, NULL, 5);
	ktap_ok(ok, "a connection that nobody uses is ended by the server: %s", world.why);
	world.server_limits.idle_s = 300;
	grpc_client_close(world.client);
	grpc_server_close(world.server);
	world_serve(&world, NULL);
	world_connect(&world, world.server_key);
	ok = world_wait_up(&world);
}

static void closes_itself(void *arg, enum grpc_status status, const char *text)
{
	(void)status, (void)text;
	grpc_client_close(world.client);
	world.client = NULL;
	*(bool *)arg = true;
}

static bool flag(void *arg)
{
	return *(bool *)arg;
}

/* Under AddressSanitizer: whoever is called may take away what calls. */
static void closed_inside(void)
{
	bool closed = false;
	const struct grpc_answer answer = { .finished = closes_itself, .arg = &closed };
	struct world_call other = { 0 };
	struct grpc_call *call;

	world_call(&world, &other, NEVER, 0);
	grpc_client_call(world.client, QUERY, 0, &answer, &call);
	grpc_call_send(call, words("x"));
	grpc_call_half_close(call);
	ok = world_wait(&world, flag, &closed, 10);
	ktap_ok(ok && other.finished && other.status == GRPC_UNAVAILABLE,
		"a client may be closed by a call's end; its other calls hear of it");
}

int main(void)
{
	struct grpc_counts counts;

	ktap_plan(0);
	world_open(&world);
	world.server_limits.total_bytes = 16u << 20;
	world_serve(&world, NULL);
	world_connect(&world, world.server_key);
	ok = world_wait_up(&world);
	ktap_ok(ok, "client comes up: %s", world.why);
	unary();
	many_at_once();
	both_ways();
	long_messages();
	slow_reader();
	slow_server();
	together();
	end_while_paused();
	deadlines();
	drains();
	world.server_limits.message_bytes = 65536;
	comes_back();
	over_limit();
	by_name();
	addresses();
	idle();
	closed_inside();
	grpc_server_counts(world.server, &counts);
	ktap_ok(counts.open_calls <= 1 && !counts.queued_bytes && !counts.kept_bytes,
		"no call and no byte is left behind: %u, %llu, %llu", counts.open_calls,
		(unsigned long long)counts.queued_bytes, (unsigned long long)counts.kept_bytes);
	world_close(&world);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * http2_fuzz.c - an HTTP/2 session with calls on it, either end, fed with any bytes: what is kept stays bounded,
 * every call ends exactly once.
 *
 * Input: u8 flags (1: our side is the client; 2: a preface and SETTINGS go before; 4: pause calls, now and then;
 * 8: little room), u8 size of pieces, then what the other end says.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/net/http2.h"

static struct grpc_counts counts;
static u32 begun, ended, opened, finished;
static bool pausing, little;
static size_t put;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static u8 last; /* reading all that is put out is what AddressSanitizer needs */

static void sink_put(void *arg, const u8 *bytes, size_t len)
{
	(void)arg;
	for (size_t i = 0; i < len; i += 64)
		last ^= bytes[i];
	put += len;
}

static size_t sink_room(void *arg)
{
	(void)arg;
	return little && put > 2000 ? 0 : 65536;
}

static void nothing(void *arg)
{
	(void)arg;
}

static const struct http2_sink sink = { sink_put, sink_room, nothing, nothing, nothing };

static void on_begin(struct grpc_call *call)
{
	(void)call;
	begun++;
	must(counts.open_calls <= 64);
	if (pausing && begun % 2)
		grpc_call_pause(call, true);
}

static void on_message(struct grpc_call *call, struct span message)
{
	must(message.len <= 4096);
	grpc_call_send(call, message);
	if (message.len % 5 == 4) {
		ended++;
		grpc_call_finish(call, GRPC_OK, "enough");
	} else if (pausing && message.len % 5 == 3) {
		grpc_call_pause(call, true);
	}
}

static void on_half_closed(struct grpc_call *call)
{
	ended++;
	grpc_call_finish(call, GRPC_OK, NULL);
}

static void on_gone(struct grpc_call *call)
{
	(void)call;
	ended++;
}

static const struct grpc_method methods[] = {
	{ .path = "/a/b", .begin = on_begin, .message = on_message, .half_closed = on_half_closed, .gone = on_gone },
	{ 0 }
};

static void answer_message(void *arg, struct span message)
{
	(void)arg;
	must(message.len <= 4096);
}

static void answer_finished(void *arg, enum grpc_status status, const char *text)
{
	(void)arg, (void)status, (void)text;
	finished++;
}

static void resume_all(struct http2 *http2)
{
	for (struct grpc_call *call = LIST_FIRST(&http2->calls); call; call = LIST_NEXT(call, link))
		if (!call->ended)
			grpc_call_pause(call, false);
}

static void open_calls(struct http2 *http2)
{
	const struct grpc_answer answer = { .message = answer_message, .finished = answer_finished };

	for (int i = 0; i < 3; i++) {
		struct grpc_call *call;

		if (http2_call(http2, "x", "/a/b", 0, &answer, &call))
			continue;
		opened++;
		grpc_call_send(call, (struct span){ (const u8 *)"hello", 5 });
		if (i)
			grpc_call_half_close(call);
		grpc_call_pause(call, pausing && i == 2);
	}
}

static void feed(struct http2 *http2, const u8 *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece) {
		size_t part = piece < size - at ? piece : size - at;
		u8 *bytes = malloc(part);
		int err;

		memcpy(bytes, data + at, part);
		err = http2_receive(http2, bytes, part);
		free(bytes);
		put = 0;
		if (!err)
			err = http2_flush(http2);
		if (pausing && at % 3 == 2)
			resume_all(http2);
		must(http2->stored <= 64 * (65536u + 4096) && http2->queued <= 64 * (2 * 16384u));
		if (err || http2_over(http2))
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u8 hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
	struct grpc_limits limits = { .message_bytes = 4096,
				      .call_bytes = 16384,
				      .connection_bytes = 65536,
				      .total_bytes = 65536,
				      .calls = 64,
				      .window_bytes = 65535 };
	struct http2_options options = { .sink = &sink, .limits = &limits, .counts = &counts, .methods = methods };
	struct http2 *http2;

	if (size < 2)
		return 0;
	begun = ended = opened = finished = 0;
	memset(&counts, 0, sizeof(counts));
	options.server = !(data[0] & 1);
	pausing = data[0] & 4;
	little = data[0] & 8;
	must(!http2_new(&options, &http2));
	if (!options.server)
		open_calls(http2);
	http2_flush(http2);
	if (data[0] & 2)
		feed(http2, options.server ? hello : hello + 24, options.server ? 33 : 9, 33);
	feed(http2, data + 2, size - 2, 1 + data[1]);
	pausing = little = false;
	resume_all(http2);
	put = 0;
	http2_flush(http2);
	http2_silence(http2, "over");
	http2_free(http2);
	must(!counts.open_calls && !counts.kept_bytes && !counts.queued_bytes && (!options.server || begun == ended) &&
	     finished == opened);
	return 0;
}

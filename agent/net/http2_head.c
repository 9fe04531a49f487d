// SPDX-License-Identifier: GPL-2.0
/*
 * http2_head.c - header blocks of gRPC: which fields count, how a request is
 * judged once its block is whole, and the blocks we send.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/net/grpc_status.h"
#include "agent/net/http2.h"

#define NV(name, value, value_len)                                                                         \
	{                                                                                                  \
		(uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, (value_len), NGHTTP2_NV_FLAG_NONE \
	}

static bool is(struct span span, const char *word)
{
	return span.len == strlen(word) && !memcmp(span.bytes, word, span.len);
}

/* application/grpc, and what may follow: "+proto", ";charset=..." */
static bool is_grpc(struct span type)
{
	static const char word[] = "application/grpc";
	size_t len = sizeof(word) - 1;

	return type.len >= len && !memcmp(type.bytes, word, len) &&
	       (type.len == len || type.bytes[len] == '+' || type.bytes[len] == ';');
}

static u32 parse_code(struct span text)
{
	u32 code = 0;

	for (size_t i = 0; i < text.len && i < 3; i++)
		code = code * 10 + (u32)(text.bytes[i] - '0');
	return code;
}

static const struct grpc_method *find_method(const struct http2 *http2, struct span path)
{
	for (const struct grpc_method *method = http2->methods; method && method->path; method++)
		if (is(path, method->path))
			return method;
	return NULL;
}

static void take_request(struct grpc_call *call, struct span name, struct span value)
{
	struct http2_head *head = &call->head;

	if (is(name, ":method"))
		head->post = is(value, "POST");
	else if (is(name, ":path"))
		call->method = find_method(call->http2, value);
	else if (is(name, "te"))
		head->te = is(value, "trailers");
	else if (is(name, "grpc-timeout"))
		head->timed = !grpc_timeout_parse(value, &head->timeout_ms);
}

static void take_response(struct grpc_call *call, struct span name, struct span value)
{
	struct http2_head *head = &call->head;

	if (is(name, ":status")) {
		head->http_status = parse_code(value);
	} else if (is(name, "grpc-status")) {
		head->has_status = true;
		head->status = grpc_status_parse(value);
	} else if (is(name, "grpc-message")) {
		grpc_status_decode(value, head->text, sizeof(head->text));
	}
}

int http2_head_take(struct grpc_call *call, struct span name, struct span value)
{
	struct http2_head *head = &call->head;

	head->bytes += (u32)(name.len + value.len + 32);
	if (head->bytes > HTTP2_HEAD_BYTES_MAX)
		return -EMSGSIZE;
	if (is(name, "content-type"))
		head->content = is_grpc(value);
	else if (is(name, "grpc-encoding"))
		head->encoded = !is(value, "identity");
	else if (call->http2->server)
		take_request(call, name, value);
	else
		take_response(call, name, value);
	return 0;
}

int http2_head_judge(const struct grpc_call *call, enum grpc_status *ret_status, const char **ret_text)
{
	const struct http2_head *head = &call->head;

	*ret_status = GRPC_INTERNAL;
	if (!head->post) {
		*ret_text = "gRPC calls are POST requests.";
		return 405;
	}
	if (!head->content) {
		*ret_text = "The content-type must be application/grpc.";
		return 415;
	}
	if (!head->te) {
		*ret_text = "The header te: trailers is missing; a proxy in between may not know HTTP/2 trailers.";
		return 400;
	}
	*ret_status = GRPC_UNIMPLEMENTED;
	if (!call->method) {
		*ret_text = "There is no such method here.";
		return 200;
	}
	if (head->encoded) {
		*ret_text = "Compressed messages are not taken; send identity.";
		return 200;
	}
	return 0;
}

int http2_head_respond(struct grpc_call *call, u32 http_status, bool end)
{
	struct http2 *http2 = call->http2;
	nghttp2_data_provider provider = grpc_call_provider(call);
	char code[12], status[12], text[GRPC_STATUS_TEXT_MAX];
	size_t text_len = call->text ? grpc_status_encode(call->text, text, sizeof(text)) : 0, count = 3;
	const nghttp2_nv fields[] = {
		NV(":status", code, (size_t)snprintf(code, sizeof(code), "%u", http_status)),
		NV("content-type", "application/grpc", 16),
		NV("grpc-accept-encoding", "identity", 8),
		NV("grpc-status", status, (size_t)snprintf(status, sizeof(status), "%u", call->status)),
		NV("grpc-message", text, text_len),
	};

	if (end)
		count = text_len ? 5 : 4;
	call->responded = true;
	return nghttp2_submit_response(http2->session, call->stream, fields, count, end ? NULL : &provider) ? -ENOMEM
													    : 0;
}

int http2_head_trailers(struct grpc_call *call)
{
	char status[12], text[GRPC_STATUS_TEXT_MAX];
	size_t text_len = call->text ? grpc_status_encode(call->text, text, sizeof(text)) : 0;
	const nghttp2_nv fields[] = {
		NV("grpc-status", status, (size_t)snprintf(status, sizeof(status), "%u", call->status)),
		NV("grpc-message", text, text_len),
	};

	return nghttp2_submit_trailer(call->http2->session, call->stream, fields, text_len ? 2 : 1) ? -ENOMEM : 0;
}

int http2_head_request(struct http2 *http2, struct grpc_call *call, const char *authority, const char *path,
		       u32 timeout_ms, const nghttp2_data_provider *provider)
{
	char timeout[16];
	const nghttp2_nv fields[] = {
		NV(":method", "POST", 4),
		NV(":scheme", "https", 5),
		NV(":path", path, strlen(path)),
		NV(":authority", authority, strlen(authority)),
		NV("te", "trailers", 8),
		NV("content-type", "application/grpc", 16),
		NV("user-agent", "voltgate/" VOLTGATE_VERSION, sizeof("voltgate/" VOLTGATE_VERSION) - 1),
		NV("grpc-timeout", timeout,
		   (size_t)snprintf(timeout, sizeof(timeout), "%um", timeout_ms < 99999999 ? timeout_ms : 99999999)),
	};
	const struct grpc_call *first = call->answer.yields_to;
	nghttp2_priority_spec priority;
	int32_t stream;

	nghttp2_priority_spec_init(&priority, first ? first->stream : 0, NGHTTP2_DEFAULT_WEIGHT, 0);
	stream = nghttp2_submit_request(http2->session, first ? &priority : NULL, fields, timeout_ms ? 8 : 7, provider,
					call);

	if (stream < 0)
		return stream == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE ? -ENOTCONN : -ENOMEM;
	call->stream = stream;
	return 0;
}

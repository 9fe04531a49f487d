// SPDX-License-Identifier: GPL-2.0
/*
 * page.c - requests of the live page: see page.h.
 */
#include "agent/page/page.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/net/address.h"
#include "agent/page/page_file.h"
#include "agent/page/page_parts.h"

#define PAGE_CONNECTIONS_MAX 64
#define PAGE_HEADERS_MAX 4096
#define PAGE_IDLE_S 60

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

const char *page_state(struct page *page)
{
	u64 now = now_ms();
	json_t *object;
	char *text;

	if (page->state && now - page->state_ms < PAGE_STATE_MS)
		return page->state;
	object = page->options.state(page->options.arg);
	text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	json_decref(object);
	if (!text)
		return page->state;
	free(page->state);
	page->state = text;
	page->state_ms = now;
	return text;
}

/* What keeps scripts and frames of others away. */
static void harden(struct evkeyvalq *headers)
{
	evhttp_add_header(headers, "Content-Security-Policy",
			  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
			  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	evhttp_add_header(headers, "Referrer-Policy", "no-referrer");
	evhttp_add_header(headers, "Cache-Control", "no-store");
}

/* An address or localhost, with a port or without: no name that somebody else could have pointed here. */
static bool host_is_plain(const char *host)
{
	if (!host)
		return false;
	if (host[0] == '[')
		return host[1 + strspn(host + 1, "0123456789abcdefABCDEF:.%")] == ']';
	if (!strncmp(host, "localhost", 9))
		return !host[9] || host[9] == ':';
	return host[0] && !host[strspn(host, "0123456789.:")];
}

static void reply(struct evhttp_request *request, const char *type, const void *bytes, size_t len)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evbuffer_new();

	if (!body || evbuffer_add(body, bytes, len)) {
		evhttp_send_error(request, HTTP_INTERNAL, "out of memory");
	} else {
		evhttp_add_header(headers, "Content-Type", type);
		evhttp_send_reply(request, HTTP_OK, "OK", body);
	}
	if (body)
		evbuffer_free(body);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request)), *state;
	const struct page_file *file;
	struct page *page = arg;

	harden(evhttp_request_get_output_headers(request));
	if (!host_is_plain(evhttp_find_header(evhttp_request_get_input_headers(request), "Host"))) {
		evhttp_send_error(request, 421, "ask for this page by its address or localhost");
		return;
	}
	file = page_file(path);
	if (file) {
		reply(request, file->type, file->bytes, file->len);
	} else if (!strcmp(path, "/state.json")) {
		state = page_state(page);
		if (state)
			reply(request, "application/json", state, strlen(state));
		else
			evhttp_send_error(request, HTTP_INTERNAL, "out of memory");
	} else if (!strcmp(path, "/events") && evhttp_request_get_command(request) == EVHTTP_REQ_GET) {
		page_follow(page, request);
	} else {
		evhttp_send_error(request, HTTP_NOTFOUND, "there is /, /state.json and /events");
	}
}

static int fail(struct page_error *ret_error, int error, const char *listen)
{
	snprintf(ret_error->text, sizeof(ret_error->text), "The live page cannot listen on %s: %s.", listen,
		 strerror(-error));
	return error;
}

int page_open(const struct page_options *options, struct page **ret_page, struct page_error *ret_error)
{
	struct page *page = calloc(1, sizeof(*page));
	struct identity_error error;
	char host[ADDRESS_HOST_MAX];
	u16 port;
	int err;

	if (!page)
		return fail(ret_error, -ENOMEM, options->listen);
	page->options = *options;
	err = address_split(options->listen, host, &port, &error);
	if (!err) {
		page->http = evhttp_new(options->base);
		err = page->http ? 0 : -ENOMEM;
	}
	if (!err) {
		evhttp_set_allowed_methods(page->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
		evhttp_set_max_headers_size(page->http, PAGE_HEADERS_MAX);
		evhttp_set_max_body_size(page->http, 0);
		evhttp_set_timeout(page->http, PAGE_IDLE_S);
		evhttp_set_gencb(page->http, on_request, page);
		errno = 0;
		page->socket = evhttp_bind_socket_with_handle(page->http, host, port);
		err = page->socket ? 0 : errno ? -errno : -EADDRNOTAVAIL;
	}
	if (err) {
		page_close(page);
		return fail(ret_error, err, options->listen);
	}
	*ret_page = page;
	return 0;
}

void page_close(struct page *page)
{
	if (!page)
		return;
	page_follow_close(page);
	if (page->http)
		evhttp_free(page->http);
	free(page->state);
	free(page);
}

u16 page_port(const struct page *page)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getsockname(evhttp_bound_socket_get_fd(page->socket), (struct sockaddr *)&address, &len))
		return 0;
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
}

void page_publish(struct page *page, const char *event, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	if (text)
		page_follow_send(page, event, text);
	free(text);
}

void page_tick(struct page *page)
{
	const char *state;
	u32 i;

	for (i = 0; i < PAGE_FOLLOWERS_MAX; i++)
		if (page->followers[i].request) {
			state = page_state(page);
			if (state)
				page_follow_send(page, "state", state);
			return;
		}
}

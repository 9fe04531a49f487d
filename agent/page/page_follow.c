// SPDX-License-Identifier: GPL-2.0
/*
 * page_follow.c - who reads along: server-sent events (HTML standard, section 9.2) to a bounded number of followers.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <string.h>

#include "agent/page/page_parts.h"

static void on_gone(struct evhttp_connection *connection, void *arg)
{
	struct page_follower *follower = arg;

	(void)connection;
	follower->request = NULL;
}

static void drop(struct page_follower *follower)
{
	struct evhttp_request *request = follower->request;

	follower->request = NULL;
	evhttp_connection_set_closecb(evhttp_request_get_connection(request), NULL, NULL);
	evhttp_connection_free(evhttp_request_get_connection(request));
}

static size_t unread(struct page_follower *follower)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(follower->request);

	return evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(connection)));
}

static void tell(struct page_follower *follower, const char *event, const char *text)
{
	struct evbuffer *chunk;

	if (unread(follower) > PAGE_FOLLOWER_BYTES) {
		drop(follower);
		return;
	}
	chunk = evbuffer_new();
	if (!chunk)
		return;
	evbuffer_add_printf(chunk, "event: %s\ndata: %s\n\n", event, text);
	evhttp_send_reply_chunk(follower->request, chunk);
	evbuffer_free(chunk);
}

void page_follow(struct page *page, struct evhttp_request *request)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct page_follower *follower = page->followers;
	const char *state;

	while (follower < page->followers + PAGE_FOLLOWERS_MAX && follower->request)
		follower++;
	if (follower == page->followers + PAGE_FOLLOWERS_MAX) {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, "too many follow already");
		return;
	}
	evhttp_add_header(headers, "Content-Type", "text/event-stream");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	follower->request = request;
	follower->page = page;
	evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_gone, follower);
	evhttp_send_reply_start(request, HTTP_OK, "OK");
	state = page_state(page);
	if (state && follower->request)
		tell(follower, "state", state);
}

void page_follow_send(struct page *page, const char *event, const char *text)
{
	u32 i;

	for (i = 0; i < PAGE_FOLLOWERS_MAX; i++)
		if (page->followers[i].request)
			tell(&page->followers[i], event, text);
}

void page_follow_close(struct page *page)
{
	u32 i;

	for (i = 0; i < PAGE_FOLLOWERS_MAX; i++)
		if (page->followers[i].request)
			drop(&page->followers[i]);
}

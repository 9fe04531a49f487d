/* SPDX-License-Identifier: GPL-2.0 */
/* page_parts.h - between page.c (requests) and page_follow.c (followers). Private to agent/page/. */
#ifndef VOLTGATE_PAGE_PARTS_H
#define VOLTGATE_PAGE_PARTS_H

#include <event2/http.h>

#include "agent/page/page.h"

#define PAGE_FOLLOWERS_MAX 32
#define PAGE_FOLLOWER_BYTES (256 * 1024) /* unread by a follower before it is dropped */
#define PAGE_STATE_MS 250		 /* between two states at least */

struct page_follower {
	struct evhttp_request *request; /* NULL: free */
	struct page *page;
};

struct page {
	struct page_options options;
	struct evhttp *http;
	struct evhttp_bound_socket *socket;
	char *state; /* the latest, as text; NULL: none yet */
	u64 state_ms;
	struct page_follower followers[PAGE_FOLLOWERS_MAX];
};

/* The state as text, at most PAGE_STATE_MS old; NULL: no memory. The page's own. */
const char *page_state(struct page *page);
/* The request becomes a follower, or is answered 503. */
void page_follow(struct page *page, struct evhttp_request *request);
/* One event to all. */
void page_follow_send(struct page *page, const char *event, const char *text);
void page_follow_close(struct page *page);

#endif

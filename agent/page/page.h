/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page.h - the live page of an agent: what the gate and the ledger do now, for
 * eyes. Plain HTTP on an address that is the machine's own unless the operator says otherwise; reads only.
 *
 *   GET /             the page; /page.css and /page.js with it: nothing is loaded from elsewhere. /?once: as it is now
 *   GET /state.json   all that it shows, as one object
 *   GET /events       server-sent events: alarm, block and state, as they come
 *
 * Hostile input: only GET and HEAD, short requests, bounded connections and followers; a Host that is a name of
 * somebody else's is refused (a page elsewhere could bind its own name to this address); a follower that does not read
 * is dropped. What is shown names no wallet, vehicle or key of a session.
 */
#ifndef VOLTGATE_PAGE_H
#define VOLTGATE_PAGE_H

#include <event2/event.h>
#include <jansson.h>

#include "voltgate/types.h"

struct page;

struct page_options {
	struct event_base *base;
	const char *listen; /* host:port, [host]:port; port 0 picks one */
	/* A new reference, or NULL: no memory. Asked at most four times a second, whatever the number of readers. */
	json_t *(*state)(void *arg);
	void *arg;
};

struct page_error {
	char text[256];
};

/* 0, -EINVAL: no address; or the system's errno with a sentence. */
int page_open(const struct page_options *options, struct page **ret_page, struct page_error *ret_error);
void page_close(struct page *page); /* NULL is fine */
u16 page_port(const struct page *page);
/* Tells the followers; @object is borrowed. @event: "alarm", "block". */
void page_publish(struct page *page, const char *event, const json_t *object);
/* Once a second: the state goes to the followers. */
void page_tick(struct page *page);

#endif

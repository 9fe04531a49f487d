/* SPDX-License-Identifier: GPL-2.0 */
/*
 * home.h - this gateway's own node as an invoker's home: endorsed and
 * submitted without a connection. Answers come by an event, never from within the call that asks.
 */
#ifndef VOLTGATE_CHARGE_HOME_H
#define VOLTGATE_CHARGE_HOME_H

#include "agent/client/invoker.h"
#include "agent/node/node.h"

struct home;

/* Of the node's channel with id @channel (32 bytes). NULL: no memory. */
struct home *home_new(struct event_base *base, struct node *node, const u8 *channel);
/* After the invoker that uses it. What is still under way is dropped when it ends. */
void home_free(struct home *home); /* NULL is fine */
/* For invoker_options.home. */
const struct invoker_home *home_of_invoker(const struct home *home);

#endif

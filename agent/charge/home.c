// SPDX-License-Identifier: GPL-2.0
/*
 * home.c - asks the node of this process: see home.h.
 *
 *   ticket: asked --the node answers--> ended --the event--> told to the invoker, freed
 *   asked, ended --forgotten--> freed when it ends, or by the event
 *
 * The node frees nothing that is under way, so a ticket outlives its home if it must.
 */
#include "agent/charge/home.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/endorse/endorser.h"

struct ticket {
	struct home *home; /* NULL: it is gone */
	struct ticket *older, *newer;
	void *cookie; /* NULL: forgotten */
	bool submitted, ended;
	enum ledger_outcome outcome;
	enum channel_answer answer;
	u64 block;
	u32 index;
	char sentence[320];
	u8 *bytes; /* read/write set, then endorsement */
	size_t rwset_len, endorsement_len;
};

struct home {
	struct invoker_home invoker;
	struct node *node;
	u8 channel[32], key[32];
	struct event *told;
	struct ticket *oldest, *newest;
};

static void home_unlist(struct ticket *ticket)
{
	struct home *home = ticket->home;

	*(ticket->older ? &ticket->older->newer : &home->oldest) = ticket->newer;
	*(ticket->newer ? &ticket->newer->older : &home->newest) = ticket->older;
}

static void ticket_free(struct ticket *ticket)
{
	if (ticket->home)
		home_unlist(ticket);
	free(ticket->bytes);
	free(ticket);
}

static struct ticket *ticket_new(struct home *home, void *cookie)
{
	struct ticket *ticket = calloc(1, sizeof(*ticket));

	if (!ticket)
		return NULL;
	ticket->home = home;
	ticket->cookie = cookie;
	ticket->older = home->newest;
	*(home->newest ? &home->newest->newer : &home->oldest) = ticket;
	home->newest = ticket;
	return ticket;
}

static void ticket_end(struct ticket *ticket)
{
	ticket->ended = true;
	if (ticket->home)
		event_active(ticket->home->told, EV_TIMEOUT, 1);
	else
		ticket_free(ticket);
}

static void home_endorsed(void *arg, enum ledger_outcome outcome, const char *sentence, struct span rwset,
			  struct span endorsement)
{
	struct ticket *ticket = arg;

	ticket->outcome = outcome;
	if (outcome != LEDGER_VALID)
		snprintf(ticket->sentence, sizeof(ticket->sentence), "%s", sentence ? sentence : "");
	else if (ticket->cookie)
		ticket->bytes = malloc(rwset.len + endorsement.len + 1);
	if (ticket->bytes) {
		memcpy(ticket->bytes, rwset.bytes, rwset.len);
		memcpy(ticket->bytes + rwset.len, endorsement.bytes, endorsement.len);
		ticket->rwset_len = rwset.len;
		ticket->endorsement_len = endorsement.len;
	} else if (outcome == LEDGER_VALID) {
		ticket->outcome = LEDGER_NOT_ALLOWED; /* no memory, or nobody waits */
	}
	ticket_end(ticket);
}

static void home_submitted(void *arg, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	struct ticket *ticket = arg;

	ticket->answer = answer;
	ticket->block = number;
	ticket->index = index;
	ticket->outcome = outcome;
	ticket_end(ticket);
}

/* The place of the channel among the node's, or -1. */
static int home_channel(const struct home *home)
{
	struct channel *channel;
	u32 i;

	for (i = 0; i < node_channels(home->node); i++) {
		channel = node_channel(home->node, i);
		if (channel && !memcmp(ledger_channel(channel_ledger(channel)), home->channel, 32))
			return (int)i;
	}
	return -1;
}

static int home_endorse(void *arg, const struct invoker_home_request *request, void *cookie)
{
	struct home *home = arg;
	struct endorser_request to = {
		.proposal = request->proposal,
		.client_signature = request->signature,
		.evidence = request->evidence,
		.private_arguments = request->private_arguments,
		.height = request->height,
	};
	int channel = home_channel(home), err;
	struct ticket *ticket = channel < 0 ? NULL : ticket_new(home, cookie);

	if (!ticket)
		return -ENOENT;
	err = node_endorse(home->node, (u32)channel, &to, home_endorsed, ticket);
	if (err)
		ticket_free(ticket);
	return err;
}

static int home_submit(void *arg, struct span transaction, void *cookie)
{
	struct home *home = arg;
	int channel = home_channel(home), err;
	struct ticket *ticket = channel < 0 ? NULL : ticket_new(home, cookie);

	if (!ticket)
		return -ENOENT;
	ticket->submitted = true;
	err = node_submit(home->node, (u32)channel, transaction, home_submitted, ticket);
	if (err)
		ticket_free(ticket);
	return err;
}

static u64 home_height(void *arg)
{
	struct home *home = arg;
	int at = home_channel(home);
	struct channel *channel = at < 0 ? NULL : node_channel(home->node, (u32)at);

	return channel ? state_mark(ledger_state(channel_ledger(channel)))->number : 0;
}

static void home_forget(void *arg, void *cookie)
{
	struct home *home = arg;
	struct ticket *ticket;

	for (ticket = home->newest; ticket; ticket = ticket->older)
		if (ticket->cookie == cookie)
			ticket->cookie = NULL;
}

static void home_tell(struct ticket *ticket)
{
	static const enum invoker_fate fates[] = {
		[CHANNEL_COMMITTED] = INVOKER_COMMITTED,
		[CHANNEL_REFUSED] = INVOKER_REFUSED,
		[CHANNEL_BUSY] = INVOKER_BUSY,
		[CHANNEL_STOPPING] = INVOKER_BUSY,
	};
	void *cookie = ticket->cookie;

	ticket->cookie = NULL; /* nothing to forget any more */
	if (ticket->submitted)
		invoker_home_submitted(cookie, fates[ticket->answer], ticket->block, ticket->index,
				       (u8)ticket->outcome);
	else
		invoker_home_endorsed(cookie, ticket->outcome, ticket->sentence,
				      (struct span){ ticket->bytes, ticket->rwset_len },
				      (struct span){ ticket->bytes + ticket->rwset_len, ticket->endorsement_len });
}

/* Telling one may ask for others, which are listed behind, and may forget any. */
static void home_on_told(evutil_socket_t fd, short what, void *arg)
{
	struct home *home = arg;
	struct ticket *ticket, *next;

	(void)fd;
	(void)what;
	for (ticket = home->oldest; ticket; ticket = next) {
		if (ticket->ended && ticket->cookie)
			home_tell(ticket);
		next = ticket->newer;
		if (ticket->ended && !ticket->cookie)
			ticket_free(ticket);
	}
}

struct home *home_new(struct event_base *base, struct node *node, const u8 *channel)
{
	struct home *home = calloc(1, sizeof(*home));

	if (!home)
		return NULL;
	home->node = node;
	memcpy(home->channel, channel, sizeof(home->channel));
	memcpy(home->key, node_key(node), sizeof(home->key));
	home->invoker = (struct invoker_home){ home->key, home_endorse, home_submit, home_height, home_forget, home };
	home->told = event_new(base, -1, 0, home_on_told, home);
	if (home->told)
		return home;
	free(home);
	return NULL;
}

void home_free(struct home *home)
{
	struct ticket *ticket, *next;

	if (!home)
		return;
	for (ticket = home->oldest; ticket; ticket = next) {
		next = ticket->newer;
		ticket->cookie = NULL;
		if (ticket->ended) {
			ticket_free(ticket);
		} else {
			home_unlist(ticket);
			ticket->home = NULL;
		}
	}
	event_free(home->told);
	free(home);
}

const struct invoker_home *home_of_invoker(const struct home *home)
{
	return &home->invoker;
}

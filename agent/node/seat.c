// SPDX-License-Identifier: GPL-2.0
/*
 * seat.c - this node's seat in one channel: opens what lies in its folder,
 * joins the channel's code to clock, timers, links and clients, and closes it.
 *
 * What a callback of the channel may not do (close the channel, change links) is noted and done at the end of the
 * round.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/node_state.h"
#include "agent/say.h"
#include "ledger/transaction.h"

#define SEAT_SEAL_US 2000     /* endorsements wait so long for company */
#define SEAT_BUSY_US 10000    /* and so long where they come that close together: each signature costs all validators */
#define SEAT_RETRY_US 1000000 /* a stopped channel is tried again after */
#define SEAT_ENDORSEMENTS 256 /* under one signature */

static u64 seat_now(void *arg)
{
	(void)arg;
	return node_now_us();
}

static u64 seat_clock(void *arg)
{
	struct seat *seat = arg;

	return node_clock(seat->node);
}

static int seat_send(void *arg, const u8 key[32], enum channel_urgency urgency, struct span parcel)
{
	struct seat *seat = arg;

	return node_send(seat->node, seat->id, key, urgency, parcel);
}

static void seat_wake(void *arg, u64 when_us)
{
	struct seat *seat = arg;
	u64 now = node_now_us(), wait = when_us > now ? when_us - now : 0;
	struct timeval timeout;

	if (when_us == ~0ULL) {
		event_del(seat->wake);
		return;
	}
	if (wait > 3600ULL * 1000000)
		wait = 3600ULL * 1000000;
	timeout.tv_sec = (time_t)(wait / 1000000);
	timeout.tv_usec = (suseconds_t)(wait % 1000000);
	event_add(seat->wake, &timeout);
}

static void seat_on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct seat *seat = arg;

	(void)fd;
	(void)what;
	if (!seat_is_open(seat))
		return;
	channel_tick(seat->channel);
	node_due(seat->node);
}

static void seat_on_seal(evutil_socket_t fd, short what, void *arg)
{
	struct seat *seat = arg;

	(void)fd;
	(void)what;
	seat->sealed_us = node_now_us();
	if (seat->endorser)
		endorser_seal(seat->endorser);
	node_due(seat->node);
}

/* Keys were enrolled or revoked in it. */
static bool seat_changes_keys(const struct block *block)
{
	struct reader body;
	struct span transaction;

	if (block_body_open(block->body, &body) < 0)
		return false;
	while (block_body_next(&body, &transaction))
		if (transaction.len && transaction.bytes[0] != TRANSACTION_INVOKE &&
		    transaction.bytes[0] != TRANSACTION_OPEN)
			return true;
	return false;
}

static void seat_committed(void *arg, const struct block *block, const u8 (*digests)[32])
{
	struct seat *seat = arg;
	struct node *node = seat->node;
	u32 i;

	seat->counts.blocks++;
	for (i = 0; i < block->header.count; i++)
		if (block->outcomes[i] < LEDGER_OUTCOME_COUNT)
			seat->counts.outcomes[block->outcomes[i]]++;
	if (private_committed(seat->privates, seat->ledger, block))
		say_error("Channel %s: private data of block %llu could not be kept.", seat->name,
			  (unsigned long long)block->header.number);
	if (seat_changes_keys(block)) {
		if (admission_read(seat))
			say_error("Channel %s: the list of revoked keys cannot be read.", seat->name);
		node->refresh = true;
	}
	streams_committed(seat, block, digests);
	eventlog_block(seat, block);
	if (node->options.committed)
		node->options.committed(node->options.arg, seat->channel, block);
	if (seat->endorser)
		endorser_block(seat->endorser, block->header.number, block->header.time);
	endorse_held(seat);
	node_due(node);
}

static void seat_answer(void *arg, void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	struct seat *seat = arg;

	submitter_answer(cookie, answer, number, index, outcome);
	node_due(seat->node);
}

static void seat_reconfigured(void *arg, const struct membership *membership)
{
	struct seat *seat = arg;
	int self = membership_node_index(membership, identity_tls_self(seat->node->tls)->key);

	seat->organisation = self < 0 ? -1 : membership->nodes[self].organisation;
	seat->node->refresh = true;
	eventlog_say(seat->node, seat, "reconfigured", "The channel has a new configuration.");
	node_due(seat->node);
}

static void seat_say(void *arg, bool error, const char *sentence)
{
	struct seat *seat = arg;

	if (error)
		say_error("Channel %s: %s", seat->name, sentence);
	else
		say_info("Channel %s: %s", seat->name, sentence);
	eventlog_say(seat->node, seat, error ? "trouble" : "notice", sentence);
}

static void seat_broken(void *arg, const char *sentence)
{
	seat_stop(arg, sentence);
}

void seat_stop(struct seat *seat, const char *sentence)
{
	if (seat->broken)
		return;
	seat->broken = true;
	snprintf(seat->stopped, sizeof(seat->stopped), "%s", sentence);
	say_error("Channel %s has stopped: %s", seat->name, sentence);
	eventlog_say(seat->node, seat, "stopped", sentence);
	node_due(seat->node);
}

bool seat_is_open(const struct seat *seat)
{
	return seat->channel && !seat->broken;
}

static void seat_sign(void *arg, const void *message, size_t len, u8 ret_signature[64])
{
	struct seat *seat = arg;

	identity_tls_sign(seat->node->tls, message, len, ret_signature);
}

static void seat_sign_vote(void *arg, const u8 digest[32], u8 ret_signature[64])
{
	seat_sign(arg, digest, 32, ret_signature);
}

static bool seat_verify_vote(void *arg, u32 replica, const u8 digest[32], const u8 signature[64])
{
	struct seat *seat = arg;
	const struct membership_node *node = membership_replica(ledger_membership(seat->ledger), replica);

	return node && verifier_check(ledger_verifier(seat->ledger), node->key, digest, 32, signature);
}

static int seat_open_ledger(struct seat *seat)
{
	struct ledger_options options = { .folder = seat->folder };
	struct ledger_error error = { .text = "" };
	int err = ledger_open(&options, &seat->ledger, &error);

	if (!err && memcmp(ledger_channel(seat->ledger), seat->id, 32))
		err = -EPROTO;
	if (!err) {
		memcpy(seat->name, ledger_membership(seat->ledger)->name, sizeof(seat->name));
		return 0;
	}
	snprintf(seat->stopped, sizeof(seat->stopped), "%.320s%s%.96s",
		 *error.text	  ? error.text
		 : err == -EPROTO ? "The folder holds another channel's ledger."
				  : strerror(-err),
		 *error.file ? " File: " : "", error.file);
	return err;
}

static int seat_open_channel(struct seat *seat, struct disk *votes)
{
	struct node *node = seat->node;
	struct channel_options options = {
		.ledger = seat->ledger,
		.votes = votes,
		.crypto = { seat_sign_vote, seat_verify_vote, seat },
		.pool_requests = node->options.pool_requests,
		.pool_bytes = node->options.pool_bytes,
		.snapshot_after = node->options.snapshot_after,
		.io = { .arg = seat,
			.now_us = seat_now,
			.clock = seat_clock,
			.send = seat_send,
			.wake = seat_wake,
			.committed = seat_committed,
			.answer = seat_answer,
			.reconfigured = seat_reconfigured,
			.say = seat_say,
			.broken = seat_broken },
	};
	struct channel_error error = { .text = "" };
	int err;

	memcpy(options.node_key, identity_tls_self(node->tls)->key, 32);
	err = channel_open(&options, &seat->channel, &error);
	if (err) {
		snprintf(seat->stopped, sizeof(seat->stopped), "%s", *error.text ? error.text : strerror(-err));
		seat->ledger = NULL;
	} else {
		seat->ledger = channel_ledger(seat->channel);
	}
	return err;
}

static int seat_open_endorser(struct seat *seat)
{
	struct endorser_options options = {
		.ledger = seat->ledger,
		.sign = seat_sign,
		.batch_most = SEAT_ENDORSEMENTS,
		.answer = endorse_answer,
		.privates = dissemination_offer,
		.private_get = dissemination_get,
		.arg = seat,
	};

	memcpy(options.node_key, identity_tls_self(seat->node->tls)->key, 32);
	seat->endorser = endorser_new(&options);
	return seat->endorser ? 0 : -ENOMEM;
}

static int seat_open_events(struct seat *seat)
{
	seat->wake = event_new(seat->node->options.base, -1, 0, seat_on_wake, seat);
	seat->seal = event_new(seat->node->options.base, -1, 0, seat_on_seal, seat);
	return seat->wake && seat->seal ? 0 : -ENOMEM;
}

int seat_open(struct seat *seat)
{
	char path[NODE_PATH_MAX + 16], error[320] = "";
	struct disk *votes = NULL;
	int err;

	seat->broken = false;
	*seat->stopped = '\0';
	err = seat_open_events(seat);
	if (!err)
		err = seat_open_ledger(seat);
	if (!err) {
		snprintf(path, sizeof(path), "%s/private", seat->folder);
		err = private_open(path, &seat->privates, error);
	}
	if (!err) {
		snprintf(path, sizeof(path), "%s/votes", seat->folder);
		err = disk_posix_open(path, true, &votes);
	}
	if (!err)
		err = seat_open_channel(seat, votes);
	if (!err)
		err = seat_open_endorser(seat);
	if (!err)
		err = admission_read(seat);
	if (!err) {
		seat_reconfigured(seat, ledger_membership(seat->ledger));
		return 0;
	}
	if (!*seat->stopped)
		snprintf(seat->stopped, sizeof(seat->stopped), "%.160s: %s", path, *error ? error : strerror(-err));
	if (!seat->retries)
		say_error("Channel %s cannot be opened: %s It is tried again from time to time.", seat->name,
			  seat->stopped);
	seat_close(seat);
	return err;
}

void seat_close(struct seat *seat)
{
	endorse_end(seat);
	if (seat->endorser) {
		endorser_seal(seat->endorser);
		endorser_free(seat->endorser);
	}
	if (seat->channel)
		channel_close(seat->channel);
	else if (seat->ledger)
		ledger_close(seat->ledger);
	submitter_end(seat);
	streams_end(seat, GRPC_UNAVAILABLE, seat->broken ? seat->stopped : "This node is stopping. Ask another.");
	if (seat->privates)
		private_close(seat->privates);
	if (seat->wake)
		event_free(seat->wake);
	if (seat->seal)
		event_free(seat->seal);
	seat->endorser = NULL;
	seat->channel = NULL;
	seat->ledger = NULL;
	seat->privates = NULL;
	seat->wake = seat->seal = NULL;
	free(seat->revoked);
	seat->revoked = NULL;
	seat->revoked_count = 0;
	seat->retry_us = node_now_us() + ((u64)SEAT_RETRY_US << (seat->retries < 6 ? seat->retries : 6));
	seat->broken = false;
}

void seat_endorsements(struct seat *seat)
{
	static const struct timeval waits[] = { { 0, SEAT_SEAL_US }, { 0, SEAT_BUSY_US } };
	bool busy = node_now_us() - seat->sealed_us < SEAT_BUSY_US;

	if (endorser_waiting(seat->endorser) >= SEAT_ENDORSEMENTS)
		endorser_seal(seat->endorser);
	else if (endorser_waiting(seat->endorser) && !event_pending(seat->seal, EV_TIMEOUT, NULL))
		event_add(seat->seal, &waits[busy]);
}

void seat_tick(struct seat *seat)
{
	if (seat_is_open(seat))
		dissemination_tick(seat);
	if (seat->channel || node_now_us() < seat->retry_us)
		return;
	if (seat_open(seat)) {
		seat->retries++;
		return;
	}
	seat->retries = 0;
	say_info("Channel %s goes on.", seat->name);
	eventlog_say(seat->node, seat, "resumed", "The channel goes on.");
}

// SPDX-License-Identifier: GPL-2.0
/*
 * charge.c - opens what carries actions to the ledger, keeps the connection to
 * the consortium that the channel's present configuration names, and gives the rhythm: see charge.h.
 */
#include <errno.h>
#include <string.h>

#include "agent/charge/charge_room.h"
#include "agent/node/node.h"
#include "agent/say.h"

#define CHARGE_TICK_US 20000
#define CHARGE_TICKS_A_SECOND (1000000 / CHARGE_TICK_US)
#define CHARGE_PROOF_BYTES (16 << 20)
#define CHARGE_ANSWERED 16384
#define CHARGE_ANSWERED_US (60 * 1000000ULL) /* answers are repeated so long without asking the ledger */

struct ledger *charge_ledger(const struct charge *charge)
{
	const struct agent *agent = charge->agent;
	const char *word = agent->config.charge.channel;
	struct channel *channel;
	int at = 0;

	if (!agent->node)
		return NULL;
	if (*word)
		at = node_find(agent->node, word);
	else if (node_channels(agent->node) != 1)
		return NULL;
	channel = at < 0 ? NULL : node_channel(agent->node, (u32)at);
	return channel ? channel_ledger(channel) : NULL;
}

static void charge_done(void *arg, const struct invoker_result *result)
{
	request_done(arg, result);
}

static void charge_endorsed(void *arg, u64 number, struct span result)
{
	request_endorsed(arg, number, result);
}

static void charge_told(void *arg)
{
	struct charge *charge = arg;

	charge->counts.told++;
}

static void charge_anchored(void *arg)
{
	struct charge *charge = arg;

	charge->counts.anchored++;
}

static void charge_reported(void *arg)
{
	struct charge *charge = arg;

	charge->counts.reported++;
}

/* What was under way is not: vehicles ask again. */
static void charge_disconnect(struct charge *charge)
{
	if (charge->invoker)
		invoker_free(charge->invoker);
	outlook_free(charge->outlook);
	heartbeat_free(charge->heartbeat);
	home_free(charge->home);
	consortium_close(charge->consortium);
	charge->home = NULL;
	charge->invoker = NULL;
	charge->heartbeat = NULL;
	charge->outlook = NULL;
	charge->consortium = NULL;
	errands_drop(charge->errands);
}

static int charge_connect(struct charge *charge, struct ledger *ledger)
{
	const struct config *config = &charge->agent->config;
	bool own = *config->charge.certificate;
	struct consortium_options to = {
		.base = charge->agent->base,
		.certificate = own ? config->charge.certificate : config->node.certificate,
		.key = own ? config->charge.key : config->node.key,
		.membership = ledger_membership(ledger),
		.channel = ledger_channel(ledger),
	};
	struct invoker_options options = {
		.timeout_ms = config->charge.timeout_ms,
		.done = charge_done,
		.endorsed = charge_endorsed,
		.arg = charge,
	};
	struct heartbeat_options beat = {
		.timeout_ms = config->charge.timeout_ms,
		.anchored = charge_anchored,
		.reported = charge_reported,
		.arg = charge,
	};
	struct outlook_options outlook = {
		.station = config->handshake.station,
		.timeout_ms = config->charge.timeout_ms,
		.told = charge_told,
		.arg = charge,
	};
	struct identity_error error;
	int err = consortium_new(&to, &charge->consortium, &error);

	if (err) {
		if (!charge->troubled)
			say_error("Actions cannot be carried to the ledger: %s.", error.text);
		charge->troubled = true;
		return err;
	}
	options.consortium = charge->consortium;
	beat.consortium = charge->consortium;
	charge->home = home_new(to.base, charge->agent->node, to.channel);
	options.home = charge->home ? home_of_invoker(charge->home) : NULL;
	err = invoker_new(&options, &charge->invoker);
	if (!err && own && !(charge->heartbeat = heartbeat_new(&beat)))
		err = -ENOMEM;
	outlook.consortium = charge->consortium;
	if (!err && own && *outlook.station && !(charge->outlook = outlook_new(&outlook)))
		err = -ENOMEM;
	if (err) {
		charge_disconnect(charge);
		return err;
	}
	memcpy(charge->channel, ledger_channel(ledger), sizeof(charge->channel));
	charge->troubled = false;
	return 0;
}

/* Follows the channel: not open yet, open, another configuration. */
static void charge_follow(struct charge *charge)
{
	struct ledger *ledger = charge_ledger(charge);

	if (!ledger)
		return; /* what is under way may still end well with the others */
	if (charge->consortium && (charge->consortium->membership.sequence != ledger_membership(ledger)->sequence ||
				   memcmp(charge->channel, ledger_channel(ledger), sizeof(charge->channel))))
		charge_disconnect(charge);
	if (!charge->consortium)
		charge_connect(charge, ledger);
}

static void charge_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct charge *charge = arg;
	struct vg_batch_seal last;

	(void)fd;
	(void)what;
	if (charge->ticks++ % CHARGE_TICKS_A_SECOND == 0) {
		charge_follow(charge);
		errands_forget(charge->errands, agent_now_us() - CHARGE_ANSWERED_US);
	}
	if (charge->invoker)
		invoker_tick(charge->invoker);
	request_tick(charge, agent_now_us());
	if (charge->outlook && charge_ledger(charge))
		outlook_tick(charge->outlook, charge_ledger(charge), agent_now_ms());
	if (charge->heartbeat)
		heartbeat_tick(charge->heartbeat, verdicts_last(charge->agent->verdicts, &last) ? &last : NULL,
			       agent_now_ms());
}

int charge_open(struct agent *agent)
{
	static const struct timeval often = { 0, CHARGE_TICK_US };
	const struct config_charge_section *section = &agent->config.charge;
	struct charge *charge;

	if (!section->enable || !agent->node)
		return 0;
	if (!*section->certificate != !*section->key) {
		say_error("[charge] certificate and key go together: name both, or neither.");
		return AGENT_EXIT_USAGE;
	}
	charge = calloc(1, sizeof(*charge));
	if (!charge)
		return AGENT_EXIT_REFUSED;
	agent->charge = charge;
	charge->agent = agent;
	charge->proofs = proofs_new(CHARGE_PROOF_BYTES);
	charge->errands = errands_new(section->queue, CHARGE_ANSWERED);
	charge->tick = event_new(agent->base, -1, EV_PERSIST, charge_on_tick, charge);
	if (!charge->proofs || !charge->errands || !charge->tick || event_add(charge->tick, &often))
		return AGENT_EXIT_REFUSED;
	charge_follow(charge);
	return 0;
}

void charge_close(struct agent *agent)
{
	struct charge *charge = agent->charge;

	if (!charge)
		return;
	if (charge->errands)
		charge_disconnect(charge);
	if (charge->tick)
		event_free(charge->tick);
	errands_free(charge->errands);
	proofs_free(charge->proofs);
	free(charge);
	agent->charge = NULL;
}

/* Alarm records are for others to know; without a place in the queue they stay in the log. */
static void charge_report(struct charge *charge, const struct batch *batch)
{
	u32 count = vg_be32(batch->seal.head.count), i;
	struct evidence evidence;
	struct proof proof;

	for (i = 0; i < count && i < VG_BATCH_MAX; i++) {
		if (batch->records[i].kind != VG_RECORD_ALARM ||
		    proofs_find(charge->proofs, &batch->seal.head, i, &proof))
			continue;
		proof_evidence(&proof, i, &batch->records[i], &evidence);
		charge->counts.unreported += !heartbeat_alarm(charge->heartbeat, &evidence);
	}
}

void charge_stored(struct agent *agent, const struct batch *batch)
{
	struct charge *charge = agent->charge;

	if (!charge)
		return;
	if (proofs_add(charge->proofs, batch))
		say_error("There is no memory for the proofs of a batch: its actions are dropped and must come again.");
	else if (charge->heartbeat)
		charge_report(charge, batch);
}

void charge_counts(const struct agent *agent, struct charge_counts *ret_counts)
{
	memset(ret_counts, 0, sizeof(*ret_counts));
	if (!agent->charge)
		return;
	*ret_counts = agent->charge->counts;
	ret_counts->under_way = errands_under_way(agent->charge->errands);
}

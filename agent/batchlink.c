// SPDX-License-Identifier: GPL-2.0
/*
 * batchlink.c - the attested grade: takes sealed batches from the module,
 * stores them, and only then acknowledges them (PROTOCOL.md B7).
 *
 * Multicast brings batches in parts and may lose any. Parts are joined in
 * order; whatever does not follow from what is stored (a gap, an overrun, a
 * disk that was full) is fetched by dump, which begins at the first batch not
 * stored. The module keeps all of them until acknowledged, so that a kill at
 * any moment loses none: the next start fetches from the log's end on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/gate_kernel.h"
#include "agent/policy_word.h"
#include "agent/say.h"

struct batchlink {
	struct gate_kernel_listener *listener;
	struct event *readable;
	bool behind;	 /* something must be fetched by dump */
	bool refused;	 /* the chain refused a batch; said once */
	bool any;	 /* a batch waits to be acknowledged: */
	u64 acknowledge; /* its number */
	u32 have;	 /* records of the batch that is being joined; 0: none begun */
	struct batch joined;
};

/* The first number not stored, as far as the log's epoch is the module's. */
static u64 batchlink_next(const struct agent *agent)
{
	const struct chain *chain = verdicts_chain(agent->verdicts);

	return chain->started && chain->epoch == agent->batch_epoch ? chain->number + 1 : 0;
}

static int batchlink_take(struct agent *agent)
{
	struct batchlink *link = agent->batchlink;
	int err = record_take(agent, &link->joined);

	if (err == -EBADMSG && !link->refused) {
		link->refused = true;
		say_error("Batches from here on stay in the module, unacknowledged; when its room is used up, actions "
			  "are "
			  "refused as backlog. Find out who acknowledged or altered batches, then move the verdict log "
			  "away "
			  "and start the agent again.");
	}
	if (!err)
		link->refused = false;
	return err;
}

/* Joins one part. Non-zero: it cannot be used, what follows must be fetched. */
static int batchlink_part(void *arg, const struct gate_kernel_part *part)
{
	struct agent *agent = arg;
	struct batchlink *link = agent->batchlink;
	u32 count;

	if (part->seal && vg_be64(part->seal->head.epoch) == agent->batch_epoch && part->number < batchlink_next(agent))
		return 0; /* stored already */
	if (part->offset == 0) {
		if (!part->seal)
			return -EAGAIN;
		link->joined.seal = *part->seal;
		link->have = 0;
	}
	count = vg_be32(link->joined.seal.head.count);
	if (part->offset != link->have || part->number != vg_be64(link->joined.seal.head.number) ||
	    count > VG_BATCH_MAX || part->count > count - link->have || !part->count) {
		link->have = 0;
		return -EAGAIN;
	}
	memcpy(&link->joined.records[link->have], part->records, part->count * sizeof(*part->records));
	link->have += part->count;
	if (link->have < count)
		return 0;
	link->have = 0;
	return batchlink_take(agent);
}

static int batchlink_heard_part(void *arg, const struct gate_kernel_part *part)
{
	struct agent *agent = arg;
	struct batchlink *link = agent->batchlink;

	if (!link->behind && part->offset == 0 && part->number > batchlink_next(agent))
		link->behind = true; /* one was lost */
	if (!link->behind && batchlink_part(agent, part))
		link->behind = true;
	return 0;
}

static int batchlink_heard_alarm(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm)
{
	notice_alarm(arg, event, alarm);
	return 0;
}

void batchlink_stored(struct agent *agent, const struct batch *batch)
{
	agent->batchlink->any = true;
	agent->batchlink->acknowledge = vg_be64(batch->seal.head.number);
}

/* Everything taken is brought to the disk, then acknowledged. */
static void batchlink_settle(struct agent *agent)
{
	struct batchlink *link = agent->batchlink;
	int err;

	if (record_commit(agent) || !link->any)
		return;
	link->any = false;
	err = gate_kernel_batch_ack(agent->gate, link->acknowledge);
	if (err)
		say_error("%s", agent->gate->error.text);
}

static void batchlink_fetch(struct agent *agent)
{
	struct gate_kernel_sink sink = { agent, batchlink_part, NULL };
	struct batchlink *link = agent->batchlink;
	int err;

	if (record_waits(agent))
		return;
	link->have = 0;
	err = gate_kernel_batch_dump(agent->gate, batchlink_next(agent), &sink);
	batchlink_settle(agent);
	link->have = 0;
	link->behind = err != 0;
	if (err && err != -EAGAIN && err != -EBADMSG)
		say_error("%s", agent->gate->error.text);
}

static void batchlink_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	struct gate_kernel_sink sink = { agent, batchlink_heard_part, batchlink_heard_alarm };
	int err = gate_kernel_listener_receive(agent->batchlink->listener, &sink);

	(void)fd;
	(void)what;
	if (err == -ENOBUFS) {
		say_info("Notifications of the module were lost in a burst; the verdicts among them are fetched.");
		agent->batchlink->behind = true;
	}
	if (agent->batchlink->behind)
		batchlink_fetch(agent);
	else
		batchlink_settle(agent);
}

/* The module goes on where the log ends, or begins an epoch that names its end. */
static int batchlink_begin(struct agent *agent)
{
	const struct chain *chain = verdicts_chain(agent->verdicts);
	static const u8 none[VG_HASH_LEN];
	struct gate_status status;
	int err = agent->gate->ops->status(agent->gate, &status);

	if (!err && !status.epoch) {
		err = gate_kernel_chain_begin(agent->gate, chain->started ? chain->head_hash : none);
		if (err == -EALREADY)
			err = 0;
		if (!err)
			err = agent->gate->ops->status(agent->gate, &status);
	}
	if (err) {
		say_error("%s", agent->gate->error.text);
		return AGENT_EXIT_UNREACHABLE;
	}
	agent->batch_epoch = status.epoch;
	if (chain->started && batchlink_next(agent) < status.acknowledged) {
		say_error(
			"The module's verdict chain was acknowledged up to batch %llu, but the log in %s/verdicts ends "
			"before. Put the log back that has those batches, or move this one away so that a new one "
			"begins.",
			(unsigned long long)status.acknowledged - 1, agent->config.state_dir);
		return AGENT_EXIT_REFUSED;
	}
	return 0;
}

static int batchlink_push_policy(struct agent *agent)
{
	int key, err;

	for (key = 0; key < VG_POLICY_KEY_COUNT; key++) {
		if (policy_word_of(key)->room != VG_POLICY_ROOM_GATE)
			continue;
		err = agent->gate->ops->policy_set(agent->gate, key, policy_word_get(&agent->policy, key));
		if (err) {
			say_error("%s", agent->gate->error.text);
			return AGENT_EXIT_REFUSED;
		}
	}
	return 0;
}

int batchlink_open(struct agent *agent)
{
	struct batchlink *link = agent->batchlink = calloc(1, sizeof(*link));
	struct gate_error error = { "No memory for the link to the module." };
	int err = link ? gate_kernel_open(&agent->gate, &error) : -ENOMEM;

	if (!err)
		err = gate_kernel_listen(true, true, &link->listener, &error);
	if (err) {
		say_error("%s", error.text);
		return AGENT_EXIT_UNREACHABLE;
	}
	err = batchlink_push_policy(agent);
	if (!err)
		err = batchlink_begin(agent);
	if (err)
		return err;
	link->readable = event_new(agent->base, gate_kernel_listener_fd(link->listener), EV_READ | EV_PERSIST,
				   batchlink_on_readable, agent);
	if (!link->readable || event_add(link->readable, NULL))
		return AGENT_EXIT_REFUSED;
	batchlink_fetch(agent);
	return 0;
}

void batchlink_tick(struct agent *agent)
{
	struct gate_status status;
	int err = agent->gate->ops->status(agent->gate, &status);

	if (err || status.epoch != agent->batch_epoch) {
		say_error("The module is gone or was loaded anew%s%s The agent stops; what is not covered by a verdict "
			  "is not "
			  "acted on. Start it again.",
			  err ? ": " : ".", err ? agent->gate->error.text : "");
		alarms_fault(agent->alarms, "module-gone", "The module voltgate is gone or was loaded anew.",
			     ingress_now(agent->ingress));
		agent_stop(agent, AGENT_EXIT_UNREACHABLE);
		return;
	}
	if (agent->batchlink->behind || (status.next_number > batchlink_next(agent) && !agent->batchlink->have))
		batchlink_fetch(agent);
}

void batchlink_close(struct agent *agent)
{
	struct batchlink *link = agent->batchlink;

	if (!link)
		return;
	if (link->readable) {
		batchlink_fetch(agent); /* what was sealed until now */
		event_free(link->readable);
	}
	gate_kernel_listener_close(link->listener);
	if (agent->gate)
		agent->gate->ops->close(agent->gate);
	free(link);
	agent->gate = NULL;
	agent->batchlink = NULL;
}

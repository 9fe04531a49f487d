// SPDX-License-Identifier: GPL-2.0
/*
 * record.c - the agent's use of verdicts.h: opens the log, tells stored
 * batches to actions, followers and the kernel, and waits when the disk is
 * full, so that nothing is acted on or acknowledged that is not stored.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/charge/charge.h"
#include "agent/control.h"
#include "agent/say.h"

#define RECORD_RETRY_MS 1000

static void record_stored(void *arg, const struct batch *batch)
{
	struct agent *agent = arg;

	if (agent->batchlink)
		batchlink_stored(agent, batch);
	charge_stored(agent, batch);
	if (agent->action)
		action_cover(agent->action, batch, agent_now_ms());
	if (agent->control)
		control_publish_batch(agent->control, batch);
}

int record_open(struct agent *agent)
{
	struct verdicts_error error;
	char dir[CONFIG_TEXT_MAX + 16];
	int err;

	snprintf(dir, sizeof(dir), "%s/verdicts", agent->config.state_dir);
	err = verdicts_open(dir, agent->config.segment_bytes, record_stored, agent, &agent->verdicts, &error);
	if (err) {
		say_error("%s", error.text);
		return AGENT_EXIT_REFUSED;
	}
	if (verdicts_cut(agent->verdicts))
		say_info("The verdict log in %s ended in a write that was cut short: its last %llu bytes, which nobody "
			 "was told of, were cut off.",
			 dir, (unsigned long long)verdicts_cut(agent->verdicts));
	return 0;
}

void record_close(struct agent *agent)
{
	verdicts_close(agent->verdicts);
	agent->verdicts = NULL;
}

int record_take(struct agent *agent, const struct batch *batch)
{
	struct verdicts_error error;
	int err = verdicts_take(agent->verdicts, batch, &error);

	if (err == -EBADMSG) {
		say_error("%s It is neither stored nor acknowledged, and nothing in it is acted on.", error.text);
		if (agent->alarms)
			alarms_fault(agent->alarms, chain_fault_word(error.fault), error.text,
				     ingress_now(agent->ingress));
		return err;
	}
	if (err) {
		if (!agent->verdicts_stuck)
			say_error(
				"%s Actions are refused as backlog until there is room; free some, this is tried again "
				"every second.",
				error.text);
		agent->verdicts_stuck = true;
		agent->verdicts_retry_ms = agent_now_ms() + RECORD_RETRY_MS;
		return -EAGAIN;
	}
	if (agent->verdicts_stuck)
		say_info("The verdict log can be written again.");
	agent->verdicts_stuck = false;
	return 0;
}

int record_commit(struct agent *agent)
{
	struct verdicts_error error;
	int err = verdicts_commit(agent->verdicts, &error);

	if (err) {
		say_error(
			"%s The agent stops, so that nothing is believed stored that is not; its next start reads what "
			"the disk really has.",
			error.text);
		agent_stop(agent, AGENT_EXIT_REFUSED);
	}
	return err;
}

bool record_waits(const struct agent *agent)
{
	return agent->verdicts_stuck && agent_now_ms() < agent->verdicts_retry_ms;
}

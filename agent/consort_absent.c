// SPDX-License-Identifier: GPL-2.0
/*
 * consort_absent.c - the agent without the ledger's node, linked as long as the
 * rooms the node stands on are not all there: [node] is refused.
 */
#include "agent/agent.h"
#include "agent/node_verbs.h"
#include "agent/say.h"

int consort_open(struct agent *agent)
{
	if (!*agent->config.node.listen)
		return 0;
	say_error("This program was built without the ledger's node: take [node] out of the configuration.");
	return AGENT_EXIT_REFUSED;
}

void consort_stop(struct agent *agent)
{
	(void)agent;
}

void consort_hang_up(struct agent *agent)
{
	(void)agent;
}

void consort_close(struct agent *agent)
{
	(void)agent;
}

bool node_verbs_handle(struct agent *agent, struct control_peer *peer, const char *verb, const json_t *request)
{
	(void)agent;
	(void)peer;
	(void)verb;
	(void)request;
	return false;
}

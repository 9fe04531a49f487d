/* SPDX-License-Identifier: GPL-2.0 */
/*
 * live.h - what the live page shows of this agent: page/page.h asks for it.
 *
 * {"name", "time", "gate": null | {"grade", "sessions", "next_number", "test_clock", "interfaces": [names], "packets":
 * {reason: count}}, "channels": [{"name", "height", "view", "epoch", "waiting", "behind", "stopped"}], "peers":
 * [{"name", "address", "state"}], "stations": [{"name", "organisation", "state", "chargers", "free", "price",
 * "rating"}], "plan": null | what plan.show answers of the station here}. No wallet, no vehicle, no session's id is in
 * it.
 */
#ifndef VOLTGATE_LIVE_H
#define VOLTGATE_LIVE_H

#include <jansson.h>

#include "agent/agent.h"

struct block;
struct channel;

int live_open(struct agent *agent);
void live_close(struct agent *agent);
/* Once a second. */
void live_tick(struct agent *agent);
/* What followers are told at once; both do nothing where there is no page. */
void live_alarm(struct agent *agent, const json_t *alarm);
void live_block(struct agent *agent, const json_t *block);

#endif

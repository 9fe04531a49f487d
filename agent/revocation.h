/* SPDX-License-Identifier: GPL-2.0 */
/*
 * revocation.h - what a committed block ends at this gate: sessions of keys
 * that were revoked and of accounts that were suspended, at once and on every gateway of the channel.
 *
 * An account that falls below the credit threshold keeps its sessions: it may finish what it began and gets no new one.
 */
#ifndef VOLTGATE_REVOCATION_H
#define VOLTGATE_REVOCATION_H

#include "agent/channel/channel.h"

struct agent;

/* A block is durable in @channel: sessions that it ends are revoked at the gate. */
void revocation_committed(struct agent *agent, struct channel *channel, const struct block *block);
/* Once a second: some of all sessions are judged again, for what blocks did not tell (a snapshot taken over, expiry).
 */
void revocation_sweep(struct agent *agent);

#endif

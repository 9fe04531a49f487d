/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ledger_verbs.h - the control socket's verbs about what a channel holds:
 * blocks, transactions, state. node_verbs.c has the table; control.h lists them.
 */
#ifndef VOLTGATE_LEDGER_VERBS_H
#define VOLTGATE_LEDGER_VERBS_H

#include "agent/agent.h"
#include "agent/control.h"

/* 0: it is answered, or will be; else @error has the sentence. */
int ledger_verbs_block_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error);
int ledger_verbs_block_list(struct agent *agent, struct control_peer *peer, const json_t *request,
			    struct gate_error *error);
int ledger_verbs_tx_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			struct gate_error *error);
int ledger_verbs_tx_submit(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error);
int ledger_verbs_state_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error);

#endif

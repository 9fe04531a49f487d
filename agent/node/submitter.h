/* SPDX-License-Identifier: GPL-2.0 */
/*
 * submitter.h - who waits for transactions to be committed: a client's call, a
 * client's stream, or this machine's operator.
 */
#ifndef VOLTGATE_NODE_SUBMITTER_H
#define VOLTGATE_NODE_SUBMITTER_H

#include "agent/node/node_state.h"

/* One transaction of the operator. -ENOMEM. */
int submitter_operator(struct seat *seat, struct span transaction, node_answer_fn *answer, void *arg);

#endif

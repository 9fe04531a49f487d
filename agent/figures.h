/* SPDX-License-Identifier: GPL-2.0 */
/* figures.h - what the agent adds to the node's /metrics: gate, handshakes, charging. */
#ifndef VOLTGATE_FIGURES_H
#define VOLTGATE_FIGURES_H

struct agent;
struct evbuffer;

/* Prometheus text format 0.0.4; nothing where there is no gate. Labels are reasons and words of fixed lists. */
void figures_add(const struct agent *agent, struct evbuffer *out);

#endif

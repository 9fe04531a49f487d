/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate.h - the gate of one network namespace: everything that Voltgate keeps
 * in the kernel belongs to exactly one of these.
 *
 * A gate is made with its namespace and must therefore be cheap: a few small
 * tables, no record buffers, no expanded key before somebody asks for one.
 */
#ifndef VOLTGATE_KMOD_GATE_H
#define VOLTGATE_KMOD_GATE_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "alarm.h"
#include "batch.h"
#include "counters.h"
#include "deny.h"
#include "policy.h"
#include "record.h"
#include "session.h"

#ifndef VOLTGATE_VERSION
#define VOLTGATE_VERSION "0.1.0"
#endif

struct vg_gate {
	struct net *net;
	struct mutex mutex; /* serialises changes to policy, sessions and deny list; taken before all other locks */
	struct vg_gate_policy __rcu *policy;
	struct vg_counters __percpu *counters;
	struct vg_sessions sessions;
	struct vg_denies denies;
	struct vg_alarms alarms;
	struct vg_records records;
	struct vg_batches batches;
};

extern unsigned int vg_gate_id;
extern struct workqueue_struct *vg_workqueue; /* all work of all gates */

/* The gate of @net. Any context in which @net is alive. */
static inline struct vg_gate *vg_gate_of(const struct net *net)
{
	return net_generic(net, vg_gate_id);
}

int vg_gate_start(void);
void vg_gate_stop(void);

/* Forgets sessions, deny entries and alarm aggregates; the chain goes on. May sleep. */
void vg_gate_flush(struct vg_gate *gate);

#endif

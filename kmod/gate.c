// SPDX-License-Identifier: GPL-2.0
/*
 * gate.c - makes and ends the gate of each network namespace.
 *
 * When a namespace ends, its interfaces are gone before the gate is (devices
 * are a later kind of namespace state and so are undone first), and no socket
 * of it is left: nobody but the gate's own work still sees it.
 */
#include "gate.h"

unsigned int vg_gate_id;
struct workqueue_struct *vg_workqueue;

static int __net_init vg_gate_init(struct net *net)
{
	struct vg_gate *gate = vg_gate_of(net);
	int err;

	gate->net = net;
	mutex_init(&gate->mutex);
	err = vg_policy_init(gate);
	if (err)
		return err;
	err = vg_counters_init(gate);
	if (err)
		goto undo_policy;
	err = vg_records_init(gate);
	if (err)
		goto undo_counters;
	vg_batches_init(gate);
	err = vg_sessions_init(gate);
	if (err)
		goto undo_batches;
	err = vg_denies_init(gate);
	if (err)
		goto undo_sessions;
	err = vg_alarms_init(gate);
	if (err)
		goto undo_denies;
	return 0;

undo_denies:
	vg_denies_done(gate);
undo_sessions:
	vg_sessions_done(gate);
undo_batches:
	vg_batches_done(gate);
	vg_records_done(gate);
undo_counters:
	vg_counters_done(gate);
undo_policy:
	vg_policy_done(gate);
	return err;
}

static void __net_exit vg_gate_done(struct net *net)
{
	struct vg_gate *gate = vg_gate_of(net);

	vg_alarms_done(gate);
	vg_denies_done(gate);
	vg_sessions_done(gate);
	vg_batches_done(gate);
	vg_records_done(gate);
	vg_counters_done(gate);
	vg_policy_done(gate);
}

static struct pernet_operations vg_gate_ops = {
	.init = vg_gate_init,
	.exit = vg_gate_done,
	.id = &vg_gate_id,
	.size = sizeof(struct vg_gate),
};

int vg_gate_start(void)
{
	int err;

	vg_workqueue = alloc_workqueue("voltgate", WQ_UNBOUND, 0);
	if (!vg_workqueue)
		return -ENOMEM;
	err = register_pernet_subsys(&vg_gate_ops);
	if (err)
		destroy_workqueue(vg_workqueue);
	return err;
}

void vg_gate_stop(void)
{
	unregister_pernet_subsys(&vg_gate_ops);
	destroy_workqueue(vg_workqueue);
}

void vg_gate_flush(struct vg_gate *gate)
{
	mutex_lock(&gate->mutex);
	vg_sessions_flush(gate);
	vg_denies_flush(gate);
	mutex_unlock(&gate->mutex);
	vg_alarms_flush(gate);
}

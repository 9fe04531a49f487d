// SPDX-License-Identifier: GPL-2.0
/* alarm_worker.c - tells of alarm aggregates, records the closed ones; see alarm.h. */
#include <crypto/sha2.h>
#include <linux/sched.h>
#include "alarm_worker.h"
#include "gate.h"
#include "netlink.h"
#include "trace.h"

#define VG_ALARM_CLOSE_PASS 256 /* entries closed under one hold of the table lock */

/* @alarm as it is hashed: big-endian, nothing behind the sample. */
static void vg_alarm_encode(const struct vg_alarm *alarm, struct vg_alarm *ret_encoded)
{
	const struct vg_alarm_state *state = &alarm->state;

	*ret_encoded = *alarm;
	ret_encoded->key.session = vg_be64(alarm->key.session);
	ret_encoded->key.reason = vg_be32(alarm->key.reason);
	ret_encoded->state.first = vg_be64(state->first);
	ret_encoded->state.last = vg_be64(state->last);
	ret_encoded->state.count = vg_be64(state->count);
	ret_encoded->state.ifindex = vg_be32(state->ifindex);
	ret_encoded->state.frame_len = vg_be16(state->frame_len);
	ret_encoded->state.sample_len = vg_be16(state->sample_len);
	memset(ret_encoded->state.sample + state->sample_len, 0, VG_ALARM_SAMPLE_MAX - state->sample_len);
}

static int vg_alarm_record(struct vg_gate *gate, const struct vg_alarm *alarm)
{
	struct vg_alarm encoded;
	struct vg_record record;

	vg_alarm_encode(alarm, &encoded);
	rcu_read_lock();
	vg_record_start(&record, VG_RECORD_ALARM, vg_policy_of(gate), vg_policy_now(gate));
	rcu_read_unlock();
	record.session = encoded.key.session;
	record.sequence = encoded.state.count;
	record.reason = alarm->key.reason;
	sha256((const u8 *)&encoded, sizeof(encoded), record.digest);
	return vg_record_write(gate, &gate->records.ended, &record, VG_RECORD_IF_HALF_FREE);
}

static void vg_alarm_notify(struct vg_gate *gate, const struct vg_alarm *alarm, enum vg_alarm_event event)
{
	trace_vg_alarm(gate->net, alarm, event);
	vg_netlink_alarm_notify(gate, alarm, event);
}

/* Sends the notices that packets asked for. The worker's mutex is held. */
static void vg_alarms_tell(struct vg_gate *gate)
{
	struct llist_node *notices = llist_reverse_order(llist_del_all(&gate->alarms.notices));
	struct vg_alarm_entry *entry, *next;
	struct vg_alarm alarm;
	bool told;

	llist_for_each_entry_safe(entry, next, notices, notice)
	{
		spin_lock_bh(&entry->lock);
		alarm = entry->alarm;
		told = entry->told;
		entry->told = true;
		entry->queued = false; /* from here on it may be closed, but only this worker frees */
		spin_unlock_bh(&entry->lock);
		vg_alarm_notify(gate, &alarm, told ? VG_ALARM_UPDATE : VG_ALARM_NEW);
	}
}

/* Records, tells and forgets what is closed, as far as there are record slots. The worker's mutex is held. */
static void vg_alarms_forget(struct vg_gate *gate)
{
	struct vg_alarms *alarms = &gate->alarms;
	struct vg_alarm_entry *entry;

	for (;;) {
		spin_lock_bh(&alarms->lock);
		entry = list_first_entry_or_null(&alarms->closing, struct vg_alarm_entry, lru);
		spin_unlock_bh(&alarms->lock);
		/* Closed, so nobody changes it; the closer comes again for what finds no slot. */
		if (!entry || vg_alarm_record(gate, &entry->alarm))
			return;
		vg_alarm_notify(gate, &entry->alarm, VG_ALARM_CLOSED);
		spin_lock_bh(&alarms->lock);
		list_del(&entry->lru);
		alarms->closing_count--;
		spin_unlock_bh(&alarms->lock);
		vg_alarm_free(alarms, entry);
		cond_resched();
	}
}

/* Closes the entries at the front of the list that moved before @before_ns. True: there may be more. */
static bool vg_alarms_close_before(struct vg_alarms *alarms, u64 before_ns)
{
	struct vg_alarm_entry *entry, *next;
	u32 closed = 0;

	spin_lock_bh(&alarms->lock);
	list_for_each_entry_safe (entry, next, &alarms->lru, lru) {
		if (entry->moved_ns >= before_ns || closed == VG_ALARM_CLOSE_PASS)
			break;
		if (vg_alarm_close(alarms, entry))
			closed++;
	}
	spin_unlock_bh(&alarms->lock);
	return closed == VG_ALARM_CLOSE_PASS;
}

static void vg_alarms_teller(struct work_struct *work)
{
	struct vg_alarms *alarms = container_of(work, struct vg_alarms, teller);
	struct vg_gate *gate = container_of(alarms, struct vg_gate, alarms);

	mutex_lock(&alarms->worker);
	vg_alarms_tell(gate);
	vg_alarms_forget(gate);
	mutex_unlock(&alarms->worker);
}

static void vg_alarms_closer(struct work_struct *work)
{
	struct vg_alarms *alarms = container_of(to_delayed_work(work), struct vg_alarms, closer);
	struct vg_gate *gate = container_of(alarms, struct vg_gate, alarms);
	u64 now_ns = ktime_get_ns(), idle_ns;

	rcu_read_lock();
	idle_ns = vg_policy_of(gate)->alarm_idle_ns + VG_ALARM_MOVE_NS;
	rcu_read_unlock();
	mutex_lock(&alarms->worker);
	if (now_ns > idle_ns)
		while (vg_alarms_close_before(alarms, now_ns - idle_ns))
			vg_alarms_forget(gate);
	vg_alarms_tell(gate);
	vg_alarms_forget(gate);
	if (vg_alarms_count(gate))
		queue_delayed_work(vg_workqueue, &alarms->closer, VG_ALARM_CLOSE_INTERVAL);
	mutex_unlock(&alarms->worker);
}

void vg_alarm_worker_init(struct vg_alarms *alarms)
{
	mutex_init(&alarms->worker);
	INIT_WORK(&alarms->teller, vg_alarms_teller);
	INIT_DELAYED_WORK(&alarms->closer, vg_alarms_closer);
}

void vg_alarms_flush(struct vg_gate *gate)
{
	struct vg_alarms *alarms = &gate->alarms;

	mutex_lock(&alarms->worker);
	vg_alarms_tell(gate); /* so that none is held by a notice */
	while (vg_alarms_close_before(alarms, U64_MAX))
		cond_resched();
	vg_alarms_forget(gate);
	mutex_unlock(&alarms->worker);
}

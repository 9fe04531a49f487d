// SPDX-License-Identifier: GPL-2.0
/* alarm.c - the packets' side of alarms, and their table; see alarm.h. */
#include <linux/slab.h>
#include <linux/netdevice.h>
#include <net/xdp.h>
#include "alarm_worker.h"
#include "gate.h"

#define VG_ALARM_NOTICE_NS (100 * NSEC_PER_MSEC) /* ten a second */
#define VG_ALARM_CLOSING_MAX 1024		 /* evicted and waiting for the worker; beyond, nothing is evicted */
#define VG_ALARM_EVICT_TRIES 4

static struct kmem_cache *vg_alarm_cache;

static const struct rhashtable_params vg_alarm_params = {
	.key_len = sizeof(struct vg_alarm_key),
	.key_offset = offsetof(struct vg_alarm_entry, alarm.key),
	.head_offset = offsetof(struct vg_alarm_entry, node),
	.automatic_shrinking = true,
};

int vg_alarm_cache_start(void)
{
	vg_alarm_cache = KMEM_CACHE(vg_alarm_entry, 0);
	return vg_alarm_cache ? 0 : -ENOMEM;
}

void vg_alarm_cache_stop(void)
{
	kmem_cache_destroy(vg_alarm_cache);
}

static void vg_alarm_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(vg_alarm_cache, container_of(rcu, struct vg_alarm_entry, rcu));
}

void vg_alarm_free(struct vg_alarms *alarms, struct vg_alarm_entry *entry)
{
	xa_erase_bh(&alarms->slots, entry->slot);
	call_rcu(&entry->rcu, vg_alarm_free_rcu);
}

int vg_alarms_init(struct vg_gate *gate)
{
	struct vg_alarms *alarms = &gate->alarms;
	int err;

	xa_init_flags(&alarms->slots, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_BH);
	spin_lock_init(&alarms->lock);
	INIT_LIST_HEAD(&alarms->lru);
	INIT_LIST_HEAD(&alarms->closing);
	init_llist_head(&alarms->notices);
	vg_alarm_worker_init(alarms);
	alarms->quota = alloc_percpu_gfp(struct vg_alarm_quota, GFP_KERNEL_ACCOUNT);
	if (!alarms->quota)
		return -ENOMEM;
	err = rhashtable_init(&alarms->table, &vg_alarm_params);
	if (err)
		free_percpu(alarms->quota);
	return err;
}

static void vg_alarm_free_now(void *entry, void *unused)
{
	kmem_cache_free(vg_alarm_cache, entry);
}

void vg_alarms_done(struct vg_gate *gate)
{
	struct vg_alarms *alarms = &gate->alarms;
	struct vg_alarm_entry *entry, *next;

	cancel_work_sync(&alarms->teller);
	cancel_delayed_work_sync(&alarms->closer);
	list_for_each_entry_safe (entry, next, &alarms->closing, lru)
		vg_alarm_free_now(entry, NULL);
	rhashtable_free_and_destroy(&alarms->table, vg_alarm_free_now, NULL);
	xa_destroy(&alarms->slots);
	free_percpu(alarms->quota);
}

bool vg_alarm_close(struct vg_alarms *alarms, struct vg_alarm_entry *entry)
{
	bool closed;

	lockdep_assert_held(&alarms->lock);
	spin_lock(&entry->lock);
	closed = !entry->queued; /* else the worker would free what is still in its list */
	if (closed)
		entry->closed = true;
	spin_unlock(&entry->lock);
	if (!closed)
		return false;
	rhashtable_remove_fast(&alarms->table, &entry->node, vg_alarm_params);
	list_move_tail(&entry->lru, &alarms->closing);
	alarms->live--;
	alarms->closing_count++;
	return true;
}

/* Makes room for one entry by closing the least recently used. The table lock is held. */
static bool vg_alarm_evict(struct vg_alarms *alarms)
{
	struct vg_alarm_entry *entry;
	int tries;

	if (alarms->closing_count >= VG_ALARM_CLOSING_MAX)
		return false;
	for (tries = 0; tries < VG_ALARM_EVICT_TRIES; tries++) {
		entry = list_first_entry(&alarms->lru, struct vg_alarm_entry, lru);
		if (vg_alarm_close(alarms, entry)) {
			queue_work(vg_workqueue, &alarms->teller);
			return true;
		}
		list_move_tail(&entry->lru, &alarms->lru);
	}
	return false;
}

/* Under the entry's lock: tells of it if the clock of its kind allows. */
static void vg_alarm_tell(struct vg_alarms *alarms, struct vg_alarm_entry *entry, u64 now_ns)
{
	atomic64_t *clock = &alarms->clocks[entry->alarm.key.reason].next_ns[entry->told];
	s64 next_ns = atomic64_read(clock);

	if (entry->queued || (s64)now_ns < next_ns ||
	    atomic64_cmpxchg(clock, next_ns, now_ns + VG_ALARM_NOTICE_NS) != next_ns)
		return;
	entry->queued = true;
	llist_add(&entry->notice, &alarms->notices);
	queue_work(vg_workqueue, &alarms->teller);
}

/* Adds one packet to @entry. False: it was closed meanwhile. */
static bool vg_alarm_grow(struct vg_alarms *alarms, struct vg_alarm_entry *entry, const struct vg_moment *moment)
{
	struct vg_alarm_state *state = &entry->alarm.state;

	spin_lock(&entry->lock);
	if (entry->closed) {
		spin_unlock(&entry->lock);
		return false;
	}
	state->count++;
	state->last = moment->now;
	vg_alarm_tell(alarms, entry, moment->now_ns);
	spin_unlock(&entry->lock);
	if (moment->now_ns - READ_ONCE(entry->moved_ns) < VG_ALARM_MOVE_NS || !spin_trylock(&alarms->lock))
		return true;
	if (!entry->closed) {
		list_move_tail(&entry->lru, &alarms->lru);
		WRITE_ONCE(entry->moved_ns, moment->now_ns);
	}
	spin_unlock(&alarms->lock);
	return true;
}

static struct vg_alarm_entry *vg_alarm_make(const struct vg_alarm_key *key, const struct vg_moment *moment,
					    const struct xdp_buff *xdp)
{
	struct vg_alarm_entry *entry = kmem_cache_zalloc(vg_alarm_cache, GFP_ATOMIC | __GFP_NOWARN);
	struct vg_alarm_state *state;

	if (!entry)
		return NULL;
	spin_lock_init(&entry->lock);
	entry->moved_ns = moment->now_ns;
	entry->alarm.key = *key;
	state = &entry->alarm.state;
	state->first = moment->now;
	state->last = moment->now;
	state->count = 1;
	state->ifindex = xdp->rxq->dev->ifindex;
	state->frame_len = min_t(u32, xdp->data_end - xdp->data, U16_MAX);
	state->sample_len = min_t(u32, state->frame_len, VG_ALARM_SAMPLE_MAX);
	memcpy(state->sample, xdp->data, state->sample_len);
	return entry;
}

/* Puts @entry into the table, if room and budget allow. The table lock is held. */
static int vg_alarm_insert(struct vg_alarms *alarms, const struct vg_gate_policy *policy, struct vg_alarm_entry *entry)
{
	int err;

	if (!vg_budget_has(&alarms->new_budget, &policy->alarm_new, entry->moved_ns))
		return -EBUSY;
	if (alarms->live >= policy->set.alarm_entries && !vg_alarm_evict(alarms))
		return -ENOSPC;
	err = xa_alloc_bh(&alarms->slots, &entry->slot, entry, xa_limit_31b, GFP_ATOMIC | __GFP_NOWARN);
	if (err)
		return err;
	err = rhashtable_lookup_insert_fast(&alarms->table, &entry->node, vg_alarm_params);
	if (err) {
		xa_erase_bh(&alarms->slots, entry->slot);
		return err;
	}
	vg_budget_take(&alarms->new_budget, &policy->alarm_new, entry->moved_ns);
	list_add_tail(&entry->lru, &alarms->lru);
	alarms->live++;
	spin_lock(&entry->lock);
	vg_alarm_tell(alarms, entry, entry->moved_ns);
	spin_unlock(&entry->lock);
	return 0;
}

/* 0: the packet is in a new aggregate; -EEXIST: another CPU was faster; else there is no room. */
static int vg_alarm_create(struct vg_alarms *alarms, const struct vg_gate_policy *policy,
			   const struct vg_moment *moment, const struct vg_alarm_key *key, const struct xdp_buff *xdp)
{
	struct vg_alarm_entry *entry;
	int err;

	if (!vg_budget_has(&alarms->new_budget, &policy->alarm_new, moment->now_ns))
		return -EBUSY;
	if (READ_ONCE(alarms->closing_count) >= VG_ALARM_CLOSING_MAX &&
	    READ_ONCE(alarms->live) >= policy->set.alarm_entries)
		return -ENOSPC;
	entry = vg_alarm_make(key, moment, xdp);
	if (!entry)
		return -ENOMEM;
	spin_lock(&alarms->lock);
	err = vg_alarm_insert(alarms, policy, entry);
	spin_unlock(&alarms->lock);
	if (err)
		call_rcu(&entry->rcu, vg_alarm_free_rcu); /* a walk may have seen it */
	else if (!delayed_work_pending(&alarms->closer))
		queue_delayed_work(vg_workqueue, &alarms->closer, VG_ALARM_CLOSE_INTERVAL);
	return err;
}

static bool vg_alarm_quota_take(struct vg_alarms *alarms)
{
	struct vg_alarm_quota *quota = this_cpu_ptr(alarms->quota);

	if (quota->tick != jiffies) {
		quota->tick = jiffies;
		quota->left = VG_ALARMS_PER_TICK;
	}
	if (!quota->left)
		return false;
	quota->left--;
	return true;
}

void vg_alarm_packet(struct vg_gate *gate, const struct vg_gate_policy *policy, const struct vg_moment *moment,
		     const struct vg_alarm_key *key, const struct xdp_buff *xdp)
{
	struct vg_alarms *alarms = &gate->alarms;
	struct vg_alarm_entry *entry;
	int tries, err;

	for (tries = 0; tries < 2 && (tries || vg_alarm_quota_take(alarms)); tries++) {
		entry = rhashtable_lookup(&alarms->table, key, vg_alarm_params);
		if (entry && vg_alarm_grow(alarms, entry, moment))
			return;
		err = vg_alarm_create(alarms, policy, moment, key, xdp);
		if (!err)
			return;
		if (err != -EEXIST)
			break;
	}
	vg_counters_overflow(gate, key->reason);
}

u32 vg_alarms_count(struct vg_gate *gate)
{
	return READ_ONCE(gate->alarms.live) + READ_ONCE(gate->alarms.closing_count);
}

bool vg_alarm_next(struct vg_gate *gate, unsigned long *slot, struct vg_alarm *ret_alarm)
{
	struct vg_alarm_entry *entry;

	rcu_read_lock();
	entry = xa_find(&gate->alarms.slots, slot, ULONG_MAX, XA_PRESENT);
	if (entry) {
		spin_lock_bh(&entry->lock);
		*ret_alarm = entry->alarm;
		spin_unlock_bh(&entry->lock);
	}
	rcu_read_unlock();
	return entry;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarm.h - refused packets aggregated by (session, source, reason).
 *
 * A CPU takes in VG_ALARMS_PER_TICK packets a tick, beyond that it only counts.
 * A packet whose aggregate exists costs one look-up and an addition under the
 * aggregate's own lock. One whose aggregate does not exist costs a look-up and
 * a read of the bucket of new aggregates; only if that has a token is memory
 * taken. What finds no room is counted as overflow: aggregates and overflow
 * together are always exactly the refused packets.
 *
 *   new --(notice)--> told --(silent, or evicted as least recently used)--> closed
 *                                                        --(recorded, notice)--> forgotten
 *
 * Locks: table lock, then entry lock. The worker's mutex lets one of its two
 * works run at a time; only they free entries.
 */
#ifndef VOLTGATE_KMOD_ALARM_H
#define VOLTGATE_KMOD_ALARM_H

#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "voltgate/alarm.h"
#include "voltgate/budget.h"
#include "voltgate/reason.h"

struct vg_gate;
struct vg_gate_policy;
struct vg_moment;
struct xdp_buff;

enum vg_alarm_event { VG_ALARM_NEW = 1, VG_ALARM_UPDATE = 2, VG_ALARM_CLOSED = 3 };

struct vg_alarm_entry {
	struct rhash_head node;
	struct vg_alarm alarm; /* its state: under lock */
	spinlock_t lock;       /* with softirqs off */
	bool closed;	       /* set under both locks: takes no more packets */
	bool told;	       /* under lock: somebody was told of it once */
	bool queued;	       /* under lock: in notices */
	u32 slot;
	u64 moved_ns;	      /* when it last moved to the end of lru, at most VG_ALARM_MOVE_NS ago if packets come */
	struct list_head lru; /* or closing; under the table lock */
	struct llist_node notice;
	struct rcu_head rcu;
};

/* When the next notice of a reason may go out, monotonic; one clock for new aggregates, one for growing ones. */
struct vg_alarm_clock {
	atomic64_t next_ns[2];
};

/* A CPU's own: what it may still add before its next tick. Softirqs do not nest, so nobody else is in it. */
struct vg_alarm_quota {
	unsigned long tick; /* jiffies */
	u32 left;
};

struct vg_alarms {
	struct vg_alarm_quota __percpu *quota;
	struct rhashtable table;
	struct xarray slots;  /* for walks, as with sessions */
	spinlock_t lock;      /* the table lock, with softirqs off */
	struct list_head lru; /* least recently used first */
	struct list_head closing;
	u32 live; /* in lru */
	u32 closing_count;
	struct vg_budget new_budget;
	struct llist_head notices;
	struct vg_alarm_clock clocks[VG_REASON_COUNT];
	struct mutex worker;
	struct work_struct teller;  /* sends notices, records and forgets what is closed */
	struct delayed_work closer; /* closes what fell silent; runs while there are entries */
};

int vg_alarm_cache_start(void);
void vg_alarm_cache_stop(void);
int vg_alarms_init(struct vg_gate *gate);
void vg_alarms_done(struct vg_gate *gate);

/* Refusals are alarms; these are not. */
static inline bool vg_alarm_wanted(u32 reason)
{
	return reason != VG_ACCEPTED && reason != VG_ITS_HANDED;
}

/*
 * Takes in one refused packet: in an aggregate or as overflow. Softirq, or
 * softirqs off; RCU read section. @xdp gives the sample.
 */
void vg_alarm_packet(struct vg_gate *gate, const struct vg_gate_policy *policy, const struct vg_moment *moment,
		     const struct vg_alarm_key *key, const struct xdp_buff *xdp);

/* Closes all aggregates. May sleep. */
void vg_alarms_flush(struct vg_gate *gate);
u32 vg_alarms_count(struct vg_gate *gate);
/* As vg_session_next(). */
bool vg_alarm_next(struct vg_gate *gate, unsigned long *slot, struct vg_alarm *ret_alarm);

#endif

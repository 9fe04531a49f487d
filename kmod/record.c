// SPDX-License-Identifier: GPL-2.0
/* record.c - lanes of verdict records; see record.h. */
#include <linux/slab.h>
#include "gate.h"

static void vg_lane_init(struct vg_record_lane *lane)
{
	spin_lock_init(&lane->lock);
	INIT_LIST_HEAD(&lane->full);
	lane->page = NULL;
}

static void vg_lane_done(struct vg_record_lane *lane)
{
	kfree(lane->page);
	vg_record_pages_free(&lane->full);
}

int vg_records_init(struct vg_gate *gate)
{
	struct vg_records *records = &gate->records;
	int cpu;

	records->lanes = alloc_percpu_gfp(struct vg_record_lane, GFP_KERNEL_ACCOUNT);
	if (!records->lanes)
		return -ENOMEM;
	for_each_possible_cpu (cpu)
		vg_lane_init(per_cpu_ptr(records->lanes, cpu));
	vg_lane_init(&records->added);
	vg_lane_init(&records->ended);
	atomic_set(&records->open, 0);
	return 0;
}

void vg_records_done(struct vg_gate *gate)
{
	struct vg_records *records = &gate->records;
	int cpu;

	for_each_possible_cpu (cpu)
		vg_lane_done(per_cpu_ptr(records->lanes, cpu));
	vg_lane_done(&records->added);
	vg_lane_done(&records->ended);
	free_percpu(records->lanes);
}

void vg_record_pages_free(struct list_head *pages)
{
	struct vg_record_page *page, *next;

	list_for_each_entry_safe (page, next, pages, node)
		kfree(page);
	INIT_LIST_HEAD(pages);
}

/* Counts one slot more as held, if the backlog allows. */
static bool vg_record_hold(struct vg_gate *gate, const struct vg_gate_policy *policy, enum vg_record_share share)
{
	u64 open = (u32)atomic_inc_return(&gate->records.open);
	u64 max = policy->records_max;

	if (share == VG_RECORD_ALWAYS)
		return true;
	if (share == VG_RECORD_IF_HALF_FREE)
		max = max / 2;
	if (open + (u64)READ_ONCE(gate->batches.pending) * policy->set.batch_records <= max)
		return true;
	atomic_dec(&gate->records.open);
	return false;
}

/* Makes sure that the lane's page has room for one record; @spare, if any, is used up by becoming NULL. */
static bool vg_lane_make_room(struct vg_record_lane *lane, struct vg_record_page **spare)
{
	if (lane->page && lane->page->count < VG_PAGE_RECORDS)
		return true;
	if (lane->page)
		list_add_tail(&lane->page->node, &lane->full);
	lane->page = *spare ? *spare : kmalloc(sizeof(*lane->page), GFP_ATOMIC | __GFP_NOWARN);
	*spare = NULL;
	if (!lane->page)
		return false;
	lane->page->count = 0;
	lane->page->taken = 0;
	return true;
}

struct vg_record_lane *vg_record_reserve(struct vg_gate *gate, const struct vg_gate_policy *policy)
{
	struct vg_record_lane *lane = this_cpu_ptr(gate->records.lanes);
	struct vg_record_page *spare = NULL;

	if (!vg_record_hold(gate, policy, VG_RECORD_IF_ROOM))
		return NULL;
	spin_lock(&lane->lock);
	if (vg_lane_make_room(lane, &spare))
		return lane;
	spin_unlock(&lane->lock);
	atomic_dec(&gate->records.open);
	return NULL;
}

void vg_record_publish(struct vg_gate *gate, struct vg_record_lane *lane, const struct vg_gate_policy *policy,
		       const struct vg_record *record)
{
	lane->page->records[lane->page->count++] = *record;
	spin_unlock(&lane->lock);
	vg_batch_notice(gate, policy);
}

void vg_record_release(struct vg_gate *gate, struct vg_record_lane *lane)
{
	spin_unlock(&lane->lock);
	atomic_dec(&gate->records.open);
}

int vg_record_write(struct vg_gate *gate, struct vg_record_lane *lane, const struct vg_record *record,
		    enum vg_record_share share)
{
	gfp_t gfp = share == VG_RECORD_ALWAYS ? GFP_KERNEL | __GFP_NOFAIL : GFP_KERNEL_ACCOUNT;
	struct vg_record_page *spare = kmalloc(sizeof(*spare), gfp);
	int err = 0;

	if (!spare)
		return -ENOMEM;
	rcu_read_lock();
	if (!vg_record_hold(gate, vg_policy_of(gate), share)) {
		err = -ENOBUFS;
		goto unlock;
	}
	spin_lock_bh(&lane->lock);
	vg_lane_make_room(lane, &spare); /* cannot fail: there is a spare */
	lane->page->records[lane->page->count++] = *record;
	spin_unlock_bh(&lane->lock);
	vg_batch_notice(gate, vg_policy_of(gate));
unlock:
	rcu_read_unlock();
	kfree(spare);
	return err;
}

static u32 vg_lane_collect(struct vg_record_lane *lane, struct list_head *ret_pages)
{
	struct vg_record_page *page;
	LIST_HEAD(pages);
	u32 count = 0;

	spin_lock_bh(&lane->lock);
	list_splice_init(&lane->full, &pages);
	if (lane->page)
		list_add_tail(&lane->page->node, &pages);
	lane->page = NULL;
	spin_unlock_bh(&lane->lock);
	list_for_each_entry (page, &pages, node)
		count += page->count;
	list_splice_tail(&pages, ret_pages);
	return count;
}

u32 vg_records_collect(struct vg_gate *gate, struct list_head *ret_pages)
{
	struct vg_records *records = &gate->records;
	LIST_HEAD(packets);
	LIST_HEAD(ended);
	u32 count;
	int cpu;

	count = vg_lane_collect(&records->ended, &ended);
	for_each_possible_cpu (cpu)
		count += vg_lane_collect(per_cpu_ptr(records->lanes, cpu), &packets);
	count += vg_lane_collect(&records->added, ret_pages);
	list_splice_tail(&packets, ret_pages);
	list_splice_tail(&ended, ret_pages);
	return count;
}

void vg_record_start(struct vg_record *record, enum vg_record_kind kind, const struct vg_gate_policy *policy, u64 now)
{
	memset(record, 0, sizeof(*record));
	record->time = vg_be64(now);
	record->kind = kind;
	record->grade = VG_GRADE_ATTESTED;
	record->flags = policy->record_flags;
}

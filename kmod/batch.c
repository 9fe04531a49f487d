// SPDX-License-Identifier: GPL-2.0
/* batch.c - the verdict chain; see batch.h, and voltgate/record.h for the bytes. */
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "compat.h"
#include "gate.h"
#include "merkle.h"
#include "netlink.h"
#include "trace.h"
#include "wipe.h"

/* The public key, computed when first asked for: most namespaces never do. */
static void vg_batches_key(struct vg_batches *batches)
{
	u8 seed[32];

	if (batches->key_made)
		return;
	memcpy(seed, batches->key.seed, sizeof(seed));
	vg_ed25519_key_init(&batches->key, seed);
	vg_wipe(seed, sizeof(seed));
	batches->key_made = true;
}

static void vg_batches_arm(struct vg_batches *batches, const struct vg_policy *set)
{
	if (test_bit(VG_BATCHES_ARMED, &batches->flags) || test_and_set_bit(VG_BATCHES_ARMED, &batches->flags))
		return;
	hrtimer_start(&batches->timer, ns_to_ktime(set->batch_interval_us * NSEC_PER_USEC), HRTIMER_MODE_REL);
}

static enum hrtimer_restart vg_batches_timeout(struct hrtimer *timer)
{
	struct vg_batches *batches = container_of(timer, struct vg_batches, timer);

	set_bit(VG_BATCHES_DUE, &batches->flags);
	clear_bit(VG_BATCHES_ARMED, &batches->flags);
	queue_work(vg_workqueue, &batches->work);
	return HRTIMER_NORESTART;
}

void vg_batch_notice(struct vg_gate *gate, const struct vg_gate_policy *policy)
{
	struct vg_batches *batches = &gate->batches;

	if (!READ_ONCE(batches->begun))
		return;
	if (atomic_read(&gate->records.open) >= policy->set.batch_records)
		queue_work(vg_workqueue, &batches->work);
	else
		vg_batches_arm(batches, &policy->set);
}

/* Takes @count staged records, oldest first. */
static void vg_batch_fill(struct vg_batches *batches, struct vg_batch *batch, u32 count)
{
	struct vg_record_page *page, *next;
	u32 filled = 0, take;

	list_for_each_entry_safe (page, next, &batches->staged, node) {
		take = min(count - filled, page->count - page->taken);
		memcpy(batch->records + filled, page->records + page->taken, take * sizeof(*batch->records));
		filled += take;
		page->taken += take;
		if (page->taken < page->count)
			break;
		list_del(&page->node);
		kfree(page);
	}
	batches->staged_count -= filled;
	batch->count = filled;
}

static void vg_batch_sign(struct vg_batches *batches, struct vg_batch *batch, u64 now, u8 flags)
{
	struct vg_batch_seal *seal = &batch->seal;
	struct vg_batch_head *head = &seal->head;
	u32 i;

	for (i = 0; i < batch->count; i++)
		flags |= batch->records[i].flags;
	batches->time = max(batches->time, now);
	memset(seal, 0, sizeof(*seal));
	memcpy(head->magic, VG_BATCH_MAGIC, sizeof(head->magic));
	memcpy(head->attestor, batches->key.public, sizeof(head->attestor));
	head->epoch = vg_be64(batches->epoch);
	head->number = vg_be64(batch->number);
	head->time = vg_be64(batches->time);
	memcpy(head->previous, batches->head_hash, sizeof(head->previous));
	head->count = vg_be32(batch->count);
	head->grade = VG_GRADE_ATTESTED;
	head->flags = flags;
	get_random_bytes(seal->salt_seed, sizeof(seal->salt_seed));
	vg_merkle_root(batch->records, batch->count, seal->salt_seed, batches->scratch, head->root);
	vg_ed25519_sign(&batches->key, head, sizeof(*head), seal->signature);
	vg_batch_hash(head, seal->signature, batches->head_hash);
}

/* Seals the @count oldest staged records. -ENOMEM: nothing changed. */
static int vg_batch_seal_next(struct vg_gate *gate, u32 count)
{
	struct vg_batches *batches = &gate->batches;
	struct vg_batch *batch = kvmalloc(struct_size(batch, records, count), GFP_KERNEL_ACCOUNT);
	u8 flags;
	u64 now;

	if (!batch)
		return -ENOMEM;
	rcu_read_lock();
	now = vg_policy_moment(vg_policy_of(gate)).now;
	flags = vg_policy_of(gate)->record_flags;
	rcu_read_unlock();
	batch->number = batches->next_number;
	vg_batch_fill(batches, batch, count);
	vg_batch_sign(batches, batch, now, flags);
	list_add_tail(&batch->node, &batches->sealed);
	batches->next_number++;
	/* Pending first: a packet in between may find the backlog fuller than it is, never emptier. */
	WRITE_ONCE(batches->pending, batches->pending + 1);
	atomic_sub(batch->count, &gate->records.open);
	trace_vg_batch_sealed(gate->net, batch);
	vg_netlink_batch_notify(gate, batch);
	return 0;
}

static void vg_batches_work(struct work_struct *work)
{
	struct vg_batches *batches = container_of(work, struct vg_batches, work);
	struct vg_gate *gate = container_of(batches, struct vg_gate, batches);
	struct vg_policy set = vg_policy_get(gate);
	bool due, room;

	mutex_lock(&batches->mutex);
	if (!batches->begun)
		goto unlock;
	due = test_and_clear_bit(VG_BATCHES_DUE, &batches->flags);
	batches->staged_count += vg_records_collect(gate, &batches->staged);
	room = batches->pending < set.backlog_batches;
	while (room && (batches->staged_count >= set.batch_records || (due && batches->staged_count))) {
		if (vg_batch_seal_next(gate, min_t(u32, batches->staged_count, set.batch_records)))
			break;
		room = batches->pending < set.backlog_batches;
		cond_resched();
	}
	batches->stalled = !room;	   /* then the next acknowledgement wakes us */
	if (room && batches->staged_count) /* out of memory, or not yet enough for a batch */
		vg_batches_arm(batches, &set);
unlock:
	mutex_unlock(&batches->mutex);
}

void vg_batches_init(struct vg_gate *gate)
{
	struct vg_batches *batches = &gate->batches;

	mutex_init(&batches->mutex);
	INIT_LIST_HEAD(&batches->sealed);
	INIT_LIST_HEAD(&batches->staged);
	INIT_WORK(&batches->work, vg_batches_work);
	vg_hrtimer_setup(&batches->timer, vg_batches_timeout);
	get_random_bytes(batches->key.seed, sizeof(batches->key.seed));
}

void vg_batches_done(struct vg_gate *gate)
{
	struct vg_batches *batches = &gate->batches;
	struct vg_batch *batch, *next;

	batches->begun = false;
	hrtimer_cancel(&batches->timer);
	cancel_work_sync(&batches->work); /* it may have started the timer again */
	hrtimer_cancel(&batches->timer);
	cancel_work_sync(&batches->work); /* and the timer this, which finds no chain begun and leaves it at that */
	list_for_each_entry_safe (batch, next, &batches->sealed, node)
		kvfree(batch);
	vg_record_pages_free(&batches->staged);
	kfree(batches->scratch);
	vg_wipe(&batches->key, sizeof(batches->key));
}

void vg_batches_get(struct vg_gate *gate, struct vg_batches_state *ret_state)
{
	struct vg_batches *batches = &gate->batches;

	mutex_lock(&batches->mutex);
	vg_batches_key(batches);
	ret_state->epoch = batches->epoch;
	ret_state->next_number = batches->next_number;
	ret_state->acknowledged = batches->acknowledged;
	ret_state->pending = batches->pending;
	ret_state->open = atomic_read(&gate->records.open);
	memcpy(ret_state->attestor, batches->key.public, VG_KEY_LEN);
	memcpy(ret_state->head_hash, batches->head_hash, VG_HASH_LEN);
	mutex_unlock(&batches->mutex);
}

/* The page with the epoch's record, which stands before all others. */
static struct vg_record_page *vg_chain_first_page(struct vg_gate *gate, u64 now, const u8 previous[VG_HASH_LEN])
{
	struct vg_record_page *page = kmalloc(sizeof(*page), GFP_KERNEL_ACCOUNT);

	if (!page)
		return NULL;
	page->count = 1;
	page->taken = 0;
	rcu_read_lock();
	vg_record_start(&page->records[0], VG_RECORD_EPOCH, vg_policy_of(gate), now);
	rcu_read_unlock();
	memcpy(page->records[0].digest, previous, VG_HASH_LEN);
	return page;
}

int vg_chain_begin(struct vg_gate *gate, const u8 previous[VG_HASH_LEN], struct netlink_ext_ack *extack)
{
	struct vg_batches *batches = &gate->batches;
	u64 now = vg_policy_now(gate);
	struct vg_record_page *page;
	int err = 0;

	mutex_lock(&batches->mutex);
	if (batches->begun) {
		NL_SET_ERR_MSG(extack, "The chain of this epoch has begun; gate-get tells its head, go on from there");
		err = -EALREADY;
		goto unlock;
	}
	page = vg_chain_first_page(gate, now, previous);
	batches->scratch = kmalloc(VG_MERKLE_SCRATCH_LEN, GFP_KERNEL_ACCOUNT);
	if (!page || !batches->scratch) {
		NL_SET_ERR_MSG(extack, "No memory is left to begin the chain; try again");
		kfree(page);
		kfree(batches->scratch);
		batches->scratch = NULL;
		err = -ENOMEM;
		goto unlock;
	}
	vg_batches_key(batches);
	list_add(&page->node, &batches->staged);
	batches->staged_count++;
	atomic_inc(&gate->records.open);
	memcpy(batches->head_hash, previous, VG_HASH_LEN);
	batches->epoch = now;
	batches->time = now;
	set_bit(VG_BATCHES_DUE, &batches->flags);
	WRITE_ONCE(batches->begun, true);
	queue_work(vg_workqueue, &batches->work);
unlock:
	mutex_unlock(&batches->mutex);
	return err;
}

int vg_batch_acknowledge(struct vg_gate *gate, u64 number, struct netlink_ext_ack *extack)
{
	struct vg_batches *batches = &gate->batches;
	struct vg_batch *batch, *next;
	int err = 0;

	mutex_lock(&batches->mutex);
	if (number >= batches->next_number) {
		NL_SET_ERR_MSG(extack, "This batch was not sealed yet; acknowledge only what was received");
		err = -ERANGE;
		goto unlock;
	}
	list_for_each_entry_safe (batch, next, &batches->sealed, node) {
		if (batch->number > number)
			break;
		list_del(&batch->node);
		kvfree(batch);
		WRITE_ONCE(batches->pending, batches->pending - 1);
	}
	batches->acknowledged = max(batches->acknowledged, number + 1);
	if (batches->stalled) {
		batches->stalled = false;
		set_bit(VG_BATCHES_DUE, &batches->flags);
		queue_work(vg_workqueue, &batches->work);
	}
unlock:
	mutex_unlock(&batches->mutex);
	return err;
}

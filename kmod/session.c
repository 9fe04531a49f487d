// SPDX-License-Identifier: GPL-2.0
/* session.c - adds, ends, sweeps and shows sessions; see session.h. */
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "gate.h"
#include "trace.h"

#define VG_SESSION_SLOT_LIMIT XA_LIMIT(0, (1 << 24) - 1)
#define VG_SWEEP_INTERVAL HZ
#define VG_SWEEP_SESSIONS 65536 /* looked at in one interval: a million takes 16 seconds */

static struct kmem_cache *vg_session_cache;

int vg_session_cache_start(void)
{
	vg_session_cache = KMEM_CACHE(vg_session, SLAB_ACCOUNT);
	return vg_session_cache ? 0 : -ENOMEM;
}

void vg_session_cache_stop(void)
{
	kmem_cache_destroy(vg_session_cache);
}

static void vg_session_wipe(struct vg_session *session)
{
	memzero_explicit(session, sizeof(*session));
	kmem_cache_free(vg_session_cache, session);
}

static void vg_session_free_rcu(struct rcu_head *rcu)
{
	vg_session_wipe(container_of(rcu, struct vg_session, rcu));
}

/* Why a session stops being live is what its record says: accepted means by command. */
static void vg_session_record_end(struct vg_gate *gate, const struct vg_session_view *view, enum vg_reason reason)
{
	struct vg_record record;

	rcu_read_lock();
	vg_record_start(&record, VG_RECORD_SESSION_REMOVE, vg_policy_of(gate), vg_policy_now(gate));
	rcu_read_unlock();
	record.session = vg_be64(view->id);
	record.sequence = vg_be64(view->head);
	record.reason = reason;
	memcpy(record.digest, view->commitment, VG_HASH_LEN);
	vg_record_write(gate, &gate->records.ended, &record, VG_RECORD_ALWAYS);
	trace_vg_session(gate->net, view->id, VG_RECORD_SESSION_REMOVE, reason);
}

static int vg_session_record_add(struct vg_gate *gate, const struct vg_session *session)
{
	struct vg_record record;
	int err;

	rcu_read_lock();
	vg_record_start(&record, VG_RECORD_SESSION_ADD, vg_policy_of(gate), session->added);
	rcu_read_unlock();
	record.session = vg_be64(session->id);
	record.sequence = vg_be64(session->auth.expires);
	memcpy(record.digest, session->commitment, VG_HASH_LEN);
	err = vg_record_write(gate, &gate->records.added, &record, VG_RECORD_IF_ROOM);
	if (!err)
		trace_vg_session(gate->net, session->id, VG_RECORD_SESSION_ADD, VG_ACCEPTED);
	return err;
}

/* The caller holds the session's lock, or nobody else has the session. */
static void vg_session_show(const struct vg_session *session, struct vg_session_view *ret_view)
{
	ret_view->id = session->id;
	ret_view->expires = session->auth.expires;
	ret_view->added = session->added;
	ret_view->head = session->auth.replay.head;
	ret_view->accepted = atomic64_read(&session->accepted);
	ret_view->revoked = session->state == VG_SESSION_REVOKED;
	memcpy(ret_view->commitment, session->commitment, VG_HASH_LEN);
}

/*
 * From here on no packet of @session is accepted. Records its end if it was
 * live. The caller holds the gate's mutex.
 */
static void vg_session_end(struct vg_gate *gate, struct vg_session *session, enum vg_session_state state,
			   enum vg_reason reason)
{
	struct vg_session_view view;
	bool was_live;

	if (state == VG_SESSION_GONE)
		rhashtable_remove_fast(&gate->sessions.table, &session->node, vg_session_params);
	spin_lock_bh(&session->lock);
	vg_session_show(session, &view);
	was_live = session->state == VG_SESSION_LIVE;
	session->auth.id = 0;
	session->state = state;
	spin_unlock_bh(&session->lock);
	if (was_live)
		vg_session_record_end(gate, &view, reason);
	if (state != VG_SESSION_GONE)
		return;
	xa_erase(&gate->sessions.slots, session->slot);
	WRITE_ONCE(gate->sessions.count, gate->sessions.count - 1);
	call_rcu(&session->rcu, vg_session_free_rcu);
}

/* Ends what has expired among the next sessions; starts again at the front after the last. */
static void vg_sessions_sweep(struct work_struct *work)
{
	struct vg_sessions *sessions = container_of(to_delayed_work(work), struct vg_sessions, sweeper);
	struct vg_gate *gate = container_of(sessions, struct vg_gate, sessions);
	struct vg_session *session;
	u64 now = vg_policy_now(gate);
	u32 looked;

	mutex_lock(&gate->mutex);
	for (looked = 0; looked < VG_SWEEP_SESSIONS; looked++) {
		session = xa_find(&sessions->slots, &sessions->sweep, ULONG_MAX, XA_PRESENT);
		if (!session)
			break;
		sessions->sweep++;
		if (session->auth.expires <= now)
			vg_session_end(gate, session, VG_SESSION_GONE, VG_EXPIRED);
		if (!(looked % 1024))
			cond_resched();
	}
	if (looked < VG_SWEEP_SESSIONS)
		sessions->sweep = 0;
	if (sessions->count)
		queue_delayed_work(vg_workqueue, &sessions->sweeper, VG_SWEEP_INTERVAL);
	mutex_unlock(&gate->mutex);
}

int vg_sessions_init(struct vg_gate *gate)
{
	struct vg_sessions *sessions = &gate->sessions;

	xa_init_flags(&sessions->slots, XA_FLAGS_ALLOC | XA_FLAGS_ACCOUNT);
	INIT_DELAYED_WORK(&sessions->sweeper, vg_sessions_sweep);
	return rhashtable_init(&sessions->table, &vg_session_params);
}

static void vg_session_free_now(void *session, void *unused)
{
	vg_session_wipe(session);
}

/* Nobody looks for sessions any more: no grace period is needed, and no records are left to be read. */
void vg_sessions_done(struct vg_gate *gate)
{
	cancel_delayed_work_sync(&gate->sessions.sweeper);
	rhashtable_free_and_destroy(&gate->sessions.table, vg_session_free_now, NULL);
	xa_destroy(&gate->sessions.slots);
}

static struct vg_session *vg_session_make(struct vg_gate *gate, const struct vg_session_view *view, const u8 key[16],
					  u64 now)
{
	struct vg_session *session = kmem_cache_zalloc(vg_session_cache, GFP_KERNEL);
	u32 slot;

	if (!session)
		return NULL;
	spin_lock_init(&session->lock);
	session->id = view->id;
	session->auth.expires = view->expires;
	vg_siphash_key_decode(key, &session->auth.key);
	session->state = VG_SESSION_NEW;
	session->added = now;
	memcpy(session->commitment, view->commitment, VG_HASH_LEN);
	if (xa_alloc(&gate->sessions.slots, &slot, session, VG_SESSION_SLOT_LIMIT, GFP_KERNEL)) {
		vg_session_wipe(session);
		return NULL;
	}
	session->slot = slot;
	return session;
}

/* The caller holds the gate's mutex. */
static int vg_session_admit(struct vg_gate *gate, struct vg_session *session, struct netlink_ext_ack *extack)
{
	int err = rhashtable_lookup_insert_fast(&gate->sessions.table, &session->node, vg_session_params);

	if (err == -EEXIST) {
		NL_SET_ERR_MSG(extack, "A session has this id already; draw another id");
		return err;
	}
	if (err) {
		NL_SET_ERR_MSG(extack, "No memory is left for another session");
		return err;
	}
	err = vg_session_record_add(gate, session);
	if (err) {
		NL_SET_ERR_MSG(extack, "No record slot is free: verdicts wait for the agent to acknowledge them");
		rhashtable_remove_fast(&gate->sessions.table, &session->node, vg_session_params);
		return err;
	}
	WRITE_ONCE(gate->sessions.count, gate->sessions.count + 1);
	spin_lock_bh(&session->lock);
	session->state = VG_SESSION_LIVE;
	WRITE_ONCE(session->auth.id, session->id); /* the packets' test whether it is live */
	spin_unlock_bh(&session->lock);
	return 0;
}

int vg_session_add(struct vg_gate *gate, const struct vg_session_view *view, const u8 key[16],
		   struct netlink_ext_ack *extack)
{
	struct vg_sessions *sessions = &gate->sessions;
	u64 now = vg_policy_now(gate);
	struct vg_session *session;
	int err;

	if (view->expires <= now) {
		NL_SET_ERR_MSG(extack, "The session would have expired already; give a later time, or set the clock");
		return -EINVAL;
	}
	mutex_lock(&gate->mutex);
	err = -ENOSPC;
	if (sessions->count >= vg_policy_get(gate).max_sessions) {
		NL_SET_ERR_MSG(extack, "The gate holds max-sessions sessions; remove some or raise that setting");
		goto unlock;
	}
	err = -ENOMEM;
	session = vg_session_make(gate, view, key, now);
	if (!session) {
		NL_SET_ERR_MSG(extack, "No memory is left for another session");
		goto unlock;
	}
	err = vg_session_admit(gate, session, extack);
	if (err) {
		xa_erase(&sessions->slots, session->slot);
		session->state = VG_SESSION_GONE;
		call_rcu(&session->rcu, vg_session_free_rcu);
		goto unlock;
	}
	if (sessions->count == 1)
		queue_delayed_work(vg_workqueue, &sessions->sweeper, VG_SWEEP_INTERVAL);
unlock:
	mutex_unlock(&gate->mutex);
	return err;
}

/* The caller holds the gate's mutex, so the session stays. */
static struct vg_session *vg_session_find(struct vg_gate *gate, u64 id, struct netlink_ext_ack *extack)
{
	struct vg_session *session = rhashtable_lookup_fast(&gate->sessions.table, &id, vg_session_params);

	if (!session)
		NL_SET_ERR_MSG(extack, "No session has this id; session-get lists those there are");
	return session;
}

int vg_session_remove(struct vg_gate *gate, u64 id, struct netlink_ext_ack *extack)
{
	struct vg_session *session;
	int err = -ENOENT;

	mutex_lock(&gate->mutex);
	session = vg_session_find(gate, id, extack);
	if (session) {
		vg_session_end(gate, session, VG_SESSION_GONE, VG_ACCEPTED);
		err = 0;
	}
	mutex_unlock(&gate->mutex);
	return err;
}

int vg_session_revoke(struct vg_gate *gate, u64 id, struct netlink_ext_ack *extack)
{
	struct vg_session *session;
	int err = -ENOENT;

	mutex_lock(&gate->mutex);
	session = vg_session_find(gate, id, extack);
	if (session && session->state == VG_SESSION_REVOKED) {
		NL_SET_ERR_MSG(extack, "The session was revoked before; nothing has changed");
		err = -EALREADY;
	} else if (session) {
		vg_session_end(gate, session, VG_SESSION_REVOKED, VG_REVOKED);
		err = 0;
	}
	mutex_unlock(&gate->mutex);
	return err;
}

void vg_sessions_flush(struct vg_gate *gate)
{
	struct vg_session *session;
	unsigned long slot;

	xa_for_each(&gate->sessions.slots, slot, session)
	{
		vg_session_end(gate, session, VG_SESSION_GONE, VG_ACCEPTED);
		cond_resched();
	}
}

/* False if the session is not, or no longer, one to be seen. RCU read section. */
static bool vg_session_see(struct vg_session *session, struct vg_session_view *ret_view)
{
	bool seen;

	spin_lock_bh(&session->lock);
	seen = session->state == VG_SESSION_LIVE || session->state == VG_SESSION_REVOKED;
	if (seen)
		vg_session_show(session, ret_view);
	spin_unlock_bh(&session->lock);
	return seen;
}

int vg_session_get(struct vg_gate *gate, u64 id, struct vg_session_view *ret_view)
{
	struct vg_session *session;
	int err = -ENOENT;

	rcu_read_lock();
	session = rhashtable_lookup(&gate->sessions.table, &id, vg_session_params);
	if (session && vg_session_see(session, ret_view))
		err = 0;
	rcu_read_unlock();
	return err;
}

bool vg_session_next(struct vg_gate *gate, unsigned long *slot, struct vg_session_view *ret_view)
{
	struct vg_session *session;
	bool seen = false;

	rcu_read_lock();
	session = xa_find(&gate->sessions.slots, slot, ULONG_MAX, XA_PRESENT);
	while (session) {
		seen = vg_session_see(session, ret_view);
		if (seen)
			break;
		session = xa_find_after(&gate->sessions.slots, slot, ULONG_MAX, XA_PRESENT);
	}
	rcu_read_unlock();
	return seen;
}

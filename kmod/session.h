/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - the sessions of a gate: who may send packets, under which key.
 *
 *   add            remove, or expired
 *  -----> live  ---------------------> gone (freed after a grace period)
 *          | revoke                      ^
 *          +--------> revoked -----------+ remove, or expired
 *
 * Found by id in a hash table under RCU. Each session also has a slot, the
 * lowest that was free: a walk over the slots meets every session that is
 * there from its beginning to its end exactly once, and can stop and go on.
 * Changes of state are serialised by the gate's mutex and made under the
 * session's lock, so that a packet is decided either before or after.
 *
 * The chain gets one record when a session is added and one when it stops
 * being live, in that order and around all of its packets.
 */
#ifndef VOLTGATE_KMOD_SESSION_H
#define VOLTGATE_KMOD_SESSION_H

#include <linux/hash.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "voltgate/authenticate.h"
#include "voltgate/record.h"

struct vg_gate;
struct netlink_ext_ack;

enum vg_session_state {
	VG_SESSION_NEW, /* not yet in the chain: packets do not find it */
	VG_SESSION_LIVE,
	VG_SESSION_REVOKED,
	VG_SESSION_GONE, /* out of the table; rcu is in use */
};

struct vg_session {
	struct vg_session_auth auth; /* under lock; auth.id is 0 unless live */
	u64 id;
	struct rhash_head node;
	spinlock_t lock; /* with softirqs off */
	u32 slot : 24;
	u32 state : 8; /* enum vg_session_state, under lock */
	u64 added;     /* Time64 */
	atomic64_t accepted;
	union {
		u8 commitment[VG_HASH_LEN]; /* salted, to the wallet; not once gone */
		struct rcu_head rcu;
	};
};

/* A hash table is 3/8 to 3/4 full; a slot costs a word, and a sixty-fourth of its node's head. */
#define VG_SESSION_TABLE_BYTES (sizeof(void *) * 8 / 3 + 1)
#define VG_SESSION_SLOT_BYTES 10
#define VG_SESSION_BYTES (sizeof(struct vg_session) + VG_SESSION_TABLE_BYTES + VG_SESSION_SLOT_BYTES)
#if !defined(CONFIG_DEBUG_SPINLOCK) && !defined(CONFIG_DEBUG_LOCK_ALLOC) && !defined(CONFIG_PREEMPT_RT)
static_assert(VG_SESSION_BYTES <= 320);
#endif

struct vg_sessions {
	struct rhashtable table;
	struct xarray slots;
	u32 count;		     /* written under the gate's mutex */
	unsigned long sweep;	     /* the slot at which the worker goes on */
	struct delayed_work sweeper; /* ends what has expired */
};

/* Ids are random and given out by our own agent: one multiplication spreads them, and nobody can aim at a bucket. */
static inline u32 vg_session_hash(const void *id, u32 len, u32 seed)
{
	return ((*(const u64 *)id ^ seed) * GOLDEN_RATIO_64) >> 32;
}

static inline int vg_session_compare(struct rhashtable_compare_arg *arg, const void *object)
{
	return ((const struct vg_session *)object)->id != *(const u64 *)arg->key;
}

/* Here, so that a look-up is inlined whole: a call through a pointer costs as much as the look-up. */
static const struct rhashtable_params vg_session_params = {
	.key_len = sizeof(u64),
	.key_offset = offsetof(struct vg_session, id),
	.head_offset = offsetof(struct vg_session, node),
	.hashfn = vg_session_hash,
	.obj_cmpfn = vg_session_compare,
	.automatic_shrinking = true,
};

int vg_session_cache_start(void);
void vg_session_cache_stop(void);
int vg_sessions_init(struct vg_gate *gate);
void vg_sessions_done(struct vg_gate *gate);

/* What the administrator gives, or gets to see. */
struct vg_session_view {
	u64 id;
	u64 expires; /* Time64 */
	u64 added;
	u64 head;
	u64 accepted;
	bool revoked;
	u8 commitment[VG_HASH_LEN];
};

/*
 * Each may sleep; @extack gets the sentence of a refusal.
 * add: -EEXIST: id in use; -EINVAL: expired already; -ENOSPC: max-sessions;
 * -ENOBUFS: no slot for its record; -ENOMEM. @key is read, not kept.
 * remove, revoke: -ENOENT; revoke: -EALREADY.
 */
int vg_session_add(struct vg_gate *gate, const struct vg_session_view *view, const u8 key[16],
		   struct netlink_ext_ack *extack);
int vg_session_remove(struct vg_gate *gate, u64 id, struct netlink_ext_ack *extack);
int vg_session_revoke(struct vg_gate *gate, u64 id, struct netlink_ext_ack *extack);
/* Removes all; the gate's mutex is held. */
void vg_sessions_flush(struct vg_gate *gate);

/* -ENOENT. */
int vg_session_get(struct vg_gate *gate, u64 id, struct vg_session_view *ret_view);
/* The first session whose slot is at least *@slot, which becomes its slot. False: there is none. */
bool vg_session_next(struct vg_gate *gate, unsigned long *slot, struct vg_session_view *ret_view);

#endif

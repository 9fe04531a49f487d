/* SPDX-License-Identifier: GPL-2.0 */
/*
 * deny.h - the sources that are refused whatever they send: prefixes, the
 * longest that matches counts the hit.
 *
 * A hash table under RCU of (family, prefix length, masked address), and for
 * each family a bitmap of the lengths in use: a look-up tries each of these
 * once, so it costs nothing while the list is empty and one probe for each
 * length that the administrator chose to use.
 */
#ifndef VOLTGATE_KMOD_DENY_H
#define VOLTGATE_KMOD_DENY_H

#include <linux/rhashtable.h>
#include <linux/xarray.h>
#include "voltgate/source.h"

struct vg_gate;
struct netlink_ext_ack;

#define VG_DENY_MAX 65536 /* entries of one gate */
#define VG_DENY_LENGTHS 129

struct vg_deny_prefix {
	struct vg_source source; /* bits behind the prefix are 0 */
	u32 bits;
};

struct vg_deny {
	struct rhash_head node;
	struct vg_deny_prefix prefix;
	u32 slot;
	atomic64_t hits;
	struct rcu_head rcu;
};

/* The lengths in use of one family; bit 128 - length, so that the longest is found first. */
struct vg_deny_lengths {
	unsigned long used[BITS_TO_LONGS(VG_DENY_LENGTHS)];
	u32 entries[VG_DENY_LENGTHS];
};

struct vg_denies {
	struct rhashtable table;
	struct xarray slots;		 /* for walks, as with sessions */
	u32 count;			 /* written under the gate's mutex, as all of these */
	struct vg_deny_lengths *lengths; /* VG_DENY_FAMILIES of them, made with the first entry */
};

struct vg_deny_view {
	struct vg_deny_prefix prefix;
	u64 hits;
};

int vg_denies_init(struct vg_gate *gate);
void vg_denies_done(struct vg_gate *gate);

/* May sleep. -EEXIST, -ENOSPC, -ENOMEM, -ENOENT; -EINVAL: bits behind the prefix are set. */
int vg_deny_add(struct vg_gate *gate, const struct vg_deny_prefix *prefix, struct netlink_ext_ack *extack);
int vg_deny_remove(struct vg_gate *gate, const struct vg_deny_prefix *prefix, struct netlink_ext_ack *extack);
/* Removes all; the gate's mutex is held. */
void vg_denies_flush(struct vg_gate *gate);
/* As vg_session_next(). */
bool vg_deny_next(struct vg_gate *gate, unsigned long *slot, struct vg_deny_view *ret_view);

bool vg_deny_search(struct vg_gate *gate, const struct vg_source *source);
/* True if @source is denied; the hit is counted. RCU read section. */
#define vg_deny_hit(gate, source) (READ_ONCE((gate)->denies.count) && vg_deny_search(gate, source))

#endif

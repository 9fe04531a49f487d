// SPDX-License-Identifier: GPL-2.0
/* deny.c - the deny list; see deny.h. */
#include <linux/bitmap.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include "gate.h"

enum { VG_DENY_IPV4, VG_DENY_IPV6, VG_DENY_MAC, VG_DENY_FAMILIES };

static const struct rhashtable_params vg_deny_params = {
	.key_len = sizeof(struct vg_deny_prefix),
	.key_offset = offsetof(struct vg_deny, prefix),
	.head_offset = offsetof(struct vg_deny, node),
	.automatic_shrinking = true,
};

static u32 vg_deny_family(u32 family)
{
	return family == VG_SOURCE_IPV4 ? VG_DENY_IPV4 : family == VG_SOURCE_IPV6 ? VG_DENY_IPV6 : VG_DENY_MAC;
}

/* Zeroes the bits of @source's address behind the first @bits. */
static void vg_deny_mask(struct vg_source *source, u32 bits)
{
	u32 whole = bits / 8;

	if (bits % 8) {
		source->addr[whole] &= 0xff << (8 - bits % 8);
		whole++;
	}
	memset(source->addr + whole, 0, sizeof(source->addr) - whole);
}

int vg_denies_init(struct vg_gate *gate)
{
	xa_init_flags(&gate->denies.slots, XA_FLAGS_ALLOC | XA_FLAGS_ACCOUNT);
	return rhashtable_init(&gate->denies.table, &vg_deny_params);
}

static void vg_deny_free_now(void *deny, void *unused)
{
	kfree(deny);
}

void vg_denies_done(struct vg_gate *gate)
{
	rhashtable_free_and_destroy(&gate->denies.table, vg_deny_free_now, NULL);
	xa_destroy(&gate->denies.slots);
	kfree(gate->denies.lengths);
}

/* One entry more or less of the prefix's length. The gate's mutex is held. */
static void vg_deny_length(struct vg_denies *denies, const struct vg_deny_prefix *prefix, int change)
{
	struct vg_deny_lengths *lengths = &denies->lengths[vg_deny_family(prefix->source.family)];

	lengths->entries[prefix->bits] += change;
	if (lengths->entries[prefix->bits])
		set_bit(VG_DENY_LENGTHS - 1 - prefix->bits, lengths->used);
	else
		clear_bit(VG_DENY_LENGTHS - 1 - prefix->bits, lengths->used);
	WRITE_ONCE(denies->count, denies->count + change);
}

/* The gate's mutex is held. */
static int vg_deny_insert(struct vg_denies *denies, const struct vg_deny_prefix *prefix)
{
	struct vg_deny *deny;
	int err;

	if (!denies->lengths)
		smp_store_release(&denies->lengths,
				  kcalloc(VG_DENY_FAMILIES, sizeof(*denies->lengths), GFP_KERNEL_ACCOUNT));
	deny = kzalloc(sizeof(*deny), GFP_KERNEL_ACCOUNT);
	err = -ENOMEM;
	if (!denies->lengths || !deny)
		goto free;
	deny->prefix = *prefix;
	err = xa_alloc(&denies->slots, &deny->slot, deny, xa_limit_31b, GFP_KERNEL);
	if (err)
		goto free;
	err = rhashtable_lookup_insert_fast(&denies->table, &deny->node, vg_deny_params);
	if (err)
		goto erase;
	vg_deny_length(denies, prefix, 1);
	return 0;

erase:
	xa_erase(&denies->slots, deny->slot);
	kfree_rcu(deny, rcu); /* a walk may have seen it */
	return err;
free:
	kfree(deny);
	return err;
}

int vg_deny_add(struct vg_gate *gate, const struct vg_deny_prefix *prefix, struct netlink_ext_ack *extack)
{
	struct vg_source masked = prefix->source;
	int err = -ENOSPC;

	vg_deny_mask(&masked, prefix->bits);
	if (memcmp(&masked, &prefix->source, sizeof(masked))) {
		NL_SET_ERR_MSG(extack,
			       "The address has bits set behind its prefix; clear them or make the prefix longer");
		return -EINVAL;
	}
	mutex_lock(&gate->mutex);
	if (gate->denies.count < VG_DENY_MAX)
		err = vg_deny_insert(&gate->denies, prefix);
	mutex_unlock(&gate->mutex);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG(extack, "The deny list is full with 65536 entries; use shorter prefixes");
	else if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "This prefix is on the deny list already");
	else if (err)
		NL_SET_ERR_MSG(extack, "No memory is left for another entry of the deny list");
	return err;
}

static void vg_deny_delete(struct vg_denies *denies, struct vg_deny *deny)
{
	rhashtable_remove_fast(&denies->table, &deny->node, vg_deny_params);
	xa_erase(&denies->slots, deny->slot);
	vg_deny_length(denies, &deny->prefix, -1);
	kfree_rcu(deny, rcu);
}

int vg_deny_remove(struct vg_gate *gate, const struct vg_deny_prefix *prefix, struct netlink_ext_ack *extack)
{
	struct vg_deny *deny;
	int err = -ENOENT;

	mutex_lock(&gate->mutex);
	deny = rhashtable_lookup_fast(&gate->denies.table, prefix, vg_deny_params);
	if (deny) {
		vg_deny_delete(&gate->denies, deny);
		err = 0;
	} else {
		NL_SET_ERR_MSG(extack, "This prefix is not on the deny list; deny-get shows what is");
	}
	mutex_unlock(&gate->mutex);
	return err;
}

void vg_denies_flush(struct vg_gate *gate)
{
	struct vg_deny *deny;
	unsigned long slot;

	xa_for_each(&gate->denies.slots, slot, deny)
	{
		vg_deny_delete(&gate->denies, deny);
		cond_resched();
	}
}

bool vg_deny_next(struct vg_gate *gate, unsigned long *slot, struct vg_deny_view *ret_view)
{
	struct vg_deny *deny;

	rcu_read_lock();
	deny = xa_find(&gate->denies.slots, slot, ULONG_MAX, XA_PRESENT);
	if (deny) {
		ret_view->prefix = deny->prefix;
		ret_view->hits = atomic64_read(&deny->hits);
	}
	rcu_read_unlock();
	return deny;
}

bool vg_deny_search(struct vg_gate *gate, const struct vg_source *source)
{
	struct vg_denies *denies = &gate->denies;
	struct vg_deny_lengths *lengths = READ_ONCE(denies->lengths);
	struct vg_deny_prefix prefix = { .source = *source };
	struct vg_deny *deny;
	u32 at;

	if (!lengths)
		return false;
	lengths += vg_deny_family(source->family);
	for_each_set_bit(at, lengths->used, VG_DENY_LENGTHS)
	{
		prefix.bits = VG_DENY_LENGTHS - 1 - at;
		vg_deny_mask(&prefix.source, prefix.bits); /* ever shorter, so the bits cleared before stay so */
		deny = rhashtable_lookup(&denies->table, &prefix, vg_deny_params);
		if (deny) {
			atomic64_inc(&deny->hits);
			return true;
		}
	}
	return false;
}

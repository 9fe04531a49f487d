/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netlink.h - the module's generic netlink family, for those who answer
 * requests (netlink_*.c) and those who have something to report.
 *
 * netlink.yaml is the source of numbers and policies. Every refusal carries a
 * sentence; no answer carries a key.
 */
#ifndef VOLTGATE_KMOD_NETLINK_H
#define VOLTGATE_KMOD_NETLINK_H

#include <net/genetlink.h>
#include <net/sock.h>
#include "voltgate/alarm.h"
#include "voltgate/netlink_answers.h"

struct vg_batch;
struct vg_gate;

int vg_netlink_start(void);
void vg_netlink_stop(void);

/* Sends @batch, or @alarm with its event, to those who listen. May sleep; losses are theirs to find. */
void vg_netlink_batch_notify(struct vg_gate *gate, const struct vg_batch *batch);
void vg_netlink_alarm_notify(struct vg_gate *gate, const struct vg_alarm *alarm, u8 event);

/* --- for netlink_*.c --- */

enum vg_netlink_group { VG_NETLINK_VERDICTS, VG_NETLINK_ALARMS };

extern struct genl_family vg_netlink_family;

/* Whether anybody listens to @group. If true, vg_netlink_send() or vg_netlink_leave() must follow. */
bool vg_netlink_enter(struct vg_gate *gate, enum vg_netlink_group group);
void vg_netlink_leave(void);
/* Takes @skb. */
void vg_netlink_send(struct vg_gate *gate, struct sk_buff *skb, enum vg_netlink_group group);

/* Where a dump goes on; zeroed by the kernel when it begins. */
struct vg_netlink_walk {
	u64 at;	    /* slot, CPU or batch number */
	u32 offset; /* record of that batch */
	bool begun;
};
static_assert(sizeof(struct vg_netlink_walk) <= sizeof_field(struct netlink_callback, ctx));

struct vg_netlink_header {
	u32 portid, sequence;
	int flags;
	u8 command;
};

static inline struct vg_netlink_header vg_netlink_dump_header(struct netlink_callback *cb, u8 command)
{
	struct vg_netlink_header header = { NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, NLM_F_MULTI, command };

	return header;
}

/* Begins an answer to @info; @ret_message is its header. NULL: no memory, and said so. */
struct sk_buff *vg_netlink_reply(struct genl_info *info, u8 command, void **ret_message);
/* Ends and sends it; @err: what filling it gave. */
int vg_netlink_answer(struct genl_info *info, struct sk_buff *skb, void *message, int err);

static inline int vg_netlink_put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	return nla_put(skb, attribute, sizeof(value), &value);
}

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - registers the family, answers for the gate as a whole, sends
 * notifications. Sessions, settings and the chain have files of their own.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include "gate.h"
#include "netlink.h"
#include "voltgate/netlink_policy.h"

/* Held for reading while something is sent: nothing may be sent to groups of a family that is gone. */
static DECLARE_RWSEM(vg_netlink_users);
static bool vg_netlink_up;

struct genl_family vg_netlink_family = {
	.name = VG_GENL_NAME,
	.version = VG_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = vg_nl_ops,
	.n_ops = ARRAY_SIZE(vg_nl_ops),
	.resv_start_op = VG_CMD_GATE_GET,
	.mcgrps = vg_nl_groups,
	.n_mcgrps = ARRAY_SIZE(vg_nl_groups),
};

int vg_netlink_start(void)
{
	int err = genl_register_family(&vg_netlink_family);

	if (err)
		return err;
	down_write(&vg_netlink_users);
	vg_netlink_up = true;
	up_write(&vg_netlink_users);
	return 0;
}

void vg_netlink_stop(void)
{
	down_write(&vg_netlink_users);
	vg_netlink_up = false;
	up_write(&vg_netlink_users);
	genl_unregister_family(&vg_netlink_family);
}

static_assert(VG_NETLINK_VERDICTS == (int)VG_NLGRP_VERDICTS && VG_NETLINK_ALARMS == (int)VG_NLGRP_ALARMS);

bool vg_netlink_enter(struct vg_gate *gate, enum vg_netlink_group group)
{
	down_read(&vg_netlink_users);
	if (vg_netlink_up && genl_has_listeners(&vg_netlink_family, gate->net, group))
		return true;
	up_read(&vg_netlink_users);
	return false;
}

void vg_netlink_leave(void)
{
	up_read(&vg_netlink_users);
}

void vg_netlink_send(struct vg_gate *gate, struct sk_buff *skb, enum vg_netlink_group group)
{
	genlmsg_multicast_netns(&vg_netlink_family, gate->net, skb, 0, group, GFP_KERNEL);
}

struct sk_buff *vg_netlink_reply(struct genl_info *info, u8 command, void **ret_message)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	*ret_message = skb ? genlmsg_put_reply(skb, info, &vg_netlink_family, 0, command) : NULL;
	if (*ret_message)
		return skb;
	nlmsg_free(skb);
	NL_SET_ERR_MSG(info->extack, "No memory is left for the answer; try again");
	return NULL;
}

int vg_netlink_answer(struct genl_info *info, struct sk_buff *skb, void *message, int err)
{
	if (err) {
		NL_SET_ERR_MSG(info->extack, "The answer does not fit its message; please report this");
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, message);
	return genlmsg_reply(skb, info);
}

static int vg_gate_put(struct sk_buff *skb, struct vg_gate *gate)
{
	struct vg_batches_state chain;

	vg_batches_get(gate, &chain);
	if (nla_put_u8(skb, VG_A_GATE_GRADE, VG_GRADE_ATTESTED) ||
	    vg_netlink_put_u64(skb, VG_A_GATE_EPOCH, chain.epoch) ||
	    nla_put(skb, VG_A_GATE_ATTESTOR, sizeof(chain.attestor), chain.attestor) ||
	    vg_netlink_put_u64(skb, VG_A_GATE_NEXT_NUMBER, chain.next_number) ||
	    nla_put(skb, VG_A_GATE_HEAD_HASH, sizeof(chain.head_hash), chain.head_hash) ||
	    vg_netlink_put_u64(skb, VG_A_GATE_ACKNOWLEDGED, chain.acknowledged) ||
	    nla_put_u32(skb, VG_A_GATE_PENDING_BATCHES, chain.pending) ||
	    nla_put_u32(skb, VG_A_GATE_OPEN_RECORDS, chain.open) ||
	    nla_put_u32(skb, VG_A_GATE_SESSIONS, READ_ONCE(gate->sessions.count)) ||
	    nla_put_u32(skb, VG_A_GATE_SESSION_BYTES, VG_SESSION_BYTES) ||
	    (vg_policy_get(gate).clock_offset_us && nla_put_flag(skb, VG_A_GATE_TEST_CLOCK)) ||
	    vg_netlink_put_u64(skb, VG_A_GATE_TIME, vg_policy_now(gate)) ||
	    nla_put_u32(skb, VG_A_GATE_ALARM_ENTRIES, vg_alarms_count(gate)) ||
	    nla_put_string(skb, VG_A_GATE_VERSION, VOLTGATE_VERSION))
		return -EMSGSIZE;
	return 0;
}

int vg_nl_gate_get_doit(struct sk_buff *request, struct genl_info *info)
{
	void *message;
	struct sk_buff *skb = vg_netlink_reply(info, VG_CMD_GATE_GET, &message);

	if (!skb)
		return -ENOMEM;
	return vg_netlink_answer(info, skb, message, vg_gate_put(skb, vg_gate_of(genl_info_net(info))));
}

int vg_nl_flush_doit(struct sk_buff *request, struct genl_info *info)
{
	vg_gate_flush(vg_gate_of(genl_info_net(info)));
	return 0;
}

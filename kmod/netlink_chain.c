// SPDX-License-Identifier: GPL-2.0
/*
 * netlink_chain.c - the verdict chain and alarms on the family: begin, fetch,
 * acknowledge, notify; see netlink.h.
 *
 * A batch travels in messages of at most VG_NL_RECORDS_PER_MESSAGE records,
 * each with number, seal and the index of its first record; answers to
 * batch-get and notifications look the same.
 */
#include "gate.h"
#include "netlink.h"

#define VG_BATCH_MESSAGE_MAX 8192
#define VG_BATCH_MESSAGE_FIXED 288 /* number, seal, offset, and the head of the records attribute */

int vg_nl_chain_begin_doit(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *previous = info->attrs[VG_A_BATCH_PREVIOUS];

	if (previous)
		return vg_chain_begin(vg_gate_of(genl_info_net(info)), nla_data(previous), info->extack);
	NL_SET_ERR_MSG(info->extack, "The chain follows nothing; give the hash of the last batch, or 32 zero bytes");
	return -EINVAL;
}

int vg_nl_batch_ack_doit(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *number = info->attrs[VG_A_BATCH_NUMBER];

	if (number)
		return vg_batch_acknowledge(vg_gate_of(genl_info_net(info)), nla_get_u64(number), info->extack);
	NL_SET_ERR_MSG(info->extack, "The acknowledgement names no batch; give the number of the last one stored");
	return -EINVAL;
}

/*
 * Puts the records of @batch from @offset on into a message, as many as it may
 * hold and fit. Returns how many, or -EMSGSIZE.
 */
static int vg_batch_put(struct sk_buff *skb, const struct vg_netlink_header *header, const struct vg_batch *batch,
			u32 offset)
{
	void *message =
		genlmsg_put(skb, header->portid, header->sequence, &vg_netlink_family, header->flags, header->command);
	u32 count = min_t(u32, batch->count - offset, VG_NL_RECORDS_PER_MESSAGE);
	int room = skb_tailroom(skb) - VG_BATCH_MESSAGE_FIXED;

	if (!message)
		return -EMSGSIZE;
	if (room < (int)(count * sizeof(struct vg_record)))
		count = max(room, 0) / (int)sizeof(struct vg_record);
	if (!count || vg_netlink_put_u64(skb, VG_A_BATCH_NUMBER, batch->number) ||
	    nla_put(skb, VG_A_BATCH_SEAL, sizeof(batch->seal), &batch->seal) ||
	    nla_put_u32(skb, VG_A_BATCH_OFFSET, offset) ||
	    nla_put(skb, VG_A_BATCH_RECORDS, count * sizeof(struct vg_record), batch->records + offset)) {
		genlmsg_cancel(skb, message);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return count;
}

/* The first batch kept whose number is at least @number. The batches' mutex is held. */
static struct vg_batch *vg_batch_from(struct vg_batches *batches, u64 number)
{
	struct vg_batch *batch;

	list_for_each_entry (batch, &batches->sealed, node)
		if (batch->number >= number)
			return batch;
	return NULL;
}

/* Fills @skb from where @walk stands. The batches' mutex is held. */
static void vg_batches_dump(struct sk_buff *skb, struct netlink_callback *cb, struct vg_batches *batches,
			    struct vg_netlink_walk *walk)
{
	struct vg_netlink_header header = vg_netlink_dump_header(cb, VG_CMD_BATCH_GET);
	struct vg_batch *batch = vg_batch_from(batches, walk->at);
	int count;

	if (!batch)
		return;
	list_for_each_entry_from(batch, &batches->sealed, node)
	{
		if (batch->number != walk->at) {
			walk->at = batch->number;
			walk->offset = 0;
		}
		while (walk->offset < batch->count) {
			count = vg_batch_put(skb, &header, batch, walk->offset);
			if (count < 0)
				return;
			walk->offset += count;
		}
		walk->at++;
		walk->offset = 0;
	}
}

int vg_nl_batch_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vg_netlink_walk *walk = (struct vg_netlink_walk *)cb->ctx;
	struct vg_batches *batches = &vg_gate_of(sock_net(skb->sk))->batches;
	struct nlattr **attrs = vg_nl_dump_attrs(cb);

	if (!walk->begun && attrs && attrs[VG_A_BATCH_NUMBER])
		walk->at = nla_get_u64(attrs[VG_A_BATCH_NUMBER]);
	walk->begun = true;
	cb->min_dump_alloc = VG_BATCH_MESSAGE_MAX; /* the kernel's own first message may be smaller: it takes fewer */
	mutex_lock(&batches->mutex);
	vg_batches_dump(skb, cb, batches, walk);
	mutex_unlock(&batches->mutex);
	return skb->len;
}

void vg_netlink_batch_notify(struct vg_gate *gate, const struct vg_batch *batch)
{
	struct vg_netlink_header header = { .command = VG_CMD_BATCH_NTF };
	struct sk_buff *skb;
	int count;
	u32 offset;

	if (!vg_netlink_enter(gate, VG_NETLINK_VERDICTS))
		return;
	for (offset = 0; offset < batch->count; offset += count) {
		skb = nlmsg_new(VG_BATCH_MESSAGE_MAX - NLMSG_HDRLEN, GFP_KERNEL);
		if (!skb)
			break;
		count = vg_batch_put(skb, &header, batch, offset);
		if (WARN_ON_ONCE(count <= 0)) {
			nlmsg_free(skb);
			break;
		}
		vg_netlink_send(gate, skb, VG_NETLINK_VERDICTS);
	}
	vg_netlink_leave();
}

static int vg_alarm_put(struct sk_buff *skb, const struct vg_netlink_header *header, const struct vg_alarm *alarm,
			u8 event)
{
	void *message =
		genlmsg_put(skb, header->portid, header->sequence, &vg_netlink_family, header->flags, header->command);

	if (!message)
		return -EMSGSIZE;
	if (nla_put(skb, VG_A_ALARM_ALARM, sizeof(*alarm), alarm) ||
	    (event && nla_put_u8(skb, VG_A_ALARM_EVENT, event))) {
		genlmsg_cancel(skb, message);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return 0;
}

int vg_nl_alarm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vg_netlink_header header = vg_netlink_dump_header(cb, VG_CMD_ALARM_GET);
	struct vg_netlink_walk *walk = (struct vg_netlink_walk *)cb->ctx;
	struct vg_gate *gate = vg_gate_of(sock_net(skb->sk));
	unsigned long slot = walk->at;
	struct vg_alarm alarm;

	for (; vg_alarm_next(gate, &slot, &alarm); slot++)
		if (vg_alarm_put(skb, &header, &alarm, 0))
			break;
	walk->at = slot;
	return skb->len;
}

void vg_netlink_alarm_notify(struct vg_gate *gate, const struct vg_alarm *alarm, u8 event)
{
	struct vg_netlink_header header = { .command = VG_CMD_ALARM_NTF };
	struct sk_buff *skb;

	if (!vg_netlink_enter(gate, VG_NETLINK_ALARMS))
		return;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (skb && !WARN_ON_ONCE(vg_alarm_put(skb, &header, alarm, event)))
		vg_netlink_send(gate, skb, VG_NETLINK_ALARMS);
	else
		nlmsg_free(skb);
	vg_netlink_leave();
}

// SPDX-License-Identifier: GPL-2.0
/* netlink_setting.c - policy, deny list and counters on the family; see netlink.h. */
#include "gate.h"
#include "netlink.h"

static int vg_policy_put(struct sk_buff *skb, const struct vg_policy *policy)
{
	const s64 *values = (const s64 *)policy; /* in the order of their numbers, see policy.c */
	struct nlattr *setting;
	u32 key;

	for (key = 0; key < VG_POLICY_KEY_COUNT; key++) {
		setting = nla_nest_start(skb, VG_A_POLICY_SETTING);
		if (!setting || nla_put_u32(skb, VG_A_POLICY_KEY, key) ||
		    vg_netlink_put_u64(skb, VG_A_POLICY_VALUE, values[key]))
			return -EMSGSIZE;
		nla_nest_end(skb, setting);
	}
	return 0;
}

int vg_nl_policy_get_doit(struct sk_buff *request, struct genl_info *info)
{
	struct vg_policy policy = vg_policy_get(vg_gate_of(genl_info_net(info)));
	void *message;
	struct sk_buff *skb = vg_netlink_reply(info, VG_CMD_POLICY_GET, &message);

	if (!skb)
		return -ENOMEM;
	return vg_netlink_answer(info, skb, message, vg_policy_put(skb, &policy));
}

/* The policy of nested settings has been checked with the message; here is what it cannot say. */
static int vg_policy_parse(const struct nlattr *attribute, struct genl_info *info, struct vg_policy_change *ret_change)
{
	struct nlattr *part;
	bool key = false, value = false;
	int left;

	nla_for_each_nested (part, attribute, left) {
		if (nla_type(part) == VG_A_POLICY_KEY && nla_len(part) == sizeof(u32)) {
			ret_change->key = nla_get_u32(part);
			key = true;
		} else if (nla_type(part) == VG_A_POLICY_VALUE && nla_len(part) == sizeof(s64)) {
			ret_change->value = nla_get_s64(part);
			value = true;
		}
	}
	if (key && value)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attribute, "A setting is a key and a value; one of them is missing");
	return -EINVAL;
}

int vg_nl_policy_set_doit(struct sk_buff *request, struct genl_info *info)
{
	struct vg_policy_change changes[VG_POLICY_KEY_COUNT];
	struct nlattr *attribute;
	u32 count = 0;
	int left, err;

	nlmsg_for_each_attr(attribute, info->nlhdr, GENL_HDRLEN, left)
	{
		if (nla_type(attribute) != VG_A_POLICY_SETTING)
			continue;
		if (count == VG_POLICY_KEY_COUNT) {
			NL_SET_ERR_MSG_ATTR(info->extack, attribute, "There are more changes here than settings exist");
			return -E2BIG;
		}
		err = vg_policy_parse(attribute, info, &changes[count++]);
		if (err)
			return err;
	}
	if (!count) {
		NL_SET_ERR_MSG(info->extack, "The request changes nothing; give at least one setting");
		return -EINVAL;
	}
	return vg_policy_set(vg_gate_of(genl_info_net(info)), changes, count, info->extack);
}

static int vg_deny_parse(struct genl_info *info, struct vg_deny_prefix *ret_prefix)
{
	struct nlattr **attrs = info->attrs;
	u32 family_bits;

	if (!attrs[VG_A_DENY_FAMILY] || !attrs[VG_A_DENY_ADDRESS] || !attrs[VG_A_DENY_BITS]) {
		NL_SET_ERR_MSG(info->extack, "A prefix is a family, an address and a length; one of them is missing");
		return -EINVAL;
	}
	memset(ret_prefix, 0, sizeof(*ret_prefix));
	ret_prefix->source.family = nla_get_u8(attrs[VG_A_DENY_FAMILY]);
	ret_prefix->bits = nla_get_u8(attrs[VG_A_DENY_BITS]);
	family_bits = vg_source_bits(ret_prefix->source.family);
	if (!family_bits) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[VG_A_DENY_FAMILY],
				    "No address family has this number; it is 4 (IPv4), 6 (IPv6) or 48 (MAC)");
		return -EAFNOSUPPORT;
	}
	if (nla_len(attrs[VG_A_DENY_ADDRESS]) != family_bits / 8) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[VG_A_DENY_ADDRESS],
				    "The address is not as long as those of its family are");
		return -EINVAL;
	}
	if (ret_prefix->bits > family_bits) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[VG_A_DENY_BITS],
				    "The prefix is longer than addresses of its family are");
		return -ERANGE;
	}
	nla_memcpy(ret_prefix->source.addr, attrs[VG_A_DENY_ADDRESS], sizeof(ret_prefix->source.addr));
	return 0;
}

int vg_nl_deny_add_doit(struct sk_buff *request, struct genl_info *info)
{
	struct vg_deny_prefix prefix;
	int err = vg_deny_parse(info, &prefix);

	return err ?: vg_deny_add(vg_gate_of(genl_info_net(info)), &prefix, info->extack);
}

int vg_nl_deny_remove_doit(struct sk_buff *request, struct genl_info *info)
{
	struct vg_deny_prefix prefix;
	int err = vg_deny_parse(info, &prefix);

	return err ?: vg_deny_remove(vg_gate_of(genl_info_net(info)), &prefix, info->extack);
}

static int vg_deny_put(struct sk_buff *skb, const struct vg_deny_view *view)
{
	const struct vg_source *source = &view->prefix.source;

	if (nla_put_u8(skb, VG_A_DENY_FAMILY, source->family) ||
	    nla_put(skb, VG_A_DENY_ADDRESS, vg_source_bits(source->family) / 8, source->addr) ||
	    nla_put_u8(skb, VG_A_DENY_BITS, view->prefix.bits) || vg_netlink_put_u64(skb, VG_A_DENY_HITS, view->hits))
		return -EMSGSIZE;
	return 0;
}

int vg_nl_deny_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vg_netlink_walk *walk = (struct vg_netlink_walk *)cb->ctx;
	struct vg_gate *gate = vg_gate_of(sock_net(skb->sk));
	struct vg_deny_view view;
	unsigned long slot = walk->at;
	void *message;

	for (; vg_deny_next(gate, &slot, &view); slot++) {
		message = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vg_netlink_family,
				      NLM_F_MULTI, VG_CMD_DENY_GET);
		if (!message)
			break;
		if (vg_deny_put(skb, &view)) {
			genlmsg_cancel(skb, message);
			break;
		}
		genlmsg_end(skb, message);
	}
	walk->at = slot;
	return skb->len;
}

static int vg_counters_put(struct sk_buff *skb, const struct vg_counters *counters)
{
	struct nlattr *counter;
	u32 reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++) {
		counter = nla_nest_start(skb, VG_A_COUNTERS_COUNTER);
		if (!counter || nla_put_u32(skb, VG_A_COUNTERS_REASON, reason) ||
		    vg_netlink_put_u64(skb, VG_A_COUNTERS_PACKETS, counters->packets[reason]) ||
		    vg_netlink_put_u64(skb, VG_A_COUNTERS_ALARM_OVERFLOW, counters->alarm_overflow[reason]))
			return -EMSGSIZE;
		nla_nest_end(skb, counter);
	}
	return 0;
}

int vg_nl_counters_get_doit(struct sk_buff *request, struct genl_info *info)
{
	struct vg_gate *gate = vg_gate_of(genl_info_net(info));
	struct vg_counters sum = {};
	void *message;
	struct sk_buff *skb = vg_netlink_reply(info, VG_CMD_COUNTERS_GET, &message);
	unsigned int cpu;

	if (!skb)
		return -ENOMEM;
	for_each_possible_cpu (cpu)
		vg_counters_add(gate, cpu, &sum);
	return vg_netlink_answer(info, skb, message, vg_counters_put(skb, &sum));
}

int vg_nl_counters_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vg_netlink_walk *walk = (struct vg_netlink_walk *)cb->ctx;
	struct vg_gate *gate = vg_gate_of(sock_net(skb->sk));
	struct vg_counters counters;
	unsigned int cpu;
	void *message;

	for (cpu = walk->at; cpu < nr_cpu_ids; cpu++) {
		if (!cpu_possible(cpu))
			continue;
		memset(&counters, 0, sizeof(counters));
		vg_counters_add(gate, cpu, &counters);
		message = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vg_netlink_family,
				      NLM_F_MULTI, VG_CMD_COUNTERS_GET);
		if (!message)
			break;
		if (nla_put_u32(skb, VG_A_COUNTERS_CPU, cpu) || vg_counters_put(skb, &counters)) {
			genlmsg_cancel(skb, message);
			break;
		}
		genlmsg_end(skb, message);
	}
	walk->at = cpu;
	return skb->len;
}

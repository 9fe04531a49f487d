// SPDX-License-Identifier: GPL-2.0
/* netlink_session.c - the session commands of the family; see netlink.h. */
#include "gate.h"
#include "netlink.h"

/* Reads the id that every request about one session has. */
static int vg_session_parse_id(struct genl_info *info, u64 *ret_id)
{
	if (!info->attrs[VG_A_SESSION_ID]) {
		NL_SET_ERR_MSG(info->extack, "The request names no session; give its id");
		return -EINVAL;
	}
	*ret_id = nla_get_u64(info->attrs[VG_A_SESSION_ID]);
	if (*ret_id)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VG_A_SESSION_ID], "A session's id is never 0");
	return -EINVAL;
}

static int vg_session_parse(struct genl_info *info, struct vg_session_view *ret_view)
{
	int err = vg_session_parse_id(info, &ret_view->id);

	if (err)
		return err;
	if (!info->attrs[VG_A_SESSION_KEY]) {
		NL_SET_ERR_MSG(info->extack, "The session has no key; give its 16 bytes");
		return -EINVAL;
	}
	if (!memchr_inv(nla_data(info->attrs[VG_A_SESSION_KEY]), 0, 16)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VG_A_SESSION_KEY],
				    "The session's key is all zeros; take the one of the handshake");
		return -EINVAL;
	}
	if (!info->attrs[VG_A_SESSION_EXPIRES]) {
		NL_SET_ERR_MSG(info->extack, "The session never expires; give the Time64 at which it does");
		return -EINVAL;
	}
	if (!info->attrs[VG_A_SESSION_COMMITMENT]) {
		NL_SET_ERR_MSG(info->extack, "The session has no commitment to its wallet; give its 32 bytes");
		return -EINVAL;
	}
	ret_view->expires = nla_get_u64(info->attrs[VG_A_SESSION_EXPIRES]);
	nla_memcpy(ret_view->commitment, info->attrs[VG_A_SESSION_COMMITMENT], VG_HASH_LEN);
	return 0;
}

int vg_nl_session_add_doit(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *key = info->attrs[VG_A_SESSION_KEY];
	struct vg_session_view view = {};
	int err = vg_session_parse(info, &view);

	if (!err)
		err = vg_session_add(vg_gate_of(genl_info_net(info)), &view, nla_data(key), info->extack);
	if (key) /* the message lives on a while, and an error would be answered with it */
		memzero_explicit(nla_data(key), nla_len(key));
	return err;
}

int vg_nl_session_remove_doit(struct sk_buff *request, struct genl_info *info)
{
	u64 id;
	int err = vg_session_parse_id(info, &id);

	return err ?: vg_session_remove(vg_gate_of(genl_info_net(info)), id, info->extack);
}

int vg_nl_session_revoke_doit(struct sk_buff *request, struct genl_info *info)
{
	u64 id;
	int err = vg_session_parse_id(info, &id);

	return err ?: vg_session_revoke(vg_gate_of(genl_info_net(info)), id, info->extack);
}

static int vg_session_put(struct sk_buff *skb, const struct vg_session_view *view)
{
	if (vg_netlink_put_u64(skb, VG_A_SESSION_ID, view->id) ||
	    vg_netlink_put_u64(skb, VG_A_SESSION_EXPIRES, view->expires) ||
	    nla_put(skb, VG_A_SESSION_COMMITMENT, VG_HASH_LEN, view->commitment) ||
	    vg_netlink_put_u64(skb, VG_A_SESSION_ADDED, view->added) ||
	    vg_netlink_put_u64(skb, VG_A_SESSION_HEAD, view->head) ||
	    vg_netlink_put_u64(skb, VG_A_SESSION_ACCEPTED, view->accepted) ||
	    (view->revoked && nla_put_flag(skb, VG_A_SESSION_REVOKED)))
		return -EMSGSIZE;
	return 0;
}

int vg_nl_session_get_doit(struct sk_buff *request, struct genl_info *info)
{
	struct vg_session_view view;
	struct sk_buff *skb;
	void *message;
	u64 id;
	int err = vg_session_parse_id(info, &id);

	if (err)
		return err;
	err = vg_session_get(vg_gate_of(genl_info_net(info)), id, &view);
	if (err) {
		NL_SET_ERR_MSG(info->extack, "No session has this id; session-get lists those there are");
		return err;
	}
	skb = vg_netlink_reply(info, VG_CMD_SESSION_GET, &message);
	if (!skb)
		return -ENOMEM;
	return vg_netlink_answer(info, skb, message, vg_session_put(skb, &view));
}

int vg_nl_session_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vg_netlink_walk *walk = (struct vg_netlink_walk *)cb->ctx;
	struct vg_gate *gate = vg_gate_of(sock_net(skb->sk));
	struct vg_session_view view;
	unsigned long slot = walk->at;
	void *message;

	for (; vg_session_next(gate, &slot, &view); slot++) {
		message = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vg_netlink_family,
				      NLM_F_MULTI, VG_CMD_SESSION_GET);
		if (!message)
			break;
		if (vg_session_put(skb, &view)) {
			genlmsg_cancel(skb, message);
			break;
		}
		genlmsg_end(skb, message);
	}
	walk->at = slot;
	return skb->len;
}

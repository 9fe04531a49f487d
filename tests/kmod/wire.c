// SPDX-License-Identifier: GPL-2.0
/* wire.c - raw generic netlink; see wire.h. */
#include "tests/kmod/wire.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOL_NETLINK_LEVEL 270

u64 wire_u64(const struct nlattr *attr)
{
	u64 value = 0;

	memcpy(&value, wire_data(attr), wire_len(attr) < 8 ? wire_len(attr) : 8);
	return value;
}

u32 wire_u32(const struct nlattr *attr)
{
	return (u32)wire_u64(attr);
}

static void wire_start(struct wire *wire, u16 type, u8 command, u16 flags)
{
	struct nlmsghdr *header = (struct nlmsghdr *)wire->message;
	struct genlmsghdr *generic = NLMSG_DATA(header);

	memset(wire->message, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	header->nlmsg_seq = ++wire->sequence;
	generic->cmd = command;
	generic->version = VG_GENL_VERSION;
	wire->len = NLMSG_HDRLEN + GENL_HDRLEN;
}

void wire_begin(struct wire *wire, u8 command, u16 flags)
{
	wire_start(wire, wire->family, command, flags);
}

void wire_put(struct wire *wire, u16 type, const void *value, u16 len)
{
	struct nlattr *attr = (struct nlattr *)(wire->message + wire->len);

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy(attr + 1, value, len);
	memset((u8 *)attr + attr->nla_len, 0, NLA_ALIGN(attr->nla_len) - attr->nla_len);
	wire->len += NLA_ALIGN(attr->nla_len);
}

void wire_put_u64(struct wire *wire, u16 type, u64 value)
{
	wire_put(wire, type, &value, sizeof(value));
}

u32 wire_nest(struct wire *wire, u16 type)
{
	u32 nest = wire->len;

	wire_put(wire, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void wire_nest_end(struct wire *wire, u32 nest)
{
	((struct nlattr *)(wire->message + nest))->nla_len = wire->len - nest;
}

int wire_send(struct wire *wire)
{
	((struct nlmsghdr *)wire->message)->nlmsg_len = wire->len;
	return send(wire->fd, wire->message, wire->len, 0) < 0 ? -errno : 0;
}

void wire_drain(struct wire *wire)
{
	while (recv(wire->fd, wire->answer, sizeof(wire->answer), MSG_DONTWAIT) > 0)
		;
}

static void wire_parse(const void *at, int len, struct wire_answer *ret_answer)
{
	const struct nlattr *attr = at;

	ret_answer->first = attr;
	ret_answer->first_len = len;
	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN && attr->nla_len <= len) {
		if ((attr->nla_type & NLA_TYPE_MASK) < WIRE_ATTRS)
			ret_answer->attrs[attr->nla_type & NLA_TYPE_MASK] = attr;
		len -= NLA_ALIGN(attr->nla_len);
		attr = (const struct nlattr *)((const u8 *)attr + NLA_ALIGN(attr->nla_len));
	}
}

/* Finds the kernel's sentence behind the error code of an error or a last message. */
static void wire_read_sentence(struct wire *wire, const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);
	u32 skip = header->nlmsg_type == NLMSG_DONE ? sizeof(int) : sizeof(*error);
	struct wire_answer parsed = { 0 };

	if (header->nlmsg_type == NLMSG_ERROR && !(header->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || header->nlmsg_len < NLMSG_HDRLEN + skip)
		return;
	wire_parse((const u8 *)error + skip, header->nlmsg_len - NLMSG_HDRLEN - skip, &parsed);
	if (parsed.attrs[NLMSGERR_ATTR_MSG])
		strncpy(wire->sentence, wire_data(parsed.attrs[NLMSGERR_ATTR_MSG]), sizeof(wire->sentence) - 1);
}

/* Gives out the messages in the answer buffer. 1: more is to come; 0 or -errno: this was the end. */
static int wire_take(struct wire *wire, int len, wire_answer_fn *answer, void *arg, int *count)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)wire->answer;

	for (; NLMSG_OK(header, (u32)len); header = NLMSG_NEXT(header, len)) {
		struct wire_answer parsed = { .message_len = header->nlmsg_len };

		if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
			wire_read_sentence(wire, header);
			return header->nlmsg_len >= NLMSG_HDRLEN + sizeof(int) ? *(int *)NLMSG_DATA(header) : 0;
		}
		parsed.command = ((struct genlmsghdr *)NLMSG_DATA(header))->cmd;
		wire_parse((u8 *)NLMSG_DATA(header) + GENL_HDRLEN, header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN,
			   &parsed);
		++*count;
		if (answer)
			answer(arg, &parsed);
	}
	return 1;
}

int wire_call(struct wire *wire, wire_answer_fn *answer, void *arg)
{
	int err = wire_send(wire), count = 0;
	ssize_t len;

	wire->sentence[0] = 0;
	while (!err) {
		len = recv(wire->fd, wire->answer, sizeof(wire->answer), 0);
		if (len < 0)
			return -errno;
		err = wire_take(wire, len, answer, arg, &count);
		if (err <= 0)
			return err;
		err = 0;
	}
	return err;
}

static void wire_take_family(void *arg, const struct wire_answer *answer)
{
	const struct nlattr *groups = answer->attrs[CTRL_ATTR_MCAST_GROUPS];
	struct wire_answer outer = { 0 }, inner;
	struct wire *wire = arg;
	const char *name;
	int i;

	if (answer->attrs[CTRL_ATTR_FAMILY_ID])
		wire->family = wire_u32(answer->attrs[CTRL_ATTR_FAMILY_ID]);
	if (!groups)
		return;
	wire_parse(wire_data(groups), wire_len(groups), &outer);
	for (i = 0; i < WIRE_ATTRS; i++) {
		if (!outer.attrs[i])
			continue;
		memset(&inner, 0, sizeof(inner));
		wire_parse(wire_data(outer.attrs[i]), wire_len(outer.attrs[i]), &inner);
		name = wire_data(inner.attrs[CTRL_ATTR_MCAST_GRP_NAME]);
		wire->groups[strcmp(name, VG_MCGRP_ALARMS) == 0] = wire_u32(inner.attrs[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

int wire_open(struct wire *wire)
{
	int on = 1, err, receive = 16 << 20;

	memset(wire, 0, sizeof(*wire));
	wire->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (wire->fd < 0)
		return -errno;
	setsockopt(wire->fd, SOL_NETLINK_LEVEL, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(wire->fd, SOL_NETLINK_LEVEL, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	setsockopt(wire->fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive));
	wire_start(wire, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	wire_put(wire, CTRL_ATTR_FAMILY_NAME, VG_GENL_NAME, sizeof(VG_GENL_NAME));
	err = wire_call(wire, wire_take_family, wire);
	if (err)
		wire_close(wire);
	return err;
}

void wire_close(struct wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}

int wire_join(struct wire *wire, int group)
{
	u32 number = wire->groups[group];

	return setsockopt(wire->fd, SOL_NETLINK_LEVEL, NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)) ? -errno : 0;
}

int wire_listen(struct wire *wire, int timeout_ms, wire_answer_fn *answer, void *arg)
{
	struct pollfd poll_fd = { .fd = wire->fd, .events = POLLIN };
	int count = 0;
	ssize_t len;

	while (poll(&poll_fd, 1, count ? 0 : timeout_ms) > 0) {
		len = recv(wire->fd, wire->answer, sizeof(wire->answer), MSG_DONTWAIT);
		if (len < 0)
			return count && errno == EAGAIN ? count : -errno;
		wire_take(wire, len, answer, arg, &count);
	}
	return count;
}

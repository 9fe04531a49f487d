// SPDX-License-Identifier: GPL-2.0
/*
 * gate_kernel_chain.c - the module's verdict chain and its notifications, see
 * gate_kernel.h.
 */
#include "agent/gate_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <netlink/genl/ctrl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "agent/gate_kernel_wire.h"

#define RECEIVE_BUFFER (8 << 20) /* half a second of full batches */

struct gate_kernel_listener {
	struct gate_kernel_wire wire;
	unsigned char bytes[65536];
};

int gate_kernel_chain_begin(struct gate *gate, const u8 previous[VG_HASH_LEN])
{
	struct gate_kernel_wire *wire = gate_kernel_wire_of(gate);
	struct nl_msg *message = gate_kernel_wire_message(wire, VG_CMD_CHAIN_BEGIN, 0);

	if (message && nla_put(message, VG_A_BATCH_PREVIOUS, VG_HASH_LEN, previous)) {
		nlmsg_free(message);
		message = NULL;
	}
	return gate_kernel_wire_call(wire, message, NULL, NULL, &gate->error);
}

static struct nl_msg *number_message(struct gate_kernel_wire *wire, enum vg_cmd command, int flags, u64 number)
{
	struct nl_msg *message = gate_kernel_wire_message(wire, command, flags);

	if (message && nla_put_u64(message, VG_A_BATCH_NUMBER, number)) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

int gate_kernel_batch_ack(struct gate *gate, u64 number)
{
	struct gate_kernel_wire *wire = gate_kernel_wire_of(gate);

	return gate_kernel_wire_call(wire, number_message(wire, VG_CMD_BATCH_ACK, 0, number), NULL, NULL, &gate->error);
}

static int take_part(const struct gate_kernel_sink *sink, struct genlmsghdr *header)
{
	struct nlattr *attributes[VG_A_BATCH_MAX + 1];
	struct gate_kernel_part part = { 0 };

	if (!sink->part)
		return 0;
	if (gate_kernel_wire_parse(header, attributes, VG_A_BATCH_MAX) || !attributes[VG_A_BATCH_NUMBER])
		return -EPROTO;
	part.number = nla_get_u64(attributes[VG_A_BATCH_NUMBER]);
	if (attributes[VG_A_BATCH_SEAL]) {
		if (nla_len(attributes[VG_A_BATCH_SEAL]) != (int)sizeof(*part.seal))
			return -EPROTO;
		part.seal = nla_data(attributes[VG_A_BATCH_SEAL]);
	}
	if (attributes[VG_A_BATCH_OFFSET])
		part.offset = nla_get_u32(attributes[VG_A_BATCH_OFFSET]);
	if (attributes[VG_A_BATCH_RECORDS]) {
		if (nla_len(attributes[VG_A_BATCH_RECORDS]) % (int)sizeof(*part.records))
			return -EPROTO;
		part.records = nla_data(attributes[VG_A_BATCH_RECORDS]);
		part.count = (u32)nla_len(attributes[VG_A_BATCH_RECORDS]) / sizeof(*part.records);
	}
	if (part.offset > VG_BATCH_MAX || part.count > VG_BATCH_MAX - part.offset)
		return -EPROTO;
	return sink->part(sink->arg, &part);
}

static int take_alarm(const struct gate_kernel_sink *sink, struct genlmsghdr *header)
{
	struct nlattr *attributes[VG_A_ALARM_MAX + 1];
	struct vg_alarm alarm;

	if (!sink->alarm)
		return 0;
	if (gate_kernel_wire_parse(header, attributes, VG_A_ALARM_MAX) || !attributes[VG_A_ALARM_ALARM] ||
	    !attributes[VG_A_ALARM_EVENT] || nla_len(attributes[VG_A_ALARM_ALARM]) != (int)sizeof(alarm))
		return -EPROTO;
	memcpy(&alarm, nla_data(attributes[VG_A_ALARM_ALARM]), sizeof(alarm));
	return sink->alarm(sink->arg, nla_get_u8(attributes[VG_A_ALARM_EVENT]), &alarm);
}

static int each_part(void *arg, struct genlmsghdr *header)
{
	return take_part(arg, header);
}

int gate_kernel_batch_dump(struct gate *gate, u64 number, const struct gate_kernel_sink *sink)
{
	struct gate_kernel_wire *wire = gate_kernel_wire_of(gate);

	return gate_kernel_wire_call(wire, number_message(wire, VG_CMD_BATCH_GET, NLM_F_DUMP, number), each_part,
				     (void *)sink, &gate->error);
}

static int cannot_listen(const char *group, int error, struct gate_error *ret_error)
{
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "cannot listen to the module's group \"%s\": %s; this needs root in the network namespace", group,
		 nl_geterror(error));
	return error == -NLE_PERM ? -EPERM : -EIO;
}

/* All numbers are asked for before any group is joined: the answer to a question would drown in notifications. */
static int join(struct gate_kernel_wire *wire, const char *const *groups, int count, struct gate_error *ret_error)
{
	int numbers[2], i, error;

	for (i = 0; i < count; i++) {
		numbers[i] = genl_ctrl_resolve_grp(wire->sock, VG_GENL_NAME, groups[i]);
		if (numbers[i] < 0)
			return cannot_listen(groups[i], numbers[i], ret_error);
	}
	for (i = 0; i < count; i++) {
		error = nl_socket_add_membership(wire->sock, numbers[i]);
		if (error)
			return cannot_listen(groups[i], error, ret_error);
	}
	return 0;
}

int gate_kernel_listen(bool verdicts, bool alarms, struct gate_kernel_listener **ret_listener,
		       struct gate_error *ret_error)
{
	struct gate_kernel_listener *listener = calloc(1, sizeof(*listener));
	int error, fd, bytes = RECEIVE_BUFFER, count = 0;
	const char *groups[2];

	if (!listener) {
		snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
		return -ENOMEM;
	}
	error = gate_kernel_wire_open(&listener->wire, ret_error);
	if (error) {
		free(listener);
		return error;
	}
	if (verdicts)
		groups[count++] = VG_MCGRP_VERDICTS;
	if (alarms)
		groups[count++] = VG_MCGRP_ALARMS;
	error = join(&listener->wire, groups, count, ret_error);
	if (error) {
		gate_kernel_listener_close(listener);
		return error;
	}
	fd = gate_kernel_listener_fd(listener);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* Beyond the system's limit where we may; a small buffer only means more fetching by dump. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	*ret_listener = listener;
	return 0;
}

int gate_kernel_listener_fd(const struct gate_kernel_listener *listener)
{
	return nl_socket_get_fd(listener->wire.sock);
}

/* A malformed notification is passed over: the batch it belonged to is fetched by dump. */
static int take_notification(const struct gate_kernel_listener *listener, struct nlmsghdr *header,
			     const struct gate_kernel_sink *sink)
{
	struct genlmsghdr *message = nlmsg_data(header);
	int error = 0;

	if (header->nlmsg_type != listener->wire.family || !genlmsg_valid_hdr(header, 0))
		return 0;
	if (message->cmd == VG_CMD_BATCH_NTF)
		error = take_part(sink, message);
	else if (message->cmd == VG_CMD_ALARM_NTF)
		error = take_alarm(sink, message);
	return error == -EPROTO ? 0 : error;
}

int gate_kernel_listener_receive(struct gate_kernel_listener *listener, const struct gate_kernel_sink *sink)
{
	for (;;) {
		struct sockaddr_nl from;
		socklen_t from_len = sizeof(from);
		struct nlmsghdr *header = (struct nlmsghdr *)listener->bytes;
		ssize_t got = recvfrom(gate_kernel_listener_fd(listener), listener->bytes, sizeof(listener->bytes), 0,
				       (struct sockaddr *)&from, &from_len);
		int left = (int)got, error;

		if (got < 0)
			return errno == EAGAIN ? 0 : errno == EINTR ? 0 : -errno;
		if (from.nl_pid) /* not the kernel */
			continue;
		for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
			error = take_notification(listener, header, sink);
			if (error)
				return error;
		}
	}
}

void gate_kernel_listener_close(struct gate_kernel_listener *listener)
{
	if (!listener)
		return;
	gate_kernel_wire_close(&listener->wire);
	free(listener);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * gate_kernel_wire.c - one generic netlink request and its whole answer.
 *
 * libnl builds messages and reads the socket; answers are walked here, because
 * libnl 3.7 does not hand out the text of an extended acknowledgement, which
 * is the sentence that users are to see.
 */
#include "agent/gate_kernel_wire.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#define ANSWER_TIMEOUT_S 10
#define RECEIVE_BYTES 65536

__attribute__((format(printf, 3, 4))) static int fail(struct gate_error *ret_error, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return error;
}

static void set_options(struct nl_sock *sock)
{
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	int fd = nl_socket_get_fd(sock), on = 1;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	nl_socket_set_buffer_size(sock, 1 << 20, 0);
	nl_socket_set_msg_buf_size(sock, RECEIVE_BYTES);
}

int gate_kernel_wire_open(struct gate_kernel_wire *ret_wire, struct gate_error *ret_error)
{
	int error;

	ret_wire->sock = nl_socket_alloc();
	if (!ret_wire->sock)
		return fail(ret_error, -ENOMEM, "out of memory");
	error = genl_connect(ret_wire->sock);
	if (error) {
		fail(ret_error, -EIO, "cannot open generic netlink: %s", nl_geterror(error));
		goto failed;
	}
	ret_wire->family = genl_ctrl_resolve(ret_wire->sock, VG_GENL_NAME);
	if (ret_wire->family < 0) {
		fail(ret_error, 0,
		     "the kernel has no family \"" VG_GENL_NAME "\": load voltgate.ko (modprobe voltgate)");
		gate_kernel_wire_close(ret_wire);
		return -ENOENT;
	}
	set_options(ret_wire->sock);
	return 0;
failed:
	gate_kernel_wire_close(ret_wire);
	return -EIO;
}

void gate_kernel_wire_close(struct gate_kernel_wire *wire)
{
	nl_socket_free(wire->sock);
	wire->sock = NULL;
}

struct nl_msg *gate_kernel_wire_message(struct gate_kernel_wire *wire, enum vg_cmd command, int flags)
{
	struct nl_msg *message = nlmsg_alloc();

	if (message &&
	    !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, wire->family, 0,
			 flags | NLM_F_REQUEST | (flags & NLM_F_DUMP ? 0 : NLM_F_ACK), (u8)command, VG_GENL_VERSION)) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

int gate_kernel_wire_parse(struct genlmsghdr *header, struct nlattr **ret_attributes, int max)
{
	return nla_parse(ret_attributes, max, genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0), NULL) ? -EPROTO
													     : 0;
}

/* The extended acknowledgement's text in the @len bytes of attributes at @from, or NULL. */
static const char *extack_text(const struct nlmsghdr *header, const void *from, int len)
{
	struct nlattr *text;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || len <= 0)
		return NULL;
	text = nla_find(from, len, NLMSGERR_ATTR_MSG);
	if (!text || !nla_len(text) || !memchr(nla_data(text), '\0', (size_t)nla_len(text)))
		return NULL;
	return nla_data(text);
}

/* Turns what the kernel refused into a sentence: its own where it has one. */
static int refused(int error, const char *text, struct gate_error *ret_error)
{
	if (error == -EPERM)
		return fail(ret_error, error,
			    "%s%sthe gate is for administrators of the network namespace: run this as root",
			    text ? text : "", text ? "; " : "");
	if (text)
		return fail(ret_error, error, "%s", text);
	return fail(ret_error, error, "the kernel refused: %s", strerror(-error));
}

/* NLMSG_ERROR (0: acknowledged) and NLMSG_DONE, which ends a dump. */
static int take_end(const struct nlmsghdr *header, struct gate_error *ret_error)
{
	const struct nlmsgerr *end = nlmsg_data(header);
	const void *tlvs =
		(const char *)end + NLMSG_ALIGN(header->nlmsg_type == NLMSG_DONE ? sizeof(int) : sizeof(*end));
	int len = nlmsg_datalen(header), error = 0;

	if (len >= (int)sizeof(int))
		memcpy(&error, end, sizeof(error));
	if (!error)
		return 0;
	if (error > 0 || error < -4095)
		return fail(ret_error, -EPROTO, "the kernel's answer is malformed");
	return refused(error, extack_text(header, tlvs, len - (int)((const char *)tlvs - (const char *)end)),
		       ret_error);
}

struct answer {
	u32 sequence;
	int family;
	gate_kernel_each *each;
	void *arg;
	bool done;
	int result; /* the kernel's word, or what @each ended with */
};

static void take_message(struct answer *answer, struct nlmsghdr *header, struct gate_error *ret_error)
{
	int error;

	if (header->nlmsg_seq != answer->sequence)
		return;
	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		error = take_end(header, ret_error);
		answer->result = answer->result ? answer->result : error;
		answer->done = true;
	} else if (header->nlmsg_type == answer->family && genlmsg_valid_hdr(header, 0) && answer->each &&
		   !answer->result) {
		answer->result = answer->each(answer->arg, nlmsg_data(header));
		if (answer->result == -EPROTO)
			fail(ret_error, -EPROTO,
			     "the module's answer is malformed: its version differs from this program's");
	}
}

static int receive(struct nl_sock *sock, struct answer *answer, struct gate_error *ret_error)
{
	while (!answer->done) {
		struct sockaddr_nl from;
		unsigned char *bytes = NULL;
		struct nlmsghdr *header;
		int got = nl_recv(sock, &from, &bytes, NULL);

		if (got <= 0)
			return fail(ret_error, -ETIMEDOUT, "the kernel has not answered: %s",
				    got ? nl_geterror(got) : "nothing came");
		header = (struct nlmsghdr *)bytes;
		for (; nlmsg_ok(header, got) && !answer->done; header = nlmsg_next(header, &got))
			take_message(answer, header, ret_error);
		free(bytes);
	}
	return answer->result;
}

int gate_kernel_wire_call(struct gate_kernel_wire *wire, struct nl_msg *message, gate_kernel_each *each, void *arg,
			  struct gate_error *ret_error)
{
	struct answer answer = { .family = wire->family, .each = each, .arg = arg };
	struct nlmsghdr *header;
	int sent;

	if (!message)
		return fail(ret_error, -ENOMEM, "out of memory");
	header = nlmsg_hdr(message);
	nl_complete_msg(wire->sock, message);
	answer.sequence = header->nlmsg_seq;
	sent = nl_send(wire->sock, message);
	explicit_bzero(nlmsg_data(header), (size_t)nlmsg_datalen(header));
	nlmsg_free(message);
	if (sent < 0)
		return fail(ret_error, -EIO, "cannot send to the kernel: %s", nl_geterror(sent));
	return receive(wire->sock, &answer, ret_error);
}

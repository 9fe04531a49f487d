/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate_kernel_wire.h - inside of gate_kernel*.c: messages of the module's
 * netlink family out, answers and the kernel's sentences in.
 */
#ifndef VOLTGATE_AGENT_GATE_KERNEL_WIRE_H
#define VOLTGATE_AGENT_GATE_KERNEL_WIRE_H

#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "agent/gate.h"
#include "voltgate/netlink.h"

struct gate_kernel_wire {
	struct nl_sock *sock;
	int family;
};

/* Called with each answer; non-zero ends the walk and is returned by the call. */
typedef int gate_kernel_each(void *arg, struct genlmsghdr *header);

/* -ENOENT: the module's family is not in this namespace; -errno otherwise, with a sentence. */
int gate_kernel_wire_open(struct gate_kernel_wire *ret_wire, struct gate_error *ret_error);
void gate_kernel_wire_close(struct gate_kernel_wire *wire);
/* A request with @flags (NLM_F_DUMP or 0). NULL: out of memory. */
struct nl_msg *gate_kernel_wire_message(struct gate_kernel_wire *wire, enum vg_cmd command, int flags);
/* Sends @message (NULL: -ENOMEM), frees it (its key bytes wiped) and takes the whole answer. */
int gate_kernel_wire_call(struct gate_kernel_wire *wire, struct nl_msg *message, gate_kernel_each *each, void *arg,
			  struct gate_error *ret_error);
/* Attributes by number, @max at most; 0 or -EPROTO. */
int gate_kernel_wire_parse(struct genlmsghdr *header, struct nlattr **ret_attributes, int max);
/* The wire of a gate that gate_kernel_open() made. */
struct gate_kernel_wire *gate_kernel_wire_of(struct gate *gate);

#endif

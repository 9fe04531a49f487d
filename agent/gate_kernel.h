/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate_kernel.h - what the module's netlink family offers beyond gate.h: the
 * verdict chain (begin, fetch, acknowledge) and its notifications. The agent
 * needs all of it, the command line the alarms.
 *
 * Not thread-safe. 0 or -errno with a sentence in gate->error (or @ret_error).
 */
#ifndef VOLTGATE_AGENT_GATE_KERNEL_H
#define VOLTGATE_AGENT_GATE_KERNEL_H

#include "agent/gate.h"

/* Names the old head (zeros: none) and lets the module seal. -EALREADY: this epoch's chain has begun. */
int gate_kernel_chain_begin(struct gate *gate, const u8 previous[VG_HASH_LEN]);
/* Batches up to and with @number are stored. -ERANGE: a number not sealed yet. */
int gate_kernel_batch_ack(struct gate *gate, u64 number);

/* One message: @count records of a batch from @offset on. Big-endian structs, valid during the call only. */
struct gate_kernel_part {
	u64 number;
	const struct vg_batch_seal *seal; /* NULL where the message has none */
	u32 offset;
	u32 count;
	const struct vg_record *records;
};

/* What a notification or a dump says. Callbacks may be NULL; non-zero ends the walk and is returned. */
struct gate_kernel_sink {
	void *arg;
	int (*part)(void *arg, const struct gate_kernel_part *part);
	int (*alarm)(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm);
};

/* Sealed batches from @number on that are not acknowledged, part by part, in order. */
int gate_kernel_batch_dump(struct gate *gate, u64 number, const struct gate_kernel_sink *sink);

/* A socket of its own in the multicast groups, non-blocking. */
struct gate_kernel_listener;
int gate_kernel_listen(bool verdicts, bool alarms, struct gate_kernel_listener **ret_listener,
		       struct gate_error *ret_error);
int gate_kernel_listener_fd(const struct gate_kernel_listener *listener);
/*
 * Takes what waits. 0: nothing more waits now; -ENOBUFS: the kernel dropped
 * notifications because we were slow (go on; fetch batches by dump); else -errno.
 */
int gate_kernel_listener_receive(struct gate_kernel_listener *listener, const struct gate_kernel_sink *sink);
void gate_kernel_listener_close(struct gate_kernel_listener *listener);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * batch.h - seals records into batches: Merkle root, chain, signature; keeps
 * them until the agent acknowledges them.
 *
 *            chain-begin               full, or old enough, and room in the backlog
 *   waiting -------------> collecting ---------------------------------------------> sealed --ack--> forgotten
 *
 * Before chain-begin records are collected but nothing is sealed. One worker a
 * gate seals; it is woken by the record that fills a batch and by a timer that
 * runs while records are open.
 */
#ifndef VOLTGATE_KMOD_BATCH_H
#define VOLTGATE_KMOD_BATCH_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include "ed25519.h"
#include "voltgate/record.h"

struct vg_gate;
struct vg_gate_policy;
struct netlink_ext_ack;

struct vg_batch {
	struct list_head node;
	u64 number;
	u32 count;
	struct vg_batch_seal seal;
	struct vg_record records[];
};

struct vg_batches {
	struct mutex mutex; /* all below except what says otherwise */
	struct vg_ed25519_key key;
	bool key_made; /* the rest of the key has been computed from its seed */
	bool stalled;  /* records wait until a batch is acknowledged */
	bool begun;    /* written under the mutex, read anywhere */
	u64 epoch;     /* Time64 */
	u64 next_number;
	u64 acknowledged; /* batches below are forgotten */
	u64 time;	  /* Time64 of the last batch: the chain's time never goes backwards */
	u8 head_hash[VG_HASH_LEN];
	struct list_head sealed; /* struct vg_batch, in order */
	u32 pending;		 /* of them; written under the mutex, read anywhere */
	struct list_head staged; /* struct vg_record_page, in order */
	u32 staged_count;
	u8 *scratch;	     /* for the Merkle tree; made with the chain */
	unsigned long flags; /* VG_BATCHES_*, atomic */
	struct hrtimer timer;
	struct work_struct work;
};

#define VG_BATCHES_ARMED 0 /* the timer runs */
#define VG_BATCHES_DUE 1   /* it ran out: seal also what does not fill a batch */

/* What gate-get tells about the chain. */
struct vg_batches_state {
	u64 epoch, next_number, acknowledged;
	u32 pending, open;
	u8 attestor[VG_KEY_LEN];
	u8 head_hash[VG_HASH_LEN];
};

void vg_batches_init(struct vg_gate *gate);
void vg_batches_done(struct vg_gate *gate);

/* A record was written. Wakes the worker or starts the timer, as needed. RCU read section or softirq. */
void vg_batch_notice(struct vg_gate *gate, const struct vg_gate_policy *policy);

/* The three below may sleep. */
void vg_batches_get(struct vg_gate *gate, struct vg_batches_state *ret_state);
/* @previous: hash of the last batch of the epoch before, or zeros. -EALREADY: begun; -ENOMEM. */
int vg_chain_begin(struct vg_gate *gate, const u8 previous[VG_HASH_LEN], struct netlink_ext_ack *extack);
/* Forgets batches up to and with @number. -ERANGE: not sealed yet. */
int vg_batch_acknowledge(struct vg_gate *gate, u64 number, struct netlink_ext_ack *extack);

#endif

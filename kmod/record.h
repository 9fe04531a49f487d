/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - verdict records on their way to a batch.
 *
 * Records are written into lanes: one for each CPU (packets), one for sessions
 * added, one for what ended (sessions, alarm aggregates). A packet reserves a
 * slot, decides, and publishes the record or releases the slot, all in one
 * stretch with softirqs off and its lane locked, so that a reserved slot is
 * always one or the other before anybody can look.
 *
 * Collecting takes the lane of ended things first and that of added sessions
 * last, but puts added before packets before ended: the record that admits a
 * session is never in a later batch than a packet of it, and the one that
 * ends it never in an earlier one.
 *
 * Bounded: reserved, written and sealed records that wait for the agent are at
 * most the policy's backlog-batches * batch-records. Only the end of a session
 * is written regardless; sessions are bounded themselves.
 */
#ifndef VOLTGATE_KMOD_RECORD_H
#define VOLTGATE_KMOD_RECORD_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include "voltgate/record.h"

struct vg_gate;
struct vg_gate_policy;

#define VG_PAGE_RECORDS 63

struct vg_record_page {
	struct list_head node;
	u32 count;
	u32 taken; /* of these, by the sealer */
	struct vg_record records[VG_PAGE_RECORDS];
};
static_assert(sizeof(struct vg_record_page) <= 4096);

struct vg_record_lane {
	spinlock_t lock;	     /* with softirqs off */
	struct vg_record_page *page; /* being filled, or NULL */
	struct list_head full;
};

struct vg_records {
	struct vg_record_lane __percpu *lanes;
	struct vg_record_lane added;
	struct vg_record_lane ended;
	atomic_t open; /* slots reserved or filled and not sealed yet */
};

int vg_records_init(struct vg_gate *gate);
void vg_records_done(struct vg_gate *gate);

/* Holds a slot on this CPU and returns its lane, locked; NULL: backlog. Softirq, or softirqs off. */
struct vg_record_lane *vg_record_reserve(struct vg_gate *gate, const struct vg_gate_policy *policy);
/* Ends what vg_record_reserve() began, with or without a record; unlocks. */
void vg_record_publish(struct vg_gate *gate, struct vg_record_lane *lane, const struct vg_gate_policy *policy,
		       const struct vg_record *record);
void vg_record_release(struct vg_gate *gate, struct vg_record_lane *lane);

enum vg_record_share {
	VG_RECORD_IF_ROOM,	/* like a packet */
	VG_RECORD_IF_HALF_FREE, /* alarms: attackers must not be able to fill the backlog */
	VG_RECORD_ALWAYS,	/* cannot fail */
};
/* Writes a record from process context; may sleep. -ENOBUFS: backlog; -ENOMEM. */
int vg_record_write(struct vg_gate *gate, struct vg_record_lane *lane, const struct vg_record *record,
		    enum vg_record_share share);

/* Moves all records written so far to @ret_pages, in the order of the chain; returns how many. May sleep. */
u32 vg_records_collect(struct vg_gate *gate, struct list_head *ret_pages);

/* Frees @pages. */
void vg_record_pages_free(struct list_head *pages);

/* Fills in what all records have alike; the caller sets the rest. @now: Time64. */
void vg_record_start(struct vg_record *record, enum vg_record_kind kind, const struct vg_gate_policy *policy, u64 now);

#endif

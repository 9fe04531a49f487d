/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charge.h - from a vehicle's action, covered by a stored verdict, to the
 * ledger and back: the payload is opened, evidence made of verdict, path, packet and mandate, endorsements are
 * gathered, the transaction is submitted, and the vehicle is told (PROTOCOL.md E1 to E5).
 *
 *   taken --opened, evidence made--> endorsing --enough--> submitted --a block--> answered (stage 3)
 *     \--queue full, not openable, no path--> dropped or answered (stage 1)       (endorsed: stage 2)
 *
 * Nothing is kept over a restart: what was submitted is the ledger's, what was not is sent again by the vehicle that
 * hears nothing, in a new packet with the same proposal; one that is committed is answered from the ledger. Bounded:
 * requests under way by [charge] queue; beyond that an action is answered as refused, busy.
 */
#ifndef VOLTGATE_CHARGE_H
#define VOLTGATE_CHARGE_H

#include "agent/verdictlog.h"

struct agent;
struct greeted; /* agent/greet.h: the session an action came in */

/* X(name, "word"): what became of actions; for status, metrics and tests */
#define CHARGE_COUNTS(X)          \
	X(taken, "taken")         \
	X(repeated, "repeated")   \
	X(unopened, "unopened")   \
	X(unproved, "unproved")   \
	X(foreign, "foreign")     \
	X(busy, "busy")           \
	X(refused, "refused")     \
	X(endorsed, "endorsed")   \
	X(committed, "committed") \
	X(invalid, "invalid")     \
	X(late, "late")           \
	X(anchored, "anchored")   \
	X(told, "told")           \
	X(reported, "reported")   \
	X(unreported, "unreported")

struct charge_counts {
#define CHARGE_COUNT(name, word) u64 name;
	CHARGE_COUNTS(CHARGE_COUNT)
#undef CHARGE_COUNT
	u32 under_way; /* now */
};

/* Parts of main.c, after the node. Nothing is done where [charge] has no certificate. */
int charge_open(struct agent *agent);
void charge_close(struct agent *agent);

/* record.c: @batch is on the disk, and its actions are about to be acted on. */
void charge_stored(struct agent *agent, const struct batch *batch);
/*
 * act.c: an action of the session @greeted whose verdict is stored: record @index of the batch with @head. @vid: the
 * whole VID. Copies what it keeps. Never called without a verdict.
 */
void charge_take(struct agent *agent, const struct greeted *greeted, const struct vg_batch_head *head, u32 index,
		 const struct vg_record *record, const u8 *vid, u32 vid_len);
void charge_counts(const struct agent *agent, struct charge_counts *ret_counts);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * outbox.h - parcels that wait until what they depend on is on the disk, and
 * transactions that wait to be passed on together.
 */
#ifndef VOLTGATE_CHANNEL_OUTBOX_H
#define VOLTGATE_CHANNEL_OUTBOX_H

#include "agent/channel/parcel.h"

#define OUTBOX_BATCH_BYTES (256u << 10) /* transactions passed on in one parcel */

struct outbox_item {
	u64 replicas;
	int urgency;
	size_t at, len;
};

struct outbox {
	struct outbox_item *items;
	u32 count, room;
	u8 *bytes;
	size_t len, size;
};

/* Queues the encoding of @parcel. -ENOMEM. */
int outbox_add(struct outbox *outbox, u64 replicas, int urgency, const struct parcel *parcel);
void outbox_clear(struct outbox *outbox);
void outbox_done(struct outbox *outbox);

struct outbox_batch { /* one parcel of transactions under way */
	u64 replicas;
	u32 count;
	u8 *bytes;
	size_t len, size;
};

/* False: does not fit beside what is there (or goes elsewhere): send that first. */
bool outbox_batch_add(struct outbox_batch *batch, u64 replicas, struct span transaction);
/* The parcel; the batch is empty after outbox_batch_clear(). */
struct span outbox_batch_parcel(struct outbox_batch *batch);
void outbox_batch_clear(struct outbox_batch *batch);
void outbox_batch_done(struct outbox_batch *batch);

#endif

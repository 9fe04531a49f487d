// SPDX-License-Identifier: GPL-2.0
/*
 * outbox.c - a growing buffer of encoded parcels, emptied at each flush.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/outbox.h"

#define OUTBOX_KEPT (4u << 20) /* a larger buffer is given back once it is empty */

static int bytes_reserve(u8 **bytes, size_t *size, size_t need)
{
	size_t grown = *size ? *size : 64 * 1024;
	u8 *moved;

	while (grown < need)
		grown *= 2;
	if (grown == *size)
		return 0;
	moved = realloc(*bytes, grown);
	if (!moved)
		return -ENOMEM;
	*bytes = moved;
	*size = grown;
	return 0;
}

int outbox_add(struct outbox *outbox, u64 replicas, int urgency, const struct parcel *parcel)
{
	size_t most = parcel_size(parcel);
	struct writer writer;

	if (!replicas)
		return 0;
	if (outbox->count == outbox->room) {
		u32 room = outbox->room ? 2 * outbox->room : 64;
		struct outbox_item *items = realloc(outbox->items, room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		outbox->items = items;
		outbox->room = room;
	}
	if (bytes_reserve(&outbox->bytes, &outbox->size, outbox->len + most))
		return -ENOMEM;
	writer_init(&writer, outbox->bytes + outbox->len, most);
	parcel_encode(&writer, parcel);
	outbox->items[outbox->count++] = (struct outbox_item){ replicas, urgency, outbox->len, writer_len(&writer) };
	outbox->len += writer_len(&writer);
	return 0;
}

void outbox_clear(struct outbox *outbox)
{
	outbox->count = 0;
	outbox->len = 0;
	if (outbox->size > OUTBOX_KEPT) {
		free(outbox->bytes);
		outbox->bytes = NULL;
		outbox->size = 0;
	}
}

void outbox_done(struct outbox *outbox)
{
	free(outbox->items);
	free(outbox->bytes);
	*outbox = (struct outbox){ 0 };
}

bool outbox_batch_add(struct outbox_batch *batch, u64 replicas, struct span transaction)
{
	size_t need = (batch->count ? batch->len : 5) + 4 + transaction.len;
	struct writer writer;

	if (batch->count &&
	    (batch->replicas != replicas || need > OUTBOX_BATCH_BYTES || batch->count == PARCEL_TRANSACTIONS_MAX))
		return false;
	if (bytes_reserve(&batch->bytes, &batch->size, need))
		return true; /* lost, as a message may be */
	if (!batch->count)
		batch->len = 5;
	writer_init(&writer, batch->bytes + batch->len, batch->size - batch->len);
	writer_span32(&writer, transaction);
	batch->len = need;
	batch->replicas = replicas;
	batch->count++;
	return true;
}

struct span outbox_batch_parcel(struct outbox_batch *batch)
{
	struct parcel parcel = { .kind = PARCEL_TRANSACTIONS, .count = batch->count };
	struct writer writer;

	writer_init(&writer, batch->bytes, 5);
	parcel_encode(&writer, &parcel);
	return (struct span){ batch->bytes, batch->len };
}

void outbox_batch_clear(struct outbox_batch *batch)
{
	batch->count = 0;
	batch->len = 0;
}

void outbox_batch_done(struct outbox_batch *batch)
{
	free(batch->bytes);
	*batch = (struct outbox_batch){ 0 };
}

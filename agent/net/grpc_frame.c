// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_frame.c - reassembly of length-prefixed messages.
 *
 *   prefix incomplete --5 bytes--> body incomplete --length bytes--> message given, prefix incomplete again
 *
 * The buffer starts at what is there (at least 4 KiB) and doubles; between messages no more than 64 KiB are kept.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/net/grpc_frame.h"

#define FIRST 4096u
#define AT_ONCE (256u * 1024) /* an announced length up to here is believed: one allocation */
#define KEPT (64u * 1024)

void grpc_frame_init(struct grpc_frame *frame, u32 most)
{
	*frame = (struct grpc_frame){ .most = most };
}

void grpc_frame_done(struct grpc_frame *frame)
{
	free(frame->bytes);
	frame->bytes = NULL;
	frame->filled = frame->size = 0;
}

bool grpc_frame_between(const struct grpc_frame *frame)
{
	return !frame->have;
}

void grpc_frame_prefix(u8 ret_prefix[GRPC_FRAME_PREFIX], u32 length)
{
	u32 big = vg_be32(length);

	ret_prefix[0] = 0;
	memcpy(ret_prefix + 1, &big, sizeof(big));
}

static int take_prefix(struct grpc_frame *frame, const u8 *bytes, size_t len, size_t *used)
{
	u32 length;

	while (frame->have < GRPC_FRAME_PREFIX && *used < len)
		frame->prefix[frame->have++] = bytes[(*used)++];
	if (frame->have && frame->prefix[0])
		return frame->prefix[0] == 1 ? -EOPNOTSUPP : -EPROTO;
	if (frame->have < GRPC_FRAME_PREFIX)
		return 0;
	memcpy(&length, frame->prefix + 1, sizeof(length));
	frame->length = vg_be32(length);
	if (frame->length > frame->most)
		return -EMSGSIZE;
	return 1;
}

static int make_room(struct grpc_frame *frame, size_t part)
{
	u64 need = (u64)frame->filled + part, size = frame->size ? frame->size : FIRST;
	u8 *bytes;

	if (need <= frame->size)
		return 0;
	if (frame->length <= AT_ONCE)
		size = frame->length;
	while (size < need)
		size *= 2;
	if (size > frame->length)
		size = frame->length;
	bytes = realloc(frame->bytes, size);
	if (!bytes)
		return -ENOMEM;
	frame->bytes = bytes;
	frame->size = (u32)size;
	return 0;
}

static int take_body(struct grpc_frame *frame, const u8 *bytes, size_t len, size_t *used, struct span *ret_message)
{
	size_t part = frame->length - frame->filled;

	if (!frame->filled && part <= len - *used) { /* whole: no copy */
		*ret_message = (struct span){ bytes + *used, part };
		*used += part;
		frame->have = 0;
		return 1;
	}
	if (part > len - *used)
		part = len - *used;
	if (!part)
		return 0;
	if (make_room(frame, part))
		return -ENOMEM;
	memcpy(frame->bytes + frame->filled, bytes + *used, part);
	frame->filled += part;
	*used += part;
	if (frame->filled < frame->length)
		return 0;
	*ret_message = (struct span){ frame->bytes, frame->filled };
	frame->have = 0;
	frame->filled = 0;
	return 1;
}

int grpc_frame_feed(struct grpc_frame *frame, const u8 *bytes, size_t len, size_t *ret_used, struct span *ret_message)
{
	int got;

	*ret_used = 0;
	if (!frame->filled && frame->size > KEPT)
		grpc_frame_done(frame);
	got = take_prefix(frame, bytes, len, ret_used);
	if (got <= 0)
		return got;
	return take_body(frame, bytes, len, ret_used, ret_message);
}

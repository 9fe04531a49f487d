/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grpc_frame.h - messages out of a gRPC byte stream: compressed flag u8, length
 * u32, bytes. A message that lies whole in what was given is not copied.
 */
#ifndef VOLTGATE_NET_GRPC_FRAME_H
#define VOLTGATE_NET_GRPC_FRAME_H

#include "ledger/cursor.h"

#define GRPC_FRAME_PREFIX 5

struct grpc_frame {
	u32 most; /* longest message taken */
	u8 prefix[GRPC_FRAME_PREFIX];
	u8 have;	  /* bytes of the prefix */
	u32 length;	  /* of the message, once the prefix is whole */
	u32 filled, size; /* of bytes */
	u8 *bytes;
};

void grpc_frame_init(struct grpc_frame *frame, u32 most);
void grpc_frame_done(struct grpc_frame *frame);
/*
 * Takes from @bytes up to the end of a message. 1: @ret_message is one, good until the next call and as long as
 * @bytes. 0: all was taken, more is needed. -EMSGSIZE: longer than most; -EOPNOTSUPP: compressed; -EPROTO: a flag
 * that means nothing; -ENOMEM. Memory grows with what came, not with what a prefix announces.
 */
int grpc_frame_feed(struct grpc_frame *frame, const u8 *bytes, size_t len, size_t *ret_used, struct span *ret_message);
/* True between messages: a stream may end here. */
bool grpc_frame_between(const struct grpc_frame *frame);
void grpc_frame_prefix(u8 ret_prefix[GRPC_FRAME_PREFIX], u32 length);

#endif

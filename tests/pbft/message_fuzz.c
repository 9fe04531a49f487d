// SPDX-License-Identifier: GPL-2.0
/*
 * message_fuzz.c - any bytes as a consensus message: refused, or exactly the bytes that the decoded message encodes to.
 */
#include "agent/pbft/message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	static u8 room[1 << 16] __attribute__((aligned(16))), again[1 << 16];
	struct pbft_message message;
	u8 channel[32] = { 0 }, digest[32];

	if (pbft_message_room(7, 8) > sizeof(room))
		abort();
	if (pbft_message_decode((struct span){ bytes, len }, 7, 8, room, sizeof(room), &message))
		return 0;
	if (pbft_message_encode(&message, again, sizeof(again)) != len || memcmp(bytes, again, len))
		abort();
	pbft_message_digest(&message, channel, digest);
	return 0;
}

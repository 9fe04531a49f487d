// SPDX-License-Identifier: GPL-2.0
/*
 * frame_fuzz.c - message reassembly, cut up anyhow, gives the messages that the bytes hold; words in headers and
 * addresses are read without harm.
 *
 * Input: u8 seed of the cuts, then the stream.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/net/address.h"
#include "agent/net/grpc_frame.h"
#include "agent/net/grpc_status.h"

#define MOST 3000

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What a reader that has all bytes at once makes of them. */
static int model(struct span all, size_t *at, struct span *ret_message)
{
	u32 length;

	if (all.len - *at && all.bytes[*at])
		return all.bytes[*at] == 1 ? -EOPNOTSUPP : -EPROTO;
	if (all.len - *at < 5)
		return 0;
	memcpy(&length, all.bytes + *at + 1, 4);
	length = vg_be32(length);
	if (length > MOST)
		return -EMSGSIZE;
	if (all.len - *at - 5 < length)
		return 0;
	*ret_message = (struct span){ all.bytes + *at + 5, length };
	*at += 5 + (size_t)length;
	return 1;
}

static void reassemble(u32 seed, struct span all)
{
	struct grpc_frame frame;
	size_t at = 0, given = 0;
	int expected = 1, got = 0;
	struct span wanted;

	grpc_frame_init(&frame, MOST);
	while (given < all.len && got >= 0) {
		size_t part, used, piece_at = 0;
		u8 *piece;

		seed = seed * 1664525 + 1013904223;
		part = 1 + (seed >> 8) % (seed & 64 ? 7 : 4000);
		if (part > all.len - given)
			part = all.len - given;
		piece = malloc(part); /* of exactly this size, for AddressSanitizer */
		memcpy(piece, all.bytes + given, part);
		while (piece_at < part) {
			struct span message;

			got = grpc_frame_feed(&frame, piece + piece_at, part - piece_at, &used, &message);
			must(used <= part - piece_at && frame.size <= MOST);
			if (got < 0)
				break;
			piece_at += used;
			if (!got) {
				must(piece_at == part);
				break;
			}
			expected = model(all, &at, &wanted);
			must(expected == 1 && message.len == wanted.len &&
			     (!wanted.len || !memcmp(message.bytes, wanted.bytes, wanted.len)));
		}
		free(piece);
		given += part;
	}
	expected = model((struct span){ all.bytes, given }, &at, &wanted);
	must(got < 0 ? expected == got : expected == 0 || got == 1);
	if (got >= 0)
		must(grpc_frame_between(&frame) == (at == all.len));
	grpc_frame_done(&frame);
}

static void words(struct span all)
{
	char *text = malloc(all.len + 1), small[64], host[ADDRESS_HOST_MAX], encoded[GRPC_STATUS_TEXT_MAX];
	struct identity_error error;
	struct address address;
	u32 ms;
	u16 port;

	if (all.len)
		memcpy(text, all.bytes, all.len);
	text[all.len] = '\0';
	grpc_status_decode(all, small, sizeof(small));
	must(strlen(small) < sizeof(small));
	if (!grpc_timeout_parse(all, &ms))
		must(ms <= 24u * 3600 * 1000);
	must(grpc_status_parse(all) <= GRPC_UNAUTHENTICATED);
	must(grpc_status_encode(text, encoded, sizeof(encoded)) < sizeof(encoded));
	for (const char *c = encoded; *c; c++)
		must(*c >= 0x20 && *c <= 0x7e);
	if (!address_split(text, host, &port, &error))
		address_numeric(host, port, &address);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	reassemble(data[0], (struct span){ data + 1, size - 1 });
	words((struct span){ data + 1, size - 1 });
	return 0;
}

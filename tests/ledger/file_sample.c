// SPDX-License-Identifier: GPL-2.0
/*
 * file_sample.c - the same block from the same numbers.
 */
#include "tests/ledger/file_sample.h"

#include <stdlib.h>

const u8 sample_channel[32] = "a channel of tests, 32 bytes it ";

u64 sample_draw(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

struct span sample_block(u64 number, u32 count, u32 size)
{
	struct block_header header = { .number = number, .time = 1000 + number, .count = count };
	struct block_certificate certificate = { .view = number / 7, .count = number ? 3 : 0 };
	size_t body_room = 4 + (size_t)count * (4 + size);
	u8 *body = malloc(body_room), *outcomes = calloc(1, count + 1), *bytes;
	struct writer writer;
	struct span span;
	u64 seed = number * 2654435761u + 1;
	size_t room;
	u32 i, j;

	memcpy(header.channel, sample_channel, 32);
	writer_init(&writer, body, body_room);
	writer_u32(&writer, count);
	for (i = 0; i < count; i++) {
		writer_u32(&writer, size);
		for (j = 0; j < size; j++)
			writer_u8(&writer, (u8)sample_draw(&seed));
		outcomes[i] = (u8)(sample_draw(&seed) % 19);
	}
	span = (struct span){ body, body_room };
	for (i = 0; i < certificate.count; i++) {
		certificate.signatures[i].replica = (u16)i;
		memset(certificate.signatures[i].bytes, (int)(number + i), BLOCK_SIGNATURE_LEN);
	}
	block_transactions_root(span, outcomes, count, header.transactions);
	room = block_size(&header, span, &certificate);
	bytes = malloc(room);
	writer_init(&writer, bytes, room);
	block_encode(&writer, &header, outcomes, span, &certificate);
	span = (struct span){ bytes, writer_len(&writer) };
	free(body);
	free(outcomes);
	return span;
}

bool sample_is(struct span block, u64 number, u32 count, u32 size)
{
	struct span right = sample_block(number, count, size);
	bool same = span_equal(block, right);

	free((void *)right.bytes);
	return same;
}

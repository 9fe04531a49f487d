// SPDX-License-Identifier: GPL-2.0
/*
 * file_block_fuzz.c - any bytes as a block: what is decoded encodes to the same bytes.
 */
#include <stdlib.h>

#include "ledger/block.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span bytes = { data, size }, transaction;
	struct reader body;
	struct writer writer;
	struct block block;
	u8 *again, root[32];
	u32 walked = 0;

	if (block_decode(bytes, &block))
		return 0;
	if (block_size(&block.header, block.body, &block.certificate) != size)
		abort();
	again = malloc(size);
	writer_init(&writer, again, size);
	block_encode(&writer, &block.header, block.outcomes, block.body, &block.certificate);
	if (writer_len(&writer) != size || memcmp(again, data, size))
		abort();
	free(again);
	if (block_body_open(block.body, &body) != (int)block.header.count)
		abort();
	while (block_body_next(&body, &transaction))
		walked++;
	if (walked != block.header.count ||
	    block_transactions_root(block.body, block.outcomes, block.header.count, root))
		abort();
	return 0;
}

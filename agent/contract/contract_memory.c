// SPDX-License-Identifier: GPL-2.0
/* contract_memory.c - what a simulation holds, in pieces that go all at once; wiped, for there may be private values.
 */
#include <stdlib.h>

#include <sodium.h>

#include "agent/contract/contract_run.h"

#define PIECE_LEAST 4096

struct contract_memory {
	struct contract_memory *before;
	size_t used, size;
	_Alignas(16) u8 bytes[];
};

void *contract_memory_take(struct contract_run *run, size_t len)
{
	struct contract_memory *piece = run->memory;
	size_t size = len > PIECE_LEAST ? len : PIECE_LEAST;
	void *taken;

	len = (len + 15) & ~(size_t)15;
	size = (size + 15) & ~(size_t)15;
	if (!piece || piece->size - piece->used < len) {
		piece = malloc(sizeof(*piece) + size);
		if (!piece)
			return NULL;
		piece->before = run->memory;
		piece->used = 0;
		piece->size = size;
		run->memory = piece;
	}
	taken = piece->bytes + piece->used;
	piece->used += len;
	return taken;
}

struct span contract_memory_copy(struct contract_run *run, struct span from)
{
	u8 *bytes = contract_memory_take(run, from.len + 1);

	if (!bytes)
		return (struct span){ NULL, 0 };
	if (from.len)
		memcpy(bytes, from.bytes, from.len);
	bytes[from.len] = 0;
	return (struct span){ bytes, from.len };
}

void contract_memory_drop(struct contract_run *run)
{
	struct contract_memory *piece;

	while (run->memory) {
		piece = run->memory;
		run->memory = piece->before;
		sodium_memzero(piece->bytes, piece->used);
		free(piece);
	}
}

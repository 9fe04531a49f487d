// SPDX-License-Identifier: GPL-2.0
/*
 * state_proof.c - proofs against the committed root, whatever overlays lie above it.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

static const u8 *committed_hash(void *arg, u32 level, u32 position)
{
	return state_hash_above(arg, NULL, level, position);
}

/* The bucket's committed content, borrowed; NULL: empty. */
static int committed_bucket(struct state *state, u32 number, struct bucket **ret_bucket)
{
	const struct overlay *overlay;
	u32 i;

	for (overlay = state->bottom; overlay; overlay = overlay->above)
		for (i = 0; i < overlay->change_count; i++)
			if (overlay->changes[i].bucket == number) {
				*ret_bucket = overlay->changes[i].before;
				return 0;
			}
	return bucket_tip(state, number, ret_bucket);
}

int state_prove(struct state *state, struct span key, u8 **ret_proof, size_t *ret_len)
{
	u32 number = buckettree_bucket(state->seed, key);
	struct bucket *bucket;
	struct span entries;
	struct writer writer;
	size_t room;
	u8 *proof;
	int error = committed_bucket(state, number, &bucket);

	if (error)
		return error;
	entries = state_span(bucket ? bucket->entries : NULL, bucket ? bucket->len : 0);
	room = BUCKETTREE_PROOF_LEN(entries.len);
	proof = malloc(room);
	if (!proof)
		return -ENOMEM;
	writer_init(&writer, proof, room);
	error = buckettree_prove(number, entries, committed_hash, state, &writer);
	if (error) {
		free(proof);
		return error;
	}
	*ret_proof = proof;
	*ret_len = writer_len(&writer);
	return 0;
}

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

int state_prove(struct state *state, struct span key, u8 **ret_proof, size_t *ret_len)
{
	u32 number = buckettree_bucket(state->seed, key);
	struct bucket *bucket;
	struct span entries;
	struct writer writer;
	size_t room;
	u8 *proof;
	int error = bucket_committed(state, number, &bucket);

	if (!error)
		error = bucket_brief(state_span(bucket ? bucket->entries : NULL, bucket ? bucket->len : 0), NULL, 0,
				     &entries);
	if (error)
		return error;
	room = BUCKETTREE_PROOF_LEN(entries.len);
	proof = malloc(room);
	if (!proof) {
		free((void *)entries.bytes);
		return -ENOMEM;
	}
	writer_init(&writer, proof, room);
	error = buckettree_prove(number, entries, committed_hash, state, &writer);
	free((void *)entries.bytes);
	if (error) {
		free(proof);
		return error;
	}
	*ret_proof = proof;
	*ret_len = writer_len(&writer);
	return 0;
}

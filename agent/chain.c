// SPDX-License-Identifier: GPL-2.0
/*
 * chain.c - checks batches one after the other (PROTOCOL.md B2 to B6): see chain.h.
 *
 * A batch is judged in this order: structure, attestor, signature, root, then
 * its place in the chain. So a fault of place is only ever reported about a
 * head that its attestor really signed.
 */
#include <sodium.h>

#include "agent/chain.h"
#include "voltgate/reason.h"
#include "voltgate/siphash.h"

#define CHAIN_DEPTH_MAX 10 /* 2^9 = VG_BATCH_MAX leaves, and one for the leaf at hand */

void chain_salt(const u8 salt_seed[VG_SALT_LEN], u64 index, u8 ret_salt[VG_SALT_LEN])
{
	struct vg_siphash_key seed;
	u64 index_le = vg_le64(index);
	struct vg_siphash_tag salt;

	vg_siphash_key_decode(salt_seed, &seed);
	vg_siphash(&seed, &index_le, sizeof(index_le), &salt);
	vg_siphash_tag_encode(&salt, ret_salt);
}

void chain_leaf(const struct vg_record *record, const u8 salt_seed[VG_SALT_LEN], u64 index, u8 ret_hash[VG_HASH_LEN])
{
	u8 message[1 + VG_SALT_LEN + sizeof(*record)];

	message[0] = VG_LEAF_PREFIX;
	chain_salt(salt_seed, index, message + 1);
	memcpy(message + 1 + VG_SALT_LEN, record, sizeof(*record));
	crypto_hash_sha256(ret_hash, message, sizeof(message));
}

void chain_node(const u8 left[VG_HASH_LEN], const u8 right[VG_HASH_LEN], u8 ret_hash[VG_HASH_LEN])
{
	u8 message[1 + 2 * VG_HASH_LEN];

	message[0] = VG_NODE_PREFIX;
	memcpy(message + 1, left, VG_HASH_LEN);
	memcpy(message + 1 + VG_HASH_LEN, right, VG_HASH_LEN);
	crypto_hash_sha256(ret_hash, message, sizeof(message));
}

/*
 * One stack of whole subtrees, highest first. After leaf i, as many pairs
 * close as i + 1 has trailing zero bits; what is left at the end closes from
 * the right. That is the tree of RFC 6962 section 2.1.
 */
void chain_root(const struct vg_record *records, u32 count, const u8 salt_seed[VG_SALT_LEN], u8 ret_root[VG_HASH_LEN])
{
	u8 stack[CHAIN_DEPTH_MAX + 1][VG_HASH_LEN];
	u32 depth = 0, i, closed;

	for (i = 0; i < count && i < VG_BATCH_MAX; i++) {
		chain_leaf(&records[i], salt_seed, i, stack[depth++]);
		for (closed = i + 1; !(closed & 1); closed >>= 1, depth--)
			chain_node(stack[depth - 2], stack[depth - 1], stack[depth - 2]);
	}
	for (; depth > 1; depth--)
		chain_node(stack[depth - 2], stack[depth - 1], stack[depth - 2]);
	memcpy(ret_root, stack[0], VG_HASH_LEN);
}

void chain_batch_hash(const struct vg_batch_seal *seal, u8 ret_hash[VG_HASH_LEN])
{
	u8 message[1 + sizeof(seal->head) + VG_SIGNATURE_LEN];

	message[0] = VG_BATCH_PREFIX;
	memcpy(message + 1, &seal->head, sizeof(seal->head));
	memcpy(message + 1 + sizeof(seal->head), seal->signature, VG_SIGNATURE_LEN);
	crypto_hash_sha256(ret_hash, message, sizeof(message));
}

static bool chain_record_well_formed(const struct vg_record *record, u8 grade)
{
	if (record->kind < VG_RECORD_ACTION || record->kind > VG_RECORD_EPOCH || record->grade != grade)
		return false;
	if (record->reason >= VG_REASON_COUNT || record->flags & ~VG_RECORD_FLAG_TEST_CLOCK)
		return false;
	return !record->zero[0] && !record->zero[1] && !record->zero[2];
}

static bool chain_well_formed(const struct batch *batch)
{
	const struct vg_batch_head *head = &batch->seal.head;
	u32 count = vg_be32(head->count), i;

	if (memcmp(head->magic, VG_BATCH_MAGIC, sizeof(head->magic)) || !count || count > VG_BATCH_MAX)
		return false;
	if ((head->grade != VG_GRADE_PLAIN && head->grade != VG_GRADE_ATTESTED) || head->zero ||
	    head->flags & ~VG_RECORD_FLAG_TEST_CLOCK)
		return false;
	for (i = 0; i < count; i++)
		if (!chain_record_well_formed(&batch->records[i], head->grade))
			return false;
	return true;
}

static bool chain_knows(const struct chain *chain, const struct vg_batch_head *head)
{
	u32 i;

	if (chain->started && chain->epoch == vg_be64(head->epoch) &&
	    memcmp(chain->attestor, head->attestor, VG_KEY_LEN))
		return false;
	if (!chain->pinned)
		return true;
	for (i = 0; i < chain->pinned_count; i++)
		if (!memcmp(chain->pinned + (size_t)i * VG_KEY_LEN, head->attestor, VG_KEY_LEN))
			return true;
	return false;
}

/* Batch 0 of an epoch opens with the record that names the chain before it. */
static enum chain_fault chain_check_opening(const struct batch *batch)
{
	const struct vg_record *first = &batch->records[0];

	if (first->kind != VG_RECORD_EPOCH || memcmp(first->digest, batch->seal.head.previous, VG_HASH_LEN))
		return CHAIN_BAD_EPOCH;
	return CHAIN_OK;
}

static enum chain_fault chain_check_place(const struct chain *chain, const struct batch *batch)
{
	const struct vg_batch_head *head = &batch->seal.head;
	u64 epoch = vg_be64(head->epoch), number = vg_be64(head->number);
	enum chain_fault fault = number ? CHAIN_OK : chain_check_opening(batch);

	if (fault != CHAIN_OK || !chain->started)
		return fault;
	if (epoch == chain->epoch) {
		if (number <= chain->number || vg_be64(head->time) < chain->time)
			return CHAIN_REORDERED;
		if (number != chain->number + 1)
			return CHAIN_MISSING;
		return memcmp(head->previous, chain->head_hash, VG_HASH_LEN) ? CHAIN_FORKED : CHAIN_OK;
	}
	if (epoch < chain->epoch)
		return CHAIN_BAD_EPOCH;
	if (number)
		return CHAIN_MISSING;
	return memcmp(head->previous, chain->head_hash, VG_HASH_LEN) ? CHAIN_BAD_EPOCH : CHAIN_OK;
}

void chain_resume(struct chain *chain, const struct vg_batch_seal *seal)
{
	chain->started = true;
	chain->epoch = vg_be64(seal->head.epoch);
	chain->number = vg_be64(seal->head.number);
	chain->time = vg_be64(seal->head.time);
	memcpy(chain->attestor, seal->head.attestor, VG_KEY_LEN);
	chain_batch_hash(seal, chain->head_hash);
}

enum chain_fault chain_accept(struct chain *chain, const struct batch *batch)
{
	const struct vg_batch_head *head = &batch->seal.head;
	u8 root[VG_HASH_LEN];
	enum chain_fault fault;

	if (!chain_well_formed(batch))
		return CHAIN_MALFORMED;
	if (!chain_knows(chain, head))
		return CHAIN_UNKNOWN_ATTESTOR;
	if (crypto_sign_ed25519_verify_detached(batch->seal.signature, (const u8 *)head, sizeof(*head), head->attestor))
		return CHAIN_BAD_SIGNATURE;
	chain_root(batch->records, vg_be32(head->count), batch->seal.salt_seed, root);
	if (memcmp(root, head->root, VG_HASH_LEN))
		return CHAIN_BAD_ROOT;
	fault = chain_check_place(chain, batch);
	if (fault == CHAIN_OK)
		chain_resume(chain, &batch->seal);
	return fault;
}

static const struct {
	const char *word;
	const char *sentence;
} chain_faults[] = {
	[CHAIN_OK] = { "ok", "The batch is genuine and follows the one before." },
	[CHAIN_MALFORMED] = { "malformed",
			      "The batch is not well formed: its magic, count, grade, a record's kind or a "
			      "reserved field is not what the format says." },
	[CHAIN_UNKNOWN_ATTESTOR] = { "unknown-attestor", "The batch is signed under another attestation key than the "
							 "one expected here." },
	[CHAIN_BAD_SIGNATURE] = { "bad-signature", "The batch's head was altered: its signature does not match." },
	[CHAIN_BAD_ROOT] = { "bad-root",
			     "The batch's records or salts were altered, added or removed: they do not hash "
			     "to the signed root." },
	[CHAIN_MISSING] = { "missing", "At least one batch is missing before this one: a number was skipped." },
	[CHAIN_REORDERED] = { "reordered", "The batch's number was already seen, or its time goes back: batches were "
					   "reordered or repeated." },
	[CHAIN_FORKED] = { "forked", "The batch names another batch as the one before it: the chain was forked." },
	[CHAIN_BAD_EPOCH] = { "bad-epoch", "The batch begins an epoch that does not name the last head, or that lies "
					   "before the epoch it follows." },
};

const char *chain_fault_word(enum chain_fault fault)
{
	return (unsigned int)fault < sizeof(chain_faults) / sizeof(*chain_faults) ? chain_faults[fault].word : "?";
}

const char *chain_fault_sentence(enum chain_fault fault)
{
	return (unsigned int)fault < sizeof(chain_faults) / sizeof(*chain_faults) ? chain_faults[fault].sentence : "?";
}

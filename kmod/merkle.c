// SPDX-License-Identifier: GPL-2.0
/* merkle.c - salted leaves, their tree and the hash of a batch; see record.h. */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <crypto/sha2.h>
#else
#include <errno.h>
#include <sodium/crypto_hash_sha256.h>
#endif
#include "merkle.h"
#include "voltgate/siphash.h"
#include "voltgate/merkle_vectors.h"

static void sha256_once(u8 *ret_hash, const u8 *data, unsigned int len)
{
#ifdef __KERNEL__
	sha256(data, len, ret_hash);
#else
	crypto_hash_sha256(ret_hash, data, len);
#endif
}

static void leaf_hash(u8 *ret_hash, const struct vg_record *record, const struct vg_siphash_key *seed, u64 index)
{
	u8 input[1 + VG_SALT_LEN + sizeof(*record)] = { VG_LEAF_PREFIX };
	u64 index_le = vg_le64(index);
	struct vg_siphash_tag salt;

	vg_siphash(seed, &index_le, sizeof(index_le), &salt);
	vg_siphash_tag_encode(&salt, input + 1);
	memcpy(input + 1 + VG_SALT_LEN, record, sizeof(*record));
	sha256_once(ret_hash, input, sizeof(input));
}

/*
 * Level by level: neighbours become their parent, an odd last one goes up as
 * it is. That is RFC 6962's tree, which splits at the largest power of two.
 */
void vg_merkle_fold(u8 *hashes, u32 count)
{
	u8 input[1 + 2 * VG_HASH_LEN] = { VG_NODE_PREFIX };
	u32 i;

	for (; count > 1; count = (count + 1) / 2) {
		for (i = 0; i + 1 < count; i += 2) {
			memcpy(input + 1, hashes + i * VG_HASH_LEN, 2 * VG_HASH_LEN);
			sha256_once(hashes + i / 2 * VG_HASH_LEN, input, sizeof(input));
		}
		if (count & 1)
			memmove(hashes + i / 2 * VG_HASH_LEN, hashes + i * VG_HASH_LEN, VG_HASH_LEN);
	}
}

void vg_merkle_root(const struct vg_record *records, u32 count, const u8 salt_seed[VG_SALT_LEN], u8 *scratch,
		    u8 ret_root[VG_HASH_LEN])
{
	struct vg_siphash_key seed;
	u32 i;

	vg_siphash_key_decode(salt_seed, &seed);
	for (i = 0; i < count; i++)
		leaf_hash(scratch + i * VG_HASH_LEN, &records[i], &seed, i);
	vg_merkle_fold(scratch, count);
	memcpy(ret_root, scratch, VG_HASH_LEN);
}

void vg_batch_hash(const struct vg_batch_head *head, const u8 signature[VG_SIGNATURE_LEN], u8 ret_hash[VG_HASH_LEN])
{
	u8 input[1 + sizeof(*head) + VG_SIGNATURE_LEN] = { VG_BATCH_PREFIX };

	memcpy(input + 1, head, sizeof(*head));
	memcpy(input + 1 + sizeof(*head), signature, VG_SIGNATURE_LEN);
	sha256_once(ret_hash, input, sizeof(input));
}

/* Byte @at of the made-up record @index: what merkle_vectors.h was computed over. */
static u8 pattern(u32 index, u32 at)
{
	return (u8)(index * 64 + at * 7 + 1);
}

static void pattern_fill(u8 *bytes, u32 index, u32 len)
{
	u32 at;

	for (at = 0; at < len; at++)
		bytes[at] = pattern(index, at);
}

int vg_merkle_selftest(void)
{
	struct vg_record records[MERKLE_VECTOR_RECORDS];
	u8 scratch[MERKLE_VECTOR_RECORDS * VG_HASH_LEN], seed[VG_SALT_LEN], hash[VG_HASH_LEN];
	struct vg_batch_head head;
	u8 signature[VG_SIGNATURE_LEN];
	int error = 0;
	u32 i;

	pattern_fill(seed, 100, sizeof(seed));
	for (i = 0; i < MERKLE_VECTOR_RECORDS; i++)
		pattern_fill((u8 *)&records[i], i, sizeof(records[i]));
	for (i = 0; i < MERKLE_VECTOR_RECORDS; i++) {
		vg_merkle_root(records, i + 1, seed, scratch, hash);
		if (memcmp(hash, merkle_vector_roots[i], sizeof(hash)))
			error = -EBADMSG;
	}
	pattern_fill((u8 *)&head, 101, sizeof(head));
	pattern_fill(signature, 102, sizeof(signature));
	vg_batch_hash(&head, signature, hash);
	if (memcmp(hash, merkle_vector_batch, sizeof(hash)))
		error = -EBADMSG;
	return error;
}

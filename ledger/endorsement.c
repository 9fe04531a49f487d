// SPDX-License-Identifier: GPL-2.0
/* endorsement.c - endorsements to and from bytes, and what their signature is over. Pure. */
#include <errno.h>

#include "ledger/endorsement.h"
#include "ledger/merkle.h"

int endorsement_decode(struct span bytes, struct endorsement *ret_endorsement)
{
	struct reader reader;

	reader_init(&reader, bytes.bytes, bytes.len);
	ret_endorsement->endorser = reader_bytes(&reader, TRANSACTION_KEY_LEN);
	ret_endorsement->height = reader_u64(&reader);
	ret_endorsement->count = reader_u16(&reader);
	ret_endorsement->index = reader_u16(&reader);
	ret_endorsement->path_len = reader_u8(&reader);
	if (reader.bad || ret_endorsement->path_len > ENDORSEMENT_PATH_MAX ||
	    ret_endorsement->count > ENDORSEMENT_BATCH_MAX || ret_endorsement->index >= ret_endorsement->count)
		return -EBADMSG;
	ret_endorsement->path = reader_bytes(&reader, ret_endorsement->path_len * LEDGER_HASH_LEN);
	ret_endorsement->signature = reader_bytes(&reader, TRANSACTION_SIGNATURE_LEN);
	return reader_done(&reader) ? 0 : -EBADMSG;
}

void endorsement_encode(struct writer *writer, const struct endorsement *endorsement)
{
	writer_bytes(writer, endorsement->endorser, TRANSACTION_KEY_LEN);
	writer_u64(writer, endorsement->height);
	writer_u16(writer, endorsement->count);
	writer_u16(writer, endorsement->index);
	writer_u8(writer, endorsement->path_len);
	writer_bytes(writer, endorsement->path, endorsement->path_len * LEDGER_HASH_LEN);
	writer_bytes(writer, endorsement->signature, TRANSACTION_SIGNATURE_LEN);
}

void endorsement_leaf_bytes(const u8 channel[32], const u8 proposal_hash[32], const u8 rwset_hash[32],
			    const u8 endorser[32], u64 height, u8 ret_bytes[ENDORSEMENT_LEAF_LEN])
{
	struct writer writer;

	writer_init(&writer, ret_bytes, ENDORSEMENT_LEAF_LEN);
	writer_bytes(&writer, channel, 32);
	writer_bytes(&writer, proposal_hash, 32);
	writer_bytes(&writer, rwset_hash, 32);
	writer_bytes(&writer, endorser, 32);
	writer_u64(&writer, height);
}

void endorsement_leaf(const u8 channel[32], const u8 proposal_hash[32], const u8 rwset_hash[32], const u8 endorser[32],
		      u64 height, u8 ret_leaf[32])
{
	u8 bytes[ENDORSEMENT_LEAF_LEN];

	endorsement_leaf_bytes(channel, proposal_hash, rwset_hash, endorser, height, bytes);
	ledger_hash_bytes(LEDGER_DOMAIN_ENDORSEMENT, bytes, sizeof(bytes), ret_leaf);
}

void endorsement_root_hash(const u8 channel[32], const u8 root[32], u16 count, u8 ret_hash[32])
{
	struct writer writer;
	u8 bytes[2 * 32 + 2];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_bytes(&writer, channel, 32);
	writer_bytes(&writer, root, 32);
	writer_u16(&writer, count);
	ledger_hash_bytes(LEDGER_DOMAIN_ENDORSEMENT_ROOT, bytes, sizeof(bytes), ret_hash);
}

bool endorsement_signed_hash(const struct endorsement *endorsement, const u8 channel[32], const u8 leaf[32],
			     u8 ret_hash[32])
{
	u8 root[LEDGER_HASH_LEN];

	if (!merkle_root_of_path(leaf, endorsement->index, endorsement->count, endorsement->path, endorsement->path_len,
				 root))
		return false;
	endorsement_root_hash(channel, root, endorsement->count, ret_hash);
	return true;
}

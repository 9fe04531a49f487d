// SPDX-License-Identifier: GPL-2.0
/*
 * evidence.c - one verdict of a sealed batch, shown by itself: salt, record and
 * path must give the head's root (PROTOCOL.md B1 to B4). SHA-256 and BLAKE2s
 * here are the gate's hashes, not the ledger's. Pure, but for the handles of
 * OpenSSL's hashes, which each thread fetches once: fetching costs more than
 * hashing, and its SHA-256 uses the processor's, four times as fast as libsodium's.
 */
#include <errno.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "ledger/evidence.h"

_Static_assert(EVIDENCE_MAX == 283 + 32 * EVIDENCE_PATH_MAX + 2 + VG_VID_MAX + 188, "evidence.h's format");

/* The packet and the wallet's part; false: too long, or a mandate that ends before it begins. */
static bool decode_action(struct reader *reader, struct evidence *ret_evidence)
{
	const u8 *mandate;

	ret_evidence->vid = reader_span16(reader, VG_VID_MAX);
	reader_copy(reader, ret_evidence->action_salt, sizeof(ret_evidence->action_salt));
	mandate = reader_bytes(reader, MANDATE_LEN);
	reader_copy(reader, ret_evidence->mandate_signature, sizeof(ret_evidence->mandate_signature));
	return reader_done(reader) && !mandate_decode((struct span){ mandate, MANDATE_LEN }, &ret_evidence->mandate);
}

/* Head to path. */
static bool decode_record(struct reader *reader, struct evidence *ret_evidence)
{
	u32 count;

	reader_copy(reader, &ret_evidence->head, sizeof(ret_evidence->head));
	reader_copy(reader, ret_evidence->signature, sizeof(ret_evidence->signature));
	ret_evidence->index = reader_u16(reader);
	reader_copy(reader, ret_evidence->salt, sizeof(ret_evidence->salt));
	reader_copy(reader, &ret_evidence->record, sizeof(ret_evidence->record));
	ret_evidence->path_len = reader_u8(reader);
	if (reader->bad || ret_evidence->path_len > EVIDENCE_PATH_MAX)
		return false;
	ret_evidence->path = reader_bytes(reader, ret_evidence->path_len * VG_HASH_LEN);
	count = vg_be32(ret_evidence->head.count);
	return !reader->bad && !memcmp(ret_evidence->head.magic, VG_BATCH_MAGIC, 8) && count <= VG_BATCH_MAX &&
	       ret_evidence->index < count;
}

int evidence_decode(struct span bytes, struct evidence *ret_evidence)
{
	struct reader reader;

	reader_init(&reader, bytes.bytes, bytes.len);
	return decode_record(&reader, ret_evidence) && decode_action(&reader, ret_evidence) ? 0 : -EBADMSG;
}

int evidence_record_decode(struct span bytes, struct evidence *ret_evidence)
{
	struct reader reader;

	memset(ret_evidence, 0, sizeof(*ret_evidence));
	reader_init(&reader, bytes.bytes, bytes.len);
	return decode_record(&reader, ret_evidence) && reader_done(&reader) ? 0 : -EBADMSG;
}

void evidence_record_encode(struct writer *writer, const struct evidence *evidence)
{
	writer_bytes(writer, &evidence->head, sizeof(evidence->head));
	writer_bytes(writer, evidence->signature, sizeof(evidence->signature));
	writer_u16(writer, evidence->index);
	writer_bytes(writer, evidence->salt, sizeof(evidence->salt));
	writer_bytes(writer, &evidence->record, sizeof(evidence->record));
	writer_u8(writer, evidence->path_len);
	writer_bytes(writer, evidence->path, evidence->path_len * VG_HASH_LEN);
}

void evidence_encode(struct writer *writer, const struct evidence *evidence)
{
	evidence_record_encode(writer, evidence);
	writer_span16(writer, evidence->vid);
	writer_bytes(writer, evidence->action_salt, sizeof(evidence->action_salt));
	mandate_encode(writer, &evidence->mandate);
	writer_bytes(writer, evidence->mandate_signature, sizeof(evidence->mandate_signature));
}

struct hasher {
	EVP_MD *digest;
	EVP_MD_CTX *context;
};

static _Thread_local struct hasher evidence_sha256, evidence_blake2s;

static bool hasher_digest(struct hasher *hasher, const char *name, const void *bytes, size_t len,
			  u8 ret_hash[VG_HASH_LEN])
{
	if (!hasher->digest)
		hasher->digest = EVP_MD_fetch(NULL, name, NULL);
	if (!hasher->context)
		hasher->context = EVP_MD_CTX_new();
	return hasher->digest && hasher->context && EVP_DigestInit_ex2(hasher->context, hasher->digest, NULL) == 1 &&
	       EVP_DigestUpdate(hasher->context, bytes, len) == 1 &&
	       EVP_DigestFinal_ex(hasher->context, ret_hash, NULL) == 1;
}

static void sha256(const void *bytes, size_t len, u8 ret_hash[VG_HASH_LEN])
{
	if (!hasher_digest(&evidence_sha256, "SHA2-256", bytes, len, ret_hash))
		crypto_hash_sha256(ret_hash, bytes, len);
}

void evidence_leaf(const struct evidence *evidence, u8 ret_hash[VG_HASH_LEN])
{
	u8 message[1 + VG_SALT_LEN + sizeof(struct vg_record)] = { VG_LEAF_PREFIX };

	memcpy(message + 1, evidence->salt, VG_SALT_LEN);
	memcpy(message + 1 + VG_SALT_LEN, &evidence->record, sizeof(evidence->record));
	sha256(message, sizeof(message), ret_hash);
}

void evidence_node(const u8 left[VG_HASH_LEN], const u8 right[VG_HASH_LEN], u8 ret_hash[VG_HASH_LEN])
{
	u8 message[1 + 2 * VG_HASH_LEN] = { VG_NODE_PREFIX };

	memcpy(message + 1, left, VG_HASH_LEN);
	memcpy(message + 1 + VG_HASH_LEN, right, VG_HASH_LEN);
	sha256(message, sizeof(message), ret_hash);
}

/* RFC 9162 section 2.1.3.2: @index and the last leaf's number climb together until the root. */
bool evidence_holds(const struct evidence *evidence)
{
	u32 index = evidence->index, last = vg_be32(evidence->head.count) - 1, i;
	const u8 *sibling = evidence->path;
	u8 hash[VG_HASH_LEN];

	evidence_leaf(evidence, hash);
	for (i = 0; i < evidence->path_len; i++, sibling += VG_HASH_LEN) {
		if (!last)
			return false; /* longer than the tree is high */
		if (index & 1 || index == last) {
			evidence_node(sibling, hash, hash);
			while (!(index & 1) && index) {
				index >>= 1;
				last >>= 1;
			}
		} else {
			evidence_node(hash, sibling, hash);
		}
		index >>= 1;
		last >>= 1;
	}
	return !last && !memcmp(hash, evidence->head.root, VG_HASH_LEN);
}

bool evidence_digest(struct span vid, u8 ret_digest[VG_HASH_LEN])
{
	return hasher_digest(&evidence_blake2s, "BLAKE2S-256", vid.bytes, vid.len, ret_digest);
}

bool evidence_of_packet(const struct evidence *evidence)
{
	const struct vg_record *record = &evidence->record;
	struct vg_vid_fields fields;
	u8 digest[VG_HASH_LEN];

	if (evidence->vid.len < VG_VID_OVERHEAD + LEDGER_HASH_LEN ||
	    !vg_vid_decode((const struct vg_vid *)evidence->vid.bytes, evidence->vid.len, &fields))
		return false;
	return fields.session == vg_be64(record->session) && fields.sequence == vg_be64(record->sequence) &&
	       fields.type == record->type && vg_vid_is_action(fields.type) && evidence_digest(evidence->vid, digest) &&
	       !memcmp(record->digest, digest, sizeof(digest));
}

bool evidence_commits(const struct evidence *evidence, struct span proposal)
{
	u8 commitment[LEDGER_HASH_LEN];

	if (evidence->vid.len < VG_VID_OVERHEAD + LEDGER_HASH_LEN)
		return false;
	evidence_commitment(evidence->action_salt, proposal, commitment);
	return !memcmp(evidence->vid.bytes + VG_VID_HEADER_LEN, commitment, sizeof(commitment));
}

void evidence_mandate_hash(const struct evidence *evidence, const u8 channel[LEDGER_HASH_LEN],
			   const u8 wallet[LEDGER_HASH_LEN], u8 ret_hash[LEDGER_HASH_LEN])
{
	const struct mandate_scope scope = {
		.channel = channel,
		.wallet = wallet,
		.attestor = evidence->head.attestor,
		.epoch = vg_be64(evidence->head.epoch),
		.session = vg_be64(evidence->record.session),
	};

	mandate_hash(&scope, &evidence->mandate, ret_hash);
}

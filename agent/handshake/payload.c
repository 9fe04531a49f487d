// SPDX-License-Identifier: GPL-2.0
/* payload.c - sealed actions and answers to and from their bytes: payload.h. */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/payload.h"
#include "ledger/evidence.h"
#include "voltgate/siphash.h"

#define PAYLOAD_NONCE_LEN crypto_aead_chacha20poly1305_IETF_NPUBBYTES
#define ACTION_HEAD_LEN (VG_VID_HEADER_LEN + LEDGER_HASH_LEN) /* what goes unsealed before an action's payload */

static size_t payload_padded(size_t len)
{
	return (len + ACTION_BLOCK - 1) / ACTION_BLOCK * ACTION_BLOCK;
}

static void payload_nonce(u64 sequence, u8 ret_nonce[PAYLOAD_NONCE_LEN])
{
	u64 word = vg_be64(sequence);

	memset(ret_nonce, 0, 4);
	memcpy(ret_nonce + 4, &word, sizeof(word));
}

static void payload_header(const struct vg_vid_fields *fields, u8 *ret_vid)
{
	struct vg_vid header = { .version = VG_VID_VERSION, .type = (u8)fields->type };

	header.payload_len = vg_be16(fields->payload_len);
	header.session = vg_be64(fields->session);
	header.sequence = vg_be64(fields->sequence);
	header.generated = vg_be64(fields->generated);
	memcpy(ret_vid, &header, sizeof(header));
}

/* Seals the @len bytes at @plain to behind the @head_len bytes at @vid, which are authenticated with them. */
static void payload_seal(const u8 key[SESSION_KEYS_LEN], u64 sequence, u8 *vid, size_t head_len, const u8 *plain,
			 size_t len)
{
	u8 nonce[PAYLOAD_NONCE_LEN];

	payload_nonce(sequence, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(vid + head_len, NULL, plain, len, vid, head_len, NULL, nonce, key);
}

static int payload_open(const u8 key[SESSION_KEYS_LEN], u64 sequence, const u8 *vid, size_t head_len, size_t len,
			u8 *ret_plain)
{
	u8 nonce[PAYLOAD_NONCE_LEN];

	payload_nonce(sequence, nonce);
	return crypto_aead_chacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, vid + head_len, len, vid, head_len,
							 nonce, key)
		       ? -EBADMSG
		       : 0;
}

/* Whole blocks, the last of which begins before what was written ends. */
static int payload_padding_right(const struct reader *reader, size_t len)
{
	size_t left = reader_left(reader);

	if (reader->bad || len % ACTION_BLOCK || left >= ACTION_BLOCK || !sodium_is_zero(reader->at, left))
		return -EBADMSG;
	return 0;
}

static void payload_tag(const u8 key[SESSION_KEYS_VID_LEN], u8 *vid, size_t len)
{
	struct vg_siphash_key siphash_key;
	struct vg_siphash_tag tag;

	vg_siphash_key_decode(key, &siphash_key);
	vg_siphash(&siphash_key, vid, len, &tag);
	vg_siphash_tag_encode(&tag, vid + len);
	sodium_memzero(&siphash_key, sizeof(siphash_key));
}

int action_seal(const struct session_keys *keys, struct vg_vid_fields *fields, const struct action_request *request,
		u8 ret_vid[VG_VID_MAX])
{
	u8 plain[VG_VID_PAYLOAD_MAX] = { 0 };
	struct writer writer;
	size_t len;

	if (!vg_vid_is_action(fields->type) || fields->type > VG_VID_RATING)
		return -EINVAL;
	if (request->proposal.len > ACTION_PROPOSAL_MAX)
		return -EMSGSIZE;
	writer_init(&writer, plain, sizeof(plain));
	writer_bytes(&writer, request->salt, sizeof(request->salt));
	mandate_encode(&writer, &request->mandate);
	writer_bytes(&writer, request->mandate_signature, sizeof(request->mandate_signature));
	writer_span16(&writer, request->proposal);
	len = payload_padded(writer_len(&writer));
	fields->payload_len = (u32)(LEDGER_HASH_LEN + len + NOISE_TAG_LEN);
	payload_header(fields, ret_vid);
	evidence_commitment(request->salt, request->proposal, ret_vid + VG_VID_HEADER_LEN);
	payload_seal(keys->action, fields->sequence, ret_vid, ACTION_HEAD_LEN, plain, len);
	payload_tag(keys->vid, ret_vid, VG_VID_HEADER_LEN + fields->payload_len);
	sodium_memzero(plain, sizeof(plain));
	return (int)(VG_VID_OVERHEAD + fields->payload_len);
}

static int action_decode(const u8 *plain, size_t len, struct action_request *ret_request)
{
	struct reader reader;
	const u8 *mandate;

	reader_init(&reader, plain, len);
	reader_copy(&reader, ret_request->salt, sizeof(ret_request->salt));
	mandate = reader_bytes(&reader, MANDATE_LEN);
	reader_copy(&reader, ret_request->mandate_signature, sizeof(ret_request->mandate_signature));
	ret_request->proposal = reader_span16(&reader, ACTION_PROPOSAL_MAX);
	if (payload_padding_right(&reader, len) || !mandate)
		return -EBADMSG;
	return mandate_decode((struct span){ mandate, MANDATE_LEN }, &ret_request->mandate);
}

int action_open(const struct session_keys *keys, const u8 *vid, size_t len, u8 *plain,
		struct action_request *ret_request)
{
	const size_t least = LEDGER_HASH_LEN + NOISE_TAG_LEN;
	u8 commitment[LEDGER_HASH_LEN];
	struct vg_vid_fields fields;
	int err;

	if (len < VG_VID_OVERHEAD || !vg_vid_decode((const struct vg_vid *)vid, (u32)len, &fields) ||
	    !vg_vid_is_action(fields.type) || fields.payload_len < least)
		return -EBADMSG;
	err = payload_open(keys->action, fields.sequence, vid, ACTION_HEAD_LEN, fields.payload_len - LEDGER_HASH_LEN,
			   plain);
	if (!err)
		err = action_decode(plain, fields.payload_len - least, ret_request);
	if (err)
		return err;
	evidence_commitment(ret_request->salt, ret_request->proposal, commitment);
	return memcmp(commitment, vid + VG_VID_HEADER_LEN, sizeof(commitment)) ? -EBADMSG : 0;
}

int answer_seal(const struct session_keys *keys, u64 count, const struct answer *answer, u8 ret_vid[ANSWER_LEN_MAX])
{
	struct vg_vid_fields fields = { .type = VG_VID_ANSWER, .sequence = count };
	u8 plain[VG_VID_PAYLOAD_MAX] = { 0 };
	struct writer writer;
	size_t len;

	if (answer->text.len > ANSWER_TEXT_MAX)
		return -EMSGSIZE;
	writer_init(&writer, plain, sizeof(plain));
	writer_u64(&writer, answer->sequence);
	writer_u8(&writer, answer->stage);
	writer_u8(&writer, answer->outcome);
	writer_u64(&writer, answer->block);
	writer_u32(&writer, answer->index);
	writer_span16(&writer, answer->text);
	len = payload_padded(writer_len(&writer));
	fields.payload_len = (u32)(len + NOISE_TAG_LEN);
	payload_header(&fields, ret_vid);
	payload_seal(keys->answer, count, ret_vid, VG_VID_HEADER_LEN, plain, len);
	memset(ret_vid + VG_VID_HEADER_LEN + fields.payload_len, 0, VG_VID_TAG_LEN);
	sodium_memzero(plain, sizeof(plain));
	return (int)(VG_VID_OVERHEAD + fields.payload_len);
}

static int answer_decode(const u8 *plain, size_t len, struct answer *ret_answer)
{
	struct reader reader;

	reader_init(&reader, plain, len);
	ret_answer->sequence = reader_u64(&reader);
	ret_answer->stage = reader_u8(&reader);
	ret_answer->outcome = reader_u8(&reader);
	ret_answer->block = reader_u64(&reader);
	ret_answer->index = reader_u32(&reader);
	ret_answer->text = reader_span16(&reader, ANSWER_TEXT_MAX);
	if (ret_answer->stage < ANSWER_REFUSED || ret_answer->stage > ANSWER_COMMITTED)
		return -EBADMSG;
	return payload_padding_right(&reader, len);
}

int answer_open(const struct session_keys *keys, const void *vid, size_t len, u8 *plain, u64 *ret_count,
		struct answer *ret_answer)
{
	struct vg_vid header;
	size_t payload_len;
	int err;

	if (len < VG_VID_OVERHEAD + NOISE_TAG_LEN || len > VG_VID_MAX)
		return -EBADMSG;
	memcpy(&header, vid, sizeof(header));
	payload_len = len - VG_VID_OVERHEAD;
	if (header.version != VG_VID_VERSION || header.type != VG_VID_ANSWER ||
	    vg_be16(header.payload_len) != payload_len || header.zero || header.session || header.generated ||
	    !sodium_is_zero((const u8 *)vid + len - VG_VID_TAG_LEN, VG_VID_TAG_LEN))
		return -EBADMSG;
	*ret_count = vg_be64(header.sequence);
	err = payload_open(keys->answer, *ret_count, vid, VG_VID_HEADER_LEN, payload_len, plain);
	return err ? err : answer_decode(plain, payload_len - NOISE_TAG_LEN, ret_answer);
}

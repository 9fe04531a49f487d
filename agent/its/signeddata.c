// SPDX-License-Identifier: GPL-2.0
/*
 * signeddata.c - reads signed data, field by field in the order of SignedData,
 * ToBeSignedData and HeaderInfo (IEEE 1609.2 6.3.4 to 6.3.24).
 */
#include "agent/its/signeddata.h"

#include <errno.h>
#include <stdint.h>

#define HAS(preamble, bit) ((preamble) & (0x80u >> (bit)))
#define ID3_LEN 3
#define LEARN_MAX 64 /* HashedId3 that one frame asks for */
#define BLOCKS_MAX 16
#define VERSION 3

/* Inner Ieee1609Dot2Data: for the payload of a frame only unsecuredData makes sense. */
static void read_payload_data(struct coer *coer, struct its_signed *data)
{
	if (coer_u8(coer) != VERSION)
		coer_fail(coer, -EBADMSG);
	if (coer_choice(coer))
		coer_fail(coer, -EOPNOTSUPP);
	data->payload = coer_octets(coer, 0, UINT32_MAX);
	data->has_payload = !coer->error;
}

static void read_payload(struct coer *coer, struct its_signed *data)
{
	u8 has = coer_preamble(coer, 3);

	if (HAS(has, 0)) /* omitted: the data is not here and nobody says where */
		coer_fail(coer, -EOPNOTSUPP);
	if (!HAS(has, 1) && !HAS(has, 2))
		coer_fail(coer, -EBADMSG);
	if (HAS(has, 1))
		read_payload_data(coer, data);
	if (HAS(has, 2)) {
		if (coer_choice(coer)) /* SHA-384, SM3 */
			coer_fail(coer, -EOPNOTSUPP);
		data->external_hash = coer_bytes(coer, ITS_HASH_LEN);
	}
}

/* EncryptionKey: public, or symmetric (which has no place in clear, but is well-formed). */
static void read_encryption_key(struct coer *coer, struct its_signed *data)
{
	switch (coer_choice(coer)) {
	case 0:
		its_encryption_key_read(coer, data->patches, &data->patch_count);
		break;
	case 1:
		if (coer_choice(coer))
			coer_fail(coer, -EOPNOTSUPP);
		coer_bytes(coer, 16);
		break;
	default:
		coer_fail(coer, -EBADMSG);
	}
}

static void read_missing_crl(struct coer *coer)
{
	u8 has = coer_preamble(coer, 1);

	coer_bytes(coer, ID3_LEN + 2);
	if (has) /* no additions are defined */
		coer_fail(coer, -EOPNOTSUPP);
}

static void read_learning_request(struct coer *coer)
{
	u32 count = coer_count(coer, ID3_LEN);

	if (count > LEARN_MAX)
		coer_fail(coer, -EOPNOTSUPP);
	coer_bytes(coer, count * ID3_LEN);
}

/* ContributedExtensionBlocks: who contributed, then its extensions as open types. They inform; none restricts. */
static void read_contributed(struct coer *coer)
{
	u32 blocks = coer_count(coer, 3), extensions;

	if (!blocks)
		coer_fail(coer, -EBADMSG);
	if (blocks > BLOCKS_MAX)
		coer_fail(coer, -EOPNOTSUPP);
	for (; blocks && !coer->error; blocks--) {
		coer_u8(coer);
		extensions = coer_count(coer, 1);
		if (!extensions)
			coer_fail(coer, -EBADMSG);
		for (; extensions && !coer->error; extensions--)
			coer_octets(coer, 0, UINT32_MAX);
	}
}

static void read_requested_certificate(struct coer *coer, struct its_signed *data)
{
	struct its_certificate certificate;

	its_certificate_read(coer, &certificate);
	if (!coer->error)
		data->requested = certificate.whole;
}

/* The additions of HeaderInfo, each an open type, in their order. */
static void read_header_additions(struct coer *coer, struct its_signed *data)
{
	u32 present = coer_extensions(coer), bit;
	struct coer inner;

	if (present << 4) /* more than the four that are defined: their meaning is not known */
		coer_fail(coer, -EOPNOTSUPP);
	for (bit = 0; bit < 4 && !coer->error; bit++) {
		if (!(present & 1u << (31 - bit)))
			continue;
		inner = coer_sub(coer_octets(coer, 1, UINT32_MAX));
		switch (bit) {
		case 0: /* inlineP2pcdRequest */
			read_learning_request(&inner);
			break;
		case 1:
			read_requested_certificate(&inner, data);
			break;
		case 2: /* pduFunctionalType: for handshakes of other protocols, not for applications */
			coer_u8(&inner);
			if (!inner.error)
				coer_fail(&inner, -EOPNOTSUPP);
			break;
		default:
			read_contributed(&inner);
		}
		coer_end(coer, &inner);
	}
}

static void read_header(struct coer *coer, struct its_signed *data)
{
	u8 has = coer_preamble(coer, 7);

	data->psid = coer_unsigned(coer);
	if (HAS(has, 1)) {
		data->generated = coer_u64(coer);
		data->has_generated = !coer->error;
	}
	if (HAS(has, 2)) {
		data->expiry = coer_u64(coer);
		data->has_expiry = !coer->error;
	}
	if (HAS(has, 3)) {
		data->location.latitude = coer_s32(coer);
		data->location.longitude = coer_s32(coer);
		coer_u16(coer); /* elevation */
		data->has_location = !coer->error;
	}
	if (HAS(has, 4))
		coer_bytes(coer, ID3_LEN); /* p2pcdLearningRequest */
	if (HAS(has, 5))
		read_missing_crl(coer);
	if (HAS(has, 6))
		read_encryption_key(coer, data);
	if (HAS(has, 0))
		read_header_additions(coer, data);
}

static void read_signer(struct coer *coer, struct its_signed *data)
{
	u32 count, i;

	switch (coer_choice(coer)) {
	case 0:
		data->signer_kind = ITS_SIGNER_DIGEST;
		data->digest = coer_bytes(coer, ITS_ID_LEN);
		break;
	case 1:
		data->signer_kind = ITS_SIGNER_CERTIFICATE;
		count = coer_count(coer, 1);
		if (!count)
			coer_fail(coer, -EBADMSG);
		if (count > ITS_CHAIN_MAX)
			coer_fail(coer, -EOPNOTSUPP);
		for (i = 0; i < count && !coer->error; i++)
			its_certificate_read(coer, &data->chain[i]);
		data->chain_len = coer->error ? 0 : count;
		break;
	case 2:
		data->signer_kind = ITS_SIGNER_SELF;
		break;
	default:
		coer_fail(coer, -EOPNOTSUPP);
	}
}

static void read_signed(struct coer *coer, struct its_signed *data)
{
	const u8 *start;

	if (coer_enumerated(coer)) /* SHA-384, SM3 */
		coer_fail(coer, -EOPNOTSUPP);
	start = coer->at;
	read_payload(coer, data);
	read_header(coer, data);
	if (!coer->error)
		data->tbs = (struct coer_slice){ start, (u32)(coer->at - start) };
	read_signer(coer, data);
	its_signature_read(coer, &data->signature, NULL, NULL);
	if (!coer->error && coer->at != coer->end)
		coer_fail(coer, -EBADMSG);
}

int its_signed_decode(struct coer_slice bytes, struct its_signed *ret_signed)
{
	static const enum its_content contents[] = { ITS_CONTENT_UNSECURED, ITS_CONTENT_SIGNED, ITS_CONTENT_ENCRYPTED };
	struct coer coer = coer_sub(bytes);
	u32 choice;

	memset(ret_signed, 0, sizeof(*ret_signed));
	if (coer_u8(&coer) != VERSION)
		coer_fail(&coer, -EBADMSG);
	choice = coer_choice(&coer);
	if (coer.error)
		return coer.error;
	ret_signed->content = choice < 3 ? contents[choice] : ITS_CONTENT_OTHER;
	if (ret_signed->content == ITS_CONTENT_SIGNED)
		read_signed(&coer, ret_signed);
	return coer.error;
}

int its_signed_hash(const struct its_signed *data, const u8 signer_hash[ITS_HASH_LEN], u8 ret_hash[ITS_HASH_LEN])
{
	u8 halves[2 * ITS_HASH_LEN];
	int error = its_canonical_hash(data->tbs, data->patches, data->patch_count, halves);

	if (error)
		return error;
	memcpy(halves + ITS_HASH_LEN, signer_hash, ITS_HASH_LEN);
	return its_canonical_hash((struct coer_slice){ halves, sizeof(halves) }, NULL, 0, ret_hash);
}

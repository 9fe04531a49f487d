// SPDX-License-Identifier: GPL-2.0
/*
 * its_identity.c - makes certificates (its_maker.h): fields in the order of
 * ToBeSignedCertificate, IEEE 1609.2 6.4.8.
 */
#include "tools/sim/its_identity.h"

#include <errno.h>
#include <stdlib.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#define US_PER_S 1000000ULL

static void write_id(struct its_write *write, enum its_maker_id id)
{
	static const u8 linkage[2 + 9] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

	switch (id) {
	case ITS_MAKER_ID_LINKAGE:
		its_write_choice(write, 0);
		its_write_number(write, 0, 1);
		its_write_bytes(write, linkage, sizeof(linkage));
		break;
	case ITS_MAKER_ID_NAME:
		its_write_choice(write, 1);
		its_write_octets(write, "authority.example", 17);
		break;
	case ITS_MAKER_ID_BINARY:
		its_write_choice(write, 2);
		its_write_octets(write, "\x01\x02\x03", 3);
		break;
	default:
		its_write_choice(write, 3);
	}
}

static void write_place(struct its_write *write, int latitude, int longitude)
{
	its_write_number(write, (u32)latitude, 4);
	its_write_number(write, (u32)longitude, 4);
}

static void write_region(struct its_write *write, const struct its_maker_certificate *wanted)
{
	int reach = wanted->radius_m * 100; /* 1e-5 degree a metre */

	switch (wanted->region) {
	case ITS_MAKER_CIRCLE:
		its_write_choice(write, 0);
		write_place(write, wanted->latitude, wanted->longitude);
		its_write_number(write, wanted->radius_m, 2);
		break;
	case ITS_MAKER_RECTANGLE:
		its_write_choice(write, 1);
		its_write_unsigned(write, 1);
		write_place(write, wanted->latitude + reach, wanted->longitude - reach);
		write_place(write, wanted->latitude - reach, wanted->longitude + reach);
		break;
	case ITS_MAKER_POLYGON:
		its_write_choice(write, 2);
		its_write_unsigned(write, 3);
		write_place(write, wanted->latitude + reach, wanted->longitude);
		write_place(write, wanted->latitude - reach, wanted->longitude - reach);
		write_place(write, wanted->latitude - reach, wanted->longitude + reach);
		break;
	case ITS_MAKER_COUNTRY: /* country only; regions; subregions */
		its_write_choice(write, 3);
		its_write_unsigned(write, 3);
		its_write_bytes(write, "\x80\x01\x14", 3);
		its_write_bytes(write, "\x81\x01\x14\x01\x02\x05\x06", 7);
		its_write_bytes(write, "\x82\x01\x14\x01\x01\x07\x01\x01\x00\x08", 10);
		break;
	default:
		break;
	}
}

static void write_app_permissions(struct its_write *write, const struct its_maker_certificate *wanted)
{
	u32 i;

	its_write_unsigned(write, wanted->psid_count);
	for (i = 0; i < wanted->psid_count; i++) {
		its_write_number(write, wanted->ssp ? 0x80 : 0, 1);
		its_write_unsigned(write, wanted->psids[i]);
		if (wanted->ssp) { /* bitmapSsp is an addition: an open type around it */
			its_write_choice(write, 1);
			its_write_length(write, wanted->ssp_len + 1);
			its_write_octets(write, wanted->ssp, wanted->ssp_len);
		}
	}
}

static void write_range(struct its_write *write, const struct its_maker_certificate *wanted, u32 psid)
{
	u8 mask[32];

	memset(mask, 0xff, sizeof(mask));
	its_write_number(write, 0x80, 1);
	its_write_unsigned(write, psid);
	if (!wanted->ssp) {
		its_write_choice(write, 1); /* all */
		return;
	}
	its_write_choice(write, 2);
	its_write_length(write, 2 * (wanted->ssp_len + 1));
	its_write_octets(write, wanted->ssp, wanted->ssp_len);
	its_write_octets(write, mask, wanted->ssp_len);
}

/* One PsidGroupPermissions: a root for chains of up to two below it, an authority for tickets. */
static void write_issue_permissions(struct its_write *write, const struct its_maker_certificate *wanted)
{
	bool root = wanted->role == ITS_MAKER_ROOT;
	u32 i;

	its_write_unsigned(write, 1);
	its_write_number(write, root ? 0x60 : 0x00, 1);
	its_write_choice(write, !wanted->psid_count);
	if (wanted->psid_count)
		its_write_unsigned(write, wanted->psid_count);
	for (i = 0; i < wanted->psid_count; i++)
		write_range(write, wanted, wanted->psids[i]);
	if (root)
		its_write_bytes(write, "\x01\x01\x80", 3); /* one more is allowed; for applications */
}

static void write_encryption_key(struct its_write *write, const struct its_sign_point *point, enum its_maker_form form)
{
	its_write_number(write, 0, 1); /* aes128Ccm */
	its_write_choice(write, 0);    /* eciesNistP256 */
	its_write_key(write, point, form);
}

static void write_to_be_signed(struct its_write *write, const struct its_maker_certificate *wanted,
			       const struct its_identity *identity)
{
	bool ticket = wanted->role == ITS_MAKER_TICKET;

	its_write_number(write,
			 (wanted->flags ? 0x80 : 0) | (wanted->region ? 0x40 : 0) | (wanted->assurance ? 0x20 : 0) |
				 (ticket ? 0x10 : 0x08) | (wanted->request_permissions ? 0x04 : 0) |
				 (wanted->rollover ? 0x02 : 0) | (wanted->encryption_key ? 0x01 : 0),
			 1);
	write_id(write, wanted->id);
	its_write_number(write, 0, 3 + 2); /* cracaId, crlSeries */
	its_write_number(write, wanted->valid_from / US_PER_S, 4);
	its_write_choice(write, wanted->duration_unit);
	its_write_number(write, wanted->duration, 2);
	write_region(write, wanted);
	if (wanted->assurance)
		its_write_number(write, 0xc0, 1);
	if (ticket)
		write_app_permissions(write, wanted);
	else
		write_issue_permissions(write, wanted);
	if (wanted->request_permissions)
		write_issue_permissions(write, &(struct its_maker_certificate){ .role = ITS_MAKER_AUTHORITY });
	if (wanted->encryption_key)
		write_encryption_key(write, &identity->key.public_point, wanted->key_form);
	its_write_choice(write, wanted->implicit);
	if (!wanted->implicit)
		its_write_choice(write, wanted->curve == ITS_CURVE_BRAINPOOL_P256R1);
	its_write_key(write, &identity->key.public_point, wanted->key_form);
	if (wanted->flags) /* presence bitmap of four additions, the first is there; an open type with eight bits */
		its_write_bytes(write, "\x02\x04\x80\x01\x00", 5);
}

static void write_certificate(struct its_write *write, const struct its_maker_certificate *wanted, const u8 *issuer_id,
			      const struct its_identity *identity, const struct its_signature_made *made)
{
	its_write_number(write, wanted->implicit ? 0x00 : 0x80, 1);
	its_write_number(write, 3, 1);
	its_write_number(write, wanted->implicit, 1);
	its_write_choice(write, !issuer_id);
	if (issuer_id)
		its_write_bytes(write, issuer_id, 8);
	else
		its_write_number(write, 0, 1); /* sha256 */
	write_to_be_signed(write, wanted, identity);
	if (!wanted->implicit)
		its_write_signature(write, identity->issuer_curve, made, wanted->r_form);
}

void its_maker_hash(const u8 *data, u32 len, const u8 *signer_hash, u8 ret_hash[32])
{
	u8 halves[64];

	SHA256(data, len, halves);
	if (signer_hash)
		memcpy(halves + 32, signer_hash, 32);
	else
		SHA256(NULL, 0, halves + 32);
	SHA256(halves, sizeof(halves), ret_hash);
}

int its_identity_new(const struct its_maker_certificate *wanted, const struct its_identity *issuer,
		     struct its_identity **ret_identity)
{
	u8 canonical[ITS_MAKER_CERTIFICATE_MAX], hash[32];
	struct its_write write = { .bytes = canonical, .capacity = sizeof(canonical), .canonical = true };
	struct its_identity *identity = calloc(1, sizeof(*identity));
	struct its_signature_made made = { 0 };
	int error;

	if (!identity)
		return -ENOMEM;
	identity->issuer_curve = issuer ? issuer->key.curve : wanted->curve;
	error = its_sign_key_draw(wanted->curve, &identity->key);
	if (error)
		goto fail;
	write_to_be_signed(&write, wanted, identity);
	its_maker_hash(canonical, write.len, issuer ? issuer->hash : NULL, hash);
	error = its_sign(issuer ? &issuer->key : &identity->key, hash, &made);
	if (error)
		goto fail;
	write.len = 0;
	write_certificate(&write, wanted, issuer ? issuer->hash + 24 : NULL, identity, &made);
	SHA256(canonical, write.len, identity->hash);
	write = (struct its_write){ .bytes = identity->certificate,
				    .capacity = sizeof(identity->certificate),
				    .overflow = write.overflow };
	write_certificate(&write, wanted, issuer ? issuer->hash + 24 : NULL, identity, &made);
	identity->certificate_len = write.len;
	error = write.overflow ? -EINVAL : 0;
	if (error)
		goto fail;
	*ret_identity = identity;
	return 0;
fail:
	its_identity_free(identity);
	return error;
}

void its_identity_free(struct its_identity *identity)
{
	if (!identity)
		return;
	OPENSSL_cleanse(&identity->key, sizeof(identity->key));
	free(identity);
}

const u8 *its_identity_certificate(const struct its_identity *identity, u32 *ret_len)
{
	*ret_len = identity->certificate_len;
	return identity->certificate;
}

const u8 *its_identity_id(const struct its_identity *identity)
{
	return identity->hash + 24;
}

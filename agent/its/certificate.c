// SPDX-License-Identifier: GPL-2.0
/*
 * certificate.c - reads certificates, field by field in the order of
 * CertificateBase and ToBeSignedCertificate (IEEE 1609.2 6.4.3, 6.4.8).
 */
#include "agent/its/certificate.h"

#include <errno.h>

#include "agent/its/permission.h"

#define US_PER_S 1000000ULL
#define PERMISSIONS_MAX 64 /* entries; IEEE 1609.2 asks receivers for eight */
#define HAS(preamble, bit) ((preamble) & (0x80u >> (bit)))

static void read_id(struct coer *coer)
{
	switch (coer_choice(coer)) {
	case 0: /* linkageData: iCert, linkage value and perhaps the group's */
		coer_bytes(coer, 2 + 9 + (HAS(coer_preamble(coer, 1), 0) ? 4 + 9 : 0));
		break;
	case 1: /* name */
		coer_octets(coer, 0, 255);
		break;
	case 2: /* binaryId */
		coer_octets(coer, 1, 64);
		break;
	case 3: /* none */
		break;
	default:
		coer_fail(coer, -EOPNOTSUPP);
	}
}

/* Time32 and Duration. A year counts 31556952 s (IEEE 1609.2 6.4.15). */
static void read_validity(struct coer *coer, struct its_certificate *certificate)
{
	static const u64 units_us[] = {
		1, 1000, US_PER_S, 60 * US_PER_S, 3600 * US_PER_S, 216000 * US_PER_S, 31556952 * US_PER_S
	};
	u32 start_s = coer_u32(coer), unit = coer_choice(coer);
	u16 count = coer_u16(coer);

	if (unit >= sizeof(units_us) / sizeof(units_us[0]))
		coer_fail(coer, -EBADMSG);
	if (coer->error)
		return;
	certificate->valid_from = start_s * US_PER_S;
	certificate->valid_until = certificate->valid_from + count * units_us[unit];
}

static void read_identified_region(struct coer *coer)
{
	u32 kind = coer_choice(coer), regions;

	coer_u16(coer); /* country, UN M49 */
	switch (kind) {
	case 0: /* countryOnly */
		return;
	case 1: /* countryAndRegions: SEQUENCE OF Uint8 */
		coer_bytes(coer, coer_count(coer, 1));
		return;
	case 2: /* countryAndSubregions: SEQUENCE OF (region, SEQUENCE OF Uint16) */
		for (regions = coer_count(coer, 3); regions && !coer->error; regions--) {
			coer_u8(coer);
			coer_bytes(coer, 2 * coer_count(coer, 2));
		}
		return;
	default:
		coer_fail(coer, -EOPNOTSUPP);
	}
}

static void read_region(struct coer *coer, struct its_region *region)
{
	u32 kind = coer_choice(coer), count;
	const u8 *body = coer->at;

	switch (kind) {
	case 0: /* centre, radius in metres */
		coer_bytes(coer, 8 + 2);
		break;
	case 1: /* pairs of corners */
		coer_bytes(coer, 16 * coer_count(coer, 16));
		break;
	case 2: /* three corners or more */
		count = coer_count(coer, 8);
		if (count < 3)
			coer_fail(coer, -EBADMSG);
		coer_bytes(coer, 8 * count);
		break;
	case 3:
		for (count = coer_count(coer, 3); count && !coer->error; count--)
			read_identified_region(coer);
		break;
	default:
		coer_fail(coer, -EOPNOTSUPP);
	}
	if (coer->error)
		return;
	region->kind = ITS_REGION_CIRCULAR + kind;
	region->body = (struct coer_slice){ body, (u32)(coer->at - body) };
}

/* Walks a list of permissions for its structure; it is read again when it is needed. */
static struct coer_slice read_permissions(struct coer *coer, u32 *ret_count, void (*read_one)(struct coer *coer))
{
	struct coer_slice slice = { NULL, 0 };
	u32 count = coer_count(coer, 2), i;

	if (count > PERMISSIONS_MAX)
		coer_fail(coer, -EOPNOTSUPP);
	slice.at = coer->at;
	for (i = 0; i < count && !coer->error; i++)
		read_one(coer);
	slice.len = (u32)(coer->at - slice.at);
	*ret_count = coer->error ? 0 : count;
	return slice;
}

static void read_app(struct coer *coer)
{
	struct its_app_permission permission;

	its_app_permission_read(coer, &permission);
}

static void read_group(struct coer *coer)
{
	struct its_group_permission permission;

	its_group_permission_read(coer, &permission);
}

/* The additions of the 2022 edition: flags says nothing to a verifier; the others restrict, so they may not be skipped.
 */
static void read_additions(struct coer *coer)
{
	u32 present = coer_extensions(coer);

	if (present & ~(1u << 31))
		coer_fail(coer, -EOPNOTSUPP);
	if (present & 1u << 31)
		coer_octets(coer, 1, 1);
}

static void read_verify_key(struct coer *coer, struct its_certificate *certificate)
{
	if (coer_choice(coer)) /* reconstructionValue: an implicit certificate */
		coer_fail(coer, -EOPNOTSUPP);
	its_verification_key_read(coer, certificate);
}

static void read_to_be_signed(struct coer *coer, struct its_certificate *certificate)
{
	const u8 *start = coer->at;
	u8 has = coer_preamble(coer, 8);
	u32 requests;

	read_id(coer);
	coer_bytes(coer, 3 + 2); /* cracaId, crlSeries */
	read_validity(coer, certificate);
	if (HAS(has, 1))
		read_region(coer, &certificate->region);
	if (HAS(has, 2))
		coer_u8(coer); /* assuranceLevel */
	if (HAS(has, 3))
		certificate->app_permissions = read_permissions(coer, &certificate->app_count, read_app);
	if (HAS(has, 4))
		certificate->issue_permissions = read_permissions(coer, &certificate->issue_count, read_group);
	if (HAS(has, 5))
		read_permissions(coer, &requests, read_group);
	if (!(has & 0x1c)) /* at least one of the three */
		coer_fail(coer, -EBADMSG);
	if (HAS(has, 7))
		its_encryption_key_read(coer, certificate->patches, &certificate->patch_count);
	read_verify_key(coer, certificate);
	if (HAS(has, 0))
		read_additions(coer);
	certificate->tbs = (struct coer_slice){ start, (u32)(coer->at - start) };
}

static void read_issuer(struct coer *coer, struct its_certificate *certificate)
{
	switch (coer_choice(coer)) {
	case 0: /* sha256AndDigest */
		certificate->issuer = coer_bytes(coer, ITS_ID_LEN);
		break;
	case 1: /* self */
		certificate->self_signed = true;
		if (coer_enumerated(coer)) /* not SHA-256 */
			coer_fail(coer, -EOPNOTSUPP);
		break;
	default: /* sha384AndDigest, sm3AndDigest */
		coer_fail(coer, -EOPNOTSUPP);
	}
}

void its_certificate_read(struct coer *coer, struct its_certificate *ret_certificate)
{
	const u8 *start = coer->at;
	u8 has = coer_preamble(coer, 1);
	u32 type;

	memset(ret_certificate, 0, sizeof(*ret_certificate));
	if (coer_u8(coer) != 3)
		coer_fail(coer, -EBADMSG);
	type = coer_enumerated(coer);
	if (type > 1)
		coer_fail(coer, -EBADMSG);
	if (type == 1 || (!coer->error && !HAS(has, 0)))
		coer_fail(coer, type == 1 ? -EOPNOTSUPP : -EBADMSG);
	read_issuer(coer, ret_certificate);
	read_to_be_signed(coer, ret_certificate);
	its_signature_read(coer, &ret_certificate->signature, ret_certificate->patches, &ret_certificate->patch_count);
	ret_certificate->whole = (struct coer_slice){ start, (u32)(coer->at - start) };
	if (!coer->error && ret_certificate->whole.len > ITS_CERTIFICATE_MAX)
		coer_fail(coer, -EOPNOTSUPP);
}

int its_certificate_decode(const u8 *bytes, u32 len, struct its_certificate *ret_certificate)
{
	struct coer coer = coer_of(bytes, len);

	its_certificate_read(&coer, ret_certificate);
	if (!coer.error && coer.at != coer.end)
		coer_fail(&coer, -EBADMSG);
	return coer.error;
}

int its_certificate_hash(const struct its_certificate *certificate, u8 ret_hash[ITS_HASH_LEN])
{
	return its_canonical_hash(certificate->whole, certificate->patches, certificate->patch_count, ret_hash);
}

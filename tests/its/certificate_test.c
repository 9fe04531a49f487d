// SPDX-License-Identifier: GPL-2.0
/*
 * certificate_test.c - certificates of every form, made by the maker and read
 * by the reader: fields, the hash of the canonical form (computed apart by
 * each), every truncation, permissions and regions.
 */
#include <errno.h>

#include "agent/its/permission.h"
#include "agent/its/region.h"
#include "tests/its/judge.h"

static struct its_maker_certificate base(void)
{
	return (struct its_maker_certificate){ .role = ITS_MAKER_TICKET,
					       .curve = ITS_CURVE_NIST_P256,
					       .valid_from = JUDGE_NOW,
					       .duration = 1,
					       .duration_unit = 4,
					       .psids = { 36, 37 },
					       .psid_count = 2 };
}

/* Reads what was made; checks hash and that every shorter slice is refused. */
static bool survives(const struct its_maker_certificate *wanted, const struct its_identity *issuer)
{
	struct its_identity *identity = make_identity(wanted, issuer);
	struct its_certificate certificate;
	u8 hash[ITS_HASH_LEN];
	u32 len, cut;
	const u8 *bytes = its_identity_certificate(identity, &len);
	bool right = !its_certificate_decode(bytes, len, &certificate) && !its_certificate_hash(&certificate, hash) &&
		     !memcmp(its_hash_id(hash), its_identity_id(identity), ITS_ID_LEN) &&
		     certificate.curve == wanted->curve &&
		     certificate.valid_from == wanted->valid_from / JUDGE_SECOND * JUDGE_SECOND;

	for (cut = 0; cut < len; cut++)
		right = right && its_certificate_decode(bytes, cut, &certificate) == -EBADMSG;
	its_identity_free(identity);
	return right;
}

static void check_forms(enum its_curve curve)
{
	static const enum its_maker_form keys[] = { ITS_MAKER_COMPRESSED, ITS_MAKER_UNCOMPRESSED };
	struct its_maker_certificate wanted = base();
	u32 form, right = 0, tried = 0;

	wanted.curve = curve;
	for (form = 0; form < 2 * 3 * 2; form++) {
		wanted.key_form = keys[form % 2];
		wanted.r_form = form / 2 % 3;
		wanted.encryption_key = form / 6;
		right += survives(&wanted, NULL);
		tried++;
	}
	ktap_ok(right == tried, "%u forms of points on curve %d: read, hashed in canonical form, truncations refused",
		tried, curve);
}

static void check_fields(void)
{
	struct its_maker_certificate wanted = base();
	u32 id, region, unit, right = 0, tried = 0;

	for (id = 0; id < 4; id++)
		for (region = 0; region < 5; region++)
			for (unit = 0; unit < 7; unit++) {
				wanted.id = id;
				wanted.region = region;
				wanted.duration_unit = (u8)unit;
				wanted.radius_m = 500;
				wanted.assurance = unit & 1;
				wanted.request_permissions = unit & 2;
				wanted.rollover = unit & 4;
				wanted.flags = region & 1;
				right += survives(&wanted, NULL);
				tried++;
			}
	ktap_ok(right == tried, "%u of %u mixes of fields: read and hashed, truncations refused", right, tried);
}

static u32 copy_certificate(const struct its_identity *identity, u8 *ret_bytes)
{
	u32 len;
	const u8 *bytes = its_identity_certificate(identity, &len);

	memcpy(ret_bytes, bytes, len);
	return len;
}

static void check_refused(void)
{
	struct its_maker_certificate wanted = base();
	struct its_certificate certificate;
	struct its_identity *identity;
	u8 bytes[ITS_MAKER_CERTIFICATE_MAX];
	u32 len;

	wanted.implicit = true;
	identity = make_identity(&wanted, NULL);
	len = copy_certificate(identity, bytes);
	ktap_ok(its_certificate_decode(bytes, len, &certificate) == -EOPNOTSUPP,
		"an implicit certificate is not supported");
	its_identity_free(identity);
	wanted.implicit = false;
	identity = make_identity(&wanted, NULL);
	len = copy_certificate(identity, bytes);
	bytes[1] = 2;
	ktap_ok(its_certificate_decode(bytes, len, &certificate) == -EBADMSG, "version 2 is malformed");
	bytes[1] = 3;
	bytes[3] = 0x82;
	ktap_ok(its_certificate_decode(bytes, len, &certificate) == -EOPNOTSUPP,
		"an issuer by SHA-384 is not supported");
	bytes[3] = 0x81;
	bytes[len] = 0;
	ktap_ok(its_certificate_decode(bytes, len + 1, &certificate) == -EBADMSG, "a byte too many is malformed");
	its_identity_free(identity);
}

static void check_validity(void)
{
	static const struct {
		u8 unit;
		u64 us;
	} units[] = { { 0, 1 },
		      { 1, 1000 },
		      { 2, 1000000 },
		      { 3, 60000000 },
		      { 4, 3600000000ULL },
		      { 5, 216000000000ULL },
		      { 6, 31556952000000ULL } };
	struct its_maker_certificate wanted = base();
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct its_certificate certificate;
		struct its_identity *identity;
		const u8 *bytes;
		u64 end;
		u32 len;

		wanted.duration = 7;
		wanted.duration_unit = units[i].unit;
		identity = make_identity(&wanted, NULL);
		bytes = its_identity_certificate(identity, &len);
		its_certificate_decode(bytes, len, &certificate);
		end = JUDGE_NOW + 7 * units[i].us;
		ktap_ok(its_certificate_valid_at(&certificate, JUDGE_NOW) &&
				its_certificate_valid_at(&certificate, end - 1) &&
				!its_certificate_valid_at(&certificate, end) &&
				!its_certificate_valid_at(&certificate, JUDGE_NOW - 1),
			"duration unit %u: valid from the first to before the last microsecond", units[i].unit);
		its_identity_free(identity);
	}
}

/* May an authority with @issuer_ssp issue a ticket with @ssp? */
static bool may_issue(const u8 *issuer_ssp, const u8 *ssp, u32 issuer_psid, u32 psid)
{
	struct its_maker_certificate wanted = base();
	struct its_certificate issuer, subject;
	struct its_identity *above, *below;
	const u8 *bytes;
	u32 len;
	bool may;

	wanted.role = ITS_MAKER_AUTHORITY;
	wanted.psids[0] = issuer_psid;
	wanted.psid_count = 1;
	wanted.ssp = issuer_ssp;
	wanted.ssp_len = issuer_ssp ? 2 : 0;
	above = make_identity(&wanted, NULL);
	bytes = its_identity_certificate(above, &len);
	its_certificate_decode(bytes, len, &issuer);
	wanted.role = ITS_MAKER_TICKET;
	wanted.psids[0] = psid;
	wanted.ssp = ssp;
	wanted.ssp_len = ssp ? 2 : 0;
	below = make_identity(&wanted, above);
	bytes = its_identity_certificate(below, &len);
	its_certificate_decode(bytes, len, &subject);
	may = its_may_issue(&issuer, &subject);
	its_identity_free(above);
	its_identity_free(below);
	return may;
}

static void check_permissions(void)
{
	static const u8 wide[] = { 1, 0x0f }, same[] = { 1, 0x0f }, other[] = { 1, 0x1f };

	ktap_ok(may_issue(NULL, same, 36, 36), "all permissions of a service cover any");
	ktap_ok(may_issue(NULL, NULL, 36, 36), "and none");
	ktap_ok(!may_issue(NULL, same, 36, 37), "but not those of another service");
	ktap_ok(may_issue(wide, same, 36, 36), "the same bits are covered");
	ktap_ok(!may_issue(wide, other, 36, 36), "a bit more is not");
	ktap_ok(!may_issue(wide, NULL, 36, 36), "no bitmap where one is asked for is not");
}

static void check_regions(void)
{
	/* 52.4626 N, 10.7219 E; 0.01 degree of latitude are 1,112 m */
	static const struct {
		enum its_maker_region region;
		int latitude, longitude;
		bool inside;
	} cases[] = {
		{ ITS_MAKER_CIRCLE, 524626000, 107219000, true },
		{ ITS_MAKER_CIRCLE, 524715000, 107219000, true },
		{ ITS_MAKER_CIRCLE, 524717000, 107219000, false },
		{ ITS_MAKER_CIRCLE, 524626000, 107367000, false },
		{ ITS_MAKER_CIRCLE, 900000001, 1800000001, true },
		{ ITS_MAKER_RECTANGLE, 524626000, 107219000, true },
		{ ITS_MAKER_RECTANGLE, 524726001, 107219000, false },
		{ ITS_MAKER_RECTANGLE, 524626000, 107118999, false },
		{ ITS_MAKER_POLYGON, 0, 0, true },
		{ ITS_MAKER_COUNTRY, 0, 0, true },
		{ ITS_MAKER_NOWHERE, 0, 0, true },
	};
	struct its_maker_certificate wanted = base();
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct its_location location = { cases[i].latitude, cases[i].longitude };
		struct its_certificate certificate;
		struct its_identity *identity;
		const u8 *bytes;
		u32 len;

		wanted.region = cases[i].region;
		wanted.latitude = 524626000;
		wanted.longitude = 107219000;
		wanted.radius_m = 1000;
		identity = make_identity(&wanted, NULL);
		bytes = its_identity_certificate(identity, &len);
		its_certificate_decode(bytes, len, &certificate);
		ktap_ok(its_region_has(&certificate.region, &location) == cases[i].inside, "region %d, place %zu is %s",
			cases[i].region, i, cases[i].inside ? "not certainly outside" : "outside");
		its_identity_free(identity);
	}
}

int main(void)
{
	ktap_plan(0);
	check_forms(ITS_CURVE_NIST_P256);
	check_forms(ITS_CURVE_BRAINPOOL_P256R1);
	check_fields();
	check_refused();
	check_validity();
	check_permissions();
	check_regions();
	return ktap_exit();
}

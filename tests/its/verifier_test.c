// SPDX-License-Identifier: GPL-2.0
/*
 * verifier_test.c - the verifier with made frames: every form a sender may
 * choose is accepted, every alteration refused with its reason, and what is
 * bounded stays so.
 */
#include "tests/its/judge.h"

#include <errno.h>
#include <stdlib.h>

#define NOW JUDGE_NOW

static struct judge judge;
static u8 frame[ITS_MAKER_FRAME_MAX];

static struct its_maker_message cam(enum its_maker_signer signer)
{
	return (struct its_maker_message){ .psid = ITS_MAKER_CAM, .generated = NOW, .signer = signer };
}

static struct its_maker_message denm(enum its_maker_signer signer)
{
	return (struct its_maker_message){ .psid = ITS_MAKER_DENM,
					   .generated = NOW,
					   .signer = signer,
					   .latitude = 524626000,
					   .longitude = 107219000 };
}

/* Makes, submits and compares; the fresh verifier knows nobody. */
static void expect(const struct its_trust *trust, const struct its_identity *identity,
		   const struct its_maker_message *message, u64 now, enum vg_reason reason, const char *what)
{
	struct its_limits limits = judge_limits();
	unsigned int got;

	judge_open(&judge, &limits, trust);
	got = judge_submit(&judge, now, frame, make_frame(identity, message, frame), 0);
	ktap_ok(got == reason, "%s: %s", what, vg_reason_word(got));
	judge_close(&judge);
}

static u32 accepted_forms(const struct world *world, const struct its_identity *ticket, u32 *ret_tried)
{
	struct its_limits limits = judge_limits();
	u32 mix, accepted = 0;

	for (mix = 0; mix < 1536; mix++) {
		struct its_maker_message message =
			mix & 1 ? denm(ITS_MAKER_BY_CERTIFICATE) : cam(ITS_MAKER_BY_CERTIFICATE);

		message.learning_request = mix & 2;
		message.missing_crl = mix & 4;
		message.encryption_key = mix & 8;
		message.key_form = mix & 16 ? ITS_MAKER_UNCOMPRESSED : ITS_MAKER_COMPRESSED;
		message.inline_request = mix & 32;
		message.contributed = mix & 64;
		message.external_hash = mix & 128;
		message.vlan = mix & 256;
		message.r_form = mix / 512;
		message.serial = mix;
		message.payload_len = mix % 7 * 100;
		judge_open(&judge, &limits, world->trust);
		accepted += judge_submit(&judge, NOW, frame, make_frame(ticket, &message, frame), 0) == VG_ACCEPTED;
		judge_close(&judge);
	}
	*ret_tried = mix;
	return accepted;
}

static void check_forms(enum its_curve root, enum its_curve authority, enum its_curve station)
{
	struct its_identity *ticket;
	struct world world;
	u32 accepted, tried;

	world_open(&world, root, authority);
	world.ticket.curve = station;
	ticket = world_ticket(&world);
	accepted = accepted_forms(&world, ticket, &tried);
	ktap_ok(accepted == tried, "root on curve %d, authority %d, station %d: %u of %u forms of frames accepted",
		root, authority, station, accepted, tried);
	its_identity_free(ticket);
	world_close(&world);
}

static void check_alterations(const struct world *world, const struct its_identity *ticket)
{
	static const struct {
		enum its_maker_alteration alteration;
		enum vg_reason reason;
	} cases[] = { { ITS_MAKER_ALTER_PAYLOAD, VG_ITS_FORGED },     { ITS_MAKER_ALTER_SIGNATURE, VG_ITS_FORGED },
		      { ITS_MAKER_ALTER_TRUNCATE, VG_ITS_MALFORMED }, { ITS_MAKER_ALTER_UNSIGNED, VG_ITS_UNSIGNED },
		      { ITS_MAKER_ALTER_VERSION, VG_ITS_MALFORMED },  { ITS_MAKER_ALTER_HASH, VG_ITS_UNSUPPORTED } };
	struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);
	struct its_limits limits = judge_limits();
	unsigned int got;
	size_t i;
	u32 len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		judge_open(&judge, &limits, world->trust);
		len = its_maker_alter(frame, make_frame(ticket, &message, frame), cases[i].alteration);
		got = judge_submit(&judge, NOW, frame, len, 0);
		ktap_ok(got == cases[i].reason, "alteration %zu: %s", i, vg_reason_word(got));
		judge_close(&judge);
	}
	judge_open(&judge, &limits, world->trust);
	len = make_frame(ticket, &message, frame);
	frame[len] = 0;
	ktap_ok(judge_submit(&judge, NOW, frame, len + 1, 0) == VG_ITS_MALFORMED,
		"a byte behind the signature is malformed");
	judge_close(&judge);
}

static void check_times(const struct world *world, const struct its_identity *ticket)
{
	struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);

	expect(world->trust, ticket, &message, NOW + 2 * JUDGE_SECOND, VG_ACCEPTED, "just fresh");
	expect(world->trust, ticket, &message, NOW + 2 * JUDGE_SECOND + 1, VG_ITS_STALE, "a microsecond late");
	expect(world->trust, ticket, &message, NOW - JUDGE_SECOND / 2, VG_ACCEPTED, "just not from the future");
	expect(world->trust, ticket, &message, NOW - JUDGE_SECOND / 2 - 1, VG_ITS_FUTURE, "a microsecond early");
	message.generated = 0;
	expect(world->trust, ticket, &message, NOW, VG_ITS_MALFORMED, "without generation time");
	message = cam(ITS_MAKER_BY_CERTIFICATE);
	message.expiry = NOW;
	expect(world->trust, ticket, &message, NOW, VG_ITS_MALFORMED, "expires when it is generated");
	message.expiry = NOW + JUDGE_SECOND;
	expect(world->trust, ticket, &message, NOW + JUDGE_SECOND, VG_ITS_STALE, "expired");
	expect(world->trust, ticket, &message, NOW + JUDGE_SECOND - 1, VG_ACCEPTED, "about to expire");
	message = cam(ITS_MAKER_BY_SELF);
	expect(world->trust, ticket, &message, NOW, VG_ITS_UNSUPPORTED, "signed without a certificate");
}

/* One thing about the ticket, its issuer or the frame is wrong. */
static void check_certificates(struct world *world)
{
	const struct its_maker_certificate usual = world->ticket;
	struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);
	struct its_identity *ticket = world_ticket(world), *stranger, *other;
	static const u8 ssp[] = { 1, 0xff, 0xff };

	message.psid = 38;
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE, "a service that the ticket may not sign");
	message = cam(ITS_MAKER_BY_CERTIFICATE);
	its_identity_free(ticket);

	world->ticket.valid_from = NOW + JUDGE_SECOND;
	ticket = world_ticket(world);
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE, "a ticket that is not valid yet");
	its_identity_free(ticket);
	world->ticket = usual;
	world->ticket.valid_from = NOW - 3600 * JUDGE_SECOND;
	world->ticket.duration = 1;
	ticket = world_ticket(world);
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE, "a ticket that just expired");
	expect(NULL, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE, "and without a trust list, too");
	its_identity_free(ticket);

	world->ticket = usual;
	world->ticket.ssp = ssp;
	ticket = world_ticket(world);
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE,
	       "more permissions than the authority may give");
	its_identity_free(ticket);
	world->ticket = usual;
	world->ticket.key_form = ITS_MAKER_X_ONLY;
	ticket = world_ticket(world);
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE, "a key that names no point");
	its_identity_free(ticket);

	world->ticket = usual;
	world->ticket.role = ITS_MAKER_AUTHORITY;
	stranger = make_identity(&world->ticket, NULL);
	world->ticket = usual;
	ticket = make_identity(&usual, stranger);
	expect(world->trust, ticket, &message, NOW, VG_ITS_UNTRUSTED, "an authority that nobody knows");
	expect(NULL, ticket, &message, NOW, VG_ACCEPTED, "which is believed without a trust list");
	its_identity_free(ticket);
	ticket = make_identity(&usual, NULL);
	expect(world->trust, ticket, &message, NOW, VG_ITS_UNTRUSTED, "a ticket that signed itself");
	its_identity_free(ticket);
	ticket = make_identity(&usual, world->root);
	expect(world->trust, ticket, &message, NOW, VG_ACCEPTED, "a ticket by the root itself, which it may issue");
	its_identity_free(ticket);

	other = world_ticket(world);
	ticket = make_identity(&usual, other);
	expect(world->trust, ticket, &message, NOW, VG_ITS_UNTRUSTED, "a ticket issued by a ticket");
	its_identity_free(ticket);
	its_identity_free(other);
	its_identity_free(stranger);
}

static void check_regions(struct world *world)
{
	const struct its_maker_certificate usual = world->ticket;
	struct its_maker_message message = denm(ITS_MAKER_BY_CERTIFICATE);
	struct its_identity *ticket;

	world->ticket.region = ITS_MAKER_CIRCLE;
	world->ticket.latitude = message.latitude;
	world->ticket.longitude = message.longitude;
	world->ticket.radius_m = 1000;
	ticket = world_ticket(world);
	expect(world->trust, ticket, &message, NOW, VG_ACCEPTED, "in its region");
	message.latitude += 200000;
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE,
	       "two kilometres off, by the generation location");
	message.psid = ITS_MAKER_CAM;
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE,
	       "and by the signed position of its GeoNetworking header");
	message.latitude = 900000001;
	message.longitude = 1800000001;
	expect(world->trust, ticket, &message, NOW, VG_ACCEPTED, "a station that does not know where it is");
	its_identity_free(ticket);
	world->ticket = usual;
}

/* Expired issuers, wrongly signed ones, and chains that frames bring along. */
static void check_chains(struct world *world)
{
	struct its_maker_certificate wanted = world->ticket;
	struct its_maker_message message = cam(ITS_MAKER_BY_CHAIN);
	struct its_identity *authority, *ticket, *false_root, *liar;

	wanted.role = ITS_MAKER_AUTHORITY;
	authority = make_identity(&wanted, world->root);
	ticket = make_identity(&world->ticket, authority);
	message.authority = authority;
	expect(world->trust, ticket, &message, NOW, VG_ACCEPTED,
	       "an authority that the frame brings and the root issued");
	message.signer = ITS_MAKER_BY_CERTIFICATE;
	expect(world->trust, ticket, &message, NOW, VG_ITS_UNTRUSTED, "and that is unknown where the frame does not");
	its_identity_free(ticket);
	its_identity_free(authority);

	wanted.valid_from = NOW - 7200 * JUDGE_SECOND;
	wanted.duration = 1;
	authority = make_identity(&wanted, world->root);
	ticket = make_identity(&world->ticket, authority);
	message.signer = ITS_MAKER_BY_CHAIN;
	message.authority = authority;
	expect(world->trust, ticket, &message, NOW, VG_ITS_BAD_CERTIFICATE, "an authority that expired");
	its_identity_free(ticket);
	its_identity_free(authority);

	/* same words as the root, another key */
	wanted = (struct its_maker_certificate){ .role = ITS_MAKER_ROOT,
						 .curve = ITS_CURVE_NIST_P256,
						 .valid_from = NOW,
						 .duration = 1,
						 .duration_unit = 6 };
	false_root = make_identity(&wanted, NULL);
	wanted = world->ticket;
	wanted.role = ITS_MAKER_AUTHORITY;
	liar = make_identity(&wanted, false_root);
	ticket = make_identity(&world->ticket, liar);
	message.authority = liar;
	expect(world->trust, ticket, &message, NOW, VG_ITS_UNTRUSTED, "an authority of a root that nobody trusts");
	ktap_ok(trust_add(world->trust, liar, world->root) != 0,
		"and the trust list does not take it in as the root's");
	its_identity_free(ticket);
	its_identity_free(liar);
	its_identity_free(false_root);
}

/* An anchor that signed itself must have done so rightly. */
static void check_anchor(const struct world *world)
{
	u8 bytes[ITS_MAKER_CERTIFICATE_MAX];
	struct its_certificate certificate;
	struct its_trust *trust;
	const u8 *root;
	u32 len;

	root = its_identity_certificate(world->root, &len);
	memcpy(bytes, root, len);
	bytes[len - 1] ^= 1;
	ktap_ok(!its_trust_new(&trust) && !its_certificate_decode(bytes, len, &certificate) &&
			its_trust_add_anchor(trust, &certificate) == -EKEYREJECTED && !its_trust_count(trust),
		"an altered root is no anchor");
	its_trust_free(trust);
}

/* A station whose authority is only shown by another one's frame (inline certificate distribution). */
static void check_requested(struct world *world)
{
	struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);
	struct its_maker_certificate wanted = world->ticket;
	struct its_identity *authority, *foreigner, *native = world_ticket(world);
	struct its_limits limits = judge_limits();

	wanted.role = ITS_MAKER_AUTHORITY;
	authority = make_identity(&wanted, world->root);
	foreigner = make_identity(&world->ticket, authority);
	judge_open(&judge, &limits, world->trust);
	ktap_ok(judge_submit(&judge, NOW, frame, make_frame(foreigner, &message, frame), 0) == VG_ITS_UNTRUSTED,
		"a foreign station is not believed");
	message.requested_certificate = true;
	message.authority = authority;
	ktap_ok(judge_submit(&judge, NOW, frame, make_frame(native, &message, frame), 1) == VG_ACCEPTED,
		"a known one shows its authority's certificate");
	message.requested_certificate = false;
	ktap_ok(judge_submit(&judge, NOW, frame, make_frame(foreigner, &message, frame), 2) == VG_ACCEPTED,
		"from then on it is");
	judge_close(&judge);
	its_identity_free(foreigner);
	its_identity_free(authority);
	its_identity_free(native);
}

static void check_anomalies(const struct world *world, const struct its_identity *ticket)
{
	struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);

	expect(world->trust, ticket, &message, NOW, VG_ACCEPTED, "an ordinary frame");
	ktap_ok(!judge.last.anomalies, "shows no anomaly");
	message.foreign_address = true;
	expect(world->trust, ticket, &message, NOW, VG_ACCEPTED,
	       "another GeoNetworking address is no reason to refuse");
	ktap_ok(judge.last.anomalies == ITS_ANOMALY_GN_ADDRESS, "but a signal");
}

int main(void)
{
	struct its_identity *ticket;
	struct world world;

	ktap_plan(0);
	check_forms(ITS_CURVE_NIST_P256, ITS_CURVE_NIST_P256, ITS_CURVE_NIST_P256);
	check_forms(ITS_CURVE_BRAINPOOL_P256R1, ITS_CURVE_NIST_P256, ITS_CURVE_BRAINPOOL_P256R1);
	world_open(&world, ITS_CURVE_NIST_P256, ITS_CURVE_BRAINPOOL_P256R1);
	ticket = world_ticket(&world);
	check_alterations(&world, ticket);
	check_times(&world, ticket);
	check_certificates(&world);
	check_regions(&world);
	check_chains(&world);
	check_anchor(&world);
	check_requested(&world);
	check_anomalies(&world, ticket);
	its_identity_free(ticket);
	world_close(&world);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * judge.c - a verifier that writes its verdicts down, and made stations.
 */
#include "tests/its/judge.h"

#include <stdlib.h>

static void fail(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static void on_verdict(void *arg, const struct its_verdict *verdict)
{
	struct judge *judge = arg;

	judge->count++;
	judge->last = *verdict;
	judge->reasons[verdict->reason]++;
	if (verdict->tag < JUDGE_VERDICTS) {
		judge->seen[verdict->tag]++;
		judge->by_tag[verdict->tag] = verdict->reason;
	}
}

struct its_limits judge_limits(void)
{
	return (struct its_limits){ .cache_certificates = 64,
				    .waiting_frames = 16,
				    .waiting_us = 2 * JUDGE_SECOND,
				    .stale_us = 2 * JUDGE_SECOND,
				    .future_us = JUDGE_SECOND / 2 };
}

void judge_open(struct judge *judge, const struct its_limits *limits, const struct its_trust *trust)
{
	memset(judge, 0, sizeof(*judge));
	if (its_verifier_new(limits, trust, on_verdict, judge, &judge->verifier))
		fail("no verifier");
}

void judge_close(struct judge *judge)
{
	its_verifier_free(judge->verifier);
}

unsigned int judge_submit(struct judge *judge, u64 now, const u8 *frame, u32 len, u64 tag)
{
	u32 before = judge->count;

	its_verifier_submit(judge->verifier, now, now, frame, len, 7, tag);
	return judge->count > before ? judge->last.reason : VG_REASON_COUNT;
}

struct its_identity *make_identity(const struct its_maker_certificate *wanted, const struct its_identity *issuer)
{
	struct its_identity *identity;

	if (its_identity_new(wanted, issuer, &identity))
		fail("a certificate could not be made");
	return identity;
}

u32 make_frame(const struct its_identity *identity, const struct its_maker_message *message, u8 *ret_frame)
{
	int len = its_maker_frame(identity, message, ret_frame, ITS_MAKER_FRAME_MAX);

	if (len < 0)
		fail("a frame could not be made");
	return (u32)len;
}

int trust_add(struct its_trust *trust, const struct its_identity *identity, const struct its_identity *issuer)
{
	struct its_certificate certificate;
	u32 len;
	const u8 *bytes = its_identity_certificate(identity, &len);
	int error = its_certificate_decode(bytes, len, &certificate);

	if (error)
		return error;
	return issuer ? its_trust_add_issued(trust, &certificate, its_trust_find(trust, its_identity_id(issuer)))
		      : its_trust_add_anchor(trust, &certificate);
}

void world_open(struct world *world, enum its_curve root_curve, enum its_curve authority_curve)
{
	static const u8 ssp[] = { 1, 0xff, 0xfc };
	struct its_maker_certificate wanted = { .role = ITS_MAKER_ROOT,
						.curve = root_curve,
						.valid_from = JUDGE_NOW - 86400 * JUDGE_SECOND,
						.duration = 3,
						.duration_unit = 6 };

	if (its_trust_new(&world->trust))
		fail("no trust list");
	world->root = make_identity(&wanted, NULL);
	wanted.role = ITS_MAKER_AUTHORITY;
	wanted.curve = authority_curve;
	wanted.psids[0] = ITS_MAKER_CAM;
	wanted.psids[1] = ITS_MAKER_DENM;
	wanted.psid_count = 2;
	wanted.ssp = ssp;
	wanted.ssp_len = sizeof(ssp);
	world->authority = make_identity(&wanted, world->root);
	wanted.role = ITS_MAKER_TICKET;
	wanted.curve = ITS_CURVE_NIST_P256;
	wanted.duration = 168;
	wanted.duration_unit = 4;
	world->ticket = wanted;
	if (trust_add(world->trust, world->root, NULL) || trust_add(world->trust, world->authority, world->root))
		fail("the trust list refuses root or authority");
}

void world_close(struct world *world)
{
	its_trust_free(world->trust);
	its_identity_free(world->root);
	its_identity_free(world->authority);
}

struct its_identity *world_ticket(const struct world *world)
{
	return make_identity(&world->ticket, world->authority);
}

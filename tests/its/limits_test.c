// SPDX-License-Identifier: GPL-2.0
/*
 * limits_test.c - what is bounded: frames that wait, certificates that are
 * kept, work on each curve, frames of one station. Every frame gets exactly
 * one verdict, whatever happens to it.
 */
#include "tests/its/judge.h"

#include "agent/its/certcache.h"

#define NOW JUDGE_NOW
#define STATIONS 24

static struct judge judge;
static u8 frame[ITS_MAKER_FRAME_MAX];
static u32 serial;

static struct its_maker_message cam(enum its_maker_signer signer)
{
	return (struct its_maker_message){
		.psid = ITS_MAKER_CAM, .generated = NOW, .signer = signer, .serial = serial++
	};
}

static unsigned int send_at(const struct its_identity *identity, enum its_maker_signer signer, u64 now, u64 tag)
{
	struct its_maker_message message = cam(signer);

	message.generated = now;
	return judge_submit(&judge, now, frame, make_frame(identity, &message, frame), tag);
}

/* A frame by digest of a signer that does not exist. */
static unsigned int send_stranger(const struct its_identity *identity, u64 name, u64 now, u64 tag)
{
	struct its_maker_message message = cam(ITS_MAKER_BY_DIGEST);
	u32 len, i;

	message.generated = now;
	len = make_frame(identity, &message, frame);
	for (i = 0; i < 8; i++) /* the digest stands before the signature: tag, r with tag, s */
		frame[len - 66 - 8 + i] = (u8)(name >> (8 * i));
	return judge_submit(&judge, now, frame, len, tag);
}

/* Puts another issuer's name into the certificate at the end of a frame (tag, r with tag and s follow it). */
static void claim_issuer(u32 len, const struct its_identity *liar, const struct its_identity *issuer)
{
	u32 certificate_len;

	its_identity_certificate(liar, &certificate_len);
	memcpy(frame + len - 66 - certificate_len + 4, its_identity_id(issuer), 8);
}

static bool one_verdict_each(u32 frames)
{
	u32 i;

	for (i = 0; i < frames; i++)
		if (judge.seen[i] != 1)
			return false;
	return judge.count == frames;
}

static void check_waiting(const struct world *world)
{
	struct its_identity *ticket = world_ticket(world), *other = world_ticket(world);
	struct its_limits limits = judge_limits();

	judge_open(&judge, &limits, world->trust);
	ktap_ok(send_at(ticket, ITS_MAKER_BY_DIGEST, NOW, 0) == VG_REASON_COUNT, "a frame by digest waits");
	ktap_ok(send_at(other, ITS_MAKER_BY_CERTIFICATE, NOW, 1) == VG_ACCEPTED && judge.count == 1,
		"another's certificate does not help it");
	send_at(ticket, ITS_MAKER_BY_CERTIFICATE, NOW + JUDGE_SECOND, 2);
	ktap_ok(judge.by_tag[0] == VG_ACCEPTED && judge.by_tag[2] == VG_ACCEPTED && judge.count == 3,
		"its own does, a second later");
	ktap_ok(send_at(ticket, ITS_MAKER_BY_DIGEST, NOW + JUDGE_SECOND, 3) == VG_ACCEPTED,
		"from then on nothing waits");
	send_stranger(ticket, 1, NOW, 4);
	its_verifier_tick(judge.verifier, NOW, NOW + limits.waiting_us - 1);
	ktap_ok(judge.count == 4, "a frame waits to the end of its time");
	its_verifier_tick(judge.verifier, NOW, NOW + limits.waiting_us);
	ktap_ok(judge.count == 5 && judge.by_tag[4] == VG_ITS_UNKNOWN_SIGNER, "then its signer counts as unknown");
	send_stranger(ticket, 2, NOW, 5);
	judge_close(&judge);
	ktap_ok(judge.by_tag[5] == VG_ITS_UNKNOWN_SIGNER && one_verdict_each(6),
		"who waits at the end gets a verdict, too");
	its_identity_free(ticket);
	its_identity_free(other);
}

/* A released frame is judged like any other: one that waited with a wrong signature is forged. */
static void check_forged_waiter(const struct world *world)
{
	struct its_identity *ticket = world_ticket(world);
	struct its_maker_message message = cam(ITS_MAKER_BY_DIGEST);
	struct its_limits limits = judge_limits();
	u32 len;

	judge_open(&judge, &limits, world->trust);
	len = its_maker_alter(frame, make_frame(ticket, &message, frame), ITS_MAKER_ALTER_PAYLOAD);
	judge_submit(&judge, NOW, frame, len, 0);
	send_at(ticket, ITS_MAKER_BY_CERTIFICATE, NOW, 1);
	ktap_ok(judge.by_tag[0] == VG_ITS_FORGED && judge.by_tag[1] == VG_ACCEPTED,
		"a forged frame that waited is forged");
	judge_close(&judge);
	its_identity_free(ticket);
}

static void check_room(const struct world *world)
{
	struct its_identity *victim = world_ticket(world), *flooder = world_ticket(world);
	struct its_limits limits = judge_limits();
	u32 tag, i;

	judge_open(&judge, &limits, world->trust);
	send_at(victim, ITS_MAKER_BY_DIGEST, NOW, 0);
	for (tag = 1; tag <= 1000; tag++)
		send_at(flooder, ITS_MAKER_BY_DIGEST, NOW, tag);
	ktap_ok(judge.count == 1001 - limits.waiting_frames && judge.reasons[VG_ITS_OVER_BUDGET] == judge.count &&
			!judge.seen[0],
		"a flood under one name pushes out only itself (%u dropped)", judge.count);
	send_at(victim, ITS_MAKER_BY_CERTIFICATE, NOW, tag);
	ktap_ok(judge.by_tag[0] == VG_ACCEPTED, "the victim's frame is still there");
	judge_close(&judge);
	ktap_ok(one_verdict_each(tag + 1), "one verdict for each of %u frames", tag + 1);

	judge_open(&judge, &limits, world->trust);
	for (tag = 0; tag < limits.waiting_frames; tag++)
		send_stranger(flooder, 1000 + tag, NOW, tag);
	for (i = 0; i < 4; i++, tag++)
		send_at(victim, ITS_MAKER_BY_DIGEST, NOW, tag);
	ktap_ok(judge.count == 4 && judge.seen[0] == 1 && !judge.seen[1] && judge.seen[16] && judge.seen[18] &&
			!judge.seen[19],
		"room full of single frames: a new name takes the oldest's place, then only its own");
	send_stranger(flooder, 1, NOW, tag++);
	ktap_ok(judge.count == 5 && judge.seen[1] == 1, "and the next new name the next oldest's");
	judge_close(&judge);
	ktap_ok(one_verdict_each(tag), "one verdict for each of %u frames", tag);

	judge_open(&judge, &limits, world->trust);
	send_at(victim, ITS_MAKER_BY_DIGEST, NOW, 0);
	for (tag = 1; tag < limits.waiting_frames; tag++)
		send_at(flooder, ITS_MAKER_BY_DIGEST, NOW, tag);
	for (i = 0; i < 5; i++, tag++)
		send_stranger(flooder, 77 + i, NOW, tag);
	ktap_ok(judge.count == 5 && !judge.seen[0] && judge.seen[1] && judge.seen[5],
		"new names take the places of who has most, not of who waits longest");
	judge_close(&judge);

	limits.waiting_frames = 256;
	judge_open(&judge, &limits, world->trust);
	for (tag = 0; tag < 100; tag++)
		send_at(flooder, ITS_MAKER_BY_DIGEST, NOW, tag);
	ktap_ok(judge.count == 100 - 32, "one name holds 32 places at most, however many are free");
	judge_close(&judge);
	its_identity_free(victim);
	its_identity_free(flooder);
}

static void check_budgets(const struct world *world)
{
	struct its_identity *p256 = world_ticket(world), *brainpool, *again;
	struct its_maker_certificate wanted = world->ticket;
	struct its_limits limits = judge_limits();
	u64 now = NOW;
	u32 tag = 0, i, before;

	wanted.curve = ITS_CURVE_BRAINPOOL_P256R1;
	brainpool = make_identity(&wanted, world->authority);
	limits.p256_rate = 100;
	limits.brainpool_rate = 10;
	judge_open(&judge, &limits, world->trust);
	send_at(p256, ITS_MAKER_BY_CERTIFICATE, now, tag++);
	send_at(brainpool, ITS_MAKER_BY_CERTIFICATE, now, tag++);
	for (i = 0; i < 100; i++)
		send_at(brainpool, ITS_MAKER_BY_DIGEST, now, tag++);
	ktap_ok(judge.reasons[VG_ACCEPTED] == 1 + 10 && judge.reasons[VG_ITS_OVER_BUDGET] == 91,
		"a flood on brainpool gets its ten and no more");
	before = judge.reasons[VG_ACCEPTED];
	for (i = 0; i < 50; i++)
		send_at(p256, ITS_MAKER_BY_DIGEST, now, tag++);
	ktap_ok(judge.reasons[VG_ACCEPTED] == before + 50, "P-256 keeps its share meanwhile");
	now += JUDGE_SECOND / 2;
	before = judge.reasons[VG_ACCEPTED];
	for (i = 0; i < 20; i++)
		send_at(brainpool, ITS_MAKER_BY_DIGEST, now, tag++);
	ktap_ok(judge.reasons[VG_ACCEPTED] == before + 5, "half a second later brainpool has half its budget again");
	judge_close(&judge);
	ktap_ok(one_verdict_each(tag), "one verdict for each of %u frames", tag);

	/* the signer's own: spent by what proved right only */
	limits = judge_limits();
	limits.signer_rate = 5;
	again = world_ticket(world);
	judge_open(&judge, &limits, world->trust);
	send_at(p256, ITS_MAKER_BY_CERTIFICATE, NOW, 0);
	for (tag = 1; tag < 40; tag++) {
		struct its_maker_message message = cam(ITS_MAKER_BY_DIGEST);
		u32 len = its_maker_alter(frame, make_frame(p256, &message, frame), ITS_MAKER_ALTER_PAYLOAD);

		judge_submit(&judge, NOW, frame, len, tag);
	}
	ktap_ok(judge.reasons[VG_ITS_FORGED] == 39, "forgeries in a station's name are forged");
	for (i = 0; i < 10; i++)
		send_at(p256, ITS_MAKER_BY_DIGEST, NOW, tag++);
	ktap_ok(judge.reasons[VG_ACCEPTED] == 5 && judge.reasons[VG_ITS_OVER_BUDGET] == 6,
		"and spend nothing of its budget of five, which it may then use up");
	ktap_ok(send_at(again, ITS_MAKER_BY_CERTIFICATE, NOW, tag++) == VG_ACCEPTED, "another station has its own");
	judge_close(&judge);
	its_identity_free(p256);
	its_identity_free(brainpool);
	its_identity_free(again);
}

static void check_cache(const struct world *world)
{
	struct its_identity *tickets[STATIONS], *forger, *liar;
	struct its_maker_certificate wanted = world->ticket;
	struct its_limits limits = judge_limits();
	u32 i, kept, waiting, tag = 0;

	limits.cache_certificates = STATIONS - 1;
	judge_open(&judge, &limits, world->trust);
	for (i = 0; i < STATIONS; i++) {
		tickets[i] = world_ticket(world);
		send_at(tickets[i], ITS_MAKER_BY_CERTIFICATE, NOW, tag++);
		if (i == STATIONS - 2)
			send_at(tickets[0], ITS_MAKER_BY_DIGEST, NOW, tag++); /* used again: not the oldest any more */
	}
	its_verifier_usage(judge.verifier, &kept, &waiting);
	ktap_ok(kept == STATIONS - 1 && send_at(tickets[0], ITS_MAKER_BY_DIGEST, NOW, tag++) == VG_ACCEPTED &&
			send_at(tickets[1], ITS_MAKER_BY_DIGEST, NOW, tag++) == VG_REASON_COUNT,
		"the certificate that was not used longest made room");

	/* certificates in the authority's name, by somebody else's key */
	wanted.role = ITS_MAKER_AUTHORITY;
	forger = make_identity(&wanted, NULL);
	for (i = 0; i < 200; i++) {
		struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);
		u32 len;

		liar = make_identity(&world->ticket, forger);
		len = make_frame(liar, &message, frame);
		claim_issuer(len, liar, world->authority);
		judge_submit(&judge, NOW, frame, len, tag++);
		its_identity_free(liar);
	}
	ktap_ok(judge.reasons[VG_ITS_BAD_CERTIFICATE] == 200, "200 forged certificates are bad certificates");
	its_verifier_usage(judge.verifier, &kept, &waiting);
	for (i = 2; i < STATIONS; i++)
		send_at(tickets[i], ITS_MAKER_BY_DIGEST, NOW, tag++);
	ktap_ok(kept == STATIONS - 1 && judge.reasons[VG_ACCEPTED] == STATIONS + 2 + STATIONS - 2,
		"and pushed out none of the good ones");
	judge_close(&judge);
	ktap_ok(one_verdict_each(tag), "one verdict for each of %u frames", tag);
	for (i = 0; i < STATIONS; i++)
		its_identity_free(tickets[i]);
	its_identity_free(forger);
}

/* Somebody else's true certificate with a false frame proves nothing, so it is not kept. */
static void check_stolen(const struct world *world)
{
	struct its_identity *ticket = world_ticket(world);
	struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);
	struct its_limits limits = judge_limits();
	u32 kept, waiting, len;

	judge_open(&judge, &limits, world->trust);
	len = its_maker_alter(frame, make_frame(ticket, &message, frame), ITS_MAKER_ALTER_SIGNATURE);
	ktap_ok(judge_submit(&judge, NOW, frame, len, 0) == VG_ITS_FORGED, "a true certificate with a false frame");
	its_verifier_usage(judge.verifier, &kept, &waiting);
	ktap_ok(kept == 0, "is not kept");
	judge_close(&judge);
	its_identity_free(ticket);
}

/* The memory of bad certificates: a second frame with the same one costs no arithmetic. */
static void check_condemned(const struct world *world)
{
	struct its_maker_certificate wanted = world->ticket;
	struct its_limits limits = judge_limits();
	struct its_identity *forger, *liar;
	u32 len, i;

	limits.p256_rate = 1;
	wanted.role = ITS_MAKER_AUTHORITY;
	forger = make_identity(&wanted, NULL);
	liar = make_identity(&world->ticket, forger);
	judge_open(&judge, &limits, world->trust);
	for (i = 0; i < 10; i++) {
		struct its_maker_message message = cam(ITS_MAKER_BY_CERTIFICATE);

		len = make_frame(liar, &message, frame);
		claim_issuer(len, liar, world->authority);
		judge_submit(&judge, NOW, frame, len, i);
	}
	ktap_ok(judge.reasons[VG_ITS_BAD_CERTIFICATE] == 10, "one look at a bad certificate is enough for ten frames");
	judge_close(&judge);
	its_identity_free(liar);
	its_identity_free(forger);
}

int main(void)
{
	struct world world;

	ktap_plan(0);
	world_open(&world, ITS_CURVE_NIST_P256, ITS_CURVE_NIST_P256);
	check_waiting(&world);
	check_forged_waiter(&world);
	check_room(&world);
	check_budgets(&world);
	check_cache(&world);
	check_stolen(&world);
	check_condemned(&world);
	world_close(&world);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * its_bench.c - what one core verifies of signed ITS frames, through the whole
 * verifier (structure, freshness, certificate cache, budgets, signature), in
 * CPU time; beside it the bare signature check, ours and OpenSSL's own; and a
 * full channel of P-256 frames next to a flood on brainpool, in the traffic's
 * own time.
 */
#include <openssl/ecdsa.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/its/curve.h"
#include "agent/its_room.h"
#include "tests/bench/series.h"
#include "tests/its/judge.h"
#include "tools/sim/its_sign.h"

#define STATIONS 100
#define FRAMES 500
#define CHANNEL 2500 /* frames a second that fill a 10 MHz channel at 6 Mbit/s */
#define FLOOD 5000
#define NS_PER_S 1e9

struct bag {
	u8 bytes[FRAMES][512];
	u32 lens[FRAMES];
};

static struct series_report report = { .bench = "its" };
static struct judge judge;
static struct bag p256, brainpool, mixed, forged, strangers;

static void fill(struct bag *bag, struct its_identity *const *tickets, u32 count, enum its_maker_signer signer,
		 u32 certificate_every)
{
	u32 i;

	for (i = 0; i < FRAMES; i++) {
		struct its_maker_message message = { .psid = ITS_MAKER_CAM,
						     .generated = JUDGE_NOW,
						     .serial = i,
						     .signer = certificate_every && i % certificate_every == 0
								       ? ITS_MAKER_BY_CERTIFICATE
								       : signer };

		bag->lens[i] = make_frame(tickets[i % count], &message, bag->bytes[i]);
	}
}

static void open_verifier(const struct its_trust *trust, const struct its_limits *limits,
			  struct its_identity *const *tickets)
{
	enum vg_reason reason;
	u32 i, len;

	judge_open(&judge, limits, trust);
	for (i = 0; tickets && tickets[i]; i++) {
		const u8 *bytes = its_identity_certificate(tickets[i], &len);

		its_verifier_learn(judge.verifier, 0, bytes, len, &reason);
	}
}

/* Frames a second of CPU time; the verdicts are checked. */
static double rate_of(const struct bag *bag, u32 rounds, enum vg_reason expected)
{
	double start = series_cpu_ns();
	u32 i, n = 0;

	memset(judge.reasons, 0, sizeof(judge.reasons));
	while (rounds--)
		for (i = 0; i < FRAMES; i++, n++)
			its_verifier_submit(judge.verifier, JUDGE_NOW, 0, bag->bytes[i], bag->lens[i], 1, ~0ULL);
	if (judge.reasons[expected] != n) {
		fprintf(stderr, "its_bench: of %u frames only %u were %s.\n", n, judge.reasons[expected],
			vg_reason_word(expected));
		exit(1);
	}
	return n / ((series_cpu_ns() - start) / NS_PER_S);
}

static void measure(const char *name, const struct world *world, struct its_identity *const *tickets,
		    const struct bag *bag, enum vg_reason expected)
{
	struct its_limits limits = { .cache_certificates = tickets ? 4096 : 1, .stale_us = 1, .future_us = 1 };
	struct series *series = series_of(&report, "frames/s", "%s", name);
	int round, rounds = series_rounds(2, 7);

	for (round = 0; round < rounds; round++) {
		open_verifier(world->trust, &limits, tickets);
		series_add(series, rate_of(bag, series_is_quick() ? 1 : 4, expected));
		judge_close(&judge);
	}
	printf("%-58s %10.0f frames/s\n", name, series_median(series));
}

static double evp_rate(const struct its_sign_key *key, const u8 hash[32], const struct its_signature_made *made,
		       u32 count)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	unsigned char *der = NULL;
	EVP_PKEY *evp = NULL;
	OSSL_PARAM *params;
	u8 octets[65] = { 4 };
	double start;
	int len;
	u32 i;

	memcpy(octets + 1, key->public_point.x, 32);
	memcpy(octets + 33, key->public_point.y, 32);
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
					key->curve == ITS_CURVE_NIST_P256 ? "prime256v1" : "brainpoolP256r1", 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets));
	params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_fromdata_init(context);
	EVP_PKEY_fromdata(context, &evp, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(context);
	ECDSA_SIG_set0(numbers, BN_bin2bn(made->r.x, 32, NULL), BN_bin2bn(made->s, 32, NULL));
	len = i2d_ECDSA_SIG(numbers, &der);
	context = EVP_PKEY_CTX_new(evp, NULL);
	EVP_PKEY_verify_init(context);
	start = series_cpu_ns();
	for (i = 0; i < count; i++)
		if (EVP_PKEY_verify(context, der, (size_t)len, hash, 32) != 1)
			exit(1);
	start = count / ((series_cpu_ns() - start) / NS_PER_S);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(evp);
	OPENSSL_free(der);
	ECDSA_SIG_free(numbers);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	return start;
}

static double our_rate(struct its_curves *curves, const struct its_sign_key *key, const u8 hash[32],
		       const struct its_signature_made *made, u32 count)
{
	struct its_point point = { .form = ITS_UNCOMPRESSED, .x = key->public_point.x, .y = key->public_point.y };
	struct its_signature signature = { .curve = key->curve,
					   .r = { .form = ITS_X_ONLY, .x = made->r.x },
					   .s = made->s };
	struct its_key *ours;
	double start;
	u32 i;

	if (its_key_new(curves, key->curve, &point, &ours))
		exit(1);
	start = series_cpu_ns();
	for (i = 0; i < count; i++)
		if (its_key_verify(curves, ours, hash, &signature))
			exit(1);
	start = count / ((series_cpu_ns() - start) / NS_PER_S);
	its_key_free(ours);
	return start;
}

static void measure_floor(enum its_curve curve)
{
	struct series *ours = series_of(&report, "signatures/s", "%s signature alone, ours", its_curve_word(curve));
	struct series *theirs =
		series_of(&report, "signatures/s", "%s signature alone, OpenSSL EVP", its_curve_word(curve));
	int round, rounds = series_rounds(2, 7);
	struct its_signature_made made;
	struct its_curves *curves;
	struct its_sign_key key;
	u8 hash[32] = { 1, 2, 3 };
	u32 count = series_is_quick() ? 100 : 1000;

	if (its_curves_new(&curves) || its_sign_key_draw(curve, &key) || its_sign(&key, hash, &made))
		exit(1);
	for (round = 0; round < rounds; round++) {
		series_add(ours, our_rate(curves, &key, hash, &made, count));
		series_add(theirs, evp_rate(&key, hash, &made, count));
	}
	printf("%-58s %10.0f signatures/s\n%-58s %10.0f signatures/s\n", ours->name, series_median(ours), theirs->name,
	       series_median(theirs));
	its_curves_free(curves);
}

/* Seconds of traffic: a full channel of P-256 and, evenly between, a flood on brainpool; the agent's default budgets.
 */
static void measure_flood(const struct world *world, struct its_identity *const *tickets, bool flood)
{
	struct series *share =
		series_of(&report, "share", "P-256 accepted of a full channel, %s", flood ? "with the flood" : "alone");
	struct series *load = series_of(&report, "cores", "cores for it, %s", flood ? "with the flood" : "alone");
	struct series *spent = flood ? series_of(&report, "frames/s", "brainpool verified of the flood") : NULL;
	u32 seconds = series_is_quick() ? 2 : 5, total = seconds * (CHANNEL + FLOOD), i, good = 0, bad = 0;
	struct its_limits limits;
	double start;

	its_room_default_limits(2000000, 500000, &limits);
	limits.signer_rate = 0; /* a hundred stations stand for all */
	open_verifier(world->trust, &limits, tickets);
	start = series_cpu_ns();
	for (i = 0; i < total; i++) {
		u64 at_us = 1000000 + (u64)i * 1000000 / (CHANNEL + FLOOD);
		const struct bag *bag = i % 3 ? &brainpool : &p256;

		if (i % 3 && !flood)
			continue;
		its_verifier_submit(judge.verifier, JUDGE_NOW, at_us, bag->bytes[i % FRAMES], bag->lens[i % FRAMES], 1,
				    ~0ULL);
		if (judge.last.reason == VG_ACCEPTED)
			*(i % 3 ? &bad : &good) += 1;
	}
	series_add(load, (series_cpu_ns() - start) / NS_PER_S / seconds);
	series_add(share, (double)good / (seconds * CHANNEL));
	if (spent)
		series_add(spent, (double)bad / seconds);
	judge_close(&judge);
	printf("%-58s %10.4f\n%-58s %10.2f\n", share->name, series_median(share), load->name, series_median(load));
	if (spent)
		printf("%-58s %10.0f frames/s of %u\n", spent->name, series_median(spent), FLOOD);
}

static void make_stations(struct world *world, enum its_curve curve, struct its_identity **tickets, u32 count)
{
	u32 i;

	world->ticket.curve = curve;
	for (i = 0; i < count; i++)
		tickets[i] = world_ticket(world);
}

static void run(struct world *world, struct its_identity **stations, struct its_identity **others)
{
	const char *cached = "P-256, certificates cached, by digest";
	struct its_identity *both[2 * STATIONS + 1] = { NULL };
	u32 i;

	for (i = 0; i < STATIONS; i++) {
		both[i] = stations[i];
		both[STATIONS + i] = others[i];
	}
	measure(cached, world, stations, &p256, VG_ACCEPTED);
	measure("P-256, one in ten with its certificate", world, stations, &mixed, VG_ACCEPTED);
	measure("P-256, forged in the name of known stations", world, stations, &forged, VG_ITS_FORGED);
	measure("P-256, a station never seen in every frame (two signatures)", world, NULL, &strangers, VG_ACCEPTED);
	measure("brainpoolP256r1, certificates cached, by digest", world, others, &brainpool, VG_ACCEPTED);
	measure_floor(ITS_CURVE_NIST_P256);
	measure_floor(ITS_CURVE_BRAINPOOL_P256R1);
	measure_flood(world, both, false);
	measure_flood(world, both, true);
	series_goal(&report, series_median(series_of(&report, "frames/s", "%s", cached)), false, CHANNEL,
		    "signed frames a second on one core with P-256 (a full 10 MHz channel)");
	series_goal(&report,
		    series_median(series_of(&report, "share", "P-256 accepted of a full channel, with the flood")),
		    false, 0.95, "share of a full P-256 channel accepted next to a brainpool flood");
	series_goal(&report, series_median(series_of(&report, "cores", "cores for it, with the flood")), true, 1,
		    "cores for a full channel and the flood together");
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : getenv("BENCH_DIR");
	struct its_identity *stations[STATIONS + 1] = { NULL }, *others[STATIONS + 1] = { NULL }, *fresh[FRAMES];
	struct world world;
	u32 i;

	series_pin();
	world_open(&world, ITS_CURVE_NIST_P256, ITS_CURVE_NIST_P256);
	make_stations(&world, ITS_CURVE_BRAINPOOL_P256R1, others, STATIONS);
	make_stations(&world, ITS_CURVE_NIST_P256, stations, STATIONS);
	make_stations(&world, ITS_CURVE_NIST_P256, fresh, FRAMES);
	fill(&p256, stations, STATIONS, ITS_MAKER_BY_DIGEST, 0);
	fill(&mixed, stations, STATIONS, ITS_MAKER_BY_DIGEST, 10);
	fill(&forged, stations, STATIONS, ITS_MAKER_BY_DIGEST, 0);
	for (i = 0; i < FRAMES; i++)
		its_maker_alter(forged.bytes[i], forged.lens[i], ITS_MAKER_ALTER_PAYLOAD);
	fill(&strangers, fresh, FRAMES, ITS_MAKER_BY_CERTIFICATE, 0);
	fill(&brainpool, others, STATIONS, ITS_MAKER_BY_DIGEST, 0);
	run(&world, stations, others);
	for (i = 0; i < STATIONS; i++) {
		its_identity_free(stations[i]);
		its_identity_free(others[i]);
	}
	for (i = 0; i < FRAMES; i++)
		its_identity_free(fresh[i]);
	world_close(&world);
	return series_write(&report, dir ? dir : "build/bench") ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * car_test.c - two frames of a real car ($(SHARED)/data/its/vw-golf8.pcap):
 * both verify, and every single bit turned is refused with a reason that fits
 * its field, but for the bits that nobody signs:
 *   - MAC addresses, and of the GeoNetworking basic header reserved, lifetime
 *     and hop limit: routers change them;
 *   - the form of r where the signature itself stays right: compressed may
 *     become x-only (the same number with less said), and in a certificate,
 *     whose canonical form has r x-only, the other way round.
 */
#include <pcap/pcap.h>
#include <stdlib.h>

#include "agent/its/geonet.h"
#include "tests/its/judge.h"

#define ALLOW(reason) (1ULL << VG_##reason)
#define FORGED ALLOW(ITS_FORGED)
#define ANY_FORM (ALLOW(ITS_MALFORMED) | ALLOW(ITS_UNSUPPORTED) | FORGED)
#define FRAMES 2

struct field {
	const char *name;
	const u8 *at;
	u32 len;
	u64 allowed;
};

static struct judge judge;
static u8 frames[FRAMES][512];
static u32 lens[FRAMES];
static struct field fields[40];
static u32 field_count;

static bool read_frames(void)
{
	const char *shared = getenv("SHARED");
	char path[512], reason[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u8 *bytes;
	u32 count = 0;
	pcap_t *pcap;

	snprintf(path, sizeof(path), "%s/data/its/vw-golf8.pcap", shared ? shared : "../shared");
	pcap = pcap_open_offline(path, reason);
	if (!pcap)
		return false;
	while (count < FRAMES && pcap_next_ex(pcap, &header, &bytes) == 1 && header->caplen <= sizeof(frames[0])) {
		memcpy(frames[count], bytes, header->caplen);
		lens[count++] = header->caplen;
	}
	pcap_close(pcap);
	return count == FRAMES;
}

static void decode(const u8 *frame, u32 len, struct its_outer *outer, struct its_signed *data)
{
	its_outer_decode(frame, len, outer);
	its_signed_decode(outer->secured, data);
}

static void add(const char *name, const u8 *at, u32 len, u64 allowed)
{
	fields[field_count++] = (struct field){ name, at, len, allowed };
}

static void list_certificate(const struct its_certificate *certificate)
{
	const u8 *start = certificate->whole.at, *app = certificate->app_permissions.at;
	u64 bad = ALLOW(ITS_BAD_CERTIFICATE);

	add("certificate's version, type and kind of issuer", start, 4, ANY_FORM);
	add("issuer", certificate->issuer, 8, FORGED);
	add("certificate's preamble and kind of id", certificate->tbs.at, 2, ANY_FORM);
	add("cracaId and crlSeries", certificate->tbs.at + 2, 5, FORGED);
	add("validity", certificate->tbs.at + 7, 7, FORGED | bad | ALLOW(ITS_MALFORMED));
	add("count of permissions", app - 2, 2, ANY_FORM | bad);
	add("permissions", app, certificate->app_permissions.len, ANY_FORM | bad);
	add("kind of key", certificate->key.at - 2, 2, ANY_FORM);
	add("form of key", certificate->key.at, 1, ANY_FORM | bad);
	add("key", certificate->key.x, 32, FORGED | bad);
	add("kind of the certificate's signature", certificate->signature.r.at - 1, 1, ANY_FORM);
	add("form of the certificate's r", certificate->signature.r.at, 1, ANY_FORM | ALLOW(ACCEPTED));
	add("certificate's signature", certificate->signature.r.x, 64, FORGED);
}

static void list_fields(const u8 *frame, const struct its_outer *outer, const struct its_signed *data)
{
	const u8 *header = data->payload.at + data->payload.len;

	field_count = 0;
	add("MAC addresses", frame, 12, ALLOW(ACCEPTED));
	add("EtherType", frame + 12, 2, ALLOW(ITS_MALFORMED));
	add("GeoNetworking version and next header", frame + 14, 1, ALLOW(ITS_MALFORMED) | ALLOW(ITS_UNSUPPORTED));
	add("reserved, lifetime, hop limit", frame + 15, 3, ALLOW(ACCEPTED));
	add("version", outer->secured.at, 1, ALLOW(ITS_MALFORMED));
	add("kind of content", outer->secured.at + 1, 1,
	    ALLOW(ITS_MALFORMED) | ALLOW(ITS_UNSUPPORTED) | ALLOW(ITS_UNSIGNED));
	add("hash algorithm", outer->secured.at + 2, 1, ALLOW(ITS_UNSUPPORTED) | ALLOW(ITS_MALFORMED));
	add("payload's preamble, version, kind and length", data->tbs.at, 4, ANY_FORM);
	add("payload", data->payload.at, data->payload.len, FORGED);
	add("header's preamble and length of psid", header, 2, ANY_FORM);
	add("psid", header + 2, 1, FORGED | ALLOW(ITS_BAD_CERTIFICATE));
	add("generation time", header + 3, 8, FORGED | ALLOW(ITS_STALE) | ALLOW(ITS_FUTURE));
	if (data->digest) {
		add("kind of signer", data->digest - 1, 1, ANY_FORM);
		add("digest", data->digest, 8, ALLOW(ITS_UNKNOWN_SIGNER));
	} else {
		add("kind and count of signer", header + 11, 3, ANY_FORM);
		list_certificate(&data->chain[0]);
	}
	add("kind of signature", data->signature.r.at - 1, 1, ANY_FORM);
	add("form of r", data->signature.r.at, 1, ANY_FORM | ALLOW(ACCEPTED));
	add("signature", data->signature.r.x, 64, FORGED);
}

static const struct field *field_of(const u8 *at)
{
	u32 i;

	for (i = 0; i < field_count; i++)
		if (at >= fields[i].at && at < fields[i].at + fields[i].len)
			return &fields[i];
	return NULL;
}

/* A verifier that knows the car's certificate and lets nobody wait. */
static void open_judge(const struct its_signed *with_certificate)
{
	struct its_limits limits = judge_limits();
	enum vg_reason reason;

	limits.waiting_frames = 0;
	judge_open(&judge, &limits, NULL);
	its_verifier_learn(judge.verifier, 0, with_certificate->chain[0].whole.at, with_certificate->chain[0].whole.len,
			   &reason);
}

static void turn_bits(u32 which, const struct its_signed *with_certificate)
{
	u32 bit, refused = 0, outside = 0, strange = 0, uncovered = 0;
	struct its_signed data;
	struct its_outer outer;
	u8 copy[512];

	decode(frames[which], lens[which], &outer, &data);
	list_fields(frames[which], &outer, &data);
	for (bit = 0; bit < lens[which] * 8; bit++) {
		const struct field *field = field_of(frames[which] + bit / 8);
		unsigned int reason;

		open_judge(with_certificate);
		memcpy(copy, frames[which], lens[which]);
		copy[bit / 8] ^= (u8)(1 << bit % 8);
		reason = judge_submit(&judge, data.generated, copy, lens[which], 0);
		judge_close(&judge);
		uncovered += !field;
		if (field && !(field->allowed >> reason & 1)) {
			strange++;
			printf("# byte %u bit %u, %s: %s\n", bit / 8, bit % 8, field->name, vg_reason_word(reason));
		}
		refused += reason != VG_ACCEPTED;
		outside += reason == VG_ACCEPTED;
	}
	ktap_ok(!strange && !uncovered,
		"frame %u: %u bits refused, each for a reason of its field; all %u bytes are listed", which + 1,
		refused, lens[which]);
	/* 96 of addresses, 24 of the basic header, and r's form: one of the frame, one of the certificate */
	ktap_ok(outside == 96 + 24 + 1 + data.chain_len, "frame %u: %u bits are outside what is signed", which + 1,
		outside);
}

static void check_order(void)
{
	struct its_limits limits = judge_limits();
	struct its_signed data[FRAMES];
	struct its_outer outer;
	u32 i;

	for (i = 0; i < FRAMES; i++)
		decode(frames[i], lens[i], &outer, &data[i]);
	judge_open(&judge, &limits, NULL);
	ktap_ok(judge_submit(&judge, data[0].generated, frames[0], lens[0], 0) == VG_REASON_COUNT,
		"the first frame waits for the car's certificate");
	judge_submit(&judge, data[1].generated, frames[1], lens[1], 1);
	ktap_ok(judge.count == 2 && judge.by_tag[0] == VG_ACCEPTED && judge.by_tag[1] == VG_ACCEPTED,
		"the second brings it, and both are accepted");
	ktap_ok(!judge.last.anomalies, "without anomaly: the address comes from the certificate");
	judge_close(&judge);
	for (i = 0; i < FRAMES; i++)
		turn_bits(i, &data[1]);
}

int main(void)
{
	ktap_plan(0);
	if (read_frames())
		check_order();
	else
		ktap_skip("frames of a real car",
			  "no $SHARED/data/its/vw-golf8.pcap; set SHARED to the folder with the shared data");
	return ktap_exit();
}

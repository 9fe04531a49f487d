// SPDX-License-Identifier: GPL-2.0
/*
 * sample.c - writes made frames for other tools to read:
 *   its_sample FOLDER      root.oer, authority.oer, other-root.oer and frames.pcap in FOLDER;
 *                          frames.pcap holds one frame a line of frames.txt (what it is)
 *   its_sample corpus FOLDER  frames and certificates one a file, seeds for the fuzzers
 */
#include <pcap/pcap.h>
#include <stdlib.h>

#include "tests/its/judge.h"

#define UNIX_OFFSET (1072915200ULL - 5) /* Time64 seconds to UTC */

static char path[512];
static u8 frame[ITS_MAKER_FRAME_MAX];

static const char *in(const char *folder, const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_bytes(const char *folder, const char *name, const u8 *bytes, u32 len)
{
	FILE *file = fopen(in(folder, name), "wb");

	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void write_certificate(const char *folder, const char *name, const struct its_identity *identity)
{
	u32 len;
	const u8 *bytes = its_identity_certificate(identity, &len);

	write_bytes(folder, name, bytes, len);
}

/* Frames of every kind, numbered; @name says what each is. 0: no more. */
static u32 make_kind(u32 kind, const struct world *world, struct its_identity *const tickets[2], const char **ret_name)
{
	struct its_maker_message message = { .psid = ITS_MAKER_CAM,
					     .generated = JUDGE_NOW + kind * 100000,
					     .serial = kind,
					     .latitude = 524626000,
					     .longitude = 107219000,
					     .authority = world->authority };
	const struct its_identity *ticket = tickets[kind & 1];
	u32 len;

	message.signer = kind & 2 ? ITS_MAKER_BY_CERTIFICATE : ITS_MAKER_BY_DIGEST;
	*ret_name = "accepted";
	switch (kind / 4) {
	case 0:
		break;
	case 1:
		message.psid = ITS_MAKER_DENM;
		break;
	case 2:
		message.r_form = ITS_MAKER_X_ONLY;
		message.learning_request = true;
		break;
	case 3:
		message.r_form = ITS_MAKER_UNCOMPRESSED;
		message.encryption_key = true;
		break;
	case 4:
		message.inline_request = message.requested_certificate = message.contributed = true;
		break;
	case 5:
		message.missing_crl = message.external_hash = true;
		message.payload_len = 900;
		break;
	case 6:
		*ret_name = "its-forged";
		break;
	case 7:
		message.psid = 38;
		*ret_name = "its-bad-certificate";
		break;
	default:
		return 0;
	}
	len = make_frame(ticket, &message, frame);
	return kind / 4 == 6 ? its_maker_alter(frame, len, ITS_MAKER_ALTER_PAYLOAD) : len;
}

static int write_capture(const char *folder, const struct world *world, struct its_identity *const tickets[2])
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, in(folder, "frames.pcap"));
	FILE *list = fopen(in(folder, "frames.txt"), "w");
	const char *name;
	u32 kind, len;

	if (!dumper || !list) {
		perror(path);
		return 1;
	}
	for (kind = 0; (len = make_kind(kind, world, tickets, &name)); kind++) {
		u64 us = JUDGE_NOW + kind * 100000;
		struct pcap_pkthdr header = { .ts = { (time_t)(us / 1000000 + UNIX_OFFSET),
						      (suseconds_t)(us % 1000000) },
					      .caplen = len,
					      .len = len };

		pcap_dump((u_char *)dumper, &header, frame);
		fprintf(list, "%s\n", name);
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
	return fclose(list) != 0;
}

static void write_corpus(const char *folder, const struct world *world, struct its_identity *const tickets[2])
{
	char name[32];
	const char *what;
	u32 kind, len;

	for (kind = 0; (len = make_kind(kind, world, tickets, &what)); kind += 3) {
		snprintf(name, sizeof(name), "frame-%02u", kind);
		write_bytes(folder, name, frame, len);
	}
	write_certificate(folder, "certificate-root", world->root);
	write_certificate(folder, "certificate-authority", world->authority);
	write_certificate(folder, "certificate-ticket", tickets[1]);
}

int main(int argc, char **argv)
{
	struct its_identity *tickets[2], *other;
	struct world world;
	int status = 0;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "Usage: its_sample [corpus] FOLDER\n");
		return 1;
	}
	world_open(&world, ITS_CURVE_NIST_P256, ITS_CURVE_NIST_P256);
	tickets[0] = world_ticket(&world);
	world.ticket.curve = ITS_CURVE_BRAINPOOL_P256R1;
	world.ticket.region = ITS_MAKER_CIRCLE;
	world.ticket.latitude = 524626000;
	world.ticket.longitude = 107219000;
	world.ticket.radius_m = 5000;
	world.ticket.encryption_key = true;
	tickets[1] = world_ticket(&world);
	other = make_identity(&(struct its_maker_certificate){ .role = ITS_MAKER_ROOT,
							       .curve = ITS_CURVE_NIST_P256,
							       .valid_from = JUDGE_NOW,
							       .duration = 1,
							       .duration_unit = 6 },
			      NULL);
	if (argc == 3) {
		write_corpus(argv[2], &world, tickets);
	} else {
		write_certificate(argv[1], "root.oer", world.root);
		write_certificate(argv[1], "authority.oer", world.authority);
		write_certificate(argv[1], "other-root.oer", other);
		status = write_capture(argv[1], &world, tickets);
	}
	its_identity_free(other);
	its_identity_free(tickets[0]);
	its_identity_free(tickets[1]);
	world_close(&world);
	return status;
}

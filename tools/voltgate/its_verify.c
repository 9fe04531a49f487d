// SPDX-License-Identifier: GPL-2.0
/*
 * its_verify.c - walks the file: once to count certificates, twice to learn
 * them (authorities, then stations), so that a frame finds its signer's
 * certificate even if that comes later in the file, and once to judge.
 */
#include "tools/voltgate/its_verify.h"

#include <errno.h>
#include <stdio.h>

#include "agent/its/curve.h"
#include "agent/its/geonet.h"
#include "agent/its/report.h"
#include "agent/its/trustdir.h"
#include "agent/time_text.h"
#include "tools/voltgate/its_capture.h"
#include "tools/voltgate/say.h"
#include "voltgate/policy.h"

struct verify_run {
	const struct cli *cli;
	const struct its_verify_options *options;
	struct its_trust *trust;
	struct its_verifier *verifier;
	const struct its_capture_frame *frame; /* being judged */
	u64 certificates;
	u64 accepted;
	u64 refused;
	u64 foreign;
	int status;
};

typedef void frame_fn(struct verify_run *run, const struct its_capture_frame *frame);

static frame_fn judge;

/* Calls @each for every frame, up to the end or where the file is damaged. CLI_OK, or CLI_REFUSED after a sentence. */
static int walk(struct verify_run *run, frame_fn *each)
{
	struct its_capture_error error;
	struct its_capture_frame frame;
	struct its_capture *capture;
	int got;

	if (its_capture_open(run->options->path, &capture, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	while ((got = its_capture_next(capture, &frame, &error)) == 1)
		each(run, &frame);
	its_capture_close(capture);
	if (got && each == judge) /* what there is was judged; the damage is named once */
		return say_failure(CLI_REFUSED, "%s", error.text);
	return CLI_OK;
}

static bool decode(const struct its_capture_frame *frame, struct its_signed *ret_data)
{
	struct its_outer outer;

	return frame->is_its && !its_outer_decode(frame->bytes, frame->len, &outer) &&
	       !its_signed_decode(outer.secured, ret_data);
}

static void count_certificates(struct verify_run *run, const struct its_capture_frame *frame)
{
	struct its_signed data;

	if (decode(frame, &data))
		run->certificates += data.chain_len;
}

static void learn(struct verify_run *run, const struct coer_slice *certificate)
{
	enum vg_reason reason;

	/* One that is no good says so again with its own frame. */
	its_verifier_learn(run->verifier, 0, certificate->at, certificate->len, &reason);
}

static void learn_authorities(struct verify_run *run, const struct its_capture_frame *frame)
{
	struct its_signed data;
	u32 i;

	if (!decode(frame, &data))
		return;
	for (i = data.chain_len; i > 1; i--)
		learn(run, &data.chain[i - 1].whole);
	if (data.requested.len)
		learn(run, &data.requested);
}

static void learn_stations(struct verify_run *run, const struct its_capture_frame *frame)
{
	struct its_signed data;

	if (decode(frame, &data) && data.chain_len)
		learn(run, &data.chain[0].whole);
}

static void print_text(const struct its_capture_frame *frame, const struct its_verdict *verdict)
{
	char signer[17], utc[TIME_TEXT_LEN];
	u32 bit;

	its_signer_text(verdict, signer);
	if (!verdict->generated || !time_text_utc(verdict->generated, utc))
		snprintf(utc, sizeof(utc), "-");
	printf("frame %llu %s%s%s signer %s curve %s generated %s psid %u", (unsigned long long)frame->number,
	       verdict->reason == VG_ACCEPTED ? "accepted" : "refused", verdict->reason == VG_ACCEPTED ? "" : " ",
	       verdict->reason == VG_ACCEPTED ? "" : vg_reason_word(verdict->reason), signer,
	       its_curve_word(verdict->curve), utc, verdict->psid);
	for (bit = 1; bit; bit <<= 1)
		if (verdict->anomalies & bit && its_anomaly_word(bit))
			printf(" anomaly %s", its_anomaly_word(bit));
	putchar('\n');
}

static void print_json(struct verify_run *run, const struct its_verdict *verdict)
{
	json_t *object = json_pack("{s:I}", "frame", (json_int_t)run->frame->number),
	       *fields = its_verdict_json(verdict);

	if (object && fields)
		json_object_update(object, fields);
	json_decref(fields);
	if (say_json(object))
		run->status = CLI_REFUSED;
}

static void on_verdict(void *arg, const struct its_verdict *verdict)
{
	struct verify_run *run = arg;

	if (verdict->reason == VG_ACCEPTED)
		run->accepted++;
	else
		run->refused++;
	if (run->cli->json)
		print_json(run, verdict);
	else
		print_text(run->frame, verdict);
}

static void judge(struct verify_run *run, const struct its_capture_frame *frame)
{
	struct its_outer outer;
	struct its_signed data = { 0 };
	u64 now = run->options->fixed;

	if (!frame->is_its) {
		run->foreign++;
		return;
	}
	if (frame->missing)
		fprintf(stderr, "voltgate: frame %llu: the capture holds only %u of its %u bytes.\n",
			(unsigned long long)frame->number, frame->len, frame->len + frame->missing);
	if (run->options->at == ITS_VERIFY_CAPTURED)
		now = frame->time;
	else if (run->options->at == ITS_VERIFY_GENERATED && !its_outer_decode(frame->bytes, frame->len, &outer)) {
		its_signed_decode(outer.secured, &data);
		now = data.generated;
	}
	run->frame = frame;
	its_verifier_submit(run->verifier, now, 0, frame->bytes, frame->len, 0, frame->number);
}

static void note_trust(void *arg, const char *sentence)
{
	(void)arg;
	fprintf(stderr, "voltgate: %s.\n", sentence);
}

static int open_trust(struct verify_run *run)
{
	struct its_trustdir_error error;

	if (!run->options->trust_dir)
		return CLI_OK;
	if (its_trustdir_load(run->options->trust_dir, note_trust, NULL, &run->trust, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	return CLI_OK;
}

/* No budgets, and nobody waits: every certificate of the file is learnt before the first frame is judged. */
static int open_verifier(struct verify_run *run)
{
	static const struct vg_policy policy = {
#define VG_POLICY_DEFAULT(name, word, def, min, max, room, help) .name = def,
		VG_POLICY_KEYS(VG_POLICY_DEFAULT)
#undef VG_POLICY_DEFAULT
	};
	const struct its_limits limits = {
		.cache_certificates = run->certificates < 1u << 24 ? (u32)run->certificates + 1 : 1u << 24,
		.stale_us = (u64)policy.its_stale_us,
		.future_us = (u64)policy.its_future_us,
	};

	if (its_verifier_new(&limits, run->trust, on_verdict, run, &run->verifier))
		return say_failure(CLI_REFUSED, "memory ran out");
	return CLI_OK;
}

static int sum_up(struct verify_run *run)
{
	if (run->foreign)
		fprintf(stderr,
			"voltgate: %llu other frames were skipped, because their EtherType is not GeoNetworking's "
			"(0x8947).\n",
			(unsigned long long)run->foreign);
	if (!run->accepted && !run->refused)
		return say_failure(CLI_REFUSED, "%s holds no ITS frame", run->options->path);
	return run->refused ? CLI_REFUSED : run->status;
}

int its_verify(const struct cli *cli, const struct its_verify_options *options)
{
	struct verify_run run = { .cli = cli, .options = options };
	frame_fn *const walks[] = { learn_authorities, learn_stations, judge };
	int status = walk(&run, count_certificates), i;

	if (!status)
		status = open_trust(&run);
	if (!status)
		status = open_verifier(&run);
	for (i = 0; i < 3 && !status; i++)
		status = walk(&run, walks[i]);
	if (!status)
		status = sum_up(&run);
	its_verifier_free(run.verifier);
	its_trust_free(run.trust);
	return status;
}

// SPDX-License-Identifier: GPL-2.0
/* tally.c - counting and printing. */
#include <inttypes.h>
#include "tools/sim/tally.h"

void tally_count(struct tally *tally, const struct shot *shot)
{
	tally->modes[shot->mode]++;
	if (shot->expected >= 0)
		tally->expected[shot->expected]++;
	else
		tally->foreign++;
	if (shot->expected == VG_ITS_HANDED)
		tally->its[mode_its_verdict(shot->mode)]++;
	tally->actions += shot->action;
	tally->frames++;
	tally->bytes += shot->len;
}

void tally_add(struct tally *sum, const struct tally *part)
{
	int i;

	for (i = 0; i < VG_REASON_COUNT; i++) {
		sum->expected[i] += part->expected[i];
		sum->its[i] += part->its[i];
	}
	for (i = 0; i < MODE_COUNT; i++)
		sum->modes[i] += part->modes[i];
	sum->foreign += part->foreign;
	sum->actions += part->actions;
	sum->frames += part->frames;
	sum->bytes += part->bytes;
	sum->retries += part->retries;
	if (part->elapsed_us > sum->elapsed_us)
		sum->elapsed_us = part->elapsed_us;
}

/* "name": {"word": N, ...}; all words, or only those counted. */
static void print_counts(const char *name, const u64 *counts, int count, const char *(*word)(unsigned int), bool all,
			 FILE *out)
{
	const char *comma = "";
	int i;

	fprintf(out, ", \"%s\": {", name);
	for (i = 0; i < count; i++) {
		if (!all && !counts[i])
			continue;
		fprintf(out, "%s\"%s\": %" PRIu64, comma, word((unsigned int)i), (uint64_t)counts[i]);
		comma = ", ";
	}
	fprintf(out, "}");
}

static const char *mode_word(unsigned int mode)
{
	return mode_infos[mode].word;
}

void tally_print_json(const struct tally *tally, const char *interface, u64 seed, u32 vehicles, FILE *out)
{
	fprintf(out, "{\"interface\": \"%s\", \"seed\": \"%" PRIu64 "\", \"vehicles\": %u, ", interface, (uint64_t)seed,
		vehicles);
	fprintf(out,
		"\"frames\": %" PRIu64 ", \"for_gate\": %" PRIu64 ", \"foreign\": %" PRIu64 ", \"actions\": %" PRIu64
		", \"bytes\": %" PRIu64 ", \"retries\": %" PRIu64 ", \"elapsed_us\": %" PRIu64,
		(uint64_t)tally->frames, (uint64_t)(tally->frames - tally->foreign), (uint64_t)tally->foreign,
		(uint64_t)tally->actions, (uint64_t)tally->bytes, (uint64_t)tally->retries,
		(uint64_t)tally->elapsed_us);
	print_counts("expected", tally->expected, VG_REASON_COUNT, vg_reason_word, true, out);
	print_counts("its", tally->its, VG_REASON_COUNT, vg_reason_word, false, out);
	print_counts("modes", tally->modes, MODE_COUNT, mode_word, false, out);
	fprintf(out, "}\n");
}

void tally_print_text(const struct tally *tally, FILE *out)
{
	double seconds = (double)tally->elapsed_us / 1e6;
	int i;

	fprintf(out, "sent %" PRIu64 " frames in %.3f s (%.0f/s); the gate must say of them:\n",
		(uint64_t)tally->frames, seconds, seconds > 0 ? (double)tally->frames / seconds : 0);
	for (i = 0; i < VG_REASON_COUNT; i++) {
		if (tally->expected[i])
			fprintf(out, "  %-20s %12" PRIu64 "\n", vg_reason_word(i), (uint64_t)tally->expected[i]);
	}
	if (tally->foreign)
		fprintf(out, "  %-20s %12" PRIu64 "\n", "(not the gate's)", (uint64_t)tally->foreign);
}

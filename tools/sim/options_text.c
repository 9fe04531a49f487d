// SPDX-License-Identifier: GPL-2.0
/* options_text.c - what voltgate-sim says about itself. */
#include <stdio.h>
#include "tools/sim/options.h"

void options_help(void)
{
	int mode;

	printf("voltgate-sim -i INTERFACE -m MODE[:WEIGHT],... --to ADDRESS --to-mac MAC --from PREFIX\n"
	       "             (--sessions FILE | --vehicles N [--gate SOCKET] [--save FILE])\n"
	       "             [-c COUNT] [-d DURATION] [-r RATE] [-s SEED] [-T THREADS] [-j] ...\n"
	       "Sends vehicles' and attackers' packets on one interface and prints what the gate must\n"
	       "have said of them. Bounds: 10000 frames, 10 s, 1000/s, unless given.\n"
	       "voltgate-sim(1) explains every option. Modes:\n");
	for (mode = 0; mode < MODE_COUNT; mode++)
		printf("  %-18s %s\n", mode_infos[mode].word, mode_infos[mode].help);
}

void options_announce(const struct options *options, u32 vehicles)
{
	const struct craft_plan *plan = &options->plan;
	const char *comma = "";
	int mode;

	fprintf(stderr, "voltgate-sim: on %s only, with %u vehicles:", options->interface, vehicles);
	for (mode = 0; mode < MODE_COUNT; mode++) {
		if (!plan->weights[mode])
			continue;
		fprintf(stderr, "%s %s %.3g %%", comma, mode_infos[mode].word,
			100.0 * plan->weights[mode] / plan->weight_total);
		comma = ",";
	}
	if (options->count)
		fprintf(stderr, "; at most %llu frames", (unsigned long long)options->count);
	if (options->duration_us)
		fprintf(stderr, "; at most %.3g s", (double)options->duration_us / 1e6);
	if (options->rate)
		fprintf(stderr, "; %llu/s", (unsigned long long)options->rate);
	fprintf(stderr, "; seed %llu\n", (unsigned long long)options->seed);
}

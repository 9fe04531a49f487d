// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - voltgate-sim: options, fleet, admission, run, tally.
 * Exit codes: 0 sent, 1 wrong options or files, 2 the gate refused, 3 the interface or the gate could not be reached.
 */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include "tools/sim/admit.h"
#include "tools/sim/option_word.h"
#include "tools/sim/run.h"

static void stop(int signal)
{
	(void)signal;
	run_stop = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int complain(const char *sentence, int code)
{
	fprintf(stderr, "voltgate-sim: %s\n", sentence);
	return code;
}

/*
 * A vehicle that remembers nothing may take its sequences from the clock: they
 * grow all the same. One that goes on from an earlier run begins a window
 * further on: which sequences of that run the gate saw is not in the file.
 */
static int make_fleet(const struct options *options, struct fleet *fleet, struct fleet_error *ret_error)
{
	int ret;
	u32 i;

	if (!options->sessions) {
		snprintf(ret_error->text, sizeof(ret_error->text), "out of memory for %u vehicles.", options->vehicles);
		return fleet_make(fleet, options->vehicles, options->seed);
	}
	ret = fleet_load(fleet, options->sessions,
			 options->first_sequence ? options->first_sequence : run_time64(options), ret_error);
	for (i = 0; !ret && i < fleet->count; i++)
		fleet->vehicles[i].session.next_sequence += VG_REPLAY_BITS + 1;
	return ret;
}

static int admit(const struct options *options, const struct fleet *fleet)
{
	struct fleet_error error = { "" };
	int ret = 0;

	if (options->gate && fleet->count)
		ret = admit_fleet(fleet, options->gate, run_time64(options) + options->lifetime_us, &error);
	if (ret)
		return complain(error.text, ret == -ECONNREFUSED || ret == -ENOENT ? 3 : 2);
	return 0;
}

static int save(const struct options *options, const struct fleet *fleet)
{
	const char *path = options->save ? options->save : options->sessions;
	struct fleet_error error = { "" };

	return path && fleet_save(fleet, path, &error) ? complain(error.text, 1) : 0;
}

static int send_all(const struct options *options, struct fleet *fleet)
{
	struct sender_error error = { "" };
	struct tally tally;
	int ret;

	options_announce(options, fleet->count);
	if (options->dry_run)
		return 0;
	catch_signals();
	ret = run_all(options, fleet, &tally, &error);
	if (options->json)
		tally_print_json(&tally, options->interface, options->seed, fleet->count, stdout);
	else
		tally_print_text(&tally, stdout);
	return ret ? complain(error.text, 3) : 0;
}

int main(int argc, char **argv)
{
	struct fleet fleet = { NULL, 0 };
	struct fleet_error error = { "" };
	struct options options;
	int code, saved;

	if (sodium_init() < 0)
		return complain("libsodium could not be started.", 1);
	code = options_read(&options, argc, argv);
	if (code)
		return code < 0 ? 1 : 0;
	if (make_fleet(&options, &fleet, &error))
		return complain(error.text, 1);
	while (!options.seed) /* drawn after the keys: a drawn seed is shown, and must not give them away */
		randombytes_buf(&options.seed, 4);
	code = option_word_budgets(&options, fleet.count) ? 1 : admit(&options, &fleet);
	if (!code && !options.add_only)
		code = send_all(&options, &fleet);
	saved = options.dry_run ? 0 : save(&options, &fleet);
	fleet_done(&fleet);
	sodium_memzero(&options.plan.cookie_secret, sizeof(options.plan.cookie_secret));
	return code ? code : saved;
}

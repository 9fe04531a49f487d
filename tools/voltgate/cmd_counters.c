// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_counters.c - voltgate counters: every packet of ours by the reason in
 * which it ended.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/gate_json.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

struct words {
	bool watch;
	unsigned long interval_s;
	unsigned long rounds; /* 0: without end */
};

static int each_cpu(void *arg, int cpu, const struct gate_counters *counters)
{
	const struct cli *cli = arg;
	int reason;

	if (cli->json)
		return say_json(gate_json_counters(counters, cpu)) ? -EIO : 0;
	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		if (counters->packets[reason])
			printf("cpu %-3d %-20s %16s\n", cpu, vg_reason_word(reason),
			       say_count(counters->packets[reason]));
	return ferror(stdout) ? -EIO : 0;
}

/* Accepted always, the rest where something was counted. With @before: the change since then, too. */
static void print_counters(const struct gate_counters *now, const struct gate_counters *before, unsigned long seconds)
{
	u64 total = 0;
	int reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++) {
		u64 packets = now->packets[reason], overflow = now->alarm_overflow[reason];

		total += packets;
		if (!packets && reason != VG_ACCEPTED)
			continue;
		printf("%-20s %16s", vg_reason_word(reason), say_count(packets));
		if (before)
			printf(" %12s/s", say_count((packets - before->packets[reason]) / seconds));
		if (overflow)
			printf("  (%s without an alarm of their own)", say_count(overflow));
		putchar('\n');
	}
	printf("%-20s %16s\n", "total", say_count(total));
}

static int round_of(const struct cli *cli, struct gate *gate, struct gate_counters *ret_now,
		    const struct gate_counters *before, unsigned long seconds)
{
	int error = 0;

	if (cli->statistics && !gate->ops->counters_cpu)
		error = -EOPNOTSUPP;
	else if (cli->statistics)
		error = gate->ops->counters_cpu(gate, each_cpu, (void *)cli);
	if (!error)
		error = gate->ops->counters(gate, ret_now);
	if (error)
		return error;
	if (cli->json)
		error = say_json(gate_json_counters(ret_now, -1)) ? -EIO : 0;
	else
		print_counters(ret_now, before, seconds);
	return fflush(stdout) ? -EIO : error;
}

static int parse_number(const char *word, unsigned long most, unsigned long *ret_number)
{
	char *end;

	*ret_number = strtoul(word, &end, 10);
	return *word < '0' || *word > '9' || *end || !*ret_number || *ret_number > most ? -EINVAL : 0;
}

static int parse_words(int argc, char **argv, struct words *words)
{
	int at;

	words->interval_s = 1;
	for (at = 1; at < argc; at++) {
		if (!strcmp(argv[at], "--watch")) {
			words->watch = true;
		} else if (!strncmp(argv[at], "--watch=", 8)) {
			words->watch = true;
			if (parse_number(argv[at] + 8, 86400, &words->interval_s))
				return say_usage("counters", "--watch=SECONDS takes 1 to 86400");
		} else if (!strcmp(argv[at], "-c") && at + 1 < argc) {
			if (parse_number(argv[++at], 1UL << 31, &words->rounds))
				return say_usage("counters", "-c COUNT takes a number from 1 on");
		} else {
			return say_usage("counters", "\"%.60s\" is no word of counters (--watch[=SECONDS], -c COUNT)",
					 argv[at]);
		}
	}
	if (words->rounds && !words->watch)
		return say_usage("counters", "-c COUNT goes with --watch");
	return CLI_OK;
}

static int counters(const struct cli *cli, int argc, char **argv)
{
	struct gate_counters now, before;
	struct words words = { 0 };
	unsigned long done = 1;
	struct gate *gate;
	int error = parse_words(argc, argv, &words);

	if (!error)
		error = room_gate(cli, &gate);
	if (error)
		return error;
	error = round_of(cli, gate, &now, NULL, 1);
	while (!error && words.watch && (!words.rounds || done++ < words.rounds)) {
		struct timespec pause = { .tv_sec = (time_t)words.interval_s };

		nanosleep(&pause, NULL);
		before = now;
		if (!cli->json)
			putchar('\n');
		error = round_of(cli, gate, &now, &before, words.interval_s);
	}
	return room_close(gate, error);
}

const struct cli_command cmd_counters = {
	.name = "counters",
	.run = counters,
	.usage = "[--watch[=SECONDS] [-c COUNT]]",
	.summary = "Show how many packets ended in which reason",
	.help = "The counts are exact. -s shows each CPU first. --watch repeats every second (or SECONDS) with the "
		"rate,\n"
		"COUNT times or until interrupted. -j gives {\"packets\": {REASON: N, ...}, \"alarm_overflow\": {...}, "
		"\"total\": N}.",
	.verbs = NULL,
};

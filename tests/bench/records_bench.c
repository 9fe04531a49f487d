// SPDX-License-Identifier: GPL-2.0
/*
 * records_bench.c - verdict records a second that the plain grade's agent can
 * hash, batch, sign, check and store: attest.c and verdicts.c as the agent
 * runs them, from the events of the gate's ring to fdatasync, on one core.
 * Wall clock, for the disk counts; the CPU's share stands beside it.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/attest.h"
#include "agent/verdicts.h"
#include "series.h"
#include "voltgate/vid.h"

#define EVENTS 4096
#define PAYLOAD 64
#define EVENT_LEN (sizeof(struct vg_event) + VG_VID_OVERHEAD + PAYLOAD)

static struct series_report report = { .bench = "records" };
static struct vg_policy policy = {
#define DEFAULT(name, word, def, min, max, room, help) .name = def,
	VG_POLICY_KEYS(DEFAULT)
};

struct run {
	struct attest *attest;
	struct verdicts *verdicts;
	u8 *events; /* EVENTS of EVENT_LEN bytes */
	u64 stored, syncs;
};

static struct vg_event *event_at(struct run *run, u32 index)
{
	return (struct vg_event *)(run->events + (size_t)index * ((EVENT_LEN + 7) & ~7ul));
}

static int make_events(struct run *run)
{
	u32 i;

	run->events = calloc(EVENTS, (EVENT_LEN + 7) & ~7ul);
	if (!run->events)
		return -ENOMEM;
	for (i = 0; i < EVENTS; i++) {
		struct vg_event *event = event_at(run, i);
		struct vg_vid *vid = (struct vg_vid *)event->bytes;

		event->kind = VG_EVENT_ACTION;
		event->len = VG_VID_OVERHEAD + PAYLOAD;
		randombytes_buf(event->bytes, event->len);
		vid->version = VG_VID_VERSION;
		vid->type = VG_VID_METER;
		vid->payload_len = vg_be16(PAYLOAD);
		vid->zero = 0;
		vid->sequence = vg_be64(i + 1);
	}
	return 0;
}

static void stored(void *arg, const struct batch *batch)
{
	struct run *run = arg;

	run->stored += vg_be32(batch->seal.head.count);
}

static int drain(struct run *run)
{
	struct verdicts_error error;
	const struct batch *batch;
	int err = 0, taken = 0;

	while (!err && taken < VERDICTS_GROUP && (batch = attest_sealed(run->attest))) {
		err = verdicts_take(run->verdicts, batch, &error);
		if (!err)
			attest_stored(run->attest);
		taken++;
	}
	if (!err && taken)
		err = verdicts_commit(run->verdicts, &error);
	if (err)
		fprintf(stderr, "bench: %s\n", error.text);
	return err;
}

/* Records for @seconds; the log's rhythm is the agent's: take what is sealed, one sync for at most a group. */
static int sustain(struct run *run, double seconds)
{
	double start = series_wall_ns(), cpu = series_cpu_ns(), now = start;
	u64 before = run->stored, clock = 725846400000000ULL + (u64)(start / 1e3);
	u32 next = 0, i;
	int err = 0;

	while (!err && now - start < seconds * 1e9) {
		for (i = 0; i < 1024 && attest_ready(run->attest); i++)
			attest_event(run->attest, event_at(run, next++ % EVENTS), clock);
		now = series_wall_ns();
		clock = 725846400000000ULL + (u64)(now / 1e3);
		attest_seal(run->attest, clock, false);
		err = drain(run);
	}
	now = series_wall_ns();
	series_add(series_of(&report, "records/s", "sustained, signed and stored"),
		   (run->stored - before) / ((now - start) / 1e9));
	series_add(series_of(&report, "ns", "CPU time of a record"), (series_cpu_ns() - cpu) / (run->stored - before));
	return err;
}

static int open_run(struct run *run, const char *dir)
{
	struct verdicts_error verdicts_error;
	struct attest_error attest_error;
	char path[512];

	snprintf(path, sizeof(path), "%s/verdicts", dir);
	if (verdicts_open(path, 64 << 20, stored, run, &run->verdicts, &verdicts_error)) {
		fprintf(stderr, "bench: %s\n", verdicts_error.text);
		return -EIO;
	}
	snprintf(path, sizeof(path), "%s/attest.key", dir);
	if (attest_open(path, NULL, 725846400000000ULL, &policy, &run->attest, &attest_error)) {
		fprintf(stderr, "bench: %s\n", attest_error.text);
		return -EIO;
	}
	return make_events(run);
}

int main(int argc, char **argv)
{
	int rounds = series_rounds(2, 7), round, cpu, err;
	char dir[256], command[300];
	struct run run = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: records_bench RESULTS-FOLDER\n");
		return 1;
	}
	cpu = series_pin();
	snprintf(dir, sizeof(dir), "%s/records.XXXXXX", argv[1]);
	if (sodium_init() < 0 || !mkdtemp(dir))
		return 1;
	err = open_run(&run, dir);
	for (round = 0; round < rounds && !err; round++)
		err = sustain(&run, series_is_quick() ? 0.5 : 2);
	verdicts_close(run.verdicts);
	attest_close(run.attest);
	free(run.events);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) || err)
		return 1;
	printf("Verdict records of 112-byte VIDs, signed, checked and stored in %s, CPU %d: %.0f/s, %.0f ns of CPU "
	       "each, medians\n",
	       argv[1], cpu, series_median(series_of(&report, "records/s", "sustained, signed and stored")),
	       series_median(series_of(&report, "ns", "CPU time of a record")));
	series_goal(&report, series_median(series_of(&report, "records/s", "sustained, signed and stored")), false,
		    100000, "verdict records/s sustained, signed and stored");
	return series_write(&report, argv[1]) ? 1 : 0;
}

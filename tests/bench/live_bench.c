// SPDX-License-Identifier: GPL-2.0
/*
 * live_bench.c - the plain gate under live frames: BPF_F_TEST_XDP_LIVE_FRAMES
 * makes the feeder's frames real, they are redirected into a veth pair of a
 * namespace of our own, and the gate is attached natively at the other end.
 *
 * One core does all: feeder, redirect, veth, gate and, for what passes, the
 * stack until it drops the frame (it is addressed to another host). So each
 * figure stands beside the same path with an empty program in the gate's
 * place, XDP_DROP for what the gate drops and XDP_PASS for what it passes.
 * Figures are CPU time, so that other work on the machine is not in them.
 * Every frame sent must be found in the gate's counters.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "series.h"
#include "stage.h"

#define LIVE_BATCH 64

struct traffic {
	const char *name;
	enum stage_verdict verdict;
	u32 percent; /* of it; the rest is accepted */
};

static const struct traffic traffics[] = {
	{ "accepted", STAGE_ACCEPTED, 100 },
	{ "forged", STAGE_FORGED, 100 },
	{ "forged-spread", STAGE_FORGED_SPREAD, 100 },
	{ "replayed", STAGE_REPLAYED, 100 },
	{ "unknown", STAGE_UNKNOWN, 100 },
	{ "denied", STAGE_DENIED, 100 },
	{ "forged 50 %", STAGE_FORGED, 50 },
	{ "forged 99 %", STAGE_FORGED, 99 },
	{ "forged-spread 99 %", STAGE_FORGED_SPREAD, 99 },
};
#define TRAFFICS (sizeof(traffics) / sizeof(traffics[0]))

static struct series_report report = { .bench = "live" };
static struct stage stage;
static u32 frames;
static int near_index, far_index, errors;
static clockid_t ksoftirqd;

/* A namespace of our own with a veth pair; it goes with the process. */
static int make_wire(void)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	if (system("ip link add vgnear type veth peer name vgfar && ip link set vgnear up && ip link set vgfar up"))
		return -EIO;
	near_index = if_nametoindex("vgnear");
	far_index = if_nametoindex("vgfar");
	return near_index && far_index ? 0 : -ENODEV;
}

static int attach(int fd)
{
	return bpf_xdp_attach(far_index, fd, XDP_FLAGS_DRV_MODE, NULL);
}

/* The clock of the CPU's ksoftirqd, which takes over where one burst of softirqs gets too long. 0 if not found. */
static clockid_t softirq_clock(int cpu)
{
	char want[32], path[64], name[32] = "";
	clockid_t clock = 0;
	int pid;

	snprintf(want, sizeof(want), "ksoftirqd/%d\n", cpu);
	for (pid = 2; pid < 4096; pid++) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (!fgets(name, sizeof(name), file))
			name[0] = 0;
		fclose(file);
		if (!strcmp(name, want))
			return clock_getcpuclockid(pid, &clock) ? 0 : clock;
	}
	return 0;
}

/* CPU time spent so far on the path: our thread's, softirqs that interrupt it included, and ksoftirqd's. */
static double path_ns(void)
{
	struct timespec now = { 0, 0 };

	if (ksoftirqd)
		clock_gettime(ksoftirqd, &now);
	return series_cpu_ns() + now.tv_sec * 1e9 + now.tv_nsec;
}

/* Sends the frames that were filled in; CPU nanoseconds for each, or negative. */
static double send_all(void)
{
	struct xdp_md context = { .data_end = stage.frame_len };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = stage.frame, .data_size_in = stage.frame_len,
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = frames,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = LIVE_BATCH);
	double start = path_ns();

	stage.control->next = 0;
	stage.control->ifindex = near_index;
	if (bpf_prog_test_run_opts(stage.redirect_fd, &opts))
		return -1;
	return (path_ns() - start) / frames;
}

static u64 counted(void)
{
	u64 sum = 0;
	int reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		sum += stage_counter(&stage, reason);
	return sum;
}

/* Frames may still be on their way when the sender returns: waits until the gate has seen them all, two seconds at
 * most. */
static u64 wait_counted(u64 want)
{
	double deadline = series_wall_ns() + 2e9;
	u64 seen = counted();

	while (seen < want && series_wall_ns() < deadline) {
		usleep(1000);
		seen = counted();
	}
	return seen;
}

static double send_through(int fd)
{
	int err = attach(fd);
	double ns = err ? -1 : send_all();

	usleep(2000); /* lets the last batch leave the ring before the program is exchanged */
	return ns;
}

static void measure(const struct traffic *traffic)
{
	u64 before = counted(), seen, accepted;
	u32 i, legitimate = 0;
	double ns;

	stage_use_deny(&stage, traffic->verdict == STAGE_DENIED);
	stage_fill(&stage, traffic->verdict, traffic->percent, FEED_ENTRIES);
	for (i = 0; i < frames; i++)
		legitimate += stage.made[i] == STAGE_ACCEPTED;
	series_add(series_of(&report, "ns", "empty, drop"), send_through(stage.empty_fd));
	series_add(series_of(&report, "ns", "empty, pass"), send_through(stage.empty_pass_fd));
	if (attach(stage.gate_fd)) {
		errors++;
		return;
	}
	accepted = stage_counter(&stage, VG_ACCEPTED);
	ns = send_all();
	seen = wait_counted(before + frames) - before;
	accepted = stage_counter(&stage, VG_ACCEPTED) - accepted;
	if (ns < 0)
		errors++;
	if (seen != frames)
		fprintf(stderr, "bench: %s: %u frames sent, %llu reached the gate (the veth ring overflowed)\n",
			traffic->name, frames, (unsigned long long)seen);
	series_add(series_of(&report, "ns", "%s", traffic->name), ns);
	series_add(series_of(&report, "frames", "%s, reached the gate", traffic->name), seen);
	if (legitimate)
		series_add(series_of(&report, "%", "%s, legitimate let in", traffic->name),
			   100.0 * accepted / legitimate);
}

static void print_table(void)
{
	double drop = series_median(series_of(&report, "ns", "empty, drop"));
	double pass = series_median(series_of(&report, "ns", "empty, pass"));
	size_t i;

	printf("\nPlain gate under live frames over veth, 64 B, 1,000 sessions, one core for feeder, veth and gate, "
	       "medians:\n");
	printf("%-20s %10s %12s %22s\n", "traffic", "ns/frame", "millions/s", "over the empty program");
	printf("%-20s %10.0f %12.2f\n%-20s %10.0f %12.2f\n", "empty, drop", drop, 1e3 / drop, "empty, pass", pass,
	       1e3 / pass);
	for (i = 0; i < TRAFFICS; i++) {
		double ns = series_median(series_of(&report, "ns", "%s", traffics[i].name));
		double share = traffics[i].verdict == STAGE_ACCEPTED ? 1 : 1 - traffics[i].percent / 100.0;

		printf("%-20s %10.0f %12.2f %19.0f ns\n", traffics[i].name, ns, 1e3 / ns,
		       ns - share * pass - (1 - share) * drop);
	}
}

static void print_goals(void)
{
	double accepted = series_median(series_of(&report, "ns", "accepted"));
	double one = series_median(series_of(&report, "ns", "forged 99 %%"));
	double spread = series_median(series_of(&report, "ns", "forged-spread 99 %%"));
	double let_in = series_least(series_of(&report, "%", "forged 99 %%, legitimate let in"));
	double worst = one > spread ? one : spread;

	series_goal(&report, accepted / worst * 100 < let_in ? accepted / worst * 100 : let_in, false, 95,
		    "%% of their share that live legitimate frames get at 99 %% forged");
	series_goal(&report, series_median(series_of(&report, "ns", "forged")) / accepted, true, 1,
		    "a live forgery / a live accepted packet, stack included");
}

int main(int argc, char **argv)
{
	int rounds = series_rounds(3, 11), round, err, cpu;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: live_bench RESULTS-FOLDER\n");
		return 1;
	}
	frames = series_is_quick() ? 20000 : FEED_ENTRIES;
	cpu = series_pin();
	ksoftirqd = softirq_clock(cpu);
	err = make_wire();
	if (err) {
		fprintf(stderr, "bench: no namespace with a veth pair can be made: %s; run as root\n", strerror(-err));
		return 1;
	}
	if (stage_open(&stage, VG_GRADE_PLAIN) || stage_set_sessions(&stage, 1000))
		return 1;
	stage_set_payload(&stage, 64, VG_VID_BEACON);
	stage.frame[5] = 9; /* addressed to somebody else: the stack drops what passes at its first look */
	printf("live frames: veth, native XDP, CPU %d, %d rounds of %u frames\n", cpu, rounds, frames);
	for (round = 0; round < rounds && !errors; round++)
		for (i = 0; i < TRAFFICS; i++)
			measure(&traffics[i]);
	attach(-1);
	print_table();
	print_goals();
	stage_close(&stage);
	if (series_write(&report, argv[1]))
		errors++;
	return errors ? 1 : 0;
}

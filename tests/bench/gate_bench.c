// SPDX-License-Identifier: GPL-2.0
/*
 * gate_bench.c - what a packet costs in the plain gate, by test-run.
 *
 * Every figure of a verdict is (feeder + gate) - (feeder + empty program),
 * plus the empty program alone: what the gate costs as an XDP program on its
 * own. The three are measured one after the other in every round, so that a
 * disturbance of the machine meets all of them; figures are medians over the
 * rounds. After each run the gate's own counters must say that every packet
 * got the verdict it was made for; where they do not, the bench fails.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "series.h"
#include "stage.h"

#define CORES_10GBE_PPS 6.31e6 /* IPv6, 64 bytes of payload: 174 bytes of frame, 4 of FCS, 20 of preamble and gap */
#define COST "%s %u B %u sessions %u %%"

static struct series_report report = { .bench = "gate" };
static struct stage stage;
static u32 run_packets;
static u8 foreign[3][128]; /* IPv6 UDP to another port, IPv4 TCP, ARP */
static int errors;

static const u32 payloads[] = { 0, 64, 256 };
static const char *const foreign_words[] = { "ipv6-udp", "ipv4-tcp", "arp" };

static void check_counts(enum stage_verdict verdict, u64 before, u64 accepted_before, u32 percent)
{
	u64 got = stage_counter(&stage, stage_reason(verdict)) - before;
	u64 accepted = stage_counter(&stage, VG_ACCEPTED) - accepted_before;
	u64 all = verdict == STAGE_ACCEPTED ? got : got + accepted;

	if (all == run_packets && (percent < 100 || got == run_packets))
		return;
	fprintf(stderr, "bench: %u packets fed as %s (%u %%): the gate counts %llu so and %llu accepted\n", run_packets,
		stage_word(verdict), percent, (unsigned long long)got, (unsigned long long)accepted);
	errors++;
}

/* One round of one kind of traffic: feeder with the empty program, feeder with the gate, empty program alone. */
static double measure(enum stage_verdict verdict, u32 percent)
{
	u64 before, accepted;
	double feeder, both, empty;

	stage_fill(&stage, verdict, percent, run_packets);
	feeder = stage_run(&stage, stage.feed_empty_fd, run_packets);
	stage.control->next = 0;
	before = stage_counter(&stage, stage_reason(verdict));
	accepted = stage_counter(&stage, VG_ACCEPTED);
	both = stage_run(&stage, stage.feed_gate_fd, run_packets);
	empty = stage_run(&stage, stage.empty_fd, run_packets);
	check_counts(verdict, before, accepted, percent);
	if (feeder < 0 || both < 0 || empty < 0)
		errors++;
	series_add(series_of(&report, "ns", "feeder"), feeder - empty);
	series_add(series_of(&report, "ns", "empty"), empty);
	return both - feeder + empty;
}

static void measure_verdicts(u32 payload)
{
	int verdict;

	stage_set_payload(&stage, payload, VG_VID_BEACON);
	for (verdict = 0; verdict < STAGE_VERDICTS; verdict++) {
		stage_use_deny(&stage, verdict == STAGE_DENIED);
		series_add(series_of(&report, "ns", COST, stage_word(verdict), payload, stage.sessions, 100),
			   measure(verdict, 100));
	}
	stage_use_deny(&stage, false);
}

static void measure_mixes(void)
{
	static const u32 percents[] = { 50, 99 };
	size_t i;

	stage_set_payload(&stage, 64, VG_VID_BEACON);
	for (i = 0; i < 2; i++) {
		series_add(series_of(&report, "ns", COST, "forged", 64, stage.sessions, percents[i]),
			   measure(STAGE_FORGED, percents[i]));
		series_add(series_of(&report, "ns", COST, "forged-spread", 64, stage.sessions, percents[i]),
			   measure(STAGE_FORGED_SPREAD, percents[i]));
	}
}

/* SipHash-2-4-128 in native C over what a VID with that payload authenticates. */
static void measure_floor(u32 payload)
{
	u32 len = VG_VID_HEADER_LEN + payload, i;
	struct vg_siphash_key key = { 1, 2 };
	struct vg_siphash_tag tag = { 0, 0 };
	u8 message[64][320] = { { 0 } }, key_bytes[16] = { 1 }, out[16];
	double start = series_cpu_ns();

	for (i = 0; i < run_packets; i++) {
		message[i & 63][0] = tag.t0;
		vg_siphash(&key, message[i & 63], len, &tag);
	}
	series_add(series_of(&report, "ns", "siphash in C, %u B payload", payload),
		   (series_cpu_ns() - start) / run_packets);
	start = series_cpu_ns();
	for (i = 0; i < run_packets; i++)
		crypto_shorthash_siphashx24(out, message[i & 63], len, key_bytes);
	series_add(series_of(&report, "ns", "siphash in libsodium, %u B payload", payload),
		   (series_cpu_ns() - start) / run_packets);
}

static void make_foreign(void)
{
	struct ethhdr *ethernet;
	struct iphdr *ip;

	stage_set_payload(&stage, 0, VG_VID_BEACON);
	memcpy(foreign[0], stage.frame, sizeof(foreign[0]));
	foreign[0][56] ^= 0xff; /* another UDP port */
	ethernet = (void *)foreign[1];
	ethernet->h_proto = vg_be16(ETH_P_IP);
	ip = (void *)(ethernet + 1);
	ip->version = 4;
	ip->ihl = 5;
	ip->protocol = 6;
	ip->tot_len = vg_be16(100);
	ethernet = (void *)foreign[2];
	ethernet->h_proto = vg_be16(ETH_P_ARP);
}

static void measure_foreign(void)
{
	double empty;
	int i;

	for (i = 0; i < 3; i++) {
		memcpy(stage.frame, foreign[i], sizeof(foreign[i]));
		stage.frame_len = sizeof(foreign[i]);
		empty = stage_run(&stage, stage.empty_fd, run_packets);
		series_add(series_of(&report, "ns", "foreign over empty, %s", foreign_words[i]),
			   stage_run(&stage, stage.gate_fd, run_packets) - empty);
	}
}

static int measure_sessions(u32 count, int rounds)
{
	size_t i;
	int round, err = stage_set_sessions(&stage, count);

	if (err) {
		fprintf(stderr, "bench: %u sessions cannot be added: %s\n", count, strerror(-err));
		return err;
	}
	for (i = 0; i < 3; i++) { /* warm: every session's memory was touched, the ring of sequences is not empty */
		stage_set_payload(&stage, 64, VG_VID_BEACON);
		measure(STAGE_ACCEPTED, 100);
	}
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < 3; i++)
			measure_verdicts(payloads[i]);
		measure_mixes();
		if (count != 1000)
			continue;
		for (i = 0; i < 3; i++)
			measure_floor(payloads[i]);
		measure_foreign();
	}
	return 0;
}

/* Accepted with ten thousand prefixes on the deny list; last, for they stay. */
static void measure_deny_list(int rounds)
{
	int round;

	if (stage_set_sessions(&stage, 1000))
		return;
	stage_set_payload(&stage, 64, VG_VID_BEACON);
	stage_use_deny(&stage, true);
	for (round = 0; round < rounds; round++)
		series_add(series_of(&report, "ns", "accepted, one denied prefix"), measure(STAGE_ACCEPTED, 100));
	if (stage_add_deny(&stage, 10000))
		return;
	for (round = 0; round < rounds; round++)
		series_add(series_of(&report, "ns", "accepted, 10000 denied prefixes"), measure(STAGE_ACCEPTED, 100));
}

static double cost(const char *verdict, u32 payload, u32 sessions, u32 percent)
{
	return series_median(series_of(&report, "ns", COST, verdict, payload, sessions, percent));
}

static void print_table(const u32 *sessions, int levels)
{
	int level, verdict;
	size_t i;

	printf("\nPlain gate, CPU nanoseconds per packet by test-run (millions/s on one core), medians:\n");
	printf("%-14s", "verdict");
	for (level = 0; level < levels; level++)
		for (i = 0; i < 3; i++)
			printf("  %7uk/%-3uB", sessions[level] / 1000, payloads[i]);
	printf("\n");
	for (verdict = 0; verdict < STAGE_VERDICTS; verdict++) {
		printf("%-14s", stage_word(verdict));
		for (level = 0; level < levels; level++)
			for (i = 0; i < 3; i++) {
				double ns = cost(stage_word(verdict), payloads[i], sessions[level], 100);

				printf("  %5.0f (%4.1f)", ns, 1e3 / ns);
			}
		printf("\n");
	}
	for (level = 0; level < levels; level++)
		printf("forged share, %uk sessions, 64 B: 0 %% %.0f, 50 %% %.0f, 99 %% %.0f, 100 %% %.0f ns; sources "
		       "spread: %.0f, %.0f, %.0f\n",
		       sessions[level] / 1000, cost("accepted", 64, sessions[level], 100),
		       cost("forged", 64, sessions[level], 50), cost("forged", 64, sessions[level], 99),
		       cost("forged", 64, sessions[level], 100), cost("forged-spread", 64, sessions[level], 50),
		       cost("forged-spread", 64, sessions[level], 99), cost("forged-spread", 64, sessions[level], 100));
}

static void print_small(void)
{
	size_t i;

	printf("empty program %.1f ns; feeder %.1f ns (subtracted)\n", series_median(series_of(&report, "ns", "empty")),
	       series_median(series_of(&report, "ns", "feeder")));
	for (i = 0; i < 3; i++)
		printf("SipHash-2-4-128 over %u bytes: %.1f ns in C, %.1f ns in libsodium\n", payloads[i] + 32,
		       series_median(series_of(&report, "ns", "siphash in C, %u B payload", payloads[i])),
		       series_median(series_of(&report, "ns", "siphash in libsodium, %u B payload", payloads[i])));
	for (i = 0; i < 3; i++)
		printf("foreign %s: %.1f ns over the empty program\n", foreign_words[i],
		       series_median(series_of(&report, "ns", "foreign over empty, %s", foreign_words[i])));
	printf("accepted: %.0f ns with one denied prefix, %.0f ns with 10000 more\n",
	       series_median(series_of(&report, "ns", "accepted, one denied prefix")),
	       series_median(series_of(&report, "ns", "accepted, 10000 denied prefixes")));
}

/* Median over the rounds of one verdict's cost / an accepted packet's of the same round: the machine's moods cancel
 * out. */
static double cost_ratio(const char *verdict, u32 sessions, u32 percent)
{
	const struct series *one = series_of(&report, "ns", COST, verdict, 64, sessions, percent);
	const struct series *accepted = series_of(&report, "ns", COST, "accepted", 64, sessions, 100);
	struct series ratio = { .count = 0 };
	int i;

	for (i = 0; i < one->count && i < accepted->count; i++)
		series_add(&ratio, one->values[i] / accepted->values[i]);
	return series_median(&ratio);
}

static void print_goals(const u32 *sessions, int levels)
{
	double empty = series_median(series_of(&report, "ns", "empty"));
	double bound = empty + series_median(series_of(&report, "ns", "siphash in C, 64 B payload"));
	double worst = 0, dearest = 0, share = 0;
	int level;
	size_t i;

	for (i = 0; i < 3; i++) {
		double over = series_median(series_of(&report, "ns", "foreign over empty, %s", foreign_words[i]));

		worst = over > worst ? over : worst;
	}
	for (level = 0; level < levels; level++) {
		double one = cost_ratio("forged", sessions[level], 100);
		double spread = cost_ratio("forged-spread", sessions[level], 100);
		double mixed = 1 / cost_ratio("forged", sessions[level], 99);
		double mixed_spread = 1 / cost_ratio("forged-spread", sessions[level], 99);

		dearest = one > dearest ? one : dearest;
		dearest = spread > dearest ? spread : dearest;
		mixed = mixed < mixed_spread ? mixed : mixed_spread;
		share = !level || mixed < share ? mixed : share;
	}
	series_goal(&report, cost("accepted", 64, 1000, 100) / bound, true, 1.6,
		    "accepted beacon, 64 B, 1,000 sessions / (empty + SipHash in C, %.0f ns)", bound);
	series_goal(&report, cost("accepted", 64, sessions[levels - 1], 100) / bound, true, 1.6,
		    "the same at %u sessions (reported beside it, no goal)", sessions[levels - 1]);
	series_goal(&report, CORES_10GBE_PPS * cost("accepted", 64, 1000, 100) / 1e9, true, 2,
		    "cores for 10 GbE of accepted packets, 6.31 M/s, 1,000 sessions");
	series_goal(&report, dearest, true, 1, "a forgery / an accepted packet, dearest of all session counts");
	series_goal(&report, share * 100, false, 95,
		    "%% of its share that legitimate traffic gets at 99 %% forged, full core");
	series_goal(&report, worst, true, 15, "ns for foreign traffic over the empty program");
}

int main(int argc, char **argv)
{
	static const u32 levels_full[] = { 1000, 100000, 1000000 }, levels_quick[] = { 1000 };
	const u32 *levels = series_is_quick() ? levels_quick : levels_full;
	int count = series_is_quick() ? 1 : 3, rounds = series_rounds(3, 11), i, cpu;

	if (argc != 2) {
		fprintf(stderr, "usage: gate_bench RESULTS-FOLDER\n");
		return 1;
	}
	run_packets = series_is_quick() ? 20000 : FEED_ENTRIES;
	cpu = series_pin();
	if (sodium_init() < 0 || stage_open(&stage, VG_GRADE_PLAIN))
		return 1;
	printf("gate: voltgate.bpf.o, vg_gate_plain as loaded by the agent; CPU %d, %d rounds of %u packets\n", cpu,
	       rounds, run_packets);
	make_foreign();
	for (i = 0; i < count && !errors; i++)
		if (measure_sessions(levels[i], rounds))
			errors++;
	measure_deny_list(rounds);
	print_table(levels, count);
	print_small();
	print_goals(levels, count);
	stage_close(&stage);
	if (series_write(&report, argv[1]))
		errors++;
	return errors ? 1 : 0;
}

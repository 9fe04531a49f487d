// SPDX-License-Identifier: GPL-2.0
/* stage.c - see stage.h. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "series.h"
#include "stage.h"
#include "voltgate/policy.h"

#define BATCH 4096
#define ACTIONS_BYTES (32u << 20)

static const u8 source_prefix[8] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 1 };
static const u64 good_source = 0x0100, denied_source = 0xdd00; /* low half of the address, as bytes lie in memory */

static u64 draw(struct stage *stage)
{
	stage->random ^= stage->random << 13;
	stage->random ^= stage->random >> 7;
	stage->random ^= stage->random << 17;
	return stage->random;
}

u64 stage_session_id(u32 index)
{
	u64 x = index + 1;

	x *= 0x9e3779b97f4a7c15ULL;
	x ^= x >> 29;
	return x * 0xbf58476d1ce4e5b9ULL | 1;
}

void stage_session_key(u32 index, struct vg_siphash_key *ret_key)
{
	ret_key->k0 = stage_session_id(index) * 3;
	ret_key->k1 = stage_session_id(index) ^ 0x5555555555555555ULL;
}

static u64 time64_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return vg_time64_of_utc(now.tv_sec * 1000000ULL + now.tv_nsec / 1000, 5, 0);
}

static u64 monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* Policy: defaults, but a freshness window and a session rate that a bench cannot leave. */
static int write_ingress(struct stage *stage, bool deny_empty)
{
	struct vg_ingress ingress = { 0 };
	u32 zero = 0;

	ingress.time64_offset_us = time64_now() - monotonic_us();
	ingress.stale_us = 3600000000LL;
	ingress.future_us = 500000;
	ingress.session_rate = vg_budget_rate_of(1000000000, 1000000);
	ingress.deny_empty = deny_empty;
	ingress.alarm_new_rate = vg_budget_rate_of(1000, 1000);
	ingress.hello_rate = vg_budget_rate_of(20, 5);
	ingress.its_rate = vg_budget_rate_of(6000, 1000);
	return bpf_map_update_elem(bpf_object__find_map_fd_by_name(stage->gate, "vg_ingress"), &zero, &ingress,
				   BPF_ANY);
}

static int add_deny(struct stage *stage, const struct vg_source *source, u32 bits)
{
	struct vg_deny_key key = { .bits = 32 + bits, .source = *source };
	u8 one = 1;

	return bpf_map_update_elem(bpf_object__find_map_fd_by_name(stage->gate, "vg_deny"), &key, &one, BPF_ANY);
}

static int deny_the_denied(struct stage *stage)
{
	struct vg_source source = { .family = VG_SOURCE_IPV6 };

	memcpy(source.addr, source_prefix, 8);
	memcpy(source.addr + 8, &denied_source, 8);
	return add_deny(stage, &source, 128);
}

int stage_use_deny(struct stage *stage, bool use)
{
	return write_ingress(stage, !use) ? -errno : 0;
}

int stage_add_deny(struct stage *stage, u32 count)
{
	struct vg_source source = { .family = VG_SOURCE_IPV6 };
	u32 i;

	for (i = 0; i < count; i++) {
		u64 high = draw(stage) | 0x40; /* not 2001:... */
		int err;

		memcpy(source.addr, &high, 8);
		err = add_deny(stage, &source, 64);
		if (err)
			return -errno;
	}
	return 0;
}

static void *share(struct bpf_object *object, const char *map, size_t size)
{
	int fd = bpf_object__find_map_fd_by_name(object, map);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int fd_of(struct bpf_object *object, const char *program)
{
	struct bpf_program *found = bpf_object__find_program_by_name(object, program);

	return found ? bpf_program__fd(found) : -1;
}

static int open_gate(struct stage *stage, const char *path, enum vg_grade grade)
{
	bool plain = grade == VG_GRADE_PLAIN;
	struct bpf_program *other;

	stage->gate = bpf_object__open_file(path, NULL);
	if (!stage->gate)
		return -errno;
	other = bpf_object__find_program_by_name(stage->gate, plain ? VG_PROGRAM_ATTESTED : VG_PROGRAM_PLAIN);
	if (other)
		bpf_program__set_autoload(other, false);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(stage->gate, "vg_actions"), ACTIONS_BYTES);
	if (bpf_object__load(stage->gate))
		return -errno;
	stage->gate_fd = fd_of(stage->gate, plain ? VG_PROGRAM_PLAIN : VG_PROGRAM_ATTESTED);
	stage->counters_fd = bpf_object__find_map_fd_by_name(stage->gate, "vg_counters");
	stage->sessions_fd = bpf_object__find_map_fd_by_name(stage->gate, "vg_sessions");
	return stage->gate_fd < 0 ? -ENOENT : 0;
}

static int open_feeder(struct stage *stage, const char *path)
{
	u32 slots[2] = { 0, 1 };
	int targets;

	stage->feeder = bpf_object__open_file(path, NULL);
	if (!stage->feeder || bpf_object__load(stage->feeder))
		return -errno;
	stage->feed_gate_fd = fd_of(stage->feeder, "feed_call_gate");
	stage->feed_empty_fd = fd_of(stage->feeder, "feed_call_empty");
	stage->redirect_fd = fd_of(stage->feeder, "feed_redirect");
	stage->empty_fd = fd_of(stage->feeder, "feed_empty");
	stage->empty_pass_fd = fd_of(stage->feeder, "feed_empty_pass");
	stage->entries = share(stage->feeder, "feed_entries", FEED_ENTRIES * sizeof(struct feed_entry));
	stage->control = share(stage->feeder, "feed_controls", sizeof(struct feed_control));
	targets = bpf_object__find_map_fd_by_name(stage->feeder, "feed_targets");
	if (!stage->entries || !stage->control)
		return -errno;
	if (bpf_map_update_elem(targets, &slots[0], &stage->gate_fd, BPF_ANY) ||
	    bpf_map_update_elem(targets, &slots[1], &stage->empty_fd, BPF_ANY))
		return -errno;
	return 0;
}

int stage_open(struct stage *stage, enum vg_grade grade)
{
	char gate_object[4096], feed_object[4096];
	const char *failed = gate_object, *build = getenv("B");
	int err;

	snprintf(gate_object, sizeof(gate_object), "%s/voltgate.bpf.o", build ? build : "build");
	snprintf(feed_object, sizeof(feed_object), "%s/tests/bench/feed.bpf.o", build ? build : "build");

	memset(stage, 0, sizeof(*stage));
	stage->random = 0x1234567887654321ULL;
	stage->cpus = libbpf_num_possible_cpus();
	err = open_gate(stage, gate_object, grade);
	if (!err) {
		failed = feed_object;
		err = open_feeder(stage, feed_object);
	}
	if (!err && (write_ingress(stage, true) || (grade == VG_GRADE_PLAIN && deny_the_denied(stage)))) {
		failed = "maps of the gate";
		err = -errno;
	}
	if (err) {
		fprintf(stderr, "%s: cannot be used: %s; build it and run as root\n", failed, strerror(-err));
		stage_close(stage);
	}
	return err;
}

void stage_close(struct stage *stage)
{
	if (stage->entries)
		munmap(stage->entries, FEED_ENTRIES * sizeof(struct feed_entry));
	if (stage->control)
		munmap(stage->control, sizeof(struct feed_control));
	bpf_object__close(stage->feeder);
	bpf_object__close(stage->gate);
	free(stage->sequence);
	memset(stage, 0, sizeof(*stage));
}

/* Deletes or adds sessions [from, to), a batch at a time. */
static int change_sessions(struct stage *stage, u32 from, u32 to, bool add)
{
	struct vg_plain_session *values = calloc(BATCH, sizeof(*values));
	u64 *keys = calloc(BATCH, sizeof(*keys)), expires = time64_now() + 3600000000ULL;
	int err = values && keys ? 0 : -ENOMEM;
	u32 i, count;

	for (; from < to && !err; from += count) {
		count = to - from < BATCH ? to - from : BATCH;
		for (i = 0; i < count; i++) {
			keys[i] = stage_session_id(from + i);
			memset(&values[i], 0, sizeof(values[i]));
			values[i].auth.id = keys[i];
			values[i].auth.expires = expires;
			stage_session_key(from + i, &values[i].auth.key);
		}
		i = count;
		err = add ? bpf_map_update_batch(stage->sessions_fd, keys, values, &i, NULL)
			  : bpf_map_delete_batch(stage->sessions_fd, keys, &i, NULL);
		err = err ? -errno : 0;
	}
	free(values);
	free(keys);
	return err;
}

int stage_adopt_sessions(struct stage *stage, u32 count)
{
	free(stage->sequence);
	stage->sequence = calloc(count, sizeof(u32));
	stage->sessions = stage->sequence ? count : 0;
	return stage->sequence ? 0 : -ENOMEM;
}

int stage_set_sessions(struct stage *stage, u32 count)
{
	int err = change_sessions(stage, 0, stage->sessions, false);

	if (!err)
		err = change_sessions(stage, 0, count, true);
	return err ? err : stage_adopt_sessions(stage, count);
}

void stage_set_payload(struct stage *stage, u32 payload_len, u32 type)
{
	struct ethhdr *ethernet = (void *)stage->frame;
	struct ipv6hdr *ip = (void *)(ethernet + 1);
	struct udphdr *udp = (void *)(ip + 1);
	struct vg_vid *vid = (void *)(udp + 1);
	u32 udp_len = sizeof(*udp) + VG_VID_OVERHEAD + payload_len;

	memset(stage->frame, 0, sizeof(stage->frame));
	memcpy(ethernet->h_dest, "\x02\0\0\0\0\x01", 6);
	memcpy(ethernet->h_source, "\x02\0\0\0\0\x02", 6);
	ethernet->h_proto = htons(ETH_P_IPV6);
	ip->version = 6;
	ip->payload_len = htons(udp_len);
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = 64;
	memcpy(&ip->saddr, source_prefix, 8);
	memcpy(&ip->daddr, source_prefix, 8);
	udp->source = htons(40000);
	udp->dest = htons(VG_VID_PORT);
	udp->len = htons(udp_len);
	vid->version = VG_VID_VERSION;
	vid->type = type;
	vid->payload_len = htons(payload_len);
	vid->generated = vg_be64(time64_now());
	stage->type = type;
	stage->payload_len = payload_len;
	stage->frame_len = sizeof(*ethernet) + sizeof(*ip) + udp_len;
	stage->control->tag_at = FEED_PAYLOAD_AT + payload_len;
}

static void sign(struct stage *stage, struct feed_entry *entry, u32 session)
{
	u8 *vid = stage->frame + FEED_VID_AT;
	struct vg_siphash_key key;
	struct vg_siphash_tag tag;

	memcpy(vid + 8, &entry->session, 8);
	memcpy(vid + 16, &entry->sequence, 8);
	stage_session_key(session, &key);
	vg_siphash(&key, vid, VG_VID_HEADER_LEN + stage->payload_len, &tag);
	entry->tag[0] = vg_le64(tag.t0);
	entry->tag[1] = vg_le64(tag.t1);
}

/* One that has sent before; there must be one, and they are never rare. */
static u32 used_session(struct stage *stage)
{
	u32 session;

	do
		session = draw(stage) % stage->sessions;
	while (!stage->sequence[session]);
	return session;
}

static void fill_entry(struct stage *stage, struct feed_entry *entry, enum stage_verdict verdict)
{
	u32 session = verdict == STAGE_REPLAYED ? used_session(stage) : draw(stage) % stage->sessions;
	u64 sequence = stage->sequence[session] + (verdict != STAGE_REPLAYED);

	if (verdict == STAGE_ACCEPTED)
		stage->sequence[session] = sequence;
	entry->session = vg_be64(stage_session_id(session));
	entry->sequence = vg_be64(sequence);
	entry->source = good_source;
	sign(stage, entry, session);
	switch (verdict) {
	case STAGE_FORGED_SPREAD:
		entry->source = draw(stage);
		entry->tag[1] ^= 1;
		break;
	case STAGE_FORGED:
		entry->tag[0] ^= 1ULL << (draw(stage) & 63);
		break;
	case STAGE_UNKNOWN:
		entry->source = draw(stage);
		entry->session = draw(stage) & ~vg_be64(1); /* ours are odd */
		break;
	case STAGE_DENIED:
		entry->source = denied_source;
		break;
	default:
		break;
	}
}

void stage_fill(struct stage *stage, enum stage_verdict other, u32 percent, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		stage->made[i] = draw(stage) % 100 < percent ? other : STAGE_ACCEPTED;
		fill_entry(stage, &stage->entries[i], stage->made[i]);
	}
	stage->control->next = 0;
}

u64 stage_counter(const struct stage *stage, enum vg_reason reason)
{
	u64 values[1024] = { 0 }, sum = 0;
	u32 key = reason;
	int i;

	if (stage->cpus > 1024 || bpf_map_lookup_elem(stage->counters_fd, &key, values))
		return 0;
	for (i = 0; i < stage->cpus; i++)
		sum += values[i];
	return sum;
}

enum vg_reason stage_reason(enum stage_verdict verdict)
{
	static const enum vg_reason reasons[] = { VG_ACCEPTED, VG_FORGED,	   VG_FORGED,
						  VG_REPLAYED, VG_UNKNOWN_SESSION, VG_DENIED };

	return reasons[verdict];
}

const char *stage_word(enum stage_verdict verdict)
{
	static const char *const words[] = { "accepted", "forged", "forged-spread", "replayed", "unknown", "denied" };

	return words[verdict];
}

double stage_run(struct stage *stage, int fd, u32 count)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = stage->frame, .data_size_in = stage->frame_len,
		    .repeat = count);
	double start = series_cpu_ns();

	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	return (series_cpu_ns() - start) / count;
}

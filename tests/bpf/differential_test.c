// SPDX-License-Identifier: GPL-2.0
/*
 * differential_test.c - random frames through the program and through the
 * reference: they must agree on every one. Frames are drawn by structure and
 * then damaged, so that all depths are met. 15 s, or DIFFERENTIAL_SECONDS;
 * the seed is printed and can be given as DIFFERENTIAL_SEED.
 */
#include <stdlib.h>
#include <time.h>
#include <bpf/bpf.h>
#include "capture.h"
#include "reference.h"
#include "rig.h"
#include "tests/ktap.h"

#define CAR_MAX 8
#define ITS_MAX (REFERENCE_FRAMES - 1000)

static struct rig rig;
static struct reference *reference;
static struct vg_siphash_key mac1;
static struct frame car[CAR_MAX];
static u32 car_count;
static u64 state;
static u64 met[VG_REASON_COUNT + 1];

static u64 draw(u64 below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state * 0x2545f4914f6cdd1dULL >> 11) % below;
}

static int keep_car(void *arg, const u8 *bytes, u32 len)
{
	(void)arg;
	if (len <= VG_ITS_FRAME_MAX) {
		memset(&car[car_count], 0, sizeof(car[0]));
		frame_bytes(&car[car_count++], bytes, len);
	}
	return car_count == CAR_MAX;
}

static void draw_headers(struct frame *frame)
{
	static const u16 tags[] = { 0x8100, 0x88a8, 0x9100 };
	static const u8 extensions[] = { 0, 43, 60, 51, 44, 50, 59 };
	u32 count;

	frame_begin(frame);
	for (count = draw(4) ? 0 : draw(5); count; count--)
		frame_vlan(frame, tags[draw(3)]);
	if (draw(2)) {
		frame_ipv4(frame, NULL, draw(3) ? 0 : 4 * draw(11));
	} else {
		frame_ipv6(frame, NULL);
		for (count = draw(3) ? 0 : draw(9); count; count--)
			frame_extension(frame, extensions[draw(draw(3) ? 4 : 7)], 8 * (1 + draw(draw(8) ? 4 : 40)));
	}
	frame_udp(frame, draw(20) ? VG_VID_PORT : draw(65536));
}

static void draw_vid(struct frame *frame)
{
	const struct reference_session *session = &reference->sessions[draw(REFERENCE_SESSIONS)];
	struct frame_vid vid = { session->id, 0, 0, { 0, 0 }, VG_VID_BEACON, draw(3) ? draw(120) : draw(1025) };
	u8 bytes[VG_VID_MAX];
	u32 len;

	if (!draw(8)) {
		len = frame_hello_make(&mac1, NULL, 16 + draw(200), bytes);
		frame_bytes(frame, bytes, len);
		return;
	}
	memcpy(&vid.key, session->key, 16);
	vid.type = draw(10) ? VG_VID_BEACON : VG_VID_BEACON + draw(5);
	vid.sequence = session->highest + 1 + (draw(4) ? 0 : draw(1500)) - (draw(4) ? 0 : draw(1200));
	vid.generated = rig_now(&rig) + (draw(8) ? 0 : draw(8000000) - 4000000);
	if (!draw(30))
		vid.session = draw(2) ? reference->revoked : draw(~0ULL);
	len = frame_vid_make(&vid, bytes);
	frame_bytes(frame, bytes, len);
}

/* Puts the time of now where the capture has the time of the recording, so that the walk goes on behind it. */
static void renew_car(struct frame *frame)
{
	u64 generated = rig_now(&rig) + (draw(4) ? 0 : draw(8000000) - 4000000);
	u32 at, i;

	for (at = 30; at + 10 < frame->len; at++)
		if (frame->bytes[at] == 1 && (frame->bytes[at + 1] & 0xfe) == 0x24 && frame->bytes[at - 1] & 0x40 &&
		    !frame->bytes[at + 2])
			for (i = 0; i < 8; i++)
				frame->bytes[at + 2 + i] = generated >> (56 - 8 * i);
}

static void put(struct frame *frame, u8 byte)
{
	frame_bytes(frame, &byte, 1);
}

static void put_time(struct frame *frame)
{
	u64 generated = rig_now(&rig) + (draw(4) ? 0 : draw(8000000) - 4000000);
	int i;

	for (i = 0; i < 8; i++)
		put(frame, generated >> (56 - 8 * i));
}

/* Signed data with every choice that the walk to the generation time knows. */
static void draw_its(struct frame *frame)
{
	u32 data_len = draw(4) ? draw(100) : draw(1500), psid_len = 1 + draw(3), i;
	u8 preamble = draw(16) ? 0x20 * (1 + draw(3)) : draw(256);

	frame_begin(frame);
	for (i = draw(4) ? 0 : draw(4); i; i--)
		frame_vlan(frame, 0x8100);
	frame_ethertype(frame, 0x8947);
	frame_bytes(frame, "\x12\0\x50\x01\x03\x81", 6);
	put(frame, draw(8) ? 0 : draw(3));
	put(frame, preamble);
	if (preamble & 0x40) {
		put(frame, 3);
		put(frame, draw(10) ? 0x80 : 0x81);
		if (data_len >= 128 || !draw(4))
			put(frame, data_len > 255 ? 0x82 : 0x81);
		if (data_len > 255)
			put(frame, data_len >> 8);
		put(frame, data_len);
		frame->len += data_len;
	}
	if (preamble & 0x20) {
		put(frame, draw(10) ? 0x80 : 0x81);
		frame->len += 32;
	}
	put(frame, draw(10) ? 0x40 : draw(256));
	put(frame, psid_len);
	for (i = 0; i < psid_len; i++)
		put(frame, draw(256));
	put_time(frame);
	frame->len += draw(4) ? 75 + draw(200) : draw(80);
}

static void damage(struct frame *frame)
{
	u32 count;

	for (count = draw(2) ? 0 : 1 + draw(3); count; count--) {
		u32 at = draw(4) ? draw(frame->len) : draw(frame->len < 80 ? frame->len : 80);

		frame->bytes[at] = draw(2) ? (u8)draw(256) : frame->bytes[at] ^ (u8)(1 << draw(8));
	}
	if (!draw(12))
		frame->len = 14 + draw(frame->len - 13);
	else if (!draw(12))
		frame->len += draw(60);
}

static void draw_frame(struct frame *frame)
{
	static struct frame before;

	if (!draw(16) && before.len) {
		*frame = before; /* as it was: a replay, a duplicate */
		return;
	}
	if (!draw(4) && reference->frame_count < ITS_MAX) {
		if (car_count && draw(2)) {
			*frame = car[draw(car_count)];
			renew_car(frame);
		} else {
			draw_its(frame);
		}
	} else {
		draw_headers(frame);
		draw_vid(frame);
		frame_end(frame);
	}
	if (!draw(8))
		before = *frame;
	damage(frame);
}

static void print_frame(const struct frame *frame)
{
	u32 i;

	printf("# ");
	for (i = 0; i < frame->len; i++)
		printf("%02x", frame->bytes[i]);
	printf("\n");
}

/* The program's clock is coarse: a disagreement about time alone is asked again, three ticks back. */
static bool agree(const struct frame *frame)
{
	int got = rig_judge(&rig, frame->bytes, frame->len), wanted;

	reference->now = rig_now(&rig);
	reference->dry = true;
	wanted = reference_judge(reference, frame->bytes, frame->len);
	if (got != wanted)
		reference->now -= 12000;
	reference->dry = false;
	wanted = reference_judge(reference, frame->bytes, frame->len);
	if (got == wanted) {
		met[got == RIG_FOREIGN ? VG_REASON_COUNT : got]++;
		return true;
	}
	printf("# the program says %s, the reference %s %s\n", rig_word(got), rig_word(wanted),
	       got == RIG_WRONG ? rig.complaint : "");
	print_frame(frame);
	return false;
}

static void prepare(void)
{
	u8 public_key[32] = { 5 };
	struct vg_ingress ingress;
	struct vg_siphash_key key;
	u32 zero = 0, i;

	rig_policy(&rig, VG_POLICY_session_rate, 0);
	rig_policy(&rig, VG_POLICY_hello_rate, 0);
	rig_policy(&rig, VG_POLICY_its_rate, 0);
	ingress_set_handshake_key(rig.ingress, public_key);
	bpf_map_lookup_elem(loader_map_fd(rig.loader, LOADER_MAP_INGRESS), &zero, &ingress);
	mac1 = ingress.mac1_key;
	memcpy(reference->mac1_key, &mac1, sizeof(mac1));
	reference->hello_enabled = true;
	reference->stale_us = rig.policy.stale_us;
	reference->future_us = rig.policy.future_us;
	reference->its_stale_us = rig.policy.its_stale_us;
	reference->its_future_us = rig.policy.its_future_us;
	reference->revoked = draw(~0ULL);
	for (i = 0; i < REFERENCE_SESSIONS; i++) {
		struct reference_session *session = &reference->sessions[i];
		struct gate_session add = { 0 };

		session->id = draw(~0ULL);
		session->expires = rig_now(&rig) + (i ? 3600000000ULL : 3000000ULL); /* the first one ends on the way */
		memcpy(&key, session->key, sizeof(key));
		key = (struct vg_siphash_key){ draw(~0ULL), draw(~0ULL) };
		memcpy(session->key, &key, sizeof(key));
		add.id = session->id;
		add.expires = session->expires;
		memcpy(add.key, session->key, 16);
		rig.gate->ops->session_add(rig.gate, &add);
	}
	rig.gate->ops->session_add(
		rig.gate, &(struct gate_session){ .id = reference->revoked, .expires = rig_now(&rig) + 3600000000ULL });
	rig.gate->ops->session_revoke(rig.gate, reference->revoked);
	capture_walk_car(keep_car, NULL);
}

int main(void)
{
	const char *seed = getenv("DIFFERENTIAL_SEED"), *seconds = getenv("DIFFERENTIAL_SECONDS");
	time_t end = time(NULL) + (seconds ? atoi(seconds) : 15);
	u64 frames = 0, wrong = 0;
	struct frame frame;
	int exit_code, i;

	if (rig_open(&rig, &exit_code))
		return exit_code;
	state = seed ? strtoull(seed, NULL, 0) : (u64)time(NULL) * 0x9e3779b97f4a7c15ULL | 1;
	printf("# DIFFERENTIAL_SEED=%#llx\n", (unsigned long long)state);
	reference = calloc(1, sizeof(*reference));
	prepare();
	while (time(NULL) < end && wrong < 5) {
		draw_frame(&frame);
		wrong += !agree(&frame);
		if (!(++frames & 63))
			rig_drain(&rig);
	}
	for (i = 0; i <= VG_REASON_COUNT; i++)
		if (met[i])
			printf("# %-16s %llu\n", i < VG_REASON_COUNT ? vg_reason_word(i) : "foreign",
			       (unsigned long long)met[i]);
	ktap_ok(!wrong && frames > 1000, "program and reference agree on %llu random frames",
		(unsigned long long)frames);
	free(reference);
	rig_close(&rig);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * flip_test.c - every single bit of whole frames, flipped once: VIDs over IPv4
 * and IPv6, an action, a hello, and the frames of a real car. The verdict must
 * be the reference's, and no flip within a VID may be accepted.
 */
#include <stdlib.h>
#include <bpf/bpf.h>
#include "capture.h"
#include "reference.h"
#include "rig.h"
#include "tests/ktap.h"

#define CAR_FRAMES 12

static struct rig rig;
static struct reference *reference;
static const struct vg_siphash_key key = { 0x1111111122222222ULL, 0x3333333344444444ULL };
static struct vg_siphash_key mac1;
static const u64 id = 0x8877665544332211ULL;

/* The session as if nothing had been sent, on both sides. */
static void renew(void)
{
	struct reference_session *session = &reference->sessions[0];

	rig_session(&rig, id, &key, 3600);
	session->id = id;
	memcpy(session->key, &key, 16);
	session->expires = rig_now(&rig) + 3600000000u;
	session->seen_count = 0;
	session->highest = 0;
}

static u32 flips_wrong(struct frame *frame, u32 bit, u32 vid_at, const char *name)
{
	int got, wanted;

	frame->bytes[bit / 8] ^= 0x80 >> bit % 8;
	renew();
	got = rig_judge(&rig, frame->bytes, frame->len);
	reference->now = rig_now(&rig);
	wanted = reference_judge(reference, frame->bytes, frame->len);
	frame->bytes[bit / 8] ^= 0x80 >> bit % 8;
	if (got == wanted && (got != VG_ACCEPTED || bit / 8 < vid_at))
		return 0;
	printf("# %s, bit %u of byte %u: %s, not %s %s\n", name, bit % 8, bit / 8, rig_word(got), rig_word(wanted),
	       got == RIG_WRONG ? rig.complaint : "");
	return 1;
}

static void flip_vid(bool ipv6, u8 type, u32 payload_len)
{
	struct frame_vid vid = { id, 5, 0, key, type, payload_len };
	const char *name = ipv6 ? "IPv6" : "IPv4";
	u32 bit, wrong = 0, len, accepted = 0;
	struct frame frame;
	u8 bytes[VG_VID_MAX];

	for (bit = 0; !bit || bit < frame.len * 8; bit++) {
		vid.generated = rig_now(&rig);
		len = frame_vid_make(&vid, bytes);
		frame_plain(&frame, ipv6, bytes, len);
		wrong += flips_wrong(&frame, bit, frame.len - len, name);
		rig_drain(&rig);
	}
	renew();
	accepted = rig_judge(&rig, frame.bytes, frame.len) == VG_ACCEPTED;
	ktap_ok(!wrong && accepted, "each bit of a %s frame with a %s of %u bytes (%u bits)", name,
		vg_vid_type_word(type), payload_len, frame.len * 8);
}

static void flip_hello(bool ipv6)
{
	struct frame frame;
	u8 bytes[VG_VID_MAX];
	u32 len = frame_hello_make(&mac1, NULL, 96, bytes), bit, wrong = 0;

	frame_plain(&frame, ipv6, bytes, len);
	for (bit = 0; bit < frame.len * 8; bit++)
		wrong += flips_wrong(&frame, bit, frame.len - len, "hello");
	ktap_ok(!wrong && rig_judge(&rig, frame.bytes, frame.len) == VG_ACCEPTED, "each bit of a hello over IPv%d",
		ipv6 ? 6 : 4);
}

/* The generation time of a car's frame as the capture's own format has it; psid 36 or 37. */
static u64 car_time(const u8 *bytes, u32 len)
{
	u64 generated = 0;
	u32 at, i;

	for (at = 14; at + 10 < len; at++)
		if (bytes[at] == 0x01 && (bytes[at + 1] == 0x24 || bytes[at + 1] == 0x25) && bytes[at - 1] & 0x40 &&
		    !bytes[at + 2]) {
			for (i = 0; i < 8; i++)
				generated = generated << 8 | bytes[at + 2 + i];
			return generated;
		}
	return 0;
}

static void set_clock(u64 generated)
{
	s64 offset = rig.policy.clock_offset_us + (s64)(generated - rig_now(&rig)) + 100000;

	rig_policy(&rig, VG_POLICY_clock_offset_us, offset);
}

static u32 flip_car_frame(struct frame *frame)
{
	u32 bit, wrong = 0;

	set_clock(car_time(frame->bytes, frame->len));
	for (bit = 0; bit < frame->len * 8; bit++) {
		wrong += flips_wrong(frame, bit, frame->len, "car");
		if (bit % 64 == 0)
			rig_drain(&rig);
	}
	reference->now = rig_now(&rig);
	if (rig_judge(&rig, frame->bytes, frame->len) != VG_ITS_HANDED ||
	    rig_judge(&rig, frame->bytes, frame->len) != VG_ITS_DUPLICATE)
		wrong++;
	rig_drain(&rig);
	return wrong;
}

struct car {
	u32 frames, wrong;
};

static int flip_each(void *arg, const u8 *bytes, u32 len)
{
	struct car *car = arg;
	struct frame frame = { 0 };

	if (len > VG_ITS_FRAME_MAX || !car_time(bytes, len))
		return 0;
	frame_bytes(&frame, bytes, len);
	reference->frame_count = 0;
	car->wrong += flip_car_frame(&frame);
	return ++car->frames == CAR_FRAMES;
}

static void flip_car(void)
{
	struct car car = { 0, 0 };

	if (capture_walk_car(flip_each, &car))
		ktap_skip("each bit of a real car's frames", "no capture: set SHARED to the folder of shared data");
	else
		ktap_ok(car.frames && !car.wrong, "each bit of %u frames of a real car", car.frames);
}

/* The key that the ingress made of the gateway's public key, so that hellos can be made with it here. */
static void learn_mac1_key(void)
{
	u8 public_key[32] = { 9 };
	struct vg_ingress state;
	u32 zero = 0;

	ingress_set_handshake_key(rig.ingress, public_key);
	bpf_map_lookup_elem(loader_map_fd(rig.loader, LOADER_MAP_INGRESS), &zero, &state);
	mac1 = state.mac1_key;
	memcpy(reference->mac1_key, &mac1, sizeof(mac1));
	reference->hello_enabled = true;
}

int main(void)
{
	int exit_code;

	if (rig_open(&rig, &exit_code))
		return exit_code;
	reference = calloc(1, sizeof(*reference));
	rig_policy(&rig, VG_POLICY_session_rate, 0);
	rig_policy(&rig, VG_POLICY_hello_rate, 0);
	rig_policy(&rig, VG_POLICY_its_rate, 0);
	reference->stale_us = rig.policy.stale_us;
	reference->future_us = rig.policy.future_us;
	reference->its_stale_us = rig.policy.its_stale_us;
	reference->its_future_us = rig.policy.its_future_us;
	learn_mac1_key();
	flip_vid(false, VG_VID_BEACON, 64);
	flip_vid(true, VG_VID_BEACON, 13);
	flip_vid(true, VG_VID_CHARGE_REQUEST, 200);
	flip_hello(false);
	flip_hello(true);
	flip_car();
	free(reference);
	rig_close(&rig);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/* parse_test.c - every form of header around one VID: ours, foreign or malformed, whole and cut off at every length. */
#include <stdlib.h>
#include "reference.h"
#include "rig.h"
#include "tests/ktap.h"

static struct rig rig;
static struct reference *reference;
static const struct vg_siphash_key key = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
static const u64 id = 0x1122334455667788ULL;

static u32 make_vid(u8 *ret_bytes, u32 payload_len)
{
	struct frame_vid vid = { id, 1, rig_now(&rig), key, VG_VID_BEACON, payload_len };

	rig_session(&rig, id, &key, 3600);
	return frame_vid_make(&vid, ret_bytes);
}

static void expect(const struct frame *frame, int reason, const char *name)
{
	int got = rig_judge(&rig, frame->bytes, frame->len);

	ktap_ok(got == reason, "%s: %s%s%s", name, rig_word(got), got == reason ? "" : ", not ",
		got == reason ? "" : rig_word(reason));
	if (got == RIG_WRONG)
		printf("# %s\n", rig.complaint);
}

struct form {
	const char *name;
	u16 vlans[4];
	u32 options; /* IPv4 */
	bool ipv6;
	struct {
		u8 type;
		u32 len;
	} extensions[8];
	int reason;
};

static const struct form forms[] = {
	{ .name = "IPv4", .reason = VG_ACCEPTED },
	{ .name = "IPv6", .ipv6 = true, .reason = VG_ACCEPTED },
	{ .name = "802.1Q", .vlans = { 0x8100 }, .reason = VG_ACCEPTED },
	{ .name = "QinQ", .vlans = { 0x88a8, 0x8100 }, .ipv6 = true, .reason = VG_ACCEPTED },
	{ .name = "old QinQ, three tags", .vlans = { 0x9100, 0x88a8, 0x8100 }, .reason = VG_ACCEPTED },
	{ .name = "four tags", .vlans = { 0x88a8, 0x8100, 0x8100, 0x8100 }, .reason = RIG_FOREIGN },
	{ .name = "IPv4 with 4 bytes of options", .options = 4, .reason = VG_ACCEPTED },
	{ .name = "IPv4 with 40 bytes of options", .options = 40, .reason = VG_ACCEPTED },
	{ .name = "IPv6 hop-by-hop", .ipv6 = true, .extensions = { { 0, 8 } }, .reason = VG_ACCEPTED },
	{ .name = "IPv6 destination, long", .ipv6 = true, .extensions = { { 60, 512 } }, .reason = VG_ACCEPTED },
	{ .name = "IPv6 routing", .ipv6 = true, .extensions = { { 43, 24 } }, .reason = VG_ACCEPTED },
	{ .name = "IPv6 AH", .ipv6 = true, .extensions = { { 51, 24 } }, .reason = VG_ACCEPTED },
	{ .name = "IPv6 six headers",
	  .ipv6 = true,
	  .extensions = { { 0, 8 }, { 60, 8 }, { 43, 8 }, { 51, 12 }, { 60, 16 }, { 60, 8 } },
	  .reason = VG_ACCEPTED },
	{ .name = "IPv6 seven headers",
	  .ipv6 = true,
	  .extensions = { { 0, 8 }, { 60, 8 }, { 43, 8 }, { 51, 12 }, { 60, 16 }, { 60, 8 }, { 60, 8 } },
	  .reason = VG_MALFORMED },
	{ .name = "IPv6 atomic fragment", .ipv6 = true, .extensions = { { 44, 8 } }, .reason = VG_MALFORMED },
	{ .name = "IPv6 ESP", .ipv6 = true, .extensions = { { 50, 8 } }, .reason = RIG_FOREIGN },
	{ .name = "QinQ, IPv6, hop-by-hop, destination",
	  .vlans = { 0x88a8, 0x8100 },
	  .ipv6 = true,
	  .extensions = { { 0, 8 }, { 60, 8 } },
	  .reason = VG_ACCEPTED },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void build(const struct form *form, const u8 *vid, u32 len, struct frame *ret_frame)
{
	u32 i;

	frame_begin(ret_frame);
	for (i = 0; i < 4 && form->vlans[i]; i++)
		frame_vlan(ret_frame, form->vlans[i]);
	if (form->ipv6)
		frame_ipv6(ret_frame, NULL);
	else
		frame_ipv4(ret_frame, NULL, form->options);
	for (i = 0; i < 8 && form->extensions[i].len; i++)
		frame_extension(ret_frame, form->extensions[i].type, form->extensions[i].len);
	frame_udp(ret_frame, VG_VID_PORT);
	frame_bytes(ret_frame, vid, len);
	frame_end(ret_frame);
}

static void test_forms(void)
{
	struct frame frame;
	u8 vid[VG_VID_MAX];
	u32 i, len;

	for (i = 0; i < FORMS; i++) {
		len = make_vid(vid, 64);
		build(&forms[i], vid, len, &frame);
		expect(&frame, forms[i].reason, forms[i].name);
		len = make_vid(vid, 3);
		build(&forms[i], vid, len, &frame);
		frame.len += 46; /* Ethernet padding */
		if (forms[i].reason == VG_ACCEPTED)
			expect(&frame, VG_ACCEPTED, "the same, padded");
	}
}

/* Cut off anywhere, a frame is never accepted: before its port it is foreign, after it malformed. */
static void test_truncations(void)
{
	struct frame frame;
	u8 vid[VG_VID_MAX];
	u32 i, cut, len = make_vid(vid, 40), whole, wrong;
	int got, wanted;

	for (i = 0; i < FORMS; i++) {
		build(&forms[i], vid, len, &frame);
		whole = frame.len;
		for (cut = 14, wrong = 0; cut < whole; cut++) {
			frame.len = cut;
			got = rig_judge(&rig, frame.bytes, frame.len);
			reference->now = rig_now(&rig);
			wanted = reference_judge(reference, frame.bytes, frame.len);
			if (got == wanted && got != VG_ACCEPTED)
				continue;
			wrong++;
			printf("# %s cut to %u of %u: %s, not %s\n", forms[i].name, cut, whole, rig_word(got),
			       rig_word(wanted));
		}
		ktap_ok(!wrong, "%s cut off at every length", forms[i].name);
	}
}

/* Every length of payload: whatever the MAC's words and tail are, the tag is found and right. */
static void test_payloads(void)
{
	struct frame frame;
	u8 vid[VG_VID_MAX];
	u32 payload, len, wrong = 0;

	for (payload = 0; payload <= VG_VID_PAYLOAD_MAX; payload++) {
		len = make_vid(vid, payload);
		frame_plain(&frame, payload & 1, vid, len);
		wrong += rig_judge(&rig, frame.bytes, frame.len) != VG_ACCEPTED;
		len = make_vid(vid, payload);
		vid[len - 17] ^= 0x10;
		frame_plain(&frame, payload & 1, vid, len);
		wrong += payload && rig_judge(&rig, frame.bytes, frame.len) != VG_FORGED;
	}
	ktap_ok(!wrong, "payloads of 0 to %d bytes are accepted, and forged with one bit changed", VG_VID_PAYLOAD_MAX);
}

static void put16(struct frame *frame, u32 at, u16 value)
{
	frame->bytes[at] = value >> 8;
	frame->bytes[at + 1] = value;
}

/* Lengths that contradict each other, and fragments. */
static void test_lengths(void)
{
	struct frame frame;
	u8 vid[VG_VID_MAX];
	u32 len = make_vid(vid, 64), ip = 14, udp = 34;

	frame_plain(&frame, false, vid, len);
	put16(&frame, ip + 2, 20 + 8 + len - 1);
	expect(&frame, VG_MALFORMED, "IP total length one short");
	put16(&frame, ip + 2, 20 + 8 + len + 1);
	expect(&frame, VG_MALFORMED, "IP total length one long");
	put16(&frame, ip + 2, 10);
	expect(&frame, VG_MALFORMED, "IP total length below its header");
	frame_plain(&frame, false, vid, len);
	put16(&frame, udp + 4, 8 + len - 1);
	expect(&frame, VG_MALFORMED, "UDP length one short");
	put16(&frame, udp + 4, 0);
	expect(&frame, VG_MALFORMED, "UDP length zero");
	put16(&frame, udp + 4, 7);
	expect(&frame, VG_MALFORMED, "UDP length below its header");
	frame_plain(&frame, false, vid, len);
	put16(&frame, udp + 4, 8 + len - 1);
	put16(&frame, ip + 2, 20 + 8 + len - 1);
	expect(&frame, VG_MALFORMED, "datagram one byte shorter than the VID says");
	frame_plain(&frame, false, vid, len);
	put16(&frame, ip + 6, 0x2000);
	expect(&frame, VG_MALFORMED, "IPv4 first fragment");
	put16(&frame, ip + 6, 0x2005);
	expect(&frame, RIG_FOREIGN, "IPv4 later fragment");
	put16(&frame, ip + 6, 0x4000);
	expect(&frame, VG_ACCEPTED, "IPv4 with don't-fragment");
	frame_plain(&frame, false, vid, len);
	frame.bytes[ip] = 0x44;
	expect(&frame, RIG_FOREIGN, "IPv4 header length of 16");
	frame.bytes[ip] = 0x65;
	expect(&frame, RIG_FOREIGN, "version 6 behind EtherType 0x0800");
}

static void test_ipv6_fragments(void)
{
	struct frame frame;
	u8 vid[VG_VID_MAX];
	u32 len = make_vid(vid, 64), at;

	frame_begin(&frame);
	frame_ipv6(&frame, NULL);
	at = frame_extension(&frame, 44, 8);
	frame_udp(&frame, VG_VID_PORT);
	frame_bytes(&frame, vid, len);
	frame_end(&frame);
	frame.bytes[at + 3] = 1;
	expect(&frame, VG_MALFORMED, "IPv6 first fragment");
	frame.bytes[at + 3] = 8;
	expect(&frame, RIG_FOREIGN, "IPv6 later fragment");
}

/* What is not ours: untouched, uncounted. */
static void test_foreign(void)
{
	struct frame frame;
	u8 bytes[64] = { 0 };

	frame_begin(&frame);
	frame_ethertype(&frame, 0x0806);
	frame_bytes(&frame, bytes, 28);
	expect(&frame, RIG_FOREIGN, "ARP");
	frame_begin(&frame);
	frame_ipv4(&frame, NULL, 0);
	frame_udp(&frame, 53);
	frame_bytes(&frame, bytes, 64);
	frame_end(&frame);
	expect(&frame, RIG_FOREIGN, "UDP to port 53");
	frame.bytes[23] = 6;
	expect(&frame, RIG_FOREIGN, "TCP");
	frame_begin(&frame);
	frame_ipv6(&frame, NULL);
	frame_udp(&frame, 47801);
	frame_bytes(&frame, bytes, 64);
	frame_end(&frame);
	expect(&frame, RIG_FOREIGN, "IPv6 UDP to the next port");
	frame_begin(&frame);
	expect(&frame, RIG_FOREIGN, "an Ethernet header alone");
}

int main(void)
{
	int exit_code;

	if (rig_open(&rig, &exit_code))
		return exit_code;
	reference = calloc(1, sizeof(*reference));
	rig_policy(&rig, VG_POLICY_session_rate, 0);
	reference->stale_us = rig.policy.stale_us;
	reference->future_us = rig.policy.future_us;
	test_forms();
	test_truncations();
	test_payloads();
	test_lengths();
	test_ipv6_fragments();
	test_foreign();
	free(reference);
	rig_close(&rig);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * verdict_test.c - every reason of the plain gate reached, each by the means
 * that a gateway has: sessions, revocations, deny list, budgets, cookies,
 * records, alarms; and the counters add up.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <sodium.h>
#include "capture.h"
#include "rig.h"
#include "tests/ktap.h"
#include "voltgate/hello.h"

static struct rig rig;
static const u8 key_bytes[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static struct vg_siphash_key key;
static const u64 id = 0xabcdef;
static u64 sequence;
static bool its_were_tested;

static void expect(const struct frame *frame, int reason, const char *name)
{
	int got = rig_judge(&rig, frame->bytes, frame->len);

	ktap_ok(got == reason, "%s: %s%s%s", name, rig_word(got), got == reason ? "" : ", not ",
		got == reason ? "" : rig_word(reason));
	if (got == RIG_WRONG)
		printf("# %s\n", rig.complaint);
}

static void vid_frame(struct frame *frame, u64 session, u64 number, s64 age_us, u8 type)
{
	struct frame_vid vid = { session, number, rig_now(&rig) - age_us, key, type, 64 };
	u8 bytes[VG_VID_MAX];
	u32 len = frame_vid_make(&vid, bytes);

	frame_plain(frame, true, bytes, len);
}

static int admit(u64 session_id, s64 seconds)
{
	struct gate_session session = { .id = session_id, .expires = rig_now(&rig) + seconds * 1000000 };

	memcpy(session.key, key_bytes, 16);
	return rig.gate->ops->session_add(rig.gate, &session);
}

static void test_session(void)
{
	struct gate_session session;
	struct frame frame;

	vid_frame(&frame, id, 1, 0, VG_VID_BEACON);
	expect(&frame, VG_UNKNOWN_SESSION, "before its session is added");
	ktap_ok(!admit(id, 3600) && rig.told_added == 1, "session added and told");
	ktap_ok(admit(id, 3600) == -EEXIST, "the same id again is refused: %s", rig.gate->error.text);
	expect(&frame, VG_ACCEPTED, "first beacon");
	expect(&frame, VG_REPLAYED, "the same again");
	vid_frame(&frame, id, 5000, 0, VG_VID_BEACON);
	expect(&frame, VG_ACCEPTED, "a jump of the sequence");
	vid_frame(&frame, id, 5000 - 1023, 0, VG_VID_BEACON);
	expect(&frame, VG_ACCEPTED, "the oldest place of the window");
	vid_frame(&frame, id, 5000 - 1024, 0, VG_VID_BEACON);
	expect(&frame, VG_REPLAYED, "below the window");
	vid_frame(&frame, id, 5001, 0, VG_VID_BEACON);
	frame.bytes[frame.len - 1] ^= 1;
	expect(&frame, VG_FORGED, "a bit of the tag");
	frame.bytes[frame.len - 1] ^= 1;
	expect(&frame, VG_ACCEPTED, "the sequence that a forgery named is unspent");
	vid_frame(&frame, id, 5002, rig.policy.stale_us + 50000, VG_VID_BEACON);
	expect(&frame, VG_STALE, "too old");
	vid_frame(&frame, id, 5002, -rig.policy.future_us - 100000, VG_VID_BEACON);
	expect(&frame, VG_FUTURE, "of the future");
	vid_frame(&frame, id, 5002, 0, VG_VID_WELCOME);
	expect(&frame, VG_MALFORMED, "a type that only travels the other way");
	rig.gate->ops->session_get(rig.gate, id, &session);
	ktap_ok(session.head == 5001 && session.accepted == 4, "the session has head %llu and %llu packets accepted",
		(unsigned long long)session.head, (unsigned long long)session.accepted);
}

static void test_session_end(void)
{
	struct frame frame;

	vid_frame(&frame, id, 6000, 0, VG_VID_BEACON);
	ktap_ok(!rig.gate->ops->session_revoke(rig.gate, id), "revoked");
	expect(&frame, VG_REVOKED, "after it was revoked");
	ktap_ok(rig.told_removed == 1 && rig.last_why == VG_REVOKED && rig.last_removed.head == 5001,
		"its end was told with reason revoked and head %llu", (unsigned long long)rig.last_removed.head);
	ktap_ok(admit(id, 3600) == -EEXIST, "a revoked id is not added again: %s", rig.gate->error.text);
	ktap_ok(rig.gate->ops->session_revoke(rig.gate, id) == -ENOENT, "%s", rig.gate->error.text);
	admit(id + 1, 3600);
	vid_frame(&frame, id + 1, 1, 0, VG_VID_BEACON);
	expect(&frame, VG_ACCEPTED, "another session");
	rig.gate->ops->session_remove(rig.gate, id + 1);
	vid_frame(&frame, id + 1, 2, 0, VG_VID_BEACON);
	expect(&frame, VG_UNKNOWN_SESSION, "after it was removed");
	ktap_ok(admit(id + 1, 0) == -EINVAL, "%s", rig.gate->error.text);
	rig_session(&rig, id + 2, &key, -1);
	vid_frame(&frame, id + 2, 1, 0, VG_VID_BEACON);
	expect(&frame, VG_EXPIRED, "after its session's end");
}

static void test_budget(void)
{
	struct frame frame;
	int i;

	rig_policy(&rig, VG_POLICY_session_rate, 1);
	rig_policy(&rig, VG_POLICY_session_burst, 3);
	rig_session(&rig, id + 3, &key, 3600);
	for (i = 0; i < 3; i++) {
		vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_BEACON);
		rig_judge(&rig, frame.bytes, frame.len);
	}
	vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_BEACON);
	frame.bytes[frame.len - 1] ^= 1;
	expect(&frame, VG_FORGED, "a forgery when the budget is spent");
	vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_BEACON);
	expect(&frame, VG_OVER_BUDGET, "more than the session's budget");
	rig_policy(&rig, VG_POLICY_session_rate, 0);
	vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_BEACON);
	expect(&frame, VG_ACCEPTED, "without a limit");
}

static void test_deny(void)
{
	struct gate_deny deny = { .source = { .family = VG_SOURCE_IPV6, .addr = { 0x20, 1, 0x0d, 0xb8 } },
				  .prefix_bits = 32 };
	struct gate_deny long_one = { .source = { .family = VG_SOURCE_IPV4 }, .prefix_bits = 33 };
	struct frame frame;

	vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_BEACON);
	ktap_ok(!rig.gate->ops->deny_add(rig.gate, &deny), "2001:db8::/32 is denied");
	expect(&frame, VG_DENIED, "a good packet from there");
	frame.bytes[frame.udp_at + 5] ^= 1;
	expect(&frame, VG_DENIED, "a malformed one from there");
	frame.bytes[frame.udp_at + 5] ^= 1;
	frame.bytes[frame.ip_at + 8] ^= 1;
	expect(&frame, VG_ACCEPTED, "the good one from elsewhere");
	frame.bytes[frame.ip_at + 8] ^= 1;
	ktap_ok(!rig.gate->ops->deny_remove(rig.gate, &deny), "2001:db8::/32 is not denied any more");
	vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_BEACON);
	expect(&frame, VG_ACCEPTED, "from there again");
	ktap_ok(rig.gate->ops->deny_remove(rig.gate, &deny) == -ENOENT, "%s", rig.gate->error.text);
	ktap_ok(rig.gate->ops->deny_add(rig.gate, &long_one) == -EINVAL, "%s", rig.gate->error.text);
	long_one = (struct gate_deny){ .source = { .family = VG_SOURCE_MAC, .addr = { 2, 0, 0, 0, 0, 7 } },
				       .prefix_bits = 48 };
	rig.gate->ops->deny_add(rig.gate, &long_one);
	frame_begin(&frame);
	frame_ethertype(&frame, 0x8947);
	frame_bytes(&frame, "\x11\0\0\0", 4);
	expect(&frame, VG_DENIED, "an ITS frame from a denied MAC");
	rig.gate->ops->deny_remove(rig.gate, &long_one);
	expect(&frame, VG_ITS_UNSIGNED, "the same, allowed again");
}

static void test_records(void)
{
	struct vg_event *event = &rig.last_event;
	struct frame frame;
	u32 i, backlog = 0;

	rig_drain(&rig);
	vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_METER);
	expect(&frame, VG_ACCEPTED, "an action");
	rig_drain(&rig);
	ktap_ok(rig.records == 1 && event->kind == VG_EVENT_ACTION && event->len == frame.len - 62 &&
			!memcmp(rig.last, frame.bytes + 62, event->len),
		"its bytes are in the ring of actions");
	expect(&frame, VG_REPLAYED, "the action again");
	rig_drain(&rig);
	ktap_ok(!rig.records, "a replayed action leaves no record");
	rig_policy(&rig, VG_POLICY_record_beacons, 1);
	vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_BEACON);
	rig_judge(&rig, frame.bytes, frame.len);
	rig_drain(&rig);
	ktap_ok(rig.records == 1 && event->kind == VG_EVENT_BEACON,
		"the first beacon of a second is recorded if asked");
	rig_policy(&rig, VG_POLICY_record_beacons, 0);
	for (i = 0; i < 100000 && !backlog; i++) {
		vid_frame(&frame, id + 3, ++sequence, 0, VG_VID_METER);
		backlog = rig_judge(&rig, frame.bytes, frame.len) == VG_BACKLOG;
	}
	ktap_ok(backlog, "actions that nobody takes out are refused as backlog after %u", i);
	rig_drain(&rig);
	expect(&frame, VG_ACCEPTED, "once there is room, the refused one is accepted: its sequence was unspent");
	rig_drain(&rig);
}

static void hello_frame(struct frame *frame, const struct vg_siphash_key *mac1, const struct vg_siphash_key *cookie)
{
	u8 bytes[VG_VID_MAX];
	u32 len = frame_hello_make(mac1, cookie, 96, bytes);

	frame_plain(frame, false, bytes, len);
}

static void test_hello(void)
{
	struct vg_cookie_input input = { .source = { .family = VG_SOURCE_IPV4, .addr = { 192, 0, 2, 7 } },
					 .port = vg_be16(40000) };
	struct vg_siphash_key mac1, secret, cookie, wrong = { 1, 1 };
	struct vg_ingress state;
	u8 public_key[32] = { 9 };
	struct frame frame;
	u32 zero = 0, i;

	hello_frame(&frame, &wrong, NULL);
	expect(&frame, VG_BAD_COOKIE, "a hello when no handshake key is set");
	ingress_set_handshake_key(rig.ingress, public_key);
	bpf_map_lookup_elem(loader_map_fd(rig.loader, LOADER_MAP_INGRESS), &zero, &state);
	mac1 = state.mac1_key;
	expect(&frame, VG_BAD_COOKIE, "a hello with a wrong mac1");
	hello_frame(&frame, &mac1, NULL);
	for (i = 0; i < rig.policy.hello_burst; i++)
		expect(&frame, VG_ACCEPTED, "a hello without a cookie");
	expect(&frame, VG_BAD_COOKIE, "one more of that source in that moment");
	ingress_cookie_secret(rig.ingress, &secret);
	vg_hello_cookie(&secret, &input, &cookie);
	hello_frame(&frame, &mac1, &cookie);
	expect(&frame, VG_ACCEPTED, "a hello with a cookie when unproven ones have spent theirs");
	rig_policy(&rig, VG_POLICY_under_load, 1);
	expect(&frame, VG_ACCEPTED, "a hello with a cookie under load");
	ingress_rotate_cookie_secret(rig.ingress);
	expect(&frame, VG_ACCEPTED, "the cookie before is still good");
	ingress_rotate_cookie_secret(rig.ingress);
	expect(&frame, VG_BAD_COOKIE, "two cookies before is not");
	ingress_cookie_secret(rig.ingress, &secret);
	vg_hello_cookie(&secret, &input, &cookie);
	hello_frame(&frame, &mac1, &cookie);
	frame.bytes[29] ^= 1;
	expect(&frame, VG_BAD_COOKIE, "a cookie from another address, under load");
	frame.bytes[29] ^= 1;
	frame.bytes[frame.udp_at + 1] ^= 1;
	expect(&frame, VG_BAD_COOKIE, "a cookie from another port, under load");
	frame.bytes[frame.udp_at + 1] ^= 1;
	for (i = 0; i < 64 && rig_judge(&rig, frame.bytes, frame.len) == VG_ACCEPTED; i++)
		;
	expect(&frame, VG_OVER_BUDGET, "proven hellos beyond their budget");
	rig_policy(&rig, VG_POLICY_under_load, 0);
}

/* What the agent is shown of a refused hello is enough to answer it, along the path it came. */
static bool asked_right(const struct frame *frame)
{
	const struct vg_hello_asked *asked = &rig.last_asked;
	u32 len = frame->ipv6 ? 16 : 4, at = frame->ip_at + (frame->ipv6 ? 8 : 12);

	return rig.asked == 1 && asked->from.source.family == (frame->ipv6 ? VG_SOURCE_IPV6 : VG_SOURCE_IPV4) &&
	       asked->to.family == asked->from.source.family &&
	       !memcmp(asked->from.source.addr, frame->bytes + at, len) &&
	       !memcmp(asked->to.addr, frame->bytes + at + len, len) &&
	       !memcmp(&asked->from.port, frame->bytes + frame->udp_at, 2) &&
	       !memcmp(asked->mac1, frame->bytes + frame->len - 16, 16);
}

static void test_asked(void)
{
	struct vg_siphash_key mac1;
	struct vg_ingress state;
	struct frame frame;
	u8 bytes[VG_VID_MAX], source[16] = { 0x20, 1, 0x0d, 0xb8 };
	u32 zero = 0, i, len;

	bpf_map_lookup_elem(loader_map_fd(rig.loader, LOADER_MAP_INGRESS), &zero, &state);
	mac1 = state.mac1_key;
	rig_policy(&rig, VG_POLICY_under_load, 1);
	ingress_set_asked_rate(rig.ingress, 100000);
	len = frame_hello_make(&mac1, NULL, 96, bytes);
	for (i = 0; i < 4; i++) {
		source[15] = (u8)(100 + i);
		frame_begin(&frame);
		if (i & 1)
			frame_vlan(&frame, 0x8100);
		if (i & 2)
			frame_ipv6(&frame, source);
		else
			frame_ipv4(&frame, source + 12, i & 1 ? 8 : 0);
		if (i == 3)
			frame_extension(&frame, 0, 16);
		frame_udp(&frame, VG_VID_PORT);
		frame_bytes(&frame, bytes, len);
		frame_end(&frame);
		rig_drain(&rig);
		expect(&frame, VG_BAD_COOKIE, "a hello that lacks its cookie");
		rig_drain(&rig);
		ktap_ok(asked_right(&frame), "the agent is told whom to hand one, over IPv%d", i & 2 ? 6 : 4);
	}
	for (i = 0; i < 40; i++)
		rig_judge(&rig, frame.bytes, frame.len);
	rig_drain(&rig);
	ktap_ok(rig.asked < rig.policy.hello_burst + 2, "of 40 of one source %u are shown", rig.asked);
	ingress_set_asked_rate(rig.ingress, 10); /* two at once */
	for (i = 0; i < 40; i++) {
		frame.bytes[frame.ip_at + 20] = (u8)i;
		rig_judge(&rig, frame.bytes, frame.len);
	}
	rig_drain(&rig);
	ktap_ok(rig.asked <= 3, "of 40 sources no more than the agent asked for (%u)", rig.asked);
	frame.bytes[frame.len - 1] ^= 1;
	ingress_set_asked_rate(rig.ingress, 100000);
	rig_judge(&rig, frame.bytes, frame.len);
	rig_drain(&rig);
	ktap_ok(!rig.asked, "nothing is shown of a hello with a wrong mac1");
	rig_policy(&rig, VG_POLICY_under_load, 0);
}

struct its {
	u8 bytes[2048];
	u32 len;
};

static int its_first(void *arg, const u8 *bytes, u32 len)
{
	struct its *its = arg;

	if (len < 150 || len > sizeof(its->bytes) || bytes[12] != 0x89 || bytes[13] != 0x47 || bytes[14] != 0x12)
		return 0;
	memcpy(its->bytes, bytes, len);
	its->len = len;
	return 1;
}

/* Where the generation time stands: behind psid 36 or 37 and its preamble. */
static u32 its_time_at(const struct its *its)
{
	u32 at;

	for (at = 30; at < its->len - 10; at++)
		if (its->bytes[at] == 1 && (its->bytes[at + 1] & 0xfe) == 0x24 && its->bytes[at - 1] & 0x40 &&
		    !its->bytes[at + 2])
			return at + 2;
	return 0;
}

static void its_stamp(struct its *its, s64 age_us)
{
	u64 generated = rig_now(&rig) - age_us;
	u32 at = its_time_at(its), i;

	for (i = 0; i < 8; i++)
		its->bytes[at + i] = generated >> (56 - 8 * i);
}

static void its_expect(const struct its *its, int reason, const char *name)
{
	struct frame frame = { .len = 0 };

	frame_bytes(&frame, its->bytes, its->len);
	expect(&frame, reason, name);
}

/* True if one frame more is handed. */
static bool its_next(struct its *its)
{
	its_stamp(its, 0);
	return rig_judge(&rig, its->bytes, its->len) == VG_ITS_HANDED;
}

static void test_its(void)
{
	struct its its = { .len = 0 };
	u32 i;

	if (capture_walk_car(its_first, &its) || !its.len || !its_time_at(&its)) {
		ktap_skip("ITS frames", "no capture: set SHARED to the folder of shared data");
		return;
	}
	its_were_tested = true;
	rig_drain(&rig);
	its_stamp(&its, 0);
	its_expect(&its, VG_ITS_HANDED, "a car's frame of now");
	rig_drain(&rig);
	ktap_ok(rig.its_frames == 1 && rig.last_event.len == its.len && !memcmp(rig.last, its.bytes, its.len),
		"the agent gets it whole");
	its_expect(&its, VG_ITS_DUPLICATE, "the same frame again");
	its_stamp(&its, rig.policy.its_stale_us + 50000);
	its_expect(&its, VG_ITS_STALE, "an old one");
	its_stamp(&its, -rig.policy.its_future_us - 100000);
	its_expect(&its, VG_ITS_FUTURE, "one of the future");
	its.bytes[18] = 4;
	its_expect(&its, VG_ITS_MALFORMED, "another protocol version");
	its.bytes[18] = 3;
	its.bytes[19] = 0x82;
	its_expect(&its, VG_ITS_UNSUPPORTED, "encrypted data");
	its.bytes[19] = 0x81;
	its.bytes[14] = 0x11;
	its_expect(&its, VG_ITS_UNSIGNED, "a frame without security");
	its.bytes[14] = 0x12;
	rig_policy(&rig, VG_POLICY_its_rate, 1);
	rig_policy(&rig, VG_POLICY_its_burst, 1);
	for (i = 0; i < 1000 && !its_next(&its); i++) /* what was handed before still counts, for a moment */
		usleep(1000);
	ktap_ok(i < 1000, "an ITS frame with a budget for one");
	its_stamp(&its, 1);
	its_expect(&its, VG_ITS_OVER_BUDGET, "the second");
	its_expect(&its, VG_ITS_OVER_BUDGET, "the one over budget again: it is no duplicate, it was never handed");
	rig_policy(&rig, VG_POLICY_its_rate, 0);
	rig_drain(&rig);
}

static u32 dumped;
static u64 dumped_packets;

static int count_alarm(void *arg, const struct vg_alarm *alarm)
{
	(void)arg;
	dumped++;
	dumped_packets += alarm->state.count;
	return 0;
}

/* Every refusal so far is in an aggregate or in the overflow; a flood of spoofed sources makes no more than the limit.
 */
static void test_alarms(void)
{
	struct gate_counters counters;
	u64 refused = 0, overflow = 0, before;
	struct frame frame;
	u32 i;

	rig_policy(&rig, VG_POLICY_alarm_new_rate, 50);
	vid_frame(&frame, id + 77, 1, 0, VG_VID_BEACON);
	rig.gate->ops->alarm_dump(rig.gate, count_alarm, NULL);
	before = dumped;
	for (i = 0; i < 3000; i++) {
		randombytes_buf(frame.bytes + 30, 8);
		rig_repeat(&rig, frame.bytes, frame.len, 1);
	}
	dumped = dumped_packets = 0;
	rig.gate->ops->counters(rig.gate, &counters);
	rig.gate->ops->alarm_dump(rig.gate, count_alarm, NULL);
	for (i = 1; i < VG_REASON_COUNT; i++) {
		refused += i == VG_ITS_HANDED ? 0 : counters.packets[i];
		overflow += counters.alarm_overflow[i];
	}
	ktap_ok(dumped - before >= 50 && dumped - before < 300, "3000 spoofed sources made %llu aggregates",
		(unsigned long long)(dumped - before));
	ktap_ok(refused == dumped_packets + rig.told_closed_packets + overflow && overflow,
		"%llu refusals = %llu in aggregates + %llu closed + %llu overflow", (unsigned long long)refused,
		(unsigned long long)dumped_packets, (unsigned long long)rig.told_closed_packets,
		(unsigned long long)overflow);
	rig_drain(&rig);
	ktap_ok(rig.notices, "the ring has notices of the first of a kind");
	ktap_ok(!gate_plain_alarm_notice(rig.gate, (struct vg_alarm_key *)rig.last), "a notice finds its aggregate");
	before = rig.told_closed;
	rig.gate->ops->flush(rig.gate);
	dumped = 0;
	rig.gate->ops->alarm_dump(rig.gate, count_alarm, NULL);
	ktap_ok(!dumped && rig.told_closed > before && rig.told_new >= rig.told_closed,
		"flush closes all of them and tells it");
}

int main(void)
{
	int exit_code;
	u32 i, reached = 0, last;

	if (rig_open(&rig, &exit_code))
		return exit_code;
	vg_siphash_key_decode(key_bytes, &key);
	rig_policy(&rig, VG_POLICY_session_rate, 0);
	test_session();
	test_session_end();
	test_budget();
	test_deny();
	test_records();
	test_hello();
	test_asked();
	test_its();
	rig_counts(&rig, rig.counts);
	last = its_were_tested ? VG_ITS_OVER_BUDGET : VG_BACKLOG;
	for (i = 0; i <= last; i++)
		if (rig.counts[i] || i == VG_INTERNAL)
			reached++;
		else
			printf("# reason %s was not reached\n", vg_reason_word(i));
	ktap_ok(reached == last + 1, "every reason up to %s was given (but internal)", vg_reason_word(last));
	test_alarms();
	rig_close(&rig);
	return ktap_exit();
}

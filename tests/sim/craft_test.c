// SPDX-License-Identifier: GPL-2.0
/* craft_test.c - every mode of the simulator makes what it says, on every route. */
#include <arpa/inet.h>
#include <sodium.h>
#include "tests/ktap.h"
#include "tests/sim/packet.h"
#include "tools/sim/craft.h"
#include "tools/sim/knock.h"
#include "voltgate/hello.h"

#define NOW 722476805000000ULL
#define VEHICLES 50
#define SHOTS 3000

struct bench {
	struct craft_plan plan;
	struct fleet fleet;
	struct crafter crafter;
	u8 mac1_key[16], cookie_secret[16]; /* as bytes, for libsodium */
	u32 right, wrong_reason, wrong_frame;
};

static void bench_open(struct bench *bench, enum mode mode)
{
	u8 digest[32];

	memset(bench, 0, sizeof(*bench));
	memset(digest, 7, sizeof(digest));
	bench->plan.weights[mode] = 1;
	bench->plan.weight_total = 1;
	bench->plan.expect = -1;
	bench->plan.payload_len = -1;
	bench->plan.from_port = 40000;
	bench->plan.session_burst = 20;
	bench->plan.oracle = (struct oracle){ .stale_us = 2000000, .future_us = 500000 };
	bench->plan.route.has4 = true;
	inet_pton(AF_INET, "10.7.0.1", &bench->plan.route.to4);
	inet_pton(AF_INET, "10.7.0.0", &bench->plan.route.from4);
	bench->plan.route.from4_bits = 16;
	memset(bench->mac1_key, 0x31, 16);
	memset(bench->cookie_secret, 0x53, 16);
	vg_siphash_key_decode(bench->mac1_key, &bench->plan.mac1_key);
	vg_siphash_key_decode(bench->cookie_secret, &bench->plan.cookie_secret);
	fleet_make(&bench->fleet, VEHICLES, 42);
	crafter_init(&bench->crafter, &bench->plan, bench->fleet.vehicles, VEHICLES, 0, 1, 99);
}

static const struct vehicle *vehicle_of(const struct bench *bench, const u8 *vid)
{
	u64 id = (u64)packet_be(vid + 8, 4) << 32 | packet_be(vid + 12, 4);
	u32 i;

	for (i = 0; i < VEHICLES; i++) {
		if (bench->fleet.vehicles[i].session.id == id)
			return &bench->fleet.vehicles[i];
	}
	return NULL;
}

static bool tag_right(const struct bench *bench, const struct packet *packet)
{
	const struct vehicle *vehicle = packet->payload_len >= 48 ? vehicle_of(bench, packet->payload) : NULL;
	u8 tag[16];

	if (!vehicle)
		return false;
	crypto_shorthash_siphashx24(tag, packet->payload, packet->payload_len - 16, vehicle->session.key);
	return !memcmp(tag, packet->payload + packet->payload_len - 16, 16);
}

static bool hello_right(const struct bench *bench, const struct packet *packet, enum mode mode)
{
	const u8 *vid = packet->payload, *mac2 = vid + packet->payload_len - 32, *mac1 = mac2 + 16;
	u8 tag[16], cookie[16], input[24] = { 0 }, proof[16];
	static const u8 zeros[16];
	bool right1;

	crypto_shorthash_siphashx24(tag, vid, packet->payload_len - 16, bench->mac1_key);
	right1 = !memcmp(tag, mac1, 16);
	memcpy(input, &packet->source, 20);
	input[20] = (u8)(packet->from_port >> 8);
	input[21] = (u8)packet->from_port;
	crypto_shorthash_siphashx24(cookie, input, sizeof(input), bench->cookie_secret);
	crypto_shorthash_siphashx24(proof, vid, packet->payload_len - 32, cookie);
	switch (mode) {
	case MODE_HELLO_COOKIE:
		return right1 && !memcmp(proof, mac2, 16);
	case MODE_HELLO_BAD_COOKIE:
		return right1 && memcmp(proof, mac2, 16) && memcmp(zeros, mac2, 16);
	case MODE_HELLO_BAD_MAC1:
		return !right1;
	default:
		return right1 && !memcmp(zeros, mac2, 16);
	}
}

/* What the mode's name promises, seen from the packet alone. */
static bool packet_fits(const struct bench *bench, const struct packet *packet, const struct shot *shot)
{
	const u8 *vid = packet->payload;
	struct vg_vid_fields fields;
	bool decodes;

	if (shot->mode == MODE_FOREIGN)
		return packet->ethertype == 0x88b5 || packet->to_port != VG_VID_PORT;
	if (packet->to_port != VG_VID_PORT || !packet->checksums_right)
		return false;
	decodes = packet->payload_len >= 48 && vg_vid_decode((const struct vg_vid *)vid, packet->payload_len, &fields);
	if (mode_is_hello(shot->mode))
		return decodes && hello_right(bench, packet, shot->mode);
	if (shot->expected == VG_MALFORMED)
		return packet->fragment ? shot->mode == MODE_FRAGMENT : !decodes;
	if (!decodes)
		return false;
	switch (shot->expected) {
	case VG_UNKNOWN_SESSION:
		return !vehicle_of(bench, vid);
	case VG_STALE:
		return fields.generated < NOW && (shot->mode == MODE_BIT_FLIP || tag_right(bench, packet));
	case VG_FUTURE:
		return fields.generated > NOW && (shot->mode == MODE_BIT_FLIP || tag_right(bench, packet));
	case VG_FORGED:
		return vehicle_of(bench, vid) && !tag_right(bench, packet);
	case VG_BAD_COOKIE: /* a flipped bit made a hello of it */
		return fields.type == VG_VID_HELLO;
	case VG_REPLAYED:
		return vehicle_of(bench, vid) && (shot->mode == MODE_BIT_FLIP || tag_right(bench, packet));
	default:
		return tag_right(bench, packet);
	}
}

static void bench_shoot(struct bench *bench, enum mode mode, u32 shots)
{
	u64 now = NOW;
	struct shot shot;
	struct packet packet;
	u32 i;
	int nominal;

	for (i = 0; i < shots; i++, now += 50) {
		memset(&shot, 0, sizeof(shot));
		if (crafter_next(&bench->crafter, now, &shot))
			break;
		nominal = mode_infos[shot.mode].reason;
		if (mode == MODE_OVER_BUDGET && i < VEHICLES * bench->plan.session_burst)
			nominal = VG_ACCEPTED; /* the budget is spent first */
		if (nominal != REASON_BY_CORE && shot.expected != nominal)
			bench->wrong_reason++;
		else if (shot.mode == MODE_BIT_FLIP && shot.expected == VG_ACCEPTED)
			bench->wrong_reason++;
		else if (!packet_read(shot.frame, shot.len, &packet) || !packet_fits(bench, &packet, &shot))
			bench->wrong_frame++;
		else
			bench->right += shot.mode == mode;
	}
}

static void test_modes(void)
{
	struct bench bench;
	int mode;

	for (mode = 0; mode < MODE_COUNT && !mode_is_its(mode); mode++) {
		bench_open(&bench, mode);
		bench_shoot(&bench, mode, SHOTS);
		ktap_ok(!bench.wrong_reason && !bench.wrong_frame && bench.right >= SHOTS / 2,
			"%s: %u packets right, %u with another reason, %u that are something else",
			mode_infos[mode].word, bench.right, bench.wrong_reason, bench.wrong_frame);
		fleet_done(&bench.fleet);
	}
}

static void route_shape(struct route *route, int family, int vlans, bool headers)
{
	route->has4 = family != 6;
	route->has6 = family != 4;
	inet_pton(AF_INET6, "fd00:7::1", &route->to6);
	inet_pton(AF_INET6, "fd00:7::", &route->from6);
	route->from6_bits = 64;
	route->vlan_count = (u32)vlans;
	route->vlans[0] = 100;
	route->vlans[1] = 10;
	route->headers = headers;
}

static void test_routes(void)
{
	static const int families[] = { 4, 6, 46 };
	struct bench bench;
	int family, vlans, headers;

	for (family = 0; family < 3; family++) {
		for (vlans = 0; vlans < 3; vlans++) {
			for (headers = 0; headers < 2; headers++) {
				bench_open(&bench, MODE_ACCEPTED);
				bench.plan.weights[MODE_FRAGMENT] = 1;
				bench.plan.weight_total = 2;
				route_shape(&bench.plan.route, families[family], vlans, headers);
				bench_shoot(&bench, MODE_ACCEPTED, 500);
				ktap_ok(bench.right > 100 && !bench.wrong_frame && !bench.wrong_reason,
					"IPv%d, %d VLAN tags%s: lengths and checksums agree", families[family], vlans,
					headers ? ", more headers" : "");
				fleet_done(&bench.fleet);
			}
		}
	}
}

/* Every single bit of a packet, judged by the core: none may be let in. */
static void test_every_bit(void)
{
	struct oracle oracle = { .stale_us = 2000000, .future_us = 500000 };
	u8 vid[VG_VID_MAX], payload[64] = { 1, 2, 3 };
	u32 bit, accepted = 0, len;
	struct fleet fleet;
	enum vg_reason first;

	fleet_make(&fleet, 1, 5);
	len = (u32)voltgate_vid_make(&fleet.vehicles[0].session, VOLTGATE_METER, NOW, payload, sizeof(payload), vid,
				     sizeof(vid));
	for (bit = 0; bit < len * 8; bit++) {
		vid[bit / 8] ^= 1 << bit % 8;
		accepted += oracle_ask(&oracle, &fleet.vehicles[0], vid, len, NOW) == VG_ACCEPTED;
		vid[bit / 8] ^= 1 << bit % 8;
	}
	first = oracle_judge(&oracle, &fleet.vehicles[0], vid, len, NOW, false);
	ktap_ok(!accepted && first == VG_ACCEPTED, "%u of %u packets with one bit flipped are let in, the right one is",
		accepted, len * 8);
	ktap_ok(oracle_judge(&oracle, &fleet.vehicles[0], vid, len, NOW, false) == VG_REPLAYED, "but only once");
	fleet_done(&fleet);
}

static void test_seed(void)
{
	struct bench one, two;
	struct shot a, b;
	int i, same = 0;

	bench_open(&one, MODE_ACCEPTED);
	bench_open(&two, MODE_ACCEPTED);
	for (i = 0; i < 1000; i++) {
		crafter_next(&one.crafter, NOW + (u64)i, &a);
		crafter_next(&two.crafter, NOW + (u64)i, &b);
		same += a.len == b.len && !memcmp(a.frame, b.frame, a.len);
	}
	ktap_ok(same == 1000, "the same seed gives the same packets (%d of 1000)", same);
	fleet_done(&one.fleet);
	fleet_done(&two.fleet);
}

static void test_hello_sources(void)
{
	struct bench bench;
	struct vg_source seen[500];
	struct packet packet;
	struct shot shot;
	u32 i, j, twice = 0;

	bench_open(&bench, MODE_HELLO);
	for (i = 0; i < 500; i++) {
		crafter_next(&bench.crafter, NOW, &shot);
		packet_read(shot.frame, shot.len, &packet);
		seen[i] = packet.source;
		for (j = 0; j < i; j++)
			twice += !memcmp(&seen[i], &seen[j], sizeof(seen[i]));
	}
	ktap_ok(!twice, "no two of 500 hellos share a source");
	fleet_done(&bench.fleet);
}

int main(void)
{
	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	test_modes();
	test_routes();
	test_every_bit();
	test_seed();
	test_hello_sources();
	return ktap_exit();
}

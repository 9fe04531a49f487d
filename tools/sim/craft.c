// SPDX-License-Identifier: GPL-2.0
/*
 * craft.c - one function for each family of modes. A packet that depends on
 * the gate's window (replays, flipped bits) waits until an accepted packet of
 * its vehicle has gone out before it.
 */
#include <errno.h>
#include "tools/sim/craft.h"
#include "tools/sim/knock.h"
#include "tools/sim/its_shots.h"

#define SECOND 1000000ULL
#define SLACK_US 400000	     /* how late a packet may reach the gate without changing what it is */
#define REPLAY_AGE_US 500000 /* older packets are not replayed: they would soon be stale */
#define PAYLOAD_DEFAULT_MAX 64

static const u8 action_types[] = { VG_VID_CHARGE_REQUEST, VG_VID_METER,	      VG_VID_METER,	  VG_VID_METER,
				   VG_VID_METER,	  VG_VID_CHARGE_STOP, VG_VID_CHARGE_STOP, VG_VID_RATING };

void crafter_init(struct crafter *crafter, const struct craft_plan *plan, struct vehicle *vehicles, u32 vehicle_count,
		  u32 number, u32 of, u64 seed)
{
	memset(crafter, 0, sizeof(*crafter));
	crafter->plan = plan;
	crafter->vehicles = vehicles;
	crafter->vehicle_count = vehicle_count;
	crafter->number = number;
	crafter->of = of;
	crafter->dice.state = seed + number * 0x5851f42d4c957f2dULL;
	crafter->pending = -1;
}

static enum voltgate_type draw_type(struct crafter *crafter, enum mode mode)
{
	if (mode == MODE_BEACON || (mode != MODE_ACTION && dice_below(&crafter->dice, 100) < 80))
		return VOLTGATE_BEACON;
	return action_types[dice_below(&crafter->dice, sizeof(action_types))];
}

/* An authentic packet with the next sequence of @session. Returns its length. */
static u32 make_vid(struct crafter *crafter, struct voltgate_session *session, enum mode mode, u64 generated,
		    u8 *ret_vid)
{
	int fixed = crafter->plan->payload_len, len;
	u8 payload[VG_VID_PAYLOAD_MAX];
	u32 payload_len = fixed >= 0 ? (u32)fixed : 24 + dice_below(&crafter->dice, PAYLOAD_DEFAULT_MAX - 23);

	if (mode == MODE_REPLAY && payload_len > PAYLOAD_DEFAULT_MAX)
		payload_len = PAYLOAD_DEFAULT_MAX; /* its copy is kept */
	dice_fill(&crafter->dice, payload, payload_len);
	len = voltgate_vid_make(session, draw_type(crafter, mode), generated, payload, payload_len, ret_vid,
				VG_VID_MAX);
	return len > 0 ? (u32)len : 0;
}

/* The same without spending a sequence: packets that the gate must not take in. */
static u32 make_unspent(struct crafter *crafter, struct vehicle *vehicle, u64 generated, u8 *ret_vid)
{
	u64 sequence = vehicle->session.next_sequence;
	u32 len = make_vid(crafter, &vehicle->session, MODE_ACCEPTED, generated, ret_vid);

	vehicle->session.next_sequence = sequence;
	return len;
}

static u32 make_foreign_session(struct crafter *crafter, u64 id, u64 sequence, u64 now, u8 *ret_vid)
{
	struct voltgate_session session = { .id = id ? id : 1, .next_sequence = sequence };

	dice_fill(&crafter->dice, session.key, sizeof(session.key));
	return make_vid(crafter, &session, MODE_ACCEPTED, now, ret_vid);
}

static u32 make_replay(const struct vehicle *vehicle, u8 *ret_vid)
{
	memcpy(ret_vid, vehicle->last, vehicle->last_len);
	return vehicle->last_len;
}

static u32 make_old_sequence(struct crafter *crafter, struct vehicle *vehicle, u64 now, u8 *ret_vid)
{
	u64 sequence = vehicle->session.next_sequence, head = vehicle->gate.auth.replay.head;
	u32 len;

	vehicle->session.next_sequence = head - VG_REPLAY_BITS - dice_below(&crafter->dice, 64);
	len = make_vid(crafter, &vehicle->session, MODE_ACCEPTED, now, ret_vid);
	vehicle->session.next_sequence = sequence;
	return len;
}

/* Draws bits until the gate's answer is the same now and a little later. */
static u32 make_bit_flip(struct crafter *crafter, struct vehicle *vehicle, u64 now, u8 *ret_vid)
{
	const struct oracle *oracle = &crafter->plan->oracle;
	u32 len = make_vid(crafter, &vehicle->session, MODE_ACCEPTED, now, ret_vid), bit;

	for (;;) {
		bit = dice_below(&crafter->dice, len * 8);
		ret_vid[bit / 8] ^= 1 << bit % 8;
		if (oracle_ask(oracle, vehicle, ret_vid, len, now) ==
		    oracle_ask(oracle, vehicle, ret_vid, len, now + SLACK_US))
			return len;
		ret_vid[bit / 8] ^= 1 << bit % 8;
	}
}

static u32 make_truncated(struct crafter *crafter, struct vehicle *vehicle, u64 now, u8 *ret_vid)
{
	return dice_below(&crafter->dice, make_unspent(crafter, vehicle, now, ret_vid));
}

static u32 make_oversized(struct crafter *crafter, struct vehicle *vehicle, u64 now, u8 *ret_vid)
{
	u32 len = make_unspent(crafter, vehicle, now, ret_vid), more = 1 + dice_below(&crafter->dice, 300);

	if (dice_below(&crafter->dice, 2)) { /* says truly that it is longer than any may be */
		u16 payload_len = vg_be16(VG_VID_PAYLOAD_MAX + more);

		memcpy(ret_vid + 2, &payload_len, sizeof(payload_len));
		dice_fill(&crafter->dice, ret_vid + len, VG_VID_MAX + more - len);
		return VG_VID_MAX + more;
	}
	if (len + more > VG_VID_MAX)
		more = 1 + VG_VID_MAX - len;
	dice_fill(&crafter->dice, ret_vid + len, more);
	return len + more;
}

static u32 make_malformed(struct crafter *crafter, struct vehicle *vehicle, u64 now, u8 *ret_vid)
{
	static const u8 bad_types[] = { 0, 2, 3, 4, 15, 21, 200, 255 };
	u32 len = make_unspent(crafter, vehicle, now, ret_vid);

	switch (dice_below(&crafter->dice, 5)) {
	case 0:
		ret_vid[0] = (u8)(2 + dice_below(&crafter->dice, 250));
		break;
	case 1:
		ret_vid[1] = bad_types[dice_below(&crafter->dice, sizeof(bad_types))];
		break;
	case 2:
		ret_vid[4 + dice_below(&crafter->dice, 4)] = (u8)(1 + dice_below(&crafter->dice, 255));
		break;
	case 3:
		memset(ret_vid + 8, 0, 8);
		break;
	default:
		memset(ret_vid + 16, 0, 8);
	}
	return len;
}

static u32 make_of_vehicle(struct crafter *crafter, struct vehicle *vehicle, enum mode mode, u64 now, u8 *ret_vid)
{
	const struct oracle *oracle = &crafter->plan->oracle;
	u64 far = SECOND * (1 + dice_below(&crafter->dice, 3600));

	switch (mode) {
	case MODE_FORGED:
		return make_foreign_session(crafter, vehicle->session.id, vehicle->session.next_sequence, now, ret_vid);
	case MODE_UNKNOWN:
		return make_foreign_session(crafter, dice_word(&crafter->dice), 1 + dice_below(&crafter->dice, 1000),
					    now, ret_vid);
	case MODE_BIT_FLIP:
		return make_bit_flip(crafter, vehicle, now, ret_vid);
	case MODE_REPLAY:
		return make_replay(vehicle, ret_vid);
	case MODE_OLD_SEQUENCE:
		return make_old_sequence(crafter, vehicle, now, ret_vid);
	case MODE_STALE:
		return make_unspent(crafter, vehicle, now - (u64)oracle->stale_us - far, ret_vid);
	case MODE_FUTURE:
		return make_unspent(crafter, vehicle, now + (u64)oracle->future_us + 9 * SECOND + far, ret_vid);
	case MODE_TRUNCATED:
		return make_truncated(crafter, vehicle, now, ret_vid);
	case MODE_OVERSIZED:
		return make_oversized(crafter, vehicle, now, ret_vid);
	case MODE_MALFORMED:
		return make_malformed(crafter, vehicle, now, ret_vid);
	case MODE_FRAGMENT:
	case MODE_FOREIGN:
		return make_unspent(crafter, vehicle, now, ret_vid);
	default:
		return make_vid(crafter, &vehicle->session, mode, now, ret_vid);
	}
}

/* An accepted packet has to go first where the packet asked for is judged by what went before. */
static bool needs_priming(const struct vehicle *vehicle, enum mode mode, u64 now)
{
	switch (mode) {
	case MODE_BIT_FLIP:
		return !vehicle->primed;
	case MODE_REPLAY:
		return !vehicle->last_len || now - vehicle->last_generated > REPLAY_AGE_US;
	case MODE_OLD_SEQUENCE:
		return !vehicle->primed || vehicle->gate.auth.replay.head <= VG_REPLAY_BITS + 64;
	default:
		return false;
	}
}

static void shot_remember(struct vehicle *vehicle, const u8 *vid, u32 len, u64 now)
{
	vehicle->primed = true;
	vehicle->accepted++;
	if (len <= sizeof(vehicle->last)) {
		memcpy(vehicle->last, vid, len);
		vehicle->last_len = (u16)len;
		vehicle->last_generated = now;
	}
}

static void shot_judge(struct crafter *crafter, struct vehicle *vehicle, const u8 *vid, u32 len, u64 now,
		       struct shot *shot)
{
	const struct craft_plan *plan = crafter->plan;

	shot->action = false;
	if (shot->mode == MODE_FOREIGN) {
		shot->expected = REASON_NONE;
		return;
	}
	if (shot->mode == MODE_FRAGMENT)
		shot->expected = VG_MALFORMED;
	else
		shot->expected = oracle_judge(&plan->oracle, vehicle, vid, len, now, false);
	if (shot->expected == VG_ACCEPTED) {
		if (shot->mode == MODE_OVER_BUDGET && vehicle->accepted >= plan->session_burst)
			shot->expected = VG_OVER_BUDGET;
		else
			shot_remember(vehicle, vid, len, now);
	}
	if (plan->expect >= 0)
		shot->expected = plan->expect;
	shot->action = shot->expected == VG_ACCEPTED && vg_vid_is_action(vid[1]);
}

static void shot_wrap(struct crafter *crafter, u32 vehicle, const u8 *vid, u32 len, struct shot *shot)
{
	struct route_packet packet = { .vehicle = vehicle,
				       .from_port = crafter->plan->from_port,
				       .to_port = VG_VID_PORT };

	packet.fragment = shot->mode == MODE_FRAGMENT;
	if (shot->mode == MODE_FOREIGN) {
		packet.to_port = 9; /* discard */
		if (dice_below(&crafter->dice, 4) == 0) {
			shot->payload_at = 0;
			shot->len = route_wrap_ethernet(&crafter->plan->route, vehicle, 0x88b5, vid, len, shot->frame);
			return;
		}
	}
	shot->len = route_wrap(&crafter->plan->route, &packet, vid, len, shot->frame, &shot->payload_at);
}

static int craft_vehicle(struct crafter *crafter, struct vehicle *vehicle, enum mode mode, u64 now, struct shot *shot)
{
	u8 vid[ROUTE_FRAME_MAX - ROUTE_OVERHEAD_MAX];
	u32 len;

	shot->mode = mode;
	if (needs_priming(vehicle, mode, now)) {
		crafter->pending = mode;
		crafter->pending_vehicle = vehicle;
		if (mode == MODE_OLD_SEQUENCE && vehicle->session.next_sequence <= 4 * VG_REPLAY_BITS)
			vehicle->session.next_sequence += 4 * VG_REPLAY_BITS;
		shot->mode = MODE_ACCEPTED;
		len = make_vid(crafter, &vehicle->session, MODE_REPLAY, now, vid);
	} else {
		len = make_of_vehicle(crafter, vehicle, mode, now, vid);
	}
	shot_judge(crafter, vehicle, vid, len, now, shot);
	shot_wrap(crafter, vehicle->index, vid, len, shot);
	return 0;
}

static int craft_hello(struct crafter *crafter, enum mode mode, u64 now, struct shot *shot)
{
	const struct craft_plan *plan = crafter->plan;
	u32 source_number = crafter->hellos++ * crafter->of + crafter->number;
	struct vg_siphash_key guess = { dice_word(&crafter->dice), dice_word(&crafter->dice) };
	enum knock_proof mac2 = mode == MODE_HELLO_COOKIE	? KNOCK_PROOF_RIGHT
				: mode == MODE_HELLO_BAD_COOKIE ? KNOCK_PROOF_WRONG
								: KNOCK_PROOF_NONE;
	u8 vid[HELLO_LEN];
	struct vg_source source;
	u32 len;

	route_source(&plan->route, source_number, &source);
	len = knock_make(&crafter->dice, mode == MODE_HELLO_BAD_MAC1 ? &guess : &plan->mac1_key, mac2,
			 &plan->cookie_secret, &source, plan->from_port, now, vid);
	shot->mode = mode;
	shot->action = false;
	shot->expected = plan->expect >= 0 ? plan->expect : mode_infos[mode].reason;
	shot_wrap(crafter, source_number, vid, len, shot);
	return 0;
}

static int craft_its(struct crafter *crafter, enum mode mode, u64 now, struct shot *shot)
{
	bool prepared = false;
	int len = its_shots_next(crafter->its, mode, now, &crafter->dice, shot->frame, sizeof(shot->frame), &prepared);

	if (len < 0)
		return len;
	shot->mode = prepared ? MODE_ITS : mode;
	shot->expected = crafter->plan->expect >= 0 ? crafter->plan->expect : mode_infos[shot->mode].reason;
	shot->action = false;
	shot->payload_at = 0;
	shot->len = (u32)len;
	if (prepared)
		crafter->pending = mode;
	return 0;
}

static enum mode draw_mode(struct crafter *crafter)
{
	u32 at = dice_below(&crafter->dice, crafter->plan->weight_total);
	int mode;

	for (mode = 0; mode < MODE_COUNT - 1; mode++) {
		if (at < crafter->plan->weights[mode])
			break;
		at -= crafter->plan->weights[mode];
	}
	return mode;
}

int crafter_next(struct crafter *crafter, u64 now, struct shot *ret_shot)
{
	struct vehicle *vehicle = crafter->pending_vehicle;
	enum mode mode;

	if (crafter->pending >= 0) {
		mode = crafter->pending;
		crafter->pending = -1;
	} else {
		mode = draw_mode(crafter);
		vehicle = NULL;
	}
	if (mode_is_hello(mode))
		return craft_hello(crafter, mode, now, ret_shot);
	if (mode_is_its(mode))
		return craft_its(crafter, mode, now, ret_shot);
	if (!crafter->vehicle_count)
		return -ENODATA;
	if (!vehicle) {
		vehicle = &crafter->vehicles[crafter->turn];
		crafter->turn = (crafter->turn + 1) % crafter->vehicle_count;
	}
	return craft_vehicle(crafter, vehicle, mode, now, ret_shot);
}

// SPDX-License-Identifier: GPL-2.0
/* liar.c - what becomes of a liar's parcels on their way out, and what it says unasked. */
#include "tests/cluster/liar.h"

#include <stdlib.h>

#define LIAR_SCRATCH (1u << 20)
#define LIAR_WINDOW 64
#define LIAR_EVERY_US 60000

int liar_init(struct member *member)
{
	struct liar *liar = calloc(1, sizeof(*liar));

	if (!liar)
		return -1;
	member->liar = liar;
	liar->room_size = pbft_message_room(PBFT_REPLICAS_MAX, LIAR_WINDOW);
	liar->room = malloc(liar->room_size);
	liar->scratch_size = LIAR_SCRATCH;
	liar->scratch = malloc(liar->scratch_size);
	return liar->room && liar->scratch ? 0 : -1;
}

void liar_done(struct member *member)
{
	struct liar *liar = member->liar;
	u32 i;

	for (i = 0; i < LIAR_KEPT; i++)
		free((void *)liar->kept[i].bytes);
	free(liar->room);
	free(liar->scratch);
	free(liar);
	member->liar = NULL;
}

static void mood(struct member *member)
{
	struct draw *draw = &member->world->draw;
	struct liar *liar = member->liar;
	u32 count = (u32)draw_between(draw, 0, 3);

	liar->habits = 0;
	while (count--)
		liar->habits |= 1U << draw_below(draw, LIAR_HABITS);
	if (draw_chance(draw, 800)) /* one who is silent tells few lies */
		liar->habits &= ~(1U << LIAR_SILENT);
	liar->habit_permille = (u32)draw_between(draw, 50, 1000);
	liar->favoured = draw_u64(draw);
}

void liar_fix(struct member *member, u32 habits, u32 permille)
{
	if (!member->liar && liar_init(member))
		abort();
	member->liar->fixed = true;
	member->liar->habits = habits;
	member->liar->habit_permille = permille;
	member->liar->favoured = 0;
}

static bool does(struct member *member, enum liar_habit habit)
{
	return (member->liar->habits & 1U << habit) && draw_chance(&member->world->draw, member->liar->habit_permille);
}

static void keep(struct member *member, struct span parcel)
{
	struct liar *liar = member->liar;
	struct span *slot = &liar->kept[liar->kept_at++ % LIAR_KEPT];
	u8 *copy = malloc(parcel.len ? parcel.len : 1);

	if (!copy)
		abort();
	memcpy(copy, parcel.bytes, parcel.len);
	free((void *)slot->bytes);
	*slot = (struct span){ copy, parcel.len };
}

void liar_heard(struct member *member, struct span parcel)
{
	if (draw_chance(&member->world->draw, 30))
		keep(member, parcel);
}

/* To whom a key belongs: the first member with it. */
static u32 index_of(const struct world *world, const u8 key[32])
{
	u32 i;

	for (i = 0; i < world->member_count; i++)
		if (!memcmp(world->members[i].key, key, 32))
			return i;
	return 0;
}

static void say(struct member *member, const u8 key[32], struct span parcel)
{
	member->world->lies++;
	world_carry(member->world, member, key, parcel);
}

static void say_garbage(struct member *member, const u8 key[32], struct span parcel)
{
	struct draw *draw = &member->world->draw;
	u8 *bytes = malloc(parcel.len + 1);
	size_t len = parcel.len;

	if (!bytes)
		abort();
	memcpy(bytes, parcel.bytes, parcel.len);
	switch (draw_below(draw, 3)) {
	case 0:
		bytes[draw_below(draw, len)] ^= (u8)(1 << draw_below(draw, 8));
		break;
	case 1:
		len = draw_below(draw, len);
		break;
	default:
		draw_bytes(draw, bytes + draw_below(draw, len) / 2, len / 2);
		break;
	}
	say(member, key, (struct span){ bytes, len });
	free(bytes);
}

/* The message within a parcel of kind 1 or 2; the body behind it. */
static bool parts(struct span parcel, struct span *ret_message, struct span *ret_rest)
{
	size_t len;

	if (parcel.len < 8)
		return false;
	*ret_rest = (struct span){ NULL, 0 };
	if (parcel.bytes[0] == 1) {
		*ret_message = (struct span){ parcel.bytes + 1, parcel.len - 1 };
		return true;
	}
	if (parcel.bytes[0] != 2)
		return false;
	len = (size_t)parcel.bytes[1] << 24 | parcel.bytes[2] << 16 | parcel.bytes[3] << 8 | parcel.bytes[4];
	if (len + 5 > parcel.len)
		return false;
	*ret_message = (struct span){ parcel.bytes + 5, len };
	*ret_rest = (struct span){ parcel.bytes + 5 + len, parcel.len - 5 - len };
	return true;
}

static void say_message(struct member *member, const u8 key[32], size_t len, struct span rest)
{
	struct writer writer;
	u8 *bytes = malloc(len + rest.len + 8);

	if (!bytes)
		abort();
	writer_init(&writer, bytes, len + rest.len + 8);
	writer_u8(&writer, rest.bytes ? 2 : 1);
	if (rest.bytes)
		writer_u32(&writer, (u32)len);
	writer_bytes(&writer, member->liar->scratch, len);
	writer_bytes(&writer, rest.bytes, rest.len);
	say(member, key, (struct span){ bytes, writer_len(&writer) });
	free(bytes);
}

/* True: a false message went instead. */
static bool forged(struct member *member, const u8 key[32], struct span parcel, bool favoured)
{
	static const struct {
		u8 kind;
		enum liar_habit habit;
	} forgeries[] = { { PBFT_PREPREPARE, LIAR_EQUIVOCATES }, { PBFT_PREPREPARE, LIAR_COUNTS },
			  { PBFT_PREPARE, LIAR_VOTES },		 { PBFT_COMMITTED_VOTE, LIAR_VOTES },
			  { PBFT_CHECKPOINT, LIAR_VOTES },	 { PBFT_VIEW_CHANGE, LIAR_VIEW_CHANGE },
			  { PBFT_NEW_VIEW, LIAR_NEW_VIEW },	 { PBFT_STATUS, LIAR_STATUS } };
	struct span message, rest;
	size_t len, i;

	if (favoured || !parts(parcel, &message, &rest))
		return false;
	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		if (message.bytes[0] != forgeries[i].kind || !does(member, forgeries[i].habit))
			continue;
		len = liar_forge(member, forgeries[i].habit, message);
		if (!len)
			return false;
		say_message(member, key, len, rest);
		return true;
	}
	return false;
}

/* Votes beside the true one: in others' names, or its own second one. */
static void more_votes(struct member *member, const u8 key[32], struct span parcel, bool contradict)
{
	u32 n = membership_replicas(ledger_membership(member_ledger(member))), i;
	struct span message, rest;
	size_t len;

	if (!parts(parcel, &message, &rest) ||
	    (message.bytes[0] != PBFT_PREPARE && message.bytes[0] != PBFT_COMMITTED_VOTE))
		return;
	len = contradict ? liar_contradict(member, message) : 0;
	if (len)
		say_message(member, key, len, (struct span){ NULL, 0 });
	for (i = 0; !contradict && i < n; i++) {
		len = i == member->replica ? 0 : liar_impersonate(member, i, message);
		if (len)
			say_message(member, key, len, (struct span){ NULL, 0 });
	}
}

void liar_send(struct member *member, const u8 key[32], struct span parcel)
{
	struct world *world = member->world;
	bool favoured = member->liar->favoured >> index_of(world, key) % 64 & 1;
	u8 kind = parcel.bytes[0];

	if (draw_chance(&world->draw, 50))
		keep(member, parcel);
	if (does(member, LIAR_SILENT) || (does(member, LIAR_WITHHOLDS) && !favoured))
		return;
	if (does(member, LIAR_CENSORS) && kind == 3)
		return;
	if (does(member, LIAR_BODILESS) && (kind == 5 || kind == 2) && !favoured) {
		struct span message, rest;

		if (kind == 2 && parts(parcel, &message, &rest)) {
			memcpy(member->liar->scratch, message.bytes, message.len);
			say_message(member, key, message.len, (struct span){ NULL, 0 });
		}
		return;
	}
	if (does(member, LIAR_GARBAGE) || (kind >= 5 && kind != 6 && does(member, LIAR_BODIES))) {
		say_garbage(member, key, parcel);
		return;
	}
	if (does(member, LIAR_IMPERSONATES))
		more_votes(member, key, parcel, false);
	if (does(member, LIAR_CONTRADICTS))
		more_votes(member, key, parcel, true);
	if (forged(member, key, parcel, favoured))
		return;
	world_carry(world, member, key, parcel);
}

void liar_turn(struct member *member)
{
	struct world *world = member->world;
	struct member *to = &world->members[draw_below(&world->draw, world->member_count)];
	struct span kept = member->liar->kept[draw_below(&world->draw, LIAR_KEPT)];
	size_t len;

	if (!member->liar->fixed && (!member->liar->habit_permille || draw_chance(&world->draw, 100)))
		mood(member);
	if (member->channel && does(member, LIAR_REPEATS) && kept.bytes)
		say(member, to->key, kept);
	if (member->channel && (does(member, LIAR_STATUS) || does(member, LIAR_VIEW_CHANGE))) {
		len = liar_invent(member);
		if (len)
			say_message(member, to->key, len, (struct span){ NULL, 0 });
	}
	world_at(world, world->now_us + draw_between(&world->draw, LIAR_EVERY_US / 10, LIAR_EVERY_US), WIRE_LIE,
		 member->index, 0);
}

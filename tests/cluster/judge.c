// SPDX-License-Identifier: GPL-2.0
/*
 * judge.c - what must hold, checked from outside: of the code under test it
 * uses what the nodes show (blocks' bytes, parcels' bytes, heights), and reads and hashes these bytes itself.
 *
 *   agreement     no two correct nodes have different blocks (header, outcomes, body) of one number
 *   certificate   every block of a correct node carries a quorum's right signatures over its header
 *   validity      every transaction of a block was sent by a client, unaltered
 *   once          no transaction is carried out twice
 *   durable       what a node called durable is there after any crash
 *   votes         a correct node never signs two different votes of a kind for a number, nor votes in a view it left
 *   order         blocks are not empty and within the batch's limits; in runs without faults no request stands in two
 *                 blocks, and those of one client stand in their order
 *   accusations   no correct node is said to misbehave
 *   liveness      in the calm all correct nodes come to the same height, with every request in a block
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/cluster/seal.h"
#include "tests/cluster/table.h"
#include "tests/cluster/world.h"

#define JUDGE_EPOCHS 64
#define HEADER_LEN 228
#define VOTE_PARCEL_MESSAGE 1
#define VOTE_PARCEL_PREPREPARE 2

/* A block as the first correct node had it. */
struct record {
	u8 hash[32];
	u8 *content; /* header, outcomes, body */
	size_t len;
	u32 member;
	u64 time;
};

struct member_record {
	u64 durable;		/* highest block it called durable */
	u64 left[JUDGE_EPOCHS]; /* view + 1 that it sent a view change to */
};

struct judge {
	struct record *records;
	u64 height, room;
	struct table carried_out, votes;
	struct member_record members[WORLD_MEMBERS];
	u32 replicas[JUDGE_EPOCHS];
	u8 keys[JUDGE_EPOCHS][64][32];
	bool stopped_crowd;
	struct membership latest;
};

static u64 be(const u8 *at, u32 len)
{
	u64 value = 0;

	while (len--)
		value = value << 8 | *at++;
	return value;
}

static void hash_of(u8 domain, const void *one, size_t one_len, const void *two, size_t two_len, u8 ret_hash[32])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, &domain, 1);
	crypto_generichash_update(&state, one, one_len);
	if (two_len)
		crypto_generichash_update(&state, two, two_len);
	crypto_generichash_final(&state, ret_hash, 32);
}

/* The latest configuration, and the keys of its epoch's replicas, ascending as the protocol numbers them. */
static void note_membership(struct world *world, const struct membership *membership)
{
	struct judge *judge = world->judge;
	u32 i, count = 0, epoch = (u32)membership->epoch;

	if (membership->sequence > judge->latest.sequence || !judge->latest.node_count)
		judge->latest = *membership;
	if (epoch >= JUDGE_EPOCHS || judge->replicas[epoch])
		return;
	for (i = 0; i < membership->node_count; i++)
		if (membership->nodes[i].roles & MEMBERSHIP_REPLICA)
			memcpy(judge->keys[epoch][count++], membership->nodes[i].key, 32);
	judge->replicas[epoch] = count;
}

int judge_init(struct world *world)
{
	world->judge = calloc(1, sizeof(*world->judge));
	if (!world->judge)
		return -1;
	note_membership(world, &world->plan.genesis);
	return 0;
}

void judge_done(struct world *world)
{
	struct judge *judge = world->judge;
	u64 i;

	if (!judge)
		return;
	for (i = 0; judge->records && i <= judge->height; i++)
		free(judge->records[i].content);
	free(judge->records);
	table_done(&judge->carried_out);
	table_done(&judge->votes);
	free(judge);
}

u64 judge_height(const struct world *world)
{
	return world->judge->height;
}

/* --- blocks --- */

/* The parts of a block's bytes, by FORMAT.md. */
struct parts {
	const u8 *header, *outcomes, *body, *certificate;
	u32 count;
	u64 number, epoch, body_len, certificate_len;
};

static bool parts_of(struct span bytes, struct parts *ret_parts)
{
	const u8 *at = bytes.bytes;
	size_t left = bytes.len;

	if (left < HEADER_LEN)
		return false;
	ret_parts->header = at;
	ret_parts->number = be(at + 40, 8);
	ret_parts->count = (u32)be(at + 216, 4);
	ret_parts->epoch = be(at + 220, 8);
	ret_parts->outcomes = at + HEADER_LEN;
	left -= HEADER_LEN;
	if (left < ret_parts->count + 4ULL)
		return false;
	at += HEADER_LEN + ret_parts->count;
	left -= ret_parts->count + 4ULL;
	ret_parts->body_len = be(at, 4);
	ret_parts->body = at + 4;
	if (left < ret_parts->body_len + 4)
		return false;
	at += 4 + ret_parts->body_len;
	left -= ret_parts->body_len + 4;
	ret_parts->certificate_len = be(at, 4);
	ret_parts->certificate = at + 4;
	return left == ret_parts->certificate_len;
}

static void check_certificate(struct member *member, const struct parts *parts, const u8 hash[32])
{
	struct judge *judge = member->world->judge;
	const u8 *at = parts->certificate;
	u32 n, quorum, count, i;
	u8 statement[32 + 1 + 8 * 3 + 32], digest[32];
	int last = -1;

	if (parts->epoch >= JUDGE_EPOCHS || !judge->replicas[parts->epoch]) {
		world_fail(member->world, "Block %llu is of an epoch nobody heard of.",
			   (unsigned long long)parts->number);
		return;
	}
	n = judge->replicas[parts->epoch];
	quorum = (n + (n - 1) / 3) / 2 + 1;
	count = (u32)be(at + 8, 2);
	statement[0] = 3;
	memcpy(statement + 1, parts->header + 8, 32);
	memcpy(statement + 33, parts->header + 220, 8);
	memcpy(statement + 41, at, 8);
	memcpy(statement + 49, parts->header + 40, 8);
	memcpy(statement + 57, hash, 32);
	hash_of(0x40, statement, 89, NULL, 0, digest);
	if (count < quorum || parts->certificate_len != 10 + 66ULL * count) {
		world_fail(member->world, "Block %llu of %s has %u signatures; a quorum of %u is %u.",
			   (unsigned long long)parts->number, member->name, count, n, quorum);
		return;
	}
	for (i = 0; i < count; i++) {
		int replica = (int)be(at + 10 + 66 * i, 2);

		if (replica <= last || replica >= (int)n ||
		    !seal_check(judge->keys[parts->epoch][replica], digest, 32, at + 12 + 66 * i))
			world_fail(member->world, "Block %llu of %s: signature %u of its certificate is wrong.",
				   (unsigned long long)parts->number, member->name, i);
		last = replica;
	}
}

static void check_once(struct world *world, const struct parts *parts, u32 index, const u8 digest[32])
{
	struct table_entry *entry;
	bool new;

	if (parts->outcomes[index])
		return;
	entry = table_at(&world->judge->carried_out, digest, &new);
	if (!new)
		world_fail(world, "Block %llu carries a transaction out that block %llu did.",
			   (unsigned long long)parts->number, (unsigned long long)entry->value);
	entry->value = parts->number;
}

static void check_transactions(struct member *member, const struct parts *parts)
{
	struct world *world = member->world;
	const u8 *at = parts->body, *end = at + parts->body_len;
	u32 i;

	if (parts->body_len < 4 || be(at, 4) != parts->count) {
		world_fail(world, "Block %llu does not hold as many transactions as it says.",
			   (unsigned long long)parts->number);
		return;
	}
	if (!parts->count || parts->count > world->plan.genesis.parameters[MEMBERSHIP_BATCH_TRANSACTIONS] ||
	    parts->body_len > world->plan.genesis.parameters[MEMBERSHIP_BATCH_BYTES])
		world_fail(world, "Block %llu holds %u transactions in %llu bytes.", (unsigned long long)parts->number,
			   parts->count, (unsigned long long)parts->body_len);
	for (i = 0, at += 4; i < parts->count; i++) {
		size_t len = end - at >= 4 ? be(at, 4) : 0;
		u8 digest[32];
		s64 request, proposed;

		at += 4;
		if ((size_t)(end - at) < len)
			len = (size_t)(end - at);
		hash_of(0x10, at, len, NULL, 0, digest);
		request = crowd_find(world, digest);
		/*
		 * A liar may make open requests up, which are anybody's, and what turns out to be invalid; and without
		 * endorsers, whom no channel here asks for, nobody signed what a proposal reads and writes.
		 */
		proposed = request < 0 && world->plan.liars ? crowd_proposed(world, (struct span){ at, len }) : -1;
		if (proposed >= 0) {
			struct span original = crowd_bytes(world, (u32)proposed);

			hash_of(0x10, original.bytes, original.len, NULL, 0, digest); /* once, whatever it does */
		}
		if (request < 0 && world->plan.liars &&
		    (at[0] == TRANSACTION_OPEN || parts->outcomes[i] || proposed >= 0)) {
			check_once(world, parts, i, digest);
			at += len;
			continue;
		}
		if (request < 0 || crowd_bytes(world, (u32)request).len != len ||
		    memcmp(crowd_bytes(world, (u32)request).bytes, at, len)) {
			world_fail(world, "Block %llu holds transaction %u, which no client sent.",
				   (unsigned long long)parts->number, i);
			return;
		}
		check_once(world, parts, i, digest);
		/* Who alters an open request on its way, as a liar may, spends its nonce. */
		if (at[0] == TRANSACTION_OPEN && !world->plan.liars && !table_find(&world->judge->carried_out, digest))
			world_fail(world, "Block %llu: open request %u has outcome %u without having been carried out.",
				   (unsigned long long)parts->number, i, parts->outcomes[i]);
		if (world->plan.quiet && crowd_is_committed(world, (u32)request))
			world_fail(world, "Block %llu holds a request again that stood in a block, without any fault.",
				   (unsigned long long)parts->number);
		crowd_committed(world, (u32)request);
		at += len;
	}
	if (at != end)
		world_fail(world, "Block %llu has bytes after its transactions.", (unsigned long long)parts->number);
}

static void make_room(struct judge *judge, u64 number)
{
	u64 room = judge->room;

	while (room < number + 2)
		room = room ? room * 2 : 512;
	if (room == judge->room)
		return;
	judge->records = realloc(judge->records, room * sizeof(*judge->records));
	if (!judge->records)
		abort();
	memset(&judge->records[judge->room], 0, (room - judge->room) * sizeof(*judge->records));
	judge->room = room;
}

/* Two blocks that follow each other, whichever was shown first. */
static void check_order(struct world *world, const struct record *record, u64 number)
{
	if (!record[0].content || !record[1].content)
		return;
	if (memcmp(record[0].hash, record[1].content + 48, 32))
		world_fail(world, "Block %llu of %s does not name the block before it.", (unsigned long long)number + 1,
			   world->members[record[1].member].name);
	if (record[0].time >= record[1].time)
		world_fail(world, "Block %llu's time is not above the one before.", (unsigned long long)number + 1);
}

/*
 * The first correct node that shows a block sets what all others must have. Blocks are shown in order, but that one who
 * begins after a snapshot, perhaps a liar's, may be the first correct node to have a block.
 */
static struct record *record_of(struct member *member, const struct parts *parts, const u8 hash[32],
				struct span content)
{
	struct judge *judge = member->world->judge;
	struct record *record;

	if (parts->number > judge->height + 1 && ledger_first(member_ledger(member)) < parts->number)
		return NULL;
	make_room(judge, parts->number);
	record = &judge->records[parts->number];
	if (record->content)
		return record;
	if (judge->height < parts->number)
		judge->height = parts->number;
	memcpy(record->hash, hash, 32);
	record->content = malloc(content.len);
	if (!record->content)
		abort();
	memcpy(record->content, content.bytes, content.len);
	record->len = content.len;
	record->member = member->index;
	record->time = be(parts->header + 208, 8);
	check_order(member->world, record - 1, parts->number - 1);
	check_order(member->world, record, parts->number);
	check_transactions(member, parts);
	return record;
}

static const char *difference(const struct record *record, struct span content, u32 count)
{
	if (memcmp(record->content, content.bytes, HEADER_LEN))
		return "headers";
	if (record->len == content.len && !memcmp(record->content + HEADER_LEN + count,
						  content.bytes + HEADER_LEN + count, content.len - HEADER_LEN - count))
		return "outcomes";
	return "bodies";
}

static void check_block(struct member *member, struct span bytes, bool at_the_end)
{
	struct world *world = member->world;
	struct parts parts;
	struct record *record;
	struct span content;
	u8 hash[32];

	if (!parts_of(bytes, &parts)) {
		world_fail(world, "%s shows a block that is none.", member->name);
		return;
	}
	if (!parts.number)
		return;
	hash_of(0x20, parts.header, HEADER_LEN, NULL, 0, hash);
	content = (struct span){ bytes.bytes, (size_t)(parts.certificate - 4 - bytes.bytes) };
	record = record_of(member, &parts, hash, content);
	if (!record)
		world_fail(world, "%s shows block %llu before any node has the one before it.", member->name,
			   (unsigned long long)parts.number);
	else if (record->len != content.len || memcmp(record->content, content.bytes, content.len))
		world_fail(world,
			   "DISAGREEMENT: block %llu of %s (%02x%02x..) is not that of %s (%02x%02x..): %s differ%s.",
			   (unsigned long long)parts.number, member->name, hash[0], hash[1],
			   world->members[record->member].name, record->hash[0], record->hash[1],
			   difference(record, content, parts.count), at_the_end ? ", read back" : "");
	check_certificate(member, &parts, hash);
}

void judge_committed(struct member *member, const struct block *block, const u8 (*digests)[32])
{
	struct member_record *record = &member->world->judge->members[member->index];

	(void)digests;
	world_digest(member->world, block->hash, 32);
	world_tell(member->world, "%s has block %llu (%02x%02x.., %u transactions, view %llu)", member->name,
		   (unsigned long long)block->header.number, block->hash[0], block->hash[1], block->header.count,
		   (unsigned long long)block->certificate.view);
	if (!member_correct(member))
		return;
	note_membership(member->world, ledger_membership(member_ledger(member)));
	check_block(member, block->bytes, false);
	if (block->header.number > record->durable)
		record->durable = block->header.number;
}

void judge_started(struct member *member)
{
	struct member_record *record = &member->world->judge->members[member->index];

	if (member_correct(member) && member_height(member) < record->durable)
		world_fail(member->world, "%s called block %llu durable and has %llu after its restart.", member->name,
			   (unsigned long long)record->durable, (unsigned long long)member_height(member));
}

/* --- votes on the wire --- */

void judge_sent(struct member *member, struct span parcel)
{
	struct judge *judge = member->world->judge;
	struct member_record *record = &judge->members[member->index];
	const u8 *at = parcel.bytes;
	size_t left = parcel.len;
	u8 key[32], value[32];
	u64 epoch, view;
	bool new;

	if (!member_correct(member) || left < 12)
		return;
	if (at[0] == VOTE_PARCEL_PREPREPARE && left > 16) {
		at += 4;
		left -= 4;
	} else if (at[0] != VOTE_PARCEL_MESSAGE) {
		return;
	}
	at++;
	left--;
	if (left < 11 + 8 + 40 || at[0] < 1 || at[0] > 5)
		return;
	epoch = be(at + 1, 8);
	view = be(at + 11, 8);
	if (epoch >= JUDGE_EPOCHS || memcmp(judge->keys[epoch][be(at + 9, 2) % 64], member->key, 32))
		return; /* somebody else's, passed on */
	if (at[0] == 5) {
		if (view + 1 > record->left[epoch]) {
			record->left[epoch] = view + 1;
			world_tell(member->world, "%s wants view %llu", member->name, (unsigned long long)view);
		}
		return;
	}
	/* Who, epoch, kind, view and number; a pre-prepare's number is the first of its block. */
	hash_of(0xfe, at, 19 + 8, member->key, 32, key);
	hash_of(0xfd, at + 19, at[0] == 1 ? 89 : 40, NULL, 0, value);
	{
		struct table_entry *entry = table_at(&judge->votes, key, &new);

		if (new) {
			memcpy(&entry->value, value, 8);
			world_tell(member->world, "%s gives its %s for block %llu (%02x%02x..) in view %llu",
				   member->name,
				   at[0] == 1	? "pre-prepare"
				   : at[0] == 2 ? "prepare"
				   : at[0] == 3 ? "commit"
						: "checkpoint",
				   (unsigned long long)be(at + 19, 8), at[at[0] == 1 ? 67 : 27],
				   at[at[0] == 1 ? 68 : 28], (unsigned long long)view);
			if (at[0] != 4 && view + 1 < record->left[epoch])
				world_fail(member->world,
					   "%s votes (kind %u) for block %llu in view %llu, which it left.",
					   member->name, at[0], (unsigned long long)be(at + 19, 8),
					   (unsigned long long)view);
		} else if (memcmp(&entry->value, value, 8)) {
			world_fail(member->world,
				   "%s signed two different votes (kind %u) for block %llu in view %llu.", member->name,
				   at[0], (unsigned long long)be(at + 19, 8), (unsigned long long)view);
		}
	}
}

void judge_said(struct member *member, const char *sentence)
{
	const char *name = strstr(sentence, "(n");
	struct world *world = member->world;
	u32 index = name ? (u32)atoi(name + 2) : 0;

	if (!member_correct(member))
		return;
	if (!strncmp(sentence, "This replica has diverged", 25))
		world_fail(world, "%s says of itself: %s", member->name, sentence);
	if (!strncmp(sentence, "This replica stays mute", 23) && !member->lost_votes)
		world_fail(world, "%s lost no votes, and says: %s", member->name, sentence);
	if (strncmp(sentence, "Replica ", 8) || !strstr(sentence, " misbehaved ") || !name)
		return;
	world->accusations++;
	if (index < world->member_count && member_correct(&world->members[index]))
		world_fail(world, "%s accuses %s, which is correct: %s", member->name, world->members[index].name,
			   sentence);
}

/* --- liveness --- */

bool judge_belongs(const struct member *member)
{
	return membership_node_index(&member->world->judge->latest, member->key) >= 0;
}

static bool counts(const struct member *member)
{
	return member_correct(member) && judge_belongs(member);
}

static void explain(struct world *world, char *text, size_t size)
{
	size_t used = 0;
	u32 i;

	text[0] = 0;
	for (i = 0; i < world->member_count && used < size; i++) {
		struct member *member = &world->members[i];
		struct channel_status status = { .height = 0 };

		if (!counts(member))
			continue;
		if (member->channel)
			channel_status(member->channel, &status);
		used += (size_t)snprintf(text + used, size - used, " %s:%llu/v%llu%s%s%s", member->name,
					 (unsigned long long)member_height(member),
					 (unsigned long long)status.consensus.view,
					 status.consensus.changing ? "c" : "", status.consensus.mute ? "m" : "",
					 member->channel ? "" : "(down)");
	}
}

bool judge_satisfied(struct world *world)
{
	u64 least = ~0ULL, most = 0;
	char text[300], waits[128];
	u32 i;

	if (!world_calm(world))
		return false;
	for (i = 0; i < world->member_count; i++) {
		const struct member *member = &world->members[i];
		u64 height;

		if (!counts(member))
			continue;
		height = member->channel ? ledger_durable(member_ledger(member)) : 0;
		least = height < least ? height : least;
		most = height > most ? height : most;
	}
	if (most >= world->plan.target && !world->judge->stopped_crowd) {
		world->judge->stopped_crowd = true;
		crowd_stop(world);
	}
	if (world->judge->stopped_crowd && crowd_content(world) && least == most)
		return true;
	if (world->now_us > world->calm_at + world->plan.bound_us) {
		explain(world, text, sizeof(text));
		world_fail(world, "Not live %llu ms after the trouble ended: %u requests open (%s);%s",
			   (unsigned long long)(world->plan.bound_us / 1000), crowd_waiting(world),
			   crowd_waits_for(world, waits), text);
	}
	return false;
}

/* --- the end --- */

static void read_back(struct member *member)
{
	struct ledger *ledger = member_ledger(member);
	u64 number;

	for (number = ledger_first(ledger); number <= ledger_head(ledger)->number; number++) {
		struct ledger_error error = { .text = "" };
		u8 *bytes;
		size_t len;

		if (ledger_block(ledger, number, &bytes, &len, &error)) {
			world_fail(member->world, "%s cannot read block %llu back: %s", member->name,
				   (unsigned long long)number, error.text);
			return;
		}
		check_block(member, (struct span){ bytes, len }, true);
		free(bytes);
	}
}

void judge_end(struct world *world)
{
	bool recomputed = false;
	u8 root[32];
	u64 keys;
	u32 i;

	for (i = 0; i < world->member_count && !world->failed; i++) {
		struct member *member = &world->members[i];

		if (!counts(member) || !member->channel)
			continue;
		read_back(member);
		if (recomputed)
			continue;
		recomputed = true;
		if (state_recompute(ledger_state(member_ledger(member)), root, &keys) ||
		    memcmp(root, ledger_head(member_ledger(member))->state, 32))
			world_fail(world, "%s's state, computed anew, has another root than its head.", member->name);
	}
}

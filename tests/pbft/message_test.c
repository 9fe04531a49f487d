// SPDX-License-Identifier: GPL-2.0
/*
 * message_test.c - messages to bytes and back, drawn at random: every kind,
 * every limit; what is signed; what is refused.
 */
#include "tests/ktap.h"
#include "agent/pbft/message.h"

#include <stdlib.h>

static u64 seed = 7;

static u32 draw(u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % below;
}

static void draw_bytes(void *bytes, size_t len)
{
	u8 *at = bytes;

	while (len--)
		*at++ = draw(256);
}

static u64 draw_u64(void)
{
	return draw(4) ? draw(100) : (u64)draw(~0U) << 33 | draw(~0U);
}

static void draw_block(struct pbft_block *block)
{
	memset(block, 0, sizeof(*block));
	block->number = draw_u64();
	block->time = draw_u64();
	draw_bytes(block->previous, 32);
	draw_bytes(block->header, 32);
	block->requests = draw(1000);
	block->bytes = draw(1U << 31);
	block->last = draw(2);
}

static void draw_certificate(struct pbft_certificate *certificate, u32 n, bool full)
{
	u32 i;

	certificate->view = draw_u64();
	draw_block(&certificate->block);
	certificate->signatures = calloc(n, sizeof(*certificate->signatures));
	certificate->count = 0;
	for (i = 0; i < n; i++)
		if (full || draw(2)) {
			certificate->signatures[certificate->count].replica = i;
			draw_bytes(certificate->signatures[certificate->count++].bytes, 64);
		}
}

static void draw_change(struct pbft_message *message, u32 n, u32 window, u32 sender, bool full)
{
	struct pbft_view_change *change = &message->view_change;
	u32 i;

	memset(message, 0, sizeof(*message));
	message->kind = PBFT_VIEW_CHANGE;
	message->epoch = draw_u64();
	message->sender = sender;
	draw_bytes(message->signature, 64);
	change->view = draw_u64();
	change->base = draw_u64();
	draw_bytes(change->base_hash, 32);
	draw_certificate(&change->commits, n, full);
	change->prepared_count = full ? window : draw(window + 1);
	change->prepared = calloc(window, sizeof(*change->prepared));
	for (i = 0; i < change->prepared_count; i++)
		draw_certificate(&change->prepared[i], n, full);
}

static void free_change(struct pbft_message *message)
{
	u32 i;

	for (i = 0; i < message->view_change.prepared_count; i++)
		free(message->view_change.prepared[i].signatures);
	free(message->view_change.prepared);
	free(message->view_change.commits.signatures);
}

static void draw_message(struct pbft_message *message, enum pbft_kind kind, u32 n, u32 window, bool full)
{
	u32 i;

	if (kind == PBFT_VIEW_CHANGE) {
		draw_change(message, n, window, draw(n), full);
		return;
	}
	memset(message, 0, sizeof(*message));
	message->kind = kind;
	message->epoch = draw_u64();
	message->sender = draw(n);
	draw_bytes(message->signature, 64);
	if (kind == PBFT_PREPREPARE) {
		message->preprepare.view = draw_u64();
		draw_block(&message->preprepare.block);
	} else if (kind == PBFT_STATUS) {
		message->status.view = draw_u64();
		message->status.committed = draw_u64();
		message->status.stable = draw_u64();
		draw_bytes(message->status.committed_hash, 32);
		message->status.changing = draw(2);
		message->status.wants = draw(2);
	} else if (kind == PBFT_NEW_VIEW) {
		message->new_view.view = draw_u64();
		message->new_view.view_changes = calloc(n, sizeof(*message));
		for (i = 0; i < n; i++)
			if (full || draw(2))
				draw_change(&message->new_view.view_changes[message->new_view.count++], n, window, i,
					    full);
	} else {
		message->vote.view = draw_u64();
		message->vote.number = draw_u64();
		draw_bytes(message->vote.hash, 32);
	}
}

static void free_message(struct pbft_message *message)
{
	u32 i;

	if (message->kind == PBFT_VIEW_CHANGE)
		free_change(message);
	if (message->kind != PBFT_NEW_VIEW)
		return;
	for (i = 0; i < message->new_view.count; i++)
		free_change(&message->new_view.view_changes[i]);
	free(message->new_view.view_changes);
}

struct fit {
	u8 *bytes, *again, *room, *copy_room;
	size_t size, room_size, longest;
};

/* There and back; all prefixes refused if @prefixes. */
static bool round_trip(struct fit *fit, const struct pbft_message *message, u32 n, u32 window, bool prefixes)
{
	size_t len = pbft_message_encode(message, fit->bytes, fit->size), cut;
	struct span bytes = { fit->bytes, len };
	struct pbft_message back, copy;
	u8 one[32], other[32];
	u8 channel[32] = { 4 };

	if (len > fit->longest)
		fit->longest = len;
	if (!len || pbft_message_decode(bytes, n, window, fit->room, fit->room_size, &back))
		return false;
	if (pbft_message_copy(&back, fit->copy_room, fit->room_size, &copy))
		return false;
	if (pbft_message_encode(&copy, fit->again, fit->size) != len || memcmp(fit->bytes, fit->again, len))
		return false;
	pbft_message_digest(message, channel, one);
	pbft_message_digest(&copy, channel, other);
	if (memcmp(one, other, 32))
		return false;
	if (message->kind >= PBFT_VIEW_CHANGE) {
		struct ledger_piece pieces[] = { { channel, 32 }, { fit->bytes, len - 64 } };

		ledger_hash(LEDGER_DOMAIN_MESSAGE, pieces, 2, other);
		if (memcmp(one, other, 32))
			return false;
	}
	for (cut = 0; prefixes && cut < len; cut++) {
		bytes.len = cut;
		if (!pbft_message_decode(bytes, n, window, fit->room, fit->room_size, &back))
			return false;
		if (pbft_message_encode(message, fit->again, cut))
			return false;
	}
	bytes.len = len + 1;
	fit->bytes[len] = 0;
	return pbft_message_decode(bytes, n, window, fit->room, fit->room_size, &back) != 0;
}

static void kind_passes(enum pbft_kind kind)
{
	static const u32 counts[] = { 1, 4, 5, 7, 31, 64 };
	bool passed = true;
	u32 i, j;

	for (i = 0; i < 6; i++) {
		u32 n = counts[i], window = i == 5 ? 4 : 8;
		struct fit fit = { .size = pbft_message_size(n, window), .room_size = pbft_message_room(n, window) };

		fit.bytes = malloc(fit.size + 1);
		fit.again = malloc(fit.size);
		fit.room = aligned_alloc(16, fit.room_size);
		fit.copy_room = aligned_alloc(16, fit.room_size);
		for (j = 0; j < 12; j++) {
			struct pbft_message message;

			draw_message(&message, kind, n, window, j == 0);
			passed &= round_trip(&fit, &message, n, window, i < 3 && j == 1 && kind != PBFT_NEW_VIEW);
			free_message(&message);
		}
		if (kind == PBFT_NEW_VIEW)
			ktap_ok(fit.longest == fit.size, "the longest message of %u replicas has pbft_message_size()",
				n);
		free(fit.bytes);
		free(fit.again);
		free(fit.room);
		free(fit.copy_room);
	}
	ktap_ok(passed, "kind %u: there and back, prefixes and additions refused, the digest is the bytes'", kind);
}

static void refusals(void)
{
	struct pbft_message message, back;
	struct block_signature signatures[3] = { { .replica = 0 }, { .replica = 1 }, { .replica = 2 } };
	u8 bytes[4096], room[8192] __attribute__((aligned(16)));
	size_t len;

	memset(&message, 0, sizeof(message));
	message.kind = PBFT_VIEW_CHANGE;
	message.sender = 3;
	message.view_change.commits.count = 3;
	message.view_change.commits.signatures = signatures;
#define REFUSED(n, window)                                          \
	(len = pbft_message_encode(&message, bytes, sizeof(bytes)), \
	 pbft_message_decode((struct span){ bytes, len }, n, window, room, sizeof(room), &back) != 0)
	ktap_ok(!REFUSED(4, 8), "a view change with three commits is one");
	ktap_ok(REFUSED(3, 8), "a sender out of range is refused");
	message.sender = 0;
	ktap_ok(REFUSED(2, 8), "a voter out of range is refused");
	signatures[1].replica = 0;
	ktap_ok(REFUSED(4, 8), "one voter twice is refused");
	signatures[1].replica = 2;
	ktap_ok(REFUSED(4, 8), "voters out of order are refused");
	signatures[1].replica = 1;
	len = pbft_message_encode(&message, bytes, sizeof(bytes));
	ktap_ok(pbft_message_decode((struct span){ bytes, len }, 4, 8, room, 64, &back) != 0,
		"parts that do not fit into their room are refused");
	bytes[0] = 9;
	ktap_ok(pbft_message_decode((struct span){ bytes, len }, 4, 8, room, sizeof(room), &back) != 0,
		"an unknown kind is refused");
}

static void block_hash(void)
{
	struct pbft_block block, other;
	u8 one[32], two[32];
	u32 i;
	bool differ = true;

	draw_block(&block);
	pbft_block_hash(&block, one);
	for (i = 0; i < 7; i++) {
		other = block;
		if (i == 0)
			other.number++;
		else if (i == 1)
			other.time++;
		else if (i == 2)
			other.previous[31] ^= 1;
		else if (i == 3)
			other.header[31] ^= 1;
		else if (i == 4)
			other.requests++;
		else if (i == 5)
			other.bytes++;
		else
			other.last = !other.last;
		pbft_block_hash(&other, two);
		differ &= !!memcmp(one, two, 32);
	}
	ktap_ok(differ, "C2: the block hash binds every field");
}

int main(void)
{
	u32 kind;

	ktap_plan(0);
	for (kind = PBFT_PREPREPARE; kind <= PBFT_STATUS; kind++)
		kind_passes(kind);
	refusals();
	block_hash();
	return ktap_exit();
}

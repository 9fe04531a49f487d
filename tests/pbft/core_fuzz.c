// SPDX-License-Identifier: GPL-2.0
/*
 * core_fuzz.c - any events and messages, well signed or not, to one core of
 * four: it stays within its memory and its update, its height never falls, it never contradicts itself.
 */
#include "tests/pbft/one.h"

struct input {
	const u8 *at, *end;
};

static u32 byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static struct block_signature rooms[16][4];
static struct pbft_certificate proofs[4][4];
static struct pbft_message changes[4];

struct promise {
	bool there;
	u8 hash[32];
};

static struct promise promises[4][16][64]; /* own votes: by kind, view, number */
static bool left[16];

static void promise(const struct pbft_message *message)
{
	bool proposal = message->kind == PBFT_PREPREPARE;
	u64 view = proposal ? message->preprepare.view : message->vote.view;
	u64 number = proposal ? message->preprepare.block.number : message->vote.number;
	struct promise *made;
	u8 hash[32];

	if (view >= 16 || number >= 64)
		return;
	memcpy(hash, message->vote.hash, 32);
	if (proposal)
		pbft_block_hash(&message->preprepare.block, hash);
	made = &promises[message->kind][view][number];
	if (made->there && memcmp(made->hash, hash, 32))
		abort(); /* contradicts itself */
	if (!made->there && left[view])
		abort(); /* votes in a view that it left */
	made->there = true;
	memcpy(made->hash, hash, 32);
}

static void look(struct one *one, u64 height)
{
	u32 i;
	u64 view;

	if (one->status.committed < height || one->status.counters[PBFT_COUNTER_OVERFLOWED])
		abort();
	for (i = 0; i < one->update.count; i++) {
		const struct pbft_effect *effect = &one->update.effects[i];

		if (effect->type != PBFT_SEND || effect->message->sender != one->config.self)
			continue;
		if (effect->message->kind <= PBFT_COMMITTED_VOTE)
			promise(effect->message);
		if (effect->message->kind == PBFT_VIEW_CHANGE)
			for (view = 0; view < effect->message->view_change.view && view < 16; view++)
				left[view] = true;
	}
}

static struct pbft_block block_of(struct one *one, u32 bits)
{
	struct pbft_block block = one_block(one, 1 + bits % 12, bits / 16 % 4 ? 0 : bits / 64);

	block.last = bits == 255;
	return block;
}

static void fill_change(struct one *one, struct input *input, struct pbft_message *message, u32 place, u64 view)
{
	u32 bits = byte(input), i, count = bits % 4;
	struct pbft_block base = one_block(one, bits / 4 % 8, 0);

	memset(message, 0, sizeof(*message));
	message->kind = PBFT_VIEW_CHANGE;
	message->epoch = 3;
	message->view_change.view = view;
	message->view_change.base = base.number;
	memcpy(message->view_change.base_hash, base.number ? base.header : one->config.base_hash, 32);
	if (base.number)
		message->view_change.commits =
			one_certificate(one, PBFT_COMMITTED_VOTE, bits / 32 % 4, base, rooms[place * 4]);
	message->view_change.prepared = proofs[place];
	message->view_change.prepared_count = count;
	for (i = 0; i < count; i++)
		proofs[place][i] = one_certificate(one, PBFT_PREPARE, byte(input) % 4,
						   one_block(one, base.number + 1 + i, byte(input) % 8 ? 0 : 1),
						   rooms[place * 4 + 1 + i % 3]);
}

static void message(struct one *one, struct input *input)
{
	u32 bits = byte(input), kind = 1 + bits % 7, i;
	struct pbft_message message = { .kind = kind, .epoch = 3, .sender = bits / 8 % 4 };
	u32 from = bits & 128 ? byte(input) % 5 : message.sender;
	u64 view = byte(input) % 8;

	if (kind == PBFT_PREPREPARE) {
		message = one_preprepare(one, view, block_of(one, byte(input)));
		from = message.sender;
	} else if (kind <= PBFT_CHECKPOINT) {
		message = one_vote(one, kind, message.sender, kind == PBFT_CHECKPOINT ? 0 : view,
				   block_of(one, byte(input)));
	} else if (kind == PBFT_VIEW_CHANGE) {
		i = message.sender;
		fill_change(one, input, &message, 0, view);
		message.sender = i;
		one_seal(one, &message);
	} else if (kind == PBFT_NEW_VIEW) {
		message.sender = view % 4;
		message.new_view.view = view;
		message.new_view.view_changes = changes;
		for (i = 0; i < 4; i++) {
			if (byte(input) % 4 == 3)
				continue;
			fill_change(one, input, &changes[message.new_view.count], i, view);
			changes[message.new_view.count].sender = i;
			one_seal(one, &changes[message.new_view.count++]);
		}
		one_seal(one, &message);
	} else {
		message.status.view = view;
		message.status.committed = byte(input);
		message.status.stable = byte(input);
		message.status.changing = bits & 32;
		message.status.wants = bits & 64;
		one_seal(one, &message);
	}
	if (byte(input) == 255)
		message.signature[byte(input) % 64] ^= 1;
	one_receive(one, from, &message);
}

static struct pbft_event wanted; /* the answer to the last PROPOSE */

static void event(struct one *one, struct input *input)
{
	struct pbft_event event = { .type = byte(input) % 8 };
	static struct block_certificate certificate;
	struct pbft_block block = block_of(one, byte(input));
	u8 digest[1][32] = { { 0 } };

	digest[0][0] = block.number;
	certificate.count = 0;
	switch (event.type) {
	case PBFT_TICK:
	case PBFT_RECEIVED:
		event.type = PBFT_TICK;
		one->now_us += (u64)byte(input) * byte(input) * 40;
		break;
	case PBFT_REQUEST:
		memcpy(event.request.digest, digest[0], 32);
		event.request.digest[1] = byte(input);
		event.request.client = byte(input) % 12;
		event.request.bytes = 100 + byte(input) * 50;
		event.request.forwarded = byte(input) & 1;
		break;
	case PBFT_PROPOSED:
		event = wanted;
		event.type = PBFT_PROPOSED;
		event.proposed.failed = byte(input) % 8 == 7;
		memcpy(event.proposed.block.header, block.header, 32);
		break;
	case PBFT_EXECUTED:
		event.executed.view = byte(input) % 8;
		event.executed.number = block.number;
		memcpy(event.executed.header, block.header, 32);
		event.executed.verdict = byte(input) % 8 == 7	? PBFT_REFUSED
					 : byte(input) % 8 == 7 ? PBFT_MISSING
								: PBFT_ACCEPTED;
		event.executed.last = block.last;
		break;
	case PBFT_APPENDED:
		event.appended.number = block.number;
		break;
	case PBFT_DONE:
		event.done.count = 1;
		event.done.digests = (const void *)digest;
		break;
	case PBFT_SYNCED:
		event.synced.block = block;
		event.synced.certificate = &certificate;
		break;
	}
	one_step(one, &event);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	struct input input = { bytes, bytes + len };
	struct one one;
	u32 i;
	u64 height = 0;

	memset(promises, 0, sizeof(promises));
	memset(left, 0, sizeof(left));
	memset(&wanted, 0, sizeof(wanted));
	one_start(&one, 4, byte(&input) % 4);
	while (input.at < input.end) {
		if (byte(&input) & 1)
			message(&one, &input);
		else
			event(&one, &input);
		look(&one, height);
		height = one.status.committed;
		for (i = 0; i < one.update.count; i++) {
			const struct pbft_effect *effect = &one.update.effects[i];

			if (effect->type == PBFT_PROPOSE) {
				wanted.proposed.view = effect->view;
				wanted.proposed.block = *effect->block;
			}
		}
	}
	one_done(&one);
	return 0;
}

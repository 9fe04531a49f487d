// SPDX-License-Identifier: GPL-2.0
/*
 * message.c - a message's bytes and what its sender signs. Both are made of the
 * same parts, given to a sink one after the other: a new view of many replicas
 * is too large for a buffer of its own just to be hashed.
 */
#include "agent/pbft/message.h"

#include <sodium/crypto_generichash.h>

#define HEAD_LEN (1 + 8 + 2)
#define BLOCK_LEN (8 + 8 + 32 + 32 + 4 + 4 + 1)
#define SIGNATURE_LEN (2 + BLOCK_SIGNATURE_LEN)
#define PART_MAX (8 + BLOCK_LEN + 2 + PBFT_REPLICAS_MAX * SIGNATURE_LEN)

struct sink {
	struct writer *writer;		/* either */
	crypto_generichash_state *hash; /* or */
};

static void sink_put(struct sink *sink, const void *bytes, size_t len)
{
	if (sink->writer)
		writer_bytes(sink->writer, bytes, len);
	else
		crypto_generichash_update(sink->hash, bytes, len);
}

static void put_block(struct writer *part, const struct pbft_block *block)
{
	writer_u64(part, block->number);
	writer_u64(part, block->time);
	writer_bytes(part, block->previous, 32);
	writer_bytes(part, block->header, 32);
	writer_u32(part, block->requests);
	writer_u32(part, block->bytes);
	writer_u8(part, block->last);
}

void pbft_block_hash(const struct pbft_block *block, u8 ret_hash[32])
{
	static const u8 what[] = "block";
	u8 bytes[BLOCK_LEN];
	struct writer writer;
	struct ledger_piece pieces[] = { { what, sizeof(what) }, { bytes, sizeof(bytes) } };

	writer_init(&writer, bytes, sizeof(bytes));
	put_block(&writer, block);
	ledger_hash(LEDGER_DOMAIN_MESSAGE, pieces, 2, ret_hash);
}

static void put_signatures(struct writer *part, const struct pbft_certificate *certificate)
{
	u32 i;

	writer_u16(part, certificate->count);
	for (i = 0; i < certificate->count; i++) {
		writer_u16(part, certificate->signatures[i].replica);
		writer_bytes(part, certificate->signatures[i].bytes, BLOCK_SIGNATURE_LEN);
	}
}

static void sink_certificate(struct sink *sink, const struct pbft_certificate *certificate, bool with_block)
{
	u8 bytes[PART_MAX];
	struct writer part;

	writer_init(&part, bytes, sizeof(bytes));
	writer_u64(&part, certificate->view);
	if (with_block)
		put_block(&part, &certificate->block);
	put_signatures(&part, certificate);
	sink_put(sink, bytes, writer_len(&part));
}

static size_t view_change_len(const struct pbft_view_change *change)
{
	size_t len = HEAD_LEN + 8 + 8 + 32 + 8 + 2 + change->commits.count * SIGNATURE_LEN + 2 + BLOCK_SIGNATURE_LEN;
	u32 i;

	for (i = 0; i < change->prepared_count; i++)
		len += 8 + BLOCK_LEN + 2 + change->prepared[i].count * SIGNATURE_LEN;
	return len;
}

static void sink_view_change(struct sink *sink, const struct pbft_view_change *change)
{
	u8 bytes[64];
	struct writer part;
	u32 i;

	writer_init(&part, bytes, sizeof(bytes));
	writer_u64(&part, change->view);
	writer_u64(&part, change->base);
	writer_bytes(&part, change->base_hash, 32);
	sink_put(sink, bytes, writer_len(&part));
	sink_certificate(sink, &change->commits, false);
	writer_init(&part, bytes, sizeof(bytes));
	writer_u16(&part, change->prepared_count);
	sink_put(sink, bytes, writer_len(&part));
	for (i = 0; i < change->prepared_count; i++)
		sink_certificate(sink, &change->prepared[i], true);
}

static void sink_body(struct sink *sink, const struct pbft_message *message);

static void sink_new_view(struct sink *sink, const struct pbft_message *message)
{
	u8 bytes[16];
	struct writer part;
	u32 i;

	writer_init(&part, bytes, sizeof(bytes));
	writer_u64(&part, message->new_view.view);
	writer_u16(&part, message->new_view.count);
	sink_put(sink, bytes, writer_len(&part));
	for (i = 0; i < message->new_view.count; i++) {
		const struct pbft_message *change = &message->new_view.view_changes[i];

		writer_init(&part, bytes, sizeof(bytes));
		writer_u32(&part, view_change_len(&change->view_change));
		sink_put(sink, bytes, writer_len(&part));
		sink_body(sink, change);
		sink_put(sink, change->signature, BLOCK_SIGNATURE_LEN);
	}
}

/* Everything before the signature. */
static void sink_body(struct sink *sink, const struct pbft_message *message)
{
	u8 bytes[HEAD_LEN + 8 + BLOCK_LEN];
	struct writer part;

	writer_init(&part, bytes, sizeof(bytes));
	writer_u8(&part, message->kind);
	writer_u64(&part, message->epoch);
	writer_u16(&part, message->sender);
	switch (message->kind) {
	case PBFT_PREPREPARE:
		writer_u64(&part, message->preprepare.view);
		put_block(&part, &message->preprepare.block);
		break;
	case PBFT_PREPARE:
	case PBFT_COMMITTED_VOTE:
	case PBFT_CHECKPOINT:
		writer_u64(&part, message->vote.view);
		writer_u64(&part, message->vote.number);
		writer_bytes(&part, message->vote.hash, 32);
		break;
	case PBFT_STATUS:
		writer_u64(&part, message->status.view);
		writer_u64(&part, message->status.committed);
		writer_u64(&part, message->status.stable);
		writer_bytes(&part, message->status.committed_hash, 32);
		writer_u8(&part, message->status.changing | message->status.wants << 1);
		break;
	case PBFT_VIEW_CHANGE:
	case PBFT_NEW_VIEW:
		break;
	}
	sink_put(sink, bytes, writer_len(&part));
	if (message->kind == PBFT_VIEW_CHANGE)
		sink_view_change(sink, &message->view_change);
	else if (message->kind == PBFT_NEW_VIEW)
		sink_new_view(sink, message);
}

size_t pbft_message_encode(const struct pbft_message *message, void *ret_bytes, size_t size)
{
	struct writer writer;
	struct sink sink = { &writer, NULL };

	writer_init(&writer, ret_bytes, size);
	sink_body(&sink, message);
	writer_bytes(&writer, message->signature, BLOCK_SIGNATURE_LEN);
	return writer_len(&writer);
}

size_t pbft_message_size(u32 n, u32 window)
{
	size_t change = HEAD_LEN + 48 + (8 + 2 + (size_t)n * SIGNATURE_LEN) + 2 +
			window * (8 + BLOCK_LEN + 2 + (size_t)n * SIGNATURE_LEN) + BLOCK_SIGNATURE_LEN;

	return HEAD_LEN + 8 + 2 + n * (4 + change) + BLOCK_SIGNATURE_LEN;
}

static void vote_digest(const struct pbft_message *message, const u8 channel[32], u8 ret_digest[32])
{
	static const enum block_vote votes[] = { [PBFT_PREPREPARE] = BLOCK_VOTE_PREPREPARE,
						 [PBFT_PREPARE] = BLOCK_VOTE_PREPARE,
						 [PBFT_COMMITTED_VOTE] = BLOCK_VOTE_COMMIT,
						 [PBFT_CHECKPOINT] = BLOCK_VOTE_CHECKPOINT };
	u8 hash[32];

	if (message->kind == PBFT_PREPREPARE) {
		pbft_block_hash(&message->preprepare.block, hash);
		block_vote_hash(BLOCK_VOTE_PREPREPARE, channel, message->epoch, message->preprepare.view,
				message->preprepare.block.number, hash, ret_digest);
		return;
	}
	block_vote_hash(votes[message->kind], channel, message->epoch, message->vote.view, message->vote.number,
			message->vote.hash, ret_digest);
}

void pbft_message_digest(const struct pbft_message *message, const u8 channel[32], u8 ret_digest[32])
{
	const u8 domain = LEDGER_DOMAIN_MESSAGE;
	crypto_generichash_state hash;
	struct sink sink = { NULL, &hash };

	if (message->kind <= PBFT_CHECKPOINT) {
		vote_digest(message, channel, ret_digest);
		return;
	}
	crypto_generichash_init(&hash, NULL, 0, LEDGER_HASH_LEN);
	crypto_generichash_update(&hash, &domain, 1);
	crypto_generichash_update(&hash, channel, 32);
	sink_body(&sink, message);
	crypto_generichash_final(&hash, ret_digest, LEDGER_HASH_LEN);
}

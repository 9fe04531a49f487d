// SPDX-License-Identifier: GPL-2.0
/*
 * block.c - header, body, outcomes and certificate of a block: their bytes (PROTOCOL.md L3, L4).
 */
#include "ledger/block.h"

#include <errno.h>
#include <stdlib.h>

#include "ledger/merkle.h"

#define BLOCK_HASHES 64		 /* made in one call */
#define BLOCK_CERTIFICATE_MIN 10 /* view, count */
#define BLOCK_CERTIFICATE_MAX (BLOCK_CERTIFICATE_MIN + BLOCK_REPLICAS_MAX * (2 + BLOCK_SIGNATURE_LEN))

void block_header_encode(const struct block_header *header, u8 ret_bytes[BLOCK_HEADER_LEN])
{
	struct writer writer;

	writer_init(&writer, ret_bytes, BLOCK_HEADER_LEN);
	writer_bytes(&writer, BLOCK_MAGIC, 8);
	writer_bytes(&writer, header->channel, LEDGER_HASH_LEN);
	writer_u64(&writer, header->number);
	writer_bytes(&writer, header->previous, LEDGER_HASH_LEN);
	writer_bytes(&writer, header->transactions, LEDGER_HASH_LEN);
	writer_bytes(&writer, header->state, LEDGER_HASH_LEN);
	writer_bytes(&writer, header->replicas, LEDGER_HASH_LEN);
	writer_bytes(&writer, header->next_replicas, LEDGER_HASH_LEN);
	writer_u64(&writer, header->time);
	writer_u32(&writer, header->count);
	writer_u64(&writer, header->epoch);
}

int block_header_decode(struct span bytes, struct block_header *ret_header)
{
	struct block_header header;
	struct reader reader;
	u8 magic[8];

	reader_init(&reader, bytes.bytes, bytes.len);
	reader_copy(&reader, magic, sizeof(magic));
	reader_copy(&reader, header.channel, LEDGER_HASH_LEN);
	header.number = reader_u64(&reader);
	reader_copy(&reader, header.previous, LEDGER_HASH_LEN);
	reader_copy(&reader, header.transactions, LEDGER_HASH_LEN);
	reader_copy(&reader, header.state, LEDGER_HASH_LEN);
	reader_copy(&reader, header.replicas, LEDGER_HASH_LEN);
	reader_copy(&reader, header.next_replicas, LEDGER_HASH_LEN);
	header.time = reader_u64(&reader);
	header.count = reader_u32(&reader);
	header.epoch = reader_u64(&reader);
	if (!reader_done(&reader) || memcmp(magic, BLOCK_MAGIC, 8) || header.count > BLOCK_TRANSACTIONS_MAX)
		return -EBADMSG;
	*ret_header = header;
	return 0;
}

void block_header_hash(const struct block_header *header, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 bytes[BLOCK_HEADER_LEN];

	block_header_encode(header, bytes);
	ledger_hash_bytes(LEDGER_DOMAIN_HEADER, bytes, sizeof(bytes), ret_hash);
}

bool block_body_next(struct reader *body, struct span *ret_transaction)
{
	if (body->bad || !reader_left(body))
		return false;
	*ret_transaction = reader_span32(body, BLOCK_BODY_MAX);
	return !body->bad;
}

int block_body_open(struct span bytes, struct reader *ret_body)
{
	struct reader reader;
	struct span transaction;
	u32 count, found = 0;

	if (bytes.len > BLOCK_BODY_MAX)
		return -EBADMSG;
	reader_init(&reader, bytes.bytes, bytes.len);
	count = reader_u32(&reader);
	if (reader.bad || count > BLOCK_TRANSACTIONS_MAX)
		return -EBADMSG;
	*ret_body = reader;
	while (block_body_next(&reader, &transaction))
		found++;
	return reader.bad || found != count ? -EBADMSG : (int)count;
}

int block_digests(struct span body, u32 count, u8 (*ret_digests)[LEDGER_HASH_LEN])
{
	struct ledger_message messages[BLOCK_HASHES] = { 0 };
	struct span transaction;
	struct reader reader;
	u32 i, filled = 0;

	if (block_body_open(body, &reader) != (int)count)
		return -EBADMSG;
	for (i = 0; block_body_next(&reader, &transaction); i++) {
		messages[filled].bytes = transaction.bytes;
		messages[filled].len = transaction.len;
		messages[filled++].ret_hash = ret_digests[i];
		if (filled == BLOCK_HASHES || i + 1 == count) {
			ledger_hash_many(LEDGER_DOMAIN_TRANSACTION, messages, filled);
			filled = 0;
		}
	}
	return 0;
}

int block_outcomes_root(const u8 (*digests)[LEDGER_HASH_LEN], const u8 *outcomes, u32 count,
			u8 ret_root[LEDGER_HASH_LEN])
{
	u8(*leaves)[LEDGER_HASH_LEN] = malloc((size_t)(count ? count : 1) * LEDGER_HASH_LEN);
	u8 rows[BLOCK_HASHES][LEDGER_HASH_LEN + 1];
	struct ledger_message messages[BLOCK_HASHES] = { 0 };
	u32 i, filled = 0;

	if (!leaves)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		memcpy(rows[filled], digests[i], LEDGER_HASH_LEN);
		rows[filled][LEDGER_HASH_LEN] = outcomes[i];
		messages[filled].bytes = rows[filled];
		messages[filled].len = sizeof(rows[filled]);
		messages[filled++].ret_hash = leaves[i];
		if (filled == BLOCK_HASHES || i + 1 == count) {
			ledger_hash_many(LEDGER_DOMAIN_LEAF, messages, filled);
			filled = 0;
		}
	}
	merkle_root(leaves, count, ret_root);
	free(leaves);
	return 0;
}

int block_transactions_root(struct span body, const u8 *outcomes, u32 count, u8 ret_root[LEDGER_HASH_LEN])
{
	u8(*digests)[LEDGER_HASH_LEN];
	int error;

	if (count > BLOCK_TRANSACTIONS_MAX)
		return -EBADMSG;
	digests = malloc((size_t)(count ? count : 1) * LEDGER_HASH_LEN);
	if (!digests)
		return -ENOMEM;
	error = block_digests(body, count, digests);
	if (!error)
		error = block_outcomes_root((const u8(*)[LEDGER_HASH_LEN])digests, outcomes, count, ret_root);
	free(digests);
	return error;
}

static size_t certificate_size(const struct block_certificate *certificate)
{
	return BLOCK_CERTIFICATE_MIN + (size_t)certificate->count * (2 + BLOCK_SIGNATURE_LEN);
}

static int certificate_decode(struct span bytes, struct block_certificate *ret_certificate)
{
	struct block_signature *signature;
	struct reader reader;
	u32 i;

	reader_init(&reader, bytes.bytes, bytes.len);
	ret_certificate->view = reader_u64(&reader);
	ret_certificate->count = reader_u16(&reader);
	if (reader.bad || ret_certificate->count > BLOCK_REPLICAS_MAX)
		return -EBADMSG;
	for (i = 0; i < ret_certificate->count; i++) {
		signature = &ret_certificate->signatures[i];
		signature->replica = reader_u16(&reader);
		reader_copy(&reader, signature->bytes, BLOCK_SIGNATURE_LEN);
		if (signature->replica >= BLOCK_REPLICAS_MAX || (i && signature->replica <= signature[-1].replica))
			return -EBADMSG;
	}
	return reader_done(&reader) ? 0 : -EBADMSG;
}

size_t block_size(const struct block_header *header, struct span body, const struct block_certificate *certificate)
{
	return BLOCK_HEADER_LEN + header->count + 4 + body.len + 4 + certificate_size(certificate);
}

void block_encode(struct writer *writer, const struct block_header *header, const u8 *outcomes, struct span body,
		  const struct block_certificate *certificate)
{
	u8 bytes[BLOCK_HEADER_LEN];
	u32 i;

	block_header_encode(header, bytes);
	writer_bytes(writer, bytes, sizeof(bytes));
	writer_bytes(writer, outcomes, header->count);
	writer_span32(writer, body);
	writer_u32(writer, (u32)certificate_size(certificate));
	writer_u64(writer, certificate->view);
	writer_u16(writer, (u16)certificate->count);
	for (i = 0; i < certificate->count; i++) {
		writer_u16(writer, certificate->signatures[i].replica);
		writer_bytes(writer, certificate->signatures[i].bytes, BLOCK_SIGNATURE_LEN);
	}
}

int block_decode(struct span bytes, struct block *ret_block)
{
	struct reader reader, body;
	struct span header, certificate;

	reader_init(&reader, bytes.bytes, bytes.len);
	header.bytes = reader_bytes(&reader, BLOCK_HEADER_LEN);
	header.len = BLOCK_HEADER_LEN;
	if (!header.bytes || block_header_decode(header, &ret_block->header))
		return -EBADMSG;
	ret_block->outcomes = reader_bytes(&reader, ret_block->header.count);
	ret_block->body = reader_span32(&reader, BLOCK_BODY_MAX);
	certificate = reader_span32(&reader, BLOCK_CERTIFICATE_MAX);
	if (!reader_done(&reader) || block_body_open(ret_block->body, &body) != (int)ret_block->header.count ||
	    certificate_decode(certificate, &ret_block->certificate))
		return -EBADMSG;
	ret_block->bytes = bytes;
	ledger_hash_bytes(LEDGER_DOMAIN_HEADER, header.bytes, header.len, ret_block->hash);
	return 0;
}

void block_vote_hash(enum block_vote vote, const u8 channel[32], u64 epoch, u64 view, u64 number,
		     const u8 header_hash[32], u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 bytes[1 + 32 + 3 * 8 + 32];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, (u8)vote);
	writer_bytes(&writer, channel, 32);
	writer_u64(&writer, epoch);
	writer_u64(&writer, view);
	writer_u64(&writer, number);
	writer_bytes(&writer, header_hash, 32);
	ledger_hash_bytes(LEDGER_DOMAIN_VOTE, bytes, sizeof(bytes), ret_hash);
}

u32 block_faulty(u32 n)
{
	return n ? (n - 1) / 3 : 0;
}

u32 block_quorum(u32 n)
{
	return (n + block_faulty(n)) / 2 + 1;
}

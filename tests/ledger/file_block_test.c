// SPDX-License-Identifier: GPL-2.0
/*
 * file_block_test.c - blocks: encoded and decoded again, refused when cut or
 * changed where structure says so; quorums; CRC-32C; cursors at their bounds.
 */
#include "ledger/block.h"

#include <errno.h>
#include <stdlib.h>

#include "ledger/crc32c.h"
#include "tests/ktap.h"
#include "tests/ledger/file_sample.h"

static void test_round_trip(void)
{
	struct span bytes, transaction;
	struct reader body;
	struct writer writer;
	struct block block;
	u8 hash[32], again[4096];
	int walked = 0, count;

	bytes = sample_block(9, 5, 40);
	ktap_ok(!block_decode(bytes, &block) && block.header.number == 9 && block.header.count == 5 &&
			block.certificate.count == 3 && block.certificate.view == 1,
		"a block is decoded");
	ktap_ok(bytes.len == block_size(&block.header, block.body, &block.certificate), "its size is known beforehand");
	block_header_hash(&block.header, hash);
	ktap_ok(!memcmp(hash, block.hash, 32), "its hash is the header's");
	count = block_body_open(block.body, &body);
	while (block_body_next(&body, &transaction))
		walked += transaction.len == 40;
	ktap_ok(count == 5 && walked == 5, "its body is walked");
	writer_init(&writer, again, sizeof(again));
	block_encode(&writer, &block.header, block.outcomes, block.body, &block.certificate);
	ktap_ok(writer_len(&writer) == bytes.len && !memcmp(again, bytes.bytes, bytes.len),
		"encoding again gives its bytes");
	writer_init(&writer, again, bytes.len - 1);
	block_encode(&writer, &block.header, block.outcomes, block.body, &block.certificate);
	ktap_ok(!writer_len(&writer), "an encoding that does not fit is worthless and says so");
	ktap_ok(!block_transactions_root(block.body, block.outcomes, 5, hash) &&
			!memcmp(hash, block.header.transactions, 32) &&
			block_transactions_root(block.body, block.outcomes, 4, hash) == -EBADMSG,
		"transactions root, and its refusal of another count");
	free((void *)bytes.bytes);
}

/* A copy in memory of its exact size, so that a read beyond it is seen. */
static int decode_copy(const u8 *bytes, size_t len, struct block *ret_block)
{
	u8 *copy = malloc(len ? len : 1);
	int error;

	memcpy(copy, bytes, len);
	error = block_decode((struct span){ copy, len }, ret_block);
	free(copy);
	return error;
}

static void test_truncation(void)
{
	struct span bytes = sample_block(3, 4, 30);
	u8 *longer = malloc(bytes.len + 1);
	struct block block;
	size_t len, refused = 0;

	for (len = 0; len < bytes.len; len++)
		refused += decode_copy(bytes.bytes, len, &block) == -EBADMSG;
	ktap_ok(refused == bytes.len, "every cut of a block is refused (%zu of %zu)", refused, bytes.len);
	memcpy(longer, bytes.bytes, bytes.len);
	longer[bytes.len] = 0;
	ktap_ok(decode_copy(longer, bytes.len + 1, &block) == -EBADMSG, "a byte after its end is refused");
	free(longer);
	free((void *)bytes.bytes);
}

/* Is a change at @at one that structure alone must refuse? Counts, lengths, the magic, the order of signatures. */
static bool structural(size_t at, const struct block *block, const u8 *start)
{
	size_t body = (size_t)(block->body.bytes - start), certificate = body + block->body.len;
	size_t i;

	if (at < 8 || (at >= 216 && at < 220))
		return true;
	if (at >= body - 4 && at < body + 4)
		return true;
	for (i = 0; i < block->header.count; i++)
		if (at >= body + 4 + i * 34 && at < body + 8 + i * 34)
			return true;
	return (at >= certificate && at < certificate + 4) || (at >= certificate + 12 && at < certificate + 14);
}

/*
 * Every change of one byte is refused by structure, or moves the header's
 * hash, or the transactions root, or shows in what the certificate says: none is lost.
 */
static void test_one_byte(void)
{
	struct span bytes = sample_block(3, 4, 30);
	struct block right, block;
	size_t at, must = 0, refused = 0, seen = 0;
	u8 root[32], *copy = malloc(bytes.len);

	block_decode(bytes, &right);
	for (at = 0; at < bytes.len; at++) {
		memcpy(copy, bytes.bytes, bytes.len);
		copy[at] ^= 0x40;
		must += structural(at, &right, bytes.bytes);
		if (block_decode((struct span){ copy, bytes.len }, &block)) {
			refused += structural(at, &right, bytes.bytes);
			seen++;
			continue;
		}
		block_transactions_root(block.body, block.outcomes, block.header.count, root);
		seen += memcmp(block.hash, right.hash, 32) || memcmp(root, right.header.transactions, 32) ||
			memcmp(&block.certificate, &right.certificate, sizeof(block.certificate));
	}
	ktap_ok(must > 30 && refused == must, "a changed count, length, magic or order is refused (%zu of %zu)",
		refused, must);
	ktap_ok(seen == bytes.len, "no change of any byte goes unseen (%zu of %zu)", seen, bytes.len);
	free(copy);
	free((void *)bytes.bytes);
}

/* A certificate whose length says more than its signatures fill. */
static void test_certificate_longer(struct span bytes)
{
	u8 *longer = calloc(1, bytes.len + 1);
	size_t at = bytes.len - (10 + 3 * 66) - 1; /* lowest byte of its length */
	struct block block;

	memcpy(longer, bytes.bytes, bytes.len);
	longer[at]++;
	ktap_ok(block_decode((struct span){ longer, bytes.len + 1 }, &block) == -EBADMSG,
		"a certificate with something behind its signatures is refused");
	free(longer);
}

static void test_certificate_order(void)
{
	struct span bytes = sample_block(3, 0, 0);
	u8 *copy = (u8 *)bytes.bytes, *second = copy + bytes.len - 2 * 66;
	struct block block;

	second[1] = 0;
	ktap_ok(block_decode(bytes, &block) == -EBADMSG, "one replica signing twice is refused");
	second[1] = 5;
	ktap_ok(block_decode(bytes, &block) == -EBADMSG, "signatures out of order are refused");
	second[1] = 1;
	second[66 + 1] = BLOCK_REPLICAS_MAX;
	ktap_ok(block_decode(bytes, &block) == -EBADMSG, "a replica beyond the largest set is refused");
	second[66 + 1] = 2;
	ktap_ok(!block_decode(bytes, &block), "and in order it is taken");
	test_certificate_longer(bytes);
	free(copy);
}

/* Any two quorums share a correct replica, and the correct ones alone make a quorum. */
static void test_quorum(void)
{
	u32 n, f, q, shared = 0, alive = 0, tight = 0;

	for (n = 1; n <= 64; n++) {
		f = block_faulty(n);
		q = block_quorum(n);
		shared += 2 * q >= n + f + 1; /* overlap 2q - n > f */
		alive += q <= n - f;
		tight += f == (n - 1) / 3 && 2 * (q - 1) < n + f + 1;
	}
	ktap_ok(shared == 64, "two quorums share a correct replica for n 1 to 64 (%u)", shared);
	ktap_ok(alive == 64, "the correct replicas are a quorum for n 1 to 64 (%u)", alive);
	ktap_ok(tight == 64, "no smaller quorum would do for n 1 to 64 (%u)", tight);
	ktap_ok(block_quorum(4) == 3 && block_quorum(6) == 4 && block_quorum(7) == 5 && block_quorum(10) == 7,
		"quorums of 4, 6, 7, 10 are 3, 4, 5, 7");
}

static void test_vote(void)
{
	u8 header[32] = { 1 }, channel[32] = { 2 }, first[32], other[32];
	int differ = 0;

	block_vote_hash(BLOCK_VOTE_COMMIT, channel, 1, 2, 3, header, first);
	block_vote_hash(BLOCK_VOTE_PREPARE, channel, 1, 2, 3, header, other);
	differ += !!memcmp(first, other, 32);
	block_vote_hash(BLOCK_VOTE_COMMIT, header, 1, 2, 3, header, other);
	differ += !!memcmp(first, other, 32);
	block_vote_hash(BLOCK_VOTE_COMMIT, channel, 2, 2, 3, header, other);
	differ += !!memcmp(first, other, 32);
	block_vote_hash(BLOCK_VOTE_COMMIT, channel, 1, 3, 3, header, other);
	differ += !!memcmp(first, other, 32);
	block_vote_hash(BLOCK_VOTE_COMMIT, channel, 1, 2, 4, header, other);
	differ += !!memcmp(first, other, 32);
	block_vote_hash(BLOCK_VOTE_COMMIT, channel, 1, 2, 3, channel, other);
	differ += !!memcmp(first, other, 32);
	ktap_ok(differ == 6, "a vote binds kind, channel, epoch, view, number and header (%d of 6)", differ);
}

static void test_pieces(void)
{
	u8 bytes[600], one[32], pieces_hash[32];
	size_t len, cut, same = 0, all = 0;

	for (len = 0; len < sizeof(bytes); len++)
		bytes[len] = (u8)len;
	for (len = 0; len <= sizeof(bytes); len += 25)
		for (cut = 0; cut <= len; cut += 25, all++) {
			struct ledger_piece pieces[] = { { bytes, cut }, { bytes + cut, len - cut } };

			ledger_hash_bytes(LEDGER_DOMAIN_LEAF, bytes, len, one);
			ledger_hash(LEDGER_DOMAIN_LEAF, pieces, 2, pieces_hash);
			same += !memcmp(one, pieces_hash, 32);
		}
	ktap_ok(same == all, "a hash of pieces is the hash of the whole (%zu of %zu)", same, all);
	ledger_hash_bytes(LEDGER_DOMAIN_NODE, bytes, 64, one);
	ledger_hash_bytes(LEDGER_DOMAIN_LEAF, bytes, 64, pieces_hash);
	ktap_ok(memcmp(one, pieces_hash, 32), "and depends on what it is the hash of");
}

static void test_cursor(void)
{
	u8 bytes[] = { 0, 3, 1, 2, 3, 0xff, 0xff };
	struct reader reader;
	struct span span;

	reader_init(&reader, bytes, sizeof(bytes));
	span = reader_span16(&reader, 3);
	ktap_ok(span.len == 3 && span.bytes == bytes + 2 && !reader.bad, "a span is taken");
	ktap_ok(reader_span16(&reader, 1000).bytes == NULL && reader.bad && !reader_done(&reader),
		"one too long is not");
	ktap_ok(reader_u32(&reader) == 0 && !reader_left(&reader), "a bad reader gives zeros");
	reader_init(&reader, bytes, sizeof(bytes));
	ktap_ok(reader_span16(&reader, 2).bytes == NULL && reader.bad, "nor one beyond what is allowed");
}

int main(void)
{
	ktap_plan(0);
	ktap_ok(crc32c("123456789", 9) == 0xe3069283, "CRC-32C of RFC 3720's check string");
	test_pieces();
	test_cursor();
	test_round_trip();
	test_truncation();
	test_one_byte();
	test_certificate_order();
	test_vote();
	test_quorum();
	return ktap_exit();
}

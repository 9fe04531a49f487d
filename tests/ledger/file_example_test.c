// SPDX-License-Identifier: GPL-2.0
/*
 * file_example_test.c - the worked example of ledger/FORMAT.md, made again
 * from its recipe and compared with what the page shows; --print shows it for the page.
 *
 *    file_example [--print] [FORMAT.md]
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/blockfile.h"
#include "tests/ledger/example.h"
#include "tests/ledger/file_sample.h"

static void open_transaction(struct writer *writer, u8 client, u64 nonce, const char *payload)
{
	u8 key[32];

	memset(key, client, sizeof(key));
	writer_u32(writer, (u32)(1 + 32 + 8 + 4 + strlen(payload)));
	writer_u8(writer, 1);
	writer_bytes(writer, key, sizeof(key));
	writer_u64(writer, nonce);
	writer_span32(writer, (struct span){ (const u8 *)payload, strlen(payload) });
}

/* Replica @index signs with the key whose seed is 32 times the byte @index. */
static void sign(u16 index, const struct block_header *header, u64 view, struct block_signature *ret_signature)
{
	u8 seed[32], public[32], secret[64], hash[32], vote[32];

	memset(seed, index, sizeof(seed));
	crypto_sign_seed_keypair(public, secret, seed);
	block_header_hash(header, hash);
	block_vote_hash(BLOCK_VOTE_COMMIT, header->channel, header->epoch, view, header->number, hash, vote);
	ret_signature->replica = index;
	crypto_sign_detached(ret_signature->bytes, NULL, vote, sizeof(vote), secret);
}

static size_t make_block(u8 *bytes, size_t room, u8 hash[32])
{
	static const u8 outcomes[2] = { 0, 3 };
	struct block_header header = { .number = 7, .time = 718329605000000, .count = 2 };
	struct block_certificate certificate = { .view = 1, .count = 3 };
	u8 body_bytes[512];
	struct writer writer;
	struct span body;

	ledger_hash_bytes(LEDGER_DOMAIN_GENESIS, "example", 7, header.channel);
	memset(header.previous, 0x06, 32);
	memset(header.state, 0x5a, 32);
	memset(header.replicas, 0x4e, 32);
	memset(header.next_replicas, 0x4e, 32);
	writer_init(&writer, body_bytes, sizeof(body_bytes));
	writer_u32(&writer, 2);
	open_transaction(&writer, 0xa1, 5, "charge 40 kWh");
	open_transaction(&writer, 0xa1, 5, "again");
	body = (struct span){ body_bytes, writer_len(&writer) };
	block_transactions_root(body, outcomes, 2, header.transactions);
	sign(0, &header, 1, &certificate.signatures[0]);
	sign(1, &header, 1, &certificate.signatures[1]);
	sign(3, &header, 1, &certificate.signatures[2]);
	block_header_hash(&header, hash);
	writer_init(&writer, bytes, room);
	block_encode(&writer, &header, outcomes, body, &certificate);
	return writer_len(&writer);
}

static void show_transaction(struct reader *reader, const u8 *start, u32 payload)
{
	field(reader, start, 4, "transaction's length");
	field(reader, start, 1, "kind: open");
	field(reader, start, 32, "client");
	field(reader, start, 8, "nonce");
	field(reader, start, 4, "payload's length");
	field(reader, start, payload, "payload");
}

static void show_block(struct reader *reader, const u8 *start)
{
	int i;

	field(reader, start, 8, "header: \"VGBLOCK1\"");
	field(reader, start, 32, "channel");
	field(reader, start, 8, "number");
	field(reader, start, 32, "previous");
	field(reader, start, 32, "transactions");
	field(reader, start, 32, "state");
	field(reader, start, 32, "replicas");
	field(reader, start, 32, "next replicas");
	field(reader, start, 8, "time");
	field(reader, start, 4, "count");
	field(reader, start, 8, "epoch");
	field(reader, start, 2, "outcomes: valid, duplicate");
	field(reader, start, 4, "body's length");
	field(reader, start, 4, "count");
	show_transaction(reader, start, 13);
	show_transaction(reader, start, 5);
	field(reader, start, 4, "certificate's length");
	field(reader, start, 8, "view");
	field(reader, start, 2, "signatures");
	for (i = 0; i < 3; i++) {
		field(reader, start, 2, "replica");
		field(reader, start, 64, "signature");
	}
}

/* The block in a file whose first block it is, the disk's bytes and not what the code above thinks they are. */
static void make_file(struct span block, const u8 channel[32])
{
	struct blockfile_options options = { .first = 7 };
	struct blockfile_error error;
	struct blockfile *files;
	struct disk_file *file;
	struct reader reader;
	u8 bytes[2048];
	ssize_t len;
	u64 torn;

	disk_memory_open(&options.disk);
	memcpy(options.channel, channel, 32);
	if (blockfile_open(&options, &files, &torn, &error) || blockfile_append(files, 7, block))
		abort();
	blockfile_close(files);
	options.disk->ops->open(options.disk, "0000000007.vgb", false, &file);
	len = options.disk->ops->read(file, 0, bytes, sizeof(bytes));
	options.disk->ops->close(file);
	show("0000000007.vgb\n");
	reader_init(&reader, bytes, (size_t)len);
	field(&reader, bytes, 8, "\"VGBLKS01\"");
	field(&reader, bytes, 8, "first block");
	field(&reader, bytes, 32, "channel");
	field(&reader, bytes, 4, "CRC-32C of the 48 bytes before");
	field(&reader, bytes, 4, "record: block's length");
	field(&reader, bytes, 4, "CRC-32C of what follows");
	field(&reader, bytes, 8, "synced");
	show_block(&reader, bytes);
	show("%4zd  end\n", len);
	options.disk->ops->open(options.disk, "0000000007.vgi", false, &file);
	len = options.disk->ops->read(file, 0, bytes, sizeof(bytes));
	options.disk->ops->close(file);
	show("\n0000000007.vgi\n");
	reader_init(&reader, bytes, (size_t)len);
	field(&reader, bytes, 8, "\"VGINDEX1\"");
	field(&reader, bytes, 8, "first block");
	field(&reader, bytes, 4, "CRC-32C of the 16 bytes before");
	field(&reader, bytes, 8, "offset of block 7's record");
	field(&reader, bytes, 4, "CRC-32C of 7 as u64, offset");
	disk_done(options.disk);
}

int main(int argc, char **argv)
{
	u8 block[1024], hash[32];
	struct block decoded;
	struct span bytes;
	int i;

	if (sodium_init() < 0)
		return 1;
	bytes = (struct span){ block, make_block(block, sizeof(block), hash) };
	if (block_decode(bytes, &decoded))
		return 1;
	make_file(bytes, decoded.header.channel);
	show("\nheader hash  ");
	for (i = 0; i < 32; i++)
		show("%02x", hash[i]);
	show("\n");
	return example_end(argc, argv, "the worked example");
}

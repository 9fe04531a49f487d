// SPDX-License-Identifier: GPL-2.0
/*
 * digest.c - carries blocks out and prints each header's hash and all
 * outcomes: what builds by other compilers must print to the letter.
 *
 *   digest write SEED BLOCKS FILE     random bodies into a file
 *   digest run FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/txn/random.h"

#define TRANSACTIONS 24

static struct world world;
static u8 bytes[TRANSACTION_MAX], previous[LEDGER_HASH_LEN];

static void print_block(u8 *body, size_t len)
{
	struct block_header header = { .number = world.number, .time = world.time, .count = world.result->count };
	u8 hash[LEDGER_HASH_LEN];
	struct writer writer;
	u32 i;

	writer_init(&writer, body, 4); /* the world has begun its next body there */
	writer_u32(&writer, header.count);
	memcpy(header.channel, world.channel, sizeof(header.channel));
	memcpy(header.previous, previous, sizeof(previous));
	memcpy(header.state, world.root, sizeof(world.root));
	membership_replicas_hash(&world.membership, header.next_replicas);
	if (block_transactions_root((struct span){ body, len }, world.result->outcomes, header.count,
				    header.transactions))
		exit(1);
	block_header_hash(&header, hash);
	memcpy(previous, hash, sizeof(hash));
	printf("%llu ", (unsigned long long)header.number);
	for (i = 0; i < sizeof(hash); i++)
		printf("%02x", hash[i]);
	for (i = 0; i < header.count; i++)
		printf(" %s", ledger_outcome_word(world.result->outcomes[i]));
	printf("\n");
}

/* What the block holds and how long after the one before, for all builds alike. */
static void write_block(FILE *file)
{
	u32 count = random_draw(TRANSACTIONS) + 1, len, i;
	u64 pause = random_pause();

	for (i = 0; i < count; i++) {
		len = random_transaction(bytes, sizeof(bytes));
		world_add(&world, bytes, len);
	}
	len = writer_len(&world.writer);
	fwrite(&pause, sizeof(pause), 1, file);
	fwrite(&count, sizeof(count), 1, file);
	fwrite(&len, sizeof(len), 1, file);
	fwrite(world.body, len, 1, file);
	world_block(&world, pause);
}

static bool read_block(FILE *file)
{
	u32 count, len;
	u64 pause;

	if (fread(&pause, sizeof(pause), 1, file) != 1)
		return false;
	if (fread(&count, sizeof(count), 1, file) != 1 || fread(&len, sizeof(len), 1, file) != 1 ||
	    len > WORLD_BODY_MAX || fread(world.body, len, 1, file) != 1)
		exit(1);
	world.writer.at = world.body + len;
	world.count = count;
	world_block(&world, pause);
	print_block(world.body, len);
	return true;
}

int main(int argc, char **argv)
{
	u32 blocks = argc == 5 ? atoi(argv[3]) : 0;
	FILE *file = argc > 2 ? fopen(argv[argc - 1], blocks ? "w" : "r") : NULL;

	if (!file) {
		fprintf(stderr, "usage: digest write SEED BLOCKS FILE | digest run FILE\n");
		return 1;
	}
	world_open(&world, random_tune);
	if (blocks)
		random_begin(&world, strtoull(argv[2], NULL, 10));
	for (; blocks; blocks--)
		write_block(file);
	while (argc == 3 && read_block(file))
		;
	world_close(&world);
	return fclose(file) ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * log_maker.c - makes a verdict log of two epochs with one fault in it, for
 * tests/cli/verify.py. Prints what it made as JSON.
 *
 *     log_maker DIR FAULT
 *
 * Ten batches, five an epoch, in three segments. Frames carry a right CRC
 * whatever the fault, but for "torn-bytes": so only hashes and signatures tell.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/verdictframe.h"
#include "tests/agent/batches.h"

#define BATCHES 10
#define PER_EPOCH 5
#define PER_SEGMENT 4
#define SEGMENTS 3
#define EPOCH_A 721000000000000ull
#define EPOCH_B 721000900000000ull
#define SHOWN 2 /* the batch that most faults are about */

struct log {
	struct batch batches[BATCHES];
	u32 order[BATCHES + 1]; /* what is written, by index; a fault changes it */
	u32 count;
	bool flip;	   /* a byte of batch SHOWN after its CRC was made */
	bool cut;	   /* the last frame in half */
	bool lose_segment; /* the middle one */
};

static struct log made;
static struct batches signer, other;

static void make_all(void)
{
	u32 i;

	batches_init(&signer, EPOCH_A);
	batches_init(&other, EPOCH_A);
	for (i = 0; i < BATCHES; i++) {
		if (i == PER_EPOCH)
			batches_next_epoch(&signer, EPOCH_B);
		batches_make(&signer, i == 1 ? 1 : 3 + i, &made.batches[i]);
		made.order[i] = i;
	}
	made.count = BATCHES;
}

static void drop(u32 at)
{
	memmove(made.order + at, made.order + at + 1, (made.count - at - 1) * sizeof(made.order[0]));
	made.count--;
}

static void swap(u32 a, u32 b)
{
	u32 kept = made.order[a];

	made.order[a] = made.order[b];
	made.order[b] = kept;
}

/* The same place in the chain, but another chain's batch: right signature, right number, another history. */
static void fork_at(u32 at)
{
	struct batch *batch = &made.batches[at];

	batch->seal.head.previous[5] ^= 1;
	batches_seal(&signer, batch);
}

static void resign_at(u32 at)
{
	struct batch *batch = &made.batches[at];

	memcpy(batch->seal.head.attestor, other.public_key, VG_KEY_LEN);
	batches_seal(&other, batch);
}

static int apply(const char *fault)
{
	struct batch *shown = &made.batches[SHOWN];

	if (!strcmp(fault, "record"))
		shown->records[1].digest[7] ^= 0x10;
	else if (!strcmp(fault, "salt"))
		shown->seal.salt_seed[0] ^= 1;
	else if (!strcmp(fault, "head"))
		shown->seal.head.time ^= vg_be64(1);
	else if (!strcmp(fault, "signature"))
		shown->seal.signature[40] ^= 1;
	else if (!strcmp(fault, "reserved"))
		shown->records[0].zero[1] = 1;
	else if (!strcmp(fault, "missing"))
		drop(SHOWN);
	else if (!strcmp(fault, "missing-first"))
		drop(PER_EPOCH);
	else if (!strcmp(fault, "missing-end"))
		drop(PER_EPOCH - 1);
	else if (!strcmp(fault, "reordered"))
		swap(SHOWN, SHOWN + 1);
	else if (!strcmp(fault, "repeated"))
		made.order[SHOWN + 1] = SHOWN;
	else if (!strcmp(fault, "forked"))
		fork_at(SHOWN);
	else if (!strcmp(fault, "resigned"))
		resign_at(SHOWN);
	else if (!strcmp(fault, "torn-bytes"))
		made.flip = true;
	else if (!strcmp(fault, "torn-tail"))
		made.cut = true;
	else if (!strcmp(fault, "lost-tail"))
		drop(BATCHES - 1);
	else if (!strcmp(fault, "lost-segment"))
		made.lose_segment = true;
	else if (!strcmp(fault, "late-start"))
		drop(0);
	else if (!strcmp(fault, "test-clock")) {
		made.batches[BATCHES - 1].records[0].flags = VG_RECORD_FLAG_TEST_CLOCK;
		batches_seal(&signer, &made.batches[BATCHES - 1]);
	} else if (strcmp(fault, "good"))
		return -EINVAL;
	return 0;
}

static int write_frame(FILE *file, const struct batch *batch, bool flip, bool cut)
{
	static u8 bytes[VERDICTFRAME_MAX];
	size_t len = verdictframe_encode(batch, bytes);

	if (flip)
		bytes[len / 2] ^= 0x20;
	if (cut)
		len /= 2;
	return fwrite(bytes, len, 1, file) == 1 ? 0 : -EIO;
}

static int write_segment(const char *dir, u32 number, const char **separator)
{
	u8 header[VERDICTLOG_SEGMENT_HEADER_LEN];
	char name[VERDICTFRAME_NAME_LEN + 1], path[4096];
	u32 from = number * PER_SEGMENT, to = from + PER_SEGMENT, i;
	FILE *file;
	int error = 0;

	verdictframe_segment_name(number, name);
	verdictframe_segment_header(number, header);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file || fwrite(header, sizeof(header), 1, file) != 1)
		return -EIO;
	for (i = from; i < to && i < made.count && !error; i++) {
		printf("%s{\"index\":%u,\"file\":\"%s\",\"offset\":%ld}", *separator, made.order[i], name, ftell(file));
		*separator = ",";
		error = write_frame(file, &made.batches[made.order[i]], made.flip && made.order[i] == SHOWN,
				    made.cut && i + 1 == made.count);
	}
	if (fclose(file))
		error = -EIO;
	if (made.lose_segment && number == 1)
		remove(path);
	return error;
}

static void print_hex(const char *name, const u8 *bytes, size_t len)
{
	size_t i;

	printf(",\"%s\":\"", name);
	for (i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	printf("\"");
}

int main(int argc, char **argv)
{
	const char *separator = "";
	u32 number;

	if (argc != 3 || sodium_init() < 0)
		return 1;
	make_all();
	if (apply(argv[2]) || (mkdir(argv[1], 0755) && errno != EEXIST))
		return 1;
	printf("{\"epochs\":[%llu,%llu],\"records\":%d,\"frames\":[", EPOCH_A, EPOCH_B,
	       3 + 1 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12);
	for (number = 0; number < SEGMENTS; number++)
		if (write_segment(argv[1], number, &separator))
			return 1;
	printf("]");
	print_hex("key", signer.public_key, VG_KEY_LEN);
	print_hex("other", other.public_key, VG_KEY_LEN);
	print_hex("head", signer.previous, VG_HASH_LEN);
	printf("}\n");
	return 0;
}

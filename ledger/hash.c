// SPDX-License-Identifier: GPL-2.0
/*
 * hash.c - BLAKE2b-256 with a domain byte in front (PROTOCOL.md L1).
 *
 * Single hashes are libsodium's. Many at once run in the lanes of vector registers, each lane at its own message
 * (RFC 7693, sections 2.7 and 3.2); a lane that is done takes the next message. On processors without vectors of
 * 64-bit words they are libsodium's too.
 */
#include "ledger/hash.h"

#include <sodium.h>

/* Up to here the pieces are laid side by side and hashed in one call, which is what most hashes of a block are. */
#define HASH_SMALL 256
#define BLOCK 128
#define LANES 8
#define LANES_WORTH 3 /* below, one after the other is as fast */

static void hash_small(u8 domain, const struct ledger_piece *pieces, size_t count, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 bytes[1 + HASH_SMALL];
	size_t len = 1, i;

	bytes[0] = domain;
	for (i = 0; i < count; i++) {
		if (pieces[i].len)
			memcpy(bytes + len, pieces[i].bytes, pieces[i].len);
		len += pieces[i].len;
	}
	crypto_generichash_blake2b(ret_hash, LEDGER_HASH_LEN, bytes, len, NULL, 0);
}

void ledger_hash(enum ledger_domain domain, const struct ledger_piece *pieces, size_t count,
		 u8 ret_hash[LEDGER_HASH_LEN])
{
	crypto_generichash_blake2b_state state;
	u8 byte = (u8)domain;
	size_t total = 0, i;

	for (i = 0; i < count; i++)
		total += pieces[i].len;
	if (total <= HASH_SMALL) {
		hash_small(byte, pieces, count, ret_hash);
		return;
	}
	crypto_generichash_blake2b_init(&state, NULL, 0, LEDGER_HASH_LEN);
	crypto_generichash_blake2b_update(&state, &byte, 1);
	for (i = 0; i < count; i++)
		crypto_generichash_blake2b_update(&state, pieces[i].bytes, pieces[i].len);
	crypto_generichash_blake2b_final(&state, ret_hash, LEDGER_HASH_LEN);
}

void ledger_hash_bytes(enum ledger_domain domain, const void *bytes, size_t len, u8 ret_hash[LEDGER_HASH_LEN])
{
	struct ledger_piece piece = { bytes, len };

	ledger_hash(domain, &piece, 1, ret_hash);
}

static void hash_each(enum ledger_domain domain, const struct ledger_message *messages, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct ledger_piece pieces[2] = { { messages[i].head, messages[i].head_len },
						  { messages[i].bytes, messages[i].len } };

		ledger_hash(domain, pieces, 2, messages[i].ret_hash);
	}
}

#ifdef __x86_64__

/* They alias u64: lanes are written one by one. */
typedef u64 lanes_word __attribute__((vector_size(8 * LANES), may_alias));
typedef u64 lanes_half __attribute__((vector_size(4 * LANES), may_alias));

struct lanes {
	lanes_word state[8], words[16], length, last;
	/* of each lane */
	const struct ledger_message *message[LANES]; /* NULL: idle */
	size_t done[LANES];			     /* bytes hashed */
};

static const u64 blake2b_iv[8] = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
				   0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 };

static const u8 blake2b_order[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

#define ROTATED(word, by) ((word) >> (by) | (word) << (64 - (by)))
#define MIX(a, b, c, d, x, y)                        \
	do {                                         \
		v[a] += v[b] + m[stride * order[x]]; \
		v[d] = ROTATED(v[d] ^ v[a], 32);     \
		v[c] += v[d];                        \
		v[b] = ROTATED(v[b] ^ v[c], 24);     \
		v[a] += v[b] + m[stride * order[y]]; \
		v[d] = ROTATED(v[d] ^ v[a], 16);     \
		v[c] += v[d];                        \
		v[b] = ROTATED(v[b] ^ v[c], 63);     \
	} while (0)

/* RFC 7693's F of as many lanes as @word holds, from lane @first on. */
#define LANES_COMPRESS(word, lanes, first)                                             \
	do {                                                                           \
		const u32 stride = sizeof(lanes_word) / sizeof(word);                  \
		const word *m = (const word *)((const u64 *)(lanes)->words + (first)); \
		word *state = (word *)((u64 *)(lanes)->state + (first)), v[16];        \
		u32 round, i;                                                          \
                                                                                       \
		for (i = 0; i < 8; i++) {                                              \
			v[i] = state[stride * i];                                      \
			v[8 + i] = (word){ 0 } + blake2b_iv[i];                        \
		}                                                                      \
		v[12] ^= *(const word *)((const u64 *)&(lanes)->length + (first));     \
		v[14] ^= *(const word *)((const u64 *)&(lanes)->last + (first));       \
		for (round = 0; round < 12; round++) {                                 \
			const u8 *order = blake2b_order[round % 10];                   \
                                                                                       \
			MIX(0, 4, 8, 12, 0, 1);                                        \
			MIX(1, 5, 9, 13, 2, 3);                                        \
			MIX(2, 6, 10, 14, 4, 5);                                       \
			MIX(3, 7, 11, 15, 6, 7);                                       \
			MIX(0, 5, 10, 15, 8, 9);                                       \
			MIX(1, 6, 11, 12, 10, 11);                                     \
			MIX(2, 7, 8, 13, 12, 13);                                      \
			MIX(3, 4, 9, 14, 14, 15);                                      \
		}                                                                      \
		for (i = 0; i < 8; i++)                                                \
			state[stride * i] ^= v[i] ^ v[8 + i];                          \
	} while (0)

__attribute__((target("avx512f"))) static void lanes_compress_avx512(struct lanes *lanes)
{
	LANES_COMPRESS(lanes_word, lanes, 0);
}

__attribute__((target("avx2"))) static void lanes_compress_avx2(struct lanes *lanes)
{
	LANES_COMPRESS(lanes_half, lanes, 0);
	LANES_COMPRESS(lanes_half, lanes, LANES / 2);
}

typedef void lanes_compress_fn(struct lanes *lanes);

static lanes_compress_fn *lanes_of_processor(void)
{
	static lanes_compress_fn *chosen;
	static bool looked;

	if (!looked) {
		chosen = __builtin_cpu_supports("avx512f") ? lanes_compress_avx512
			 : __builtin_cpu_supports("avx2")  ? lanes_compress_avx2
							   : NULL;
		looked = true;
	}
	return chosen;
}

static size_t message_len(const struct ledger_message *message)
{
	return 1 + message->head_len + message->len;
}

static void lane_begin(struct lanes *lanes, u32 lane, const struct ledger_message *message)
{
	u32 i;

	lanes->message[lane] = message;
	lanes->done[lane] = 0;
	for (i = 0; i < 8; i++)
		((u64 *)&lanes->state[i])[lane] = blake2b_iv[i];
	((u64 *)lanes->state)[lane] ^= 0x01010000 ^ LEDGER_HASH_LEN; /* no key, fan-out and depth 1 */
}

/* The next block of @message from @done on, in @room or where it lies. */
static const u8 *message_block(enum ledger_domain domain, const struct ledger_message *message, size_t done,
			       u8 room[BLOCK])
{
	size_t head = 1 + message->head_len, left = message_len(message) - done, at = 0;

	if (done && left >= BLOCK)
		return (const u8 *)message->bytes + done - head;
	if (!done) {
		room[0] = (u8)domain;
		memcpy(room + 1, message->head, message->head_len);
		at = head;
		done = head;
	}
	left = message_len(message) - done < BLOCK - at ? message_len(message) - done : BLOCK - at;
	if (left)
		memcpy(room + at, (const u8 *)message->bytes + done - head, left);
	memset(room + at + left, 0, BLOCK - at - left);
	return room;
}

static void lane_load(struct lanes *lanes, u32 lane, enum ledger_domain domain)
{
	const struct ledger_message *message = lanes->message[lane];
	size_t len = message_len(message), *done = &lanes->done[lane];
	u8 room[BLOCK];
	const u8 *block = message_block(domain, message, *done, room);
	u32 i;

	for (i = 0; i < 16; i++) {
		u64 word;

		memcpy(&word, block + 8 * i, sizeof(word)); /* as x86 lays it */
		((u64 *)&lanes->words[i])[lane] = word;
	}
	*done = len - *done > BLOCK ? *done + BLOCK : len;
	((u64 *)&lanes->length)[lane] = *done;
	((u64 *)&lanes->last)[lane] = *done == len ? ~0ULL : 0;
}

static void lane_end(const struct lanes *lanes, u32 lane)
{
	u32 i;

	for (i = 0; i < LEDGER_HASH_LEN / 8; i++)
		memcpy(lanes->message[lane]->ret_hash + 8 * i, (const u64 *)&lanes->state[i] + lane, 8);
}

void ledger_hash_many(enum ledger_domain domain, const struct ledger_message *messages, size_t count)
{
	lanes_compress_fn *compress = count < LANES_WORTH ? NULL : lanes_of_processor();
	struct lanes lanes;
	size_t next = 0;
	u32 lane, busy = 0;

	if (!compress) {
		hash_each(domain, messages, count);
		return;
	}
	memset(&lanes, 0, sizeof(lanes));
	for (lane = 0; lane < LANES && next < count; lane++, busy++)
		lane_begin(&lanes, lane, &messages[next++]);
	while (busy) {
		for (lane = 0; lane < LANES; lane++)
			if (lanes.message[lane])
				lane_load(&lanes, lane, domain);
		compress(&lanes);
		for (lane = 0; lane < LANES; lane++) {
			if (!lanes.message[lane] || lanes.done[lane] < message_len(lanes.message[lane]))
				continue;
			lane_end(&lanes, lane);
			lanes.message[lane] = NULL;
			busy--;
		}
		for (lane = 0; lane < LANES && next < count; lane++)
			if (!lanes.message[lane]) {
				lane_begin(&lanes, lane, &messages[next++]);
				busy++;
			}
	}
}

#else

void ledger_hash_many(enum ledger_domain domain, const struct ledger_message *messages, size_t count)
{
	hash_each(domain, messages, count);
}

#endif

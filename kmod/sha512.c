// SPDX-License-Identifier: GPL-2.0
/*
 * sha512.c - SHA-512, FIPS 180-4 section 6.4.
 *
 * The message schedule is kept as a ring of 16 words, so that a frame on the
 * kernel's stack stays small.
 */
#include "sha512.h"
#include "wipe.h"

static const u64 initial[8] = {
	0x6a09e667f3bcc908ULL, 0xbb67ae8584caa73bULL, 0x3c6ef372fe94f82bULL, 0xa54ff53a5f1d36f1ULL,
	0x510e527fade682d1ULL, 0x9b05688c2b3e6c1fULL, 0x1f83d9abfb41bd6bULL, 0x5be0cd19137e2179ULL,
};

/* The first 64 bits behind the point of the cube roots of the first 80 primes. */
static const u64 rounds[80] = {
	0x428a2f98d728ae22ULL, 0x7137449123ef65cdULL, 0xb5c0fbcfec4d3b2fULL, 0xe9b5dba58189dbbcULL,
	0x3956c25bf348b538ULL, 0x59f111f1b605d019ULL, 0x923f82a4af194f9bULL, 0xab1c5ed5da6d8118ULL,
	0xd807aa98a3030242ULL, 0x12835b0145706fbeULL, 0x243185be4ee4b28cULL, 0x550c7dc3d5ffb4e2ULL,
	0x72be5d74f27b896fULL, 0x80deb1fe3b1696b1ULL, 0x9bdc06a725c71235ULL, 0xc19bf174cf692694ULL,
	0xe49b69c19ef14ad2ULL, 0xefbe4786384f25e3ULL, 0x0fc19dc68b8cd5b5ULL, 0x240ca1cc77ac9c65ULL,
	0x2de92c6f592b0275ULL, 0x4a7484aa6ea6e483ULL, 0x5cb0a9dcbd41fbd4ULL, 0x76f988da831153b5ULL,
	0x983e5152ee66dfabULL, 0xa831c66d2db43210ULL, 0xb00327c898fb213fULL, 0xbf597fc7beef0ee4ULL,
	0xc6e00bf33da88fc2ULL, 0xd5a79147930aa725ULL, 0x06ca6351e003826fULL, 0x142929670a0e6e70ULL,
	0x27b70a8546d22ffcULL, 0x2e1b21385c26c926ULL, 0x4d2c6dfc5ac42aedULL, 0x53380d139d95b3dfULL,
	0x650a73548baf63deULL, 0x766a0abb3c77b2a8ULL, 0x81c2c92e47edaee6ULL, 0x92722c851482353bULL,
	0xa2bfe8a14cf10364ULL, 0xa81a664bbc423001ULL, 0xc24b8b70d0f89791ULL, 0xc76c51a30654be30ULL,
	0xd192e819d6ef5218ULL, 0xd69906245565a910ULL, 0xf40e35855771202aULL, 0x106aa07032bbd1b8ULL,
	0x19a4c116b8d2d0c8ULL, 0x1e376c085141ab53ULL, 0x2748774cdf8eeb99ULL, 0x34b0bcb5e19b48a8ULL,
	0x391c0cb3c5c95a63ULL, 0x4ed8aa4ae3418acbULL, 0x5b9cca4f7763e373ULL, 0x682e6ff3d6b2b8a3ULL,
	0x748f82ee5defb2fcULL, 0x78a5636f43172f60ULL, 0x84c87814a1f0ab72ULL, 0x8cc702081a6439ecULL,
	0x90befffa23631e28ULL, 0xa4506cebde82bde9ULL, 0xbef9a3f7b2c67915ULL, 0xc67178f2e372532bULL,
	0xca273eceea26619cULL, 0xd186b8c721c0c207ULL, 0xeada7dd6cde0eb1eULL, 0xf57d4f7fee6ed178ULL,
	0x06f067aa72176fbaULL, 0x0a637dc5a2c898a6ULL, 0x113f9804bef90daeULL, 0x1b710b35131c471bULL,
	0x28db77f523047d84ULL, 0x32caab7b40c72493ULL, 0x3c9ebe0a15c9bebcULL, 0x431d67c49c100d4cULL,
	0x4cc5d4becb3e42b6ULL, 0x597f299cfc657e2aULL, 0x5fcb6fab3ad6faecULL, 0x6c44198c4a475817ULL,
};

static inline u64 rotr(u64 x, unsigned int bits)
{
	return x >> bits | x << (64 - bits);
}

static inline u64 load_be64(const u8 *bytes)
{
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	return vg_be64(word);
}

static inline void store_be64(u8 *bytes, u64 word)
{
	word = vg_be64(word);
	memcpy(bytes, &word, sizeof(word));
}

/* The schedule's word @t (16 and up) takes the place of word t - 16. */
static inline u64 schedule(u64 w[16], unsigned int t)
{
	u64 w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
	u64 s0 = rotr(w15, 1) ^ rotr(w15, 8) ^ w15 >> 7;
	u64 s1 = rotr(w2, 19) ^ rotr(w2, 61) ^ w2 >> 6;

	return w[t & 15] += s0 + w[(t + 9) & 15] + s1;
}

static void compress(u64 h[8], const u8 *block)
{
	u64 s[8], w[16], t1, t2;
	unsigned int t, i;

	memcpy(s, h, sizeof(s));
	for (t = 0; t < 80; t++) {
		if (t < 16)
			w[t] = load_be64(block + 8 * t);
		t1 = s[7] + (rotr(s[4], 14) ^ rotr(s[4], 18) ^ rotr(s[4], 41)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
		     rounds[t] + (t < 16 ? w[t] : schedule(w, t));
		t2 = (rotr(s[0], 28) ^ rotr(s[0], 34) ^ rotr(s[0], 39)) +
		     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		for (i = 7; i > 0; i--)
			s[i] = s[i - 1];
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		h[i] += s[i];
	vg_wipe(s, sizeof(s));
	vg_wipe(w, sizeof(w));
}

void vg_sha512_init(struct vg_sha512 *hash)
{
	memcpy(hash->h, initial, sizeof(initial));
	hash->len = 0;
}

void vg_sha512_update(struct vg_sha512 *hash, const void *data, size_t len)
{
	size_t held = hash->len % VG_SHA512_BLOCK, take;
	const u8 *at = data;

	hash->len += len;
	if (held) {
		take = len < VG_SHA512_BLOCK - held ? len : VG_SHA512_BLOCK - held;
		memcpy(hash->block + held, at, take);
		if (held + take < VG_SHA512_BLOCK)
			return;
		compress(hash->h, hash->block);
		at += take;
		len -= take;
	}
	for (; len >= VG_SHA512_BLOCK; at += VG_SHA512_BLOCK, len -= VG_SHA512_BLOCK)
		compress(hash->h, at);
	if (len)
		memcpy(hash->block, at, len);
}

void vg_sha512_final(struct vg_sha512 *hash, u8 ret_digest[VG_SHA512_LEN])
{
	size_t held = hash->len % VG_SHA512_BLOCK;
	unsigned int i;

	hash->block[held++] = 0x80;
	if (held > VG_SHA512_BLOCK - 16) {
		memset(hash->block + held, 0, VG_SHA512_BLOCK - held);
		compress(hash->h, hash->block);
		held = 0;
	}
	memset(hash->block + held, 0, VG_SHA512_BLOCK - held);
	store_be64(hash->block + VG_SHA512_BLOCK - 16, hash->len >> 61);
	store_be64(hash->block + VG_SHA512_BLOCK - 8, hash->len << 3);
	compress(hash->h, hash->block);
	for (i = 0; i < 8; i++)
		store_be64(ret_digest + 8 * i, hash->h[i]);
	vg_wipe(hash, sizeof(*hash));
}

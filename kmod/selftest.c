// SPDX-License-Identifier: GPL-2.0
/*
 * selftest.c - the shared core's vectors, the replay window against a naive
 * model, BLAKE2s, Ed25519 and the Merkle tree; see selftest.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#define VG_SELFTEST_CODE __init
#define VG_VECTOR_DATA __initconst
#include <linux/init.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include "compat.h"
#include "ed25519.h"
#include "merkle.h"
#include "selftest.h"
#include "selftest_core.h"

#define VG_MODEL_STEPS 20000
#define VG_MODEL_SEQUENCES 65536

static int __init vg_selftest_vectors(void)
{
	u32 index = 0;
	const char *word = vg_selftest_core(&index);

	if (!word)
		return 0;
	pr_err("self-test: vector %u of %s does not hold\n", index, word);
	return -EBADMSG;
}

/* The next of a fixed run of numbers (xorshift): the same test at each load. */
static u64 __init vg_model_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A window is right if it says of each sequence what a list of all sequences ever taken says. */
static int __init vg_selftest_window(void)
{
	unsigned long *taken = bitmap_zalloc(VG_MODEL_SEQUENCES, GFP_KERNEL);
	struct vg_replay window = {};
	u64 random = 0x766f6c7467617465, head = 0, sequence;
	bool fresh;
	int err = 0;
	u32 step;

	if (!taken)
		return -ENOMEM;
	for (step = 0; step < VG_MODEL_STEPS && !err; step++) {
		/* Mostly around the head, at times far ahead of it. */
		sequence = head + vg_model_random(&random) % (step % 64 ? 64 : 2 * VG_REPLAY_BITS);
		sequence -= min(sequence - 1, vg_model_random(&random) % (VG_REPLAY_BITS + 64));
		if (!sequence || sequence >= VG_MODEL_SEQUENCES)
			continue;
		fresh = !test_bit(sequence, taken) && (sequence > head || head - sequence < VG_REPLAY_BITS);
		if (vg_replay_seen(&window, sequence) == fresh || vg_replay_commit(&window, sequence) != fresh)
			err = -EBADMSG;
		if (fresh)
			set_bit(sequence, taken);
		head = max(head, sequence);
	}
	bitmap_free(taken);
	if (err)
		pr_err("self-test: the replay window errs about sequence %llu under head %llu\n", sequence, head);
	return err;
}

/* RFC 7693, appendix B. */
static int __init vg_selftest_blake2s(void)
{
	static const u8 expected[VG_HASH_LEN] __initconst = {
		0x50, 0x8c, 0x5e, 0x8c, 0x32, 0x7c, 0x14, 0xe2, 0xe1, 0xa7, 0x2b, 0xa3, 0x4e, 0xeb, 0x45, 0x2f,
		0x37, 0x45, 0x8b, 0x20, 0x9e, 0xd6, 0x3a, 0x29, 0x4d, 0x99, 0x9b, 0x4c, 0x86, 0x67, 0x59, 0x82,
	};
	u8 digest[VG_HASH_LEN];

	vg_blake2s("abc", 3, digest);
	if (!memcmp(digest, expected, sizeof(digest)))
		return 0;
	pr_err("self-test: BLAKE2s of \"abc\" is not that of RFC 7693\n");
	return -EBADMSG;
}

int __init vg_selftest(void)
{
	int err = vg_selftest_vectors();

	if (!err)
		err = vg_selftest_window();
	if (!err)
		err = vg_selftest_blake2s();
	if (err)
		return err;
	err = vg_ed25519_selftest();
	if (err) {
		pr_err("self-test: the Ed25519 signer does not give the signatures of RFC 8032\n");
		return err;
	}
	err = vg_merkle_selftest();
	if (err)
		pr_err("self-test: the hashes of the verdict chain are not those of its vectors\n");
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * chain_test.c - every fault a chain can have, one by one, is found and named,
 * and leaves the chain as it was.
 */
#include "batches.h"
#include "tests/ktap.h"

static struct chain chain;
static struct batches signer;
static struct batch made[8];

/* Offers @batch to a copy of the chain; true if the answer is @expected and a fault changed nothing. */
static bool judges(const struct batch *batch, enum chain_fault expected)
{
	struct chain before = chain, after = chain;
	enum chain_fault fault = chain_accept(&after, batch);

	if (fault != expected)
		printf("# %s instead of %s\n", chain_fault_word(fault), chain_fault_word(expected));
	return fault == expected && (fault == CHAIN_OK || !memcmp(&before, &after, sizeof(before)));
}

static void begin(void)
{
	int i;

	memset(&chain, 0, sizeof(chain));
	batches_init(&signer, 1000000);
	for (i = 0; i < 8; i++)
		batches_make(&signer, 1 + (u32)i * 6, &made[i]);
	chain_accept(&chain, &made[0]);
	chain_accept(&chain, &made[1]);
}

static void test_order(void)
{
	struct batch batch;

	ktap_ok(chain.number == 1 && judges(&made[2], CHAIN_OK), "the next batch is taken in");
	ktap_ok(judges(&made[3], CHAIN_MISSING), "a skipped number is named missing");
	ktap_ok(judges(&made[1], CHAIN_REORDERED), "the same batch again is named reordered");
	ktap_ok(judges(&made[0], CHAIN_REORDERED), "an earlier batch is named reordered");
	batch = made[2];
	batch.seal.head.previous[5] ^= 1;
	batches_seal(&signer, &batch);
	ktap_ok(judges(&batch, CHAIN_FORKED), "a genuine batch with another past is named forked");
	batch = made[2];
	batch.seal.head.time = vg_be64(1);
	batches_seal(&signer, &batch);
	ktap_ok(judges(&batch, CHAIN_REORDERED), "time that goes back is named reordered");
}

/* Flips each bit of the batch: no flip may pass, and which part it hits decides the name. */
static void test_flips(void)
{
	size_t bytes = sizeof(made[2].seal) + vg_be32(made[2].seal.head.count) * sizeof(struct vg_record), i;
	struct chain copy;
	u32 passed = 0, unnamed = 0;
	struct batch batch;

	for (i = 0; i < bytes * 8; i += 1) {
		batch = made[2];
		((u8 *)&batch)[i / 8] ^= (u8)(1 << (i % 8));
		copy = chain;
		switch (chain_accept(&copy, &batch)) {
		case CHAIN_OK:
			passed++;
			break;
		case CHAIN_MALFORMED:
		case CHAIN_UNKNOWN_ATTESTOR:
		case CHAIN_BAD_SIGNATURE:
		case CHAIN_BAD_ROOT:
			break;
		default:
			unnamed++;
		}
	}
	ktap_ok(!passed && !unnamed, "none of %zu single-bit flips passes, each is named an alteration", bytes * 8);
}

static void test_alterations(void)
{
	struct batch batch = made[2];

	batch.records[3].session ^= 1;
	ktap_ok(judges(&batch, CHAIN_BAD_ROOT), "an altered record is named bad-root");
	batch = made[2];
	batch.seal.salt_seed[0] ^= 1;
	ktap_ok(judges(&batch, CHAIN_BAD_ROOT), "an altered salt seed is named bad-root");
	batch = made[2];
	batch.records[0] = made[2].records[1];
	batch.records[1] = made[2].records[0];
	ktap_ok(judges(&batch, CHAIN_BAD_ROOT), "two records exchanged are named bad-root");
	batch = made[2];
	batch.seal.head.root[31] ^= 0x80;
	ktap_ok(judges(&batch, CHAIN_BAD_SIGNATURE), "an altered root is named bad-signature");
	batch = made[2];
	batch.seal.head.count = vg_be32(vg_be32(batch.seal.head.count) - 1);
	ktap_ok(judges(&batch, CHAIN_BAD_SIGNATURE), "a record dropped is named bad-signature");
	batch = made[2];
	batch.seal.head.count = 0;
	batches_seal(&signer, &batch);
	ktap_ok(judges(&batch, CHAIN_MALFORMED), "an empty batch is malformed, signed or not");
	batch = made[2];
	batch.seal.head.count = vg_be32(VG_BATCH_MAX + 1);
	ktap_ok(judges(&batch, CHAIN_MALFORMED), "a batch of 513 is malformed");
	batch = made[2];
	batch.records[0].grade = VG_GRADE_ATTESTED;
	batches_seal(&signer, &batch);
	ktap_ok(judges(&batch, CHAIN_MALFORMED), "a record of another grade than its batch is malformed");
}

static void test_keys(void)
{
	struct batches other;
	struct batch batch = made[2];

	batches_init(&other, signer.epoch);
	memcpy(batch.seal.head.attestor, other.public_key, VG_KEY_LEN);
	batches_seal(&other, &batch);
	ktap_ok(judges(&batch, CHAIN_UNKNOWN_ATTESTOR), "another key within an epoch is named unknown-attestor");
	chain.pinned = other.public_key;
	chain.pinned_count = 1;
	ktap_ok(judges(&made[2], CHAIN_UNKNOWN_ATTESTOR), "a key that is not pinned is named unknown-attestor");
	chain.pinned = made[2].seal.head.attestor;
	ktap_ok(judges(&made[2], CHAIN_OK), "the pinned key is believed");
	chain.pinned = NULL;
	batch = made[2];
	memcpy(batch.seal.signature, made[3].seal.signature, VG_SIGNATURE_LEN);
	ktap_ok(judges(&batch, CHAIN_BAD_SIGNATURE), "another batch's signature is named bad-signature");
}

static void test_epochs(void)
{
	struct batches next = signer;
	struct batch batch, altered;
	int i;

	for (i = 2; i < 8; i++)
		chain_accept(&chain, &made[i]);
	batches_next_epoch(&next, 2000000);
	batches_make(&next, 3, &batch);
	ktap_ok(judges(&batch, CHAIN_OK), "an epoch that names the head is taken in");
	altered = batch;
	altered.records[0].kind = VG_RECORD_ACTION;
	batches_seal(&next, &altered);
	ktap_ok(judges(&altered, CHAIN_BAD_EPOCH), "batch 0 without an epoch record is named bad-epoch");
	altered = batch;
	altered.seal.head.epoch = vg_be64(5);
	batches_seal(&next, &altered);
	ktap_ok(judges(&altered, CHAIN_BAD_EPOCH), "an epoch before the last one is named bad-epoch");
	altered = batch;
	memcpy(altered.seal.head.previous, made[5].seal.head.previous, VG_HASH_LEN);
	memcpy(altered.records[0].digest, made[5].seal.head.previous, VG_HASH_LEN);
	batches_seal(&next, &altered);
	ktap_ok(judges(&altered, CHAIN_BAD_EPOCH),
		"an epoch that names an older head (a truncated chain) is named bad-epoch");
	batches_make(&next, 3, &altered);
	ktap_ok(judges(&altered, CHAIN_MISSING), "an epoch whose batch 0 never came is named missing");
	chain_accept(&chain, &batch);
	ktap_ok(judges(&altered, CHAIN_OK), "and with it, it goes on");
}

/* RFC 6962 by its recursive definition. */
static void reference_root(const struct vg_record *records, u64 first, u64 count, const u8 seed[16], u8 ret[32])
{
	u8 message[1 + 64 + 16], salt[16];
	u64 split = 1, index = vg_le64(first);

	if (count == 1) {
		crypto_shorthash_siphashx24(salt, (u8 *)&index, 8, seed);
		message[0] = 0;
		memcpy(message + 1, salt, 16);
		memcpy(message + 17, &records[first], 64);
		crypto_hash_sha256(ret, message, 81);
		return;
	}
	while (split * 2 < count)
		split *= 2;
	message[0] = 1;
	reference_root(records, first, split, seed, message + 1);
	reference_root(records, first + split, count - split, seed, message + 33);
	crypto_hash_sha256(ret, message, 65);
}

static void test_root(void)
{
	static struct batch batch;
	u8 root[32], expected[32];
	u32 count, wrong = 0;

	randombytes_buf(&batch, sizeof(batch));
	for (count = 1; count <= VG_BATCH_MAX; count++) {
		chain_root(batch.records, count, batch.seal.salt_seed, root);
		reference_root(batch.records, 0, count, batch.seal.salt_seed, expected);
		wrong += !!memcmp(root, expected, 32);
	}
	ktap_ok(!wrong, "the root of 1 to 512 records is that of RFC 6962's recursion");
}

static void test_resume(void)
{
	struct chain resumed = { 0 };

	chain_resume(&resumed, &made[1].seal);
	ktap_ok(chain_accept(&resumed, &made[2]) == CHAIN_OK, "a chain resumed from a seal goes on");
	ktap_ok(chain_accept(&resumed, &made[4]) == CHAIN_MISSING, "and still sees a gap");
}

int main(void)
{
	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	begin();
	test_order();
	test_alterations();
	test_flips();
	test_keys();
	test_resume();
	test_root();
	test_epochs();
	return ktap_exit();
}

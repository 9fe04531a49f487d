// SPDX-License-Identifier: GPL-2.0
/*
 * attest_test.c - what the plain grade's signer makes is what the chain and
 * the module's own code accept; its queue is bounded; its key is kept safe.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/attest.h"
#include "agent/chain.h"
#include "agent/policy_word.h"
#include "kmod/ed25519.h"
#include "kmod/merkle.h"
#include "tests/ktap.h"
#include "voltgate/vid.h"

static char top[] = "/tmp/voltgate-attest-XXXXXX";
static char key_path[64];
static struct vg_policy policy;
static struct attest_error error;
static u64 now = 700000000000000ull;

static struct attest *opened(const struct vg_batch_seal *last)
{
	struct attest *attest = NULL;

	error.text[0] = 0;
	attest_open(key_path, last, now, &policy, &attest, &error);
	return attest;
}

static const struct vg_event *event_of(u64 sequence, u32 kind)
{
	static union {
		struct vg_event event;
		u8 room[sizeof(struct vg_event) + VG_VID_MAX];
	} made;
	struct vg_vid *vid = (struct vg_vid *)made.event.bytes;

	memset(&made, 0, sizeof(made));
	made.event = (struct vg_event){ .kind = kind, .time = now, .len = VG_VID_OVERHEAD + 20 };
	vid->version = VG_VID_VERSION;
	vid->type = kind == VG_EVENT_ACTION ? VG_VID_METER : VG_VID_BEACON;
	vid->payload_len = vg_be16(20);
	vid->session = vg_be64(77);
	vid->sequence = vg_be64(sequence);
	return &made.event;
}

/* Takes all sealed batches through @chain; returns how many it accepted, -1 at the first it does not. */
static int drained(struct attest *attest, struct chain *chain, u32 *ret_records, struct vg_batch_seal *ret_last)
{
	const struct batch *batch;
	int count = 0;

	while ((batch = attest_sealed(attest))) {
		if (chain_accept(chain, batch) != CHAIN_OK)
			return -1;
		*ret_records += vg_be32(batch->seal.head.count);
		*ret_last = batch->seal;
		count++;
		attest_stored(attest);
	}
	return count;
}

static void test_chain(void)
{
	struct attest *attest = opened(NULL);
	struct vg_batch_seal last;
	struct chain chain = { 0 };
	u32 records = 0, i;
	u8 commitment[VG_HASH_LEN] = { 9 };
	struct vg_alarm alarm = { .key.reason = VG_FORGED, .state.count = 3, .state.sample_len = 4 };
	int batches = 0;

	for (i = 1; i <= 3000; i++) {
		attest_event(attest, event_of(i, i % 10 ? VG_EVENT_ACTION : VG_EVENT_BEACON), now);
		if (!attest_ready(attest))
			batches += drained(attest, &chain, &records, &last);
	}
	attest_session(attest, VG_RECORD_SESSION_ADD, 77, now + 5, VG_ACCEPTED, commitment, now);
	attest_session(attest, VG_RECORD_SESSION_REMOVE, 77, 3000, VG_REVOKED, commitment, now);
	attest_alarm(attest, &alarm, now);
	attest_seal(attest, now, true);
	batches += drained(attest, &chain, &records, &last);
	ktap_ok(batches == 6 && records == 3004, "3,003 records and the epoch's make 6 batches that the chain accepts");
	attest_close(attest);

	now += 1000;
	attest = opened(&last);
	attest_seal(attest, now, true);
	records = 0;
	ktap_ok(drained(attest, &chain, &records, &last) == 1 && records == 1 && chain.number == 0,
		"the next start begins an epoch that names the last batch");
	attest_close(attest);
	now -= 500000;
	attest = opened(&last);
	attest_seal(attest, now, true);
	ktap_ok(drained(attest, &chain, &records, &last) == 1, "also when the clock went back between the starts");
	attest_close(attest);
}

/* The module's own signer and hashes over the same batch. */
static void test_module(void)
{
	static u8 scratch[VG_MERKLE_SCRATCH_LEN];
	u8 seed[32], root[VG_HASH_LEN], hash[VG_HASH_LEN], expected[VG_HASH_LEN], signature[VG_SIGNATURE_LEN];
	struct attest *attest = opened(NULL);
	const struct batch *batch;
	struct vg_ed25519_key key;
	u32 i, wrong = 0, count;
	int fd = open(key_path, O_RDONLY);

	if (read(fd, seed, 32) != 32)
		exit(1);
	close(fd);
	vg_ed25519_key_init(&key, seed);
	for (count = 1; count <= 512; count += 37) {
		for (i = 0; i < count; i++)
			attest_event(attest, event_of(count * 1000 + i, VG_EVENT_ACTION), now);
		attest_seal(attest, now, true);
		while ((batch = attest_sealed(attest))) {
			vg_merkle_root(batch->records, vg_be32(batch->seal.head.count), batch->seal.salt_seed, scratch,
				       root);
			vg_ed25519_sign(&key, &batch->seal.head, sizeof(batch->seal.head), signature);
			vg_batch_hash(&batch->seal.head, batch->seal.signature, hash);
			chain_batch_hash(&batch->seal, expected);
			wrong += memcmp(root, batch->seal.head.root, 32) ||
				 memcmp(signature, batch->seal.signature, 64) || memcmp(hash, expected, 32);
			attest_stored(attest);
		}
	}
	ktap_ok(!wrong, "root, signature and batch hash are the module's, byte for byte, for 14 sizes");
	attest_close(attest);
}

/* A record's bytes, against PROTOCOL.md read independently. */
static void test_record(void)
{
	struct attest *attest;
	const struct batch *batch;
	const struct vg_event *event = event_of(5, VG_EVENT_ACTION);
	u8 wire[64] = { 0 };
	u64 time = vg_be64(event->time);

	policy.clock_offset_us = 1;
	attest = opened(NULL);
	attest_event(attest, event, now);
	attest_seal(attest, now, true);
	batch = attest_sealed(attest);
	memcpy(wire, &time, 8);
	wire[15] = 77;
	wire[23] = 5;
	memcpy(wire + 24, (u8[]){ 1, 18, 0, 1, 1, 0, 0, 0 }, 8);
	ktap_ok(!memcmp(&batch->records[1], wire, 32), "an action's record has the bytes of PROTOCOL.md");
	ktap_ok(batch->seal.head.flags == 1 && batch->records[0].kind == VG_RECORD_EPOCH,
		"a test clock marks record and batch");
	attest_close(attest);
	policy.clock_offset_us = 0;
	attest = opened(NULL);
	ktap_ok(!attest_event(attest, &(struct vg_event){ .kind = VG_EVENT_ACTION, .len = 3 }, now) &&
			attest_open_records(attest) == 1,
		"what is no VID makes no record");
	attest_close(attest);
}

static void test_queue(void)
{
	struct attest *attest = opened(NULL);
	struct chain chain = { 0 };
	struct vg_batch_seal last;
	u32 records = 0, i;

	for (i = 1; attest_ready(attest); i++)
		attest_event(attest, event_of(i, VG_EVENT_ACTION), now);
	ktap_ok(i > ATTEST_QUEUE_OPEN * 512u && i < (ATTEST_QUEUE_OPEN + 1) * 512u,
		"after 32 batches unstored no more are asked for");
	for (; !attest_lost(attest); i++)
		attest_event(attest, event_of(i, VG_EVENT_ACTION), now);
	ktap_ok(i > ATTEST_QUEUE * 512u, "beyond 64 batches records are counted as lost");
	attest_seal(attest, now, true);
	ktap_ok(drained(attest, &chain, &records, &last) == ATTEST_QUEUE, "what was taken is all there");
	attest_seal(attest, now, true);
	ktap_ok(drained(attest, &chain, &records, &last) == 1 && records == i - 1, "to the last record");
	attest_event(attest, event_of(i, VG_EVENT_ACTION), now);
	attest_seal(attest, now + (u64)policy.batch_interval_us - 1, false);
	ktap_ok(!attest_sealed(attest), "a young batch stays open");
	attest_seal(attest, now + (u64)policy.batch_interval_us, false);
	ktap_ok(attest_sealed(attest) != NULL, "until its interval is over");
	attest_close(attest);
}

static void test_key(void)
{
	struct attest *attest = opened(NULL);
	struct stat status;
	u8 public_key[VG_KEY_LEN];

	memcpy(public_key, attest_public_key(attest), VG_KEY_LEN);
	attest_close(attest);
	stat(key_path, &status);
	ktap_ok((status.st_mode & 07777) == 0600 && status.st_size == 32, "the key's file is 32 bytes, mode 0600");
	attest = opened(NULL);
	ktap_ok(!memcmp(public_key, attest_public_key(attest), VG_KEY_LEN), "the next start has the same key");
	attest_close(attest);
	chmod(key_path, 0640);
	ktap_ok(!opened(NULL) && strstr(error.text, "Others may read"), "a key that others may read is refused: %s",
		error.text);
	chmod(key_path, 0600);
	if (truncate(key_path, 31))
		exit(1);
	ktap_ok(!opened(NULL) && strstr(error.text, "32 bytes"), "a cut key is refused: %s", error.text);
	unlink(key_path);
	if (symlink("/dev/null", key_path))
		exit(1);
	ktap_ok(!opened(NULL), "a link in the key's place is not followed: %s", error.text);
	unlink(key_path);
}

/* How much of a core the records of 100,000 actions a second take; a figure, not a check. */
static void measure(void)
{
	struct attest *attest = opened(NULL);
	struct chain chain = { 0 };
	struct vg_batch_seal last;
	u32 records = 0, i;
	clock_t start = clock();

	for (i = 1; i <= 20000; i++) {
		attest_event(attest, event_of(i, VG_EVENT_ACTION), now);
		if (!attest_ready(attest))
			drained(attest, &chain, &records, &last);
	}
	printf("# %.0f records/s of CPU, hashed, signed and verified (with sanitizers)\n",
	       20000.0 * CLOCKS_PER_SEC / (double)(clock() - start));
	attest_close(attest);
}

int main(void)
{
	ktap_plan(0);
	if (sodium_init() < 0 || !mkdtemp(top))
		return 1;
	snprintf(key_path, sizeof(key_path), "%s/attest.key", top);
	policy_word_defaults(&policy);
	test_chain();
	test_module();
	test_record();
	test_queue();
	test_key();
	measure();
	unlink(key_path);
	rmdir(top);
	return ktap_exit();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * attest.c - makes records and signed batches of the plain grade: attest.h.
 *
 * The open batch is the slot of the queue behind the sealed ones, so a record
 * is written once and never copied.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/attest.h"
#include "agent/chain.h"
#include "agent/secret_file.h"
#include "voltgate/vid.h"

struct attest {
	u8 public_key[VG_KEY_LEN];
	u8 secret_key[crypto_sign_ed25519_SECRETKEYBYTES];
	EVP_MD *blake2s;
	EVP_MD_CTX *hash;
	u64 epoch;
	u64 next_number;
	u64 last_time; /* of the batch sealed last */
	u8 previous[VG_HASH_LEN];
	u32 batch_records;
	u64 batch_interval_us;
	u8 flags;	/* VG_RECORD_FLAG_* of the clock */
	u8 open_flags;	/* of any record in the open batch */
	u64 open_since; /* Time64 of its first record */
	u64 lost;
	u32 first; /* queue: index of the oldest sealed batch */
	u32 sealed;
	u32 count;			      /* records in the open batch */
	struct batch queue[ATTEST_QUEUE + 1]; /* one more: the open one */
};

static struct batch *attest_slot(struct attest *attest, u32 after)
{
	return &attest->queue[(attest->first + after) % (ATTEST_QUEUE + 1)];
}

static int attest_open_key(struct attest *attest, const char *path, struct attest_error *ret_error)
{
	u8 seed[crypto_sign_ed25519_SEEDBYTES];
	struct secret_file_error error;
	int err = secret_file_open(path, "attestation key", seed, sizeof(seed), &error);

	if (err)
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
	else
		crypto_sign_ed25519_seed_keypair(attest->public_key, attest->secret_key, seed);
	sodium_memzero(seed, sizeof(seed));
	return err;
}

static struct vg_record *attest_add(struct attest *attest, u64 now, u64 time);

/* The first record of the epoch. */
static void attest_begin(struct attest *attest, const struct vg_batch_seal *last, u64 now)
{
	struct vg_record *record;

	attest->epoch = now;
	if (last) {
		chain_batch_hash(last, attest->previous);
		attest->last_time = vg_be64(last->head.time);
		if (attest->epoch <= attest->last_time)
			attest->epoch = attest->last_time + 1;
	}
	record = attest_add(attest, now, attest->epoch);
	record->kind = VG_RECORD_EPOCH;
	memcpy(record->digest, attest->previous, VG_HASH_LEN);
}

int attest_open(const char *key_path, const struct vg_batch_seal *last, u64 now, const struct vg_policy *policy,
		struct attest **ret_attest, struct attest_error *ret_error)
{
	struct attest *attest = calloc(1, sizeof(*attest));
	int err = -ENOMEM;

	*ret_attest = NULL;
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "No memory, or no BLAKE2s-256 in OpenSSL, to sign verdicts.");
	if (!attest)
		return err;
	attest->blake2s = EVP_MD_fetch(NULL, "BLAKE2S-256", NULL);
	attest->hash = EVP_MD_CTX_new();
	if (attest->blake2s && attest->hash && sodium_init() >= 0)
		err = attest_open_key(attest, key_path, ret_error);
	if (err) {
		attest_close(attest);
		return err;
	}
	attest_set_policy(attest, policy);
	attest_begin(attest, last, now);
	*ret_attest = attest;
	return 0;
}

void attest_close(struct attest *attest)
{
	if (!attest)
		return;
	EVP_MD_CTX_free(attest->hash);
	EVP_MD_free(attest->blake2s);
	sodium_memzero(attest, sizeof(*attest));
	free(attest);
}

const u8 *attest_public_key(const struct attest *attest)
{
	return attest->public_key;
}

u64 attest_epoch(const struct attest *attest)
{
	return attest->epoch;
}

u64 attest_next_number(const struct attest *attest)
{
	return attest->next_number;
}

u32 attest_open_records(const struct attest *attest)
{
	return attest->count;
}

u64 attest_lost(const struct attest *attest)
{
	return attest->lost;
}

void attest_set_policy(struct attest *attest, const struct vg_policy *policy)
{
	attest->batch_records = (u32)policy->batch_records;
	attest->batch_interval_us = (u64)policy->batch_interval_us;
	attest->flags = policy->clock_offset_us ? VG_RECORD_FLAG_TEST_CLOCK : 0;
}

bool attest_ready(const struct attest *attest)
{
	return attest->sealed < ATTEST_QUEUE_OPEN;
}

static void attest_close_batch(struct attest *attest, u64 now)
{
	struct batch *batch = attest_slot(attest, attest->sealed);
	struct vg_batch_head *head = &batch->seal.head;

	memset(head, 0, sizeof(*head));
	memcpy(head->magic, VG_BATCH_MAGIC, sizeof(head->magic));
	memcpy(head->attestor, attest->public_key, VG_KEY_LEN);
	head->epoch = vg_be64(attest->epoch);
	head->number = vg_be64(attest->next_number++);
	if (attest->last_time < now)
		attest->last_time = now;
	head->time = vg_be64(attest->last_time);
	memcpy(head->previous, attest->previous, VG_HASH_LEN);
	randombytes_buf(batch->seal.salt_seed, VG_SALT_LEN);
	chain_root(batch->records, attest->count, batch->seal.salt_seed, head->root);
	head->count = vg_be32(attest->count);
	head->grade = VG_GRADE_PLAIN;
	head->flags = attest->open_flags;
	crypto_sign_ed25519_detached(batch->seal.signature, NULL, (const u8 *)head, sizeof(*head), attest->secret_key);
	chain_batch_hash(&batch->seal, attest->previous);
	attest->sealed++;
	attest->count = 0;
	attest->open_flags = 0;
}

/* A zeroed record of the open batch; NULL and counted as lost if the queue is full. */
static struct vg_record *attest_add(struct attest *attest, u64 now, u64 time)
{
	struct vg_record *record;

	if (attest->count >= attest->batch_records || attest->count == VG_BATCH_MAX) {
		if (attest->sealed == ATTEST_QUEUE) {
			attest->lost++;
			return NULL;
		}
		attest_close_batch(attest, now);
	}
	if (!attest->count)
		attest->open_since = now;
	record = &attest_slot(attest, attest->sealed)->records[attest->count++];
	memset(record, 0, sizeof(*record));
	record->time = vg_be64(time);
	record->grade = VG_GRADE_PLAIN;
	record->flags = attest->flags;
	attest->open_flags |= attest->flags;
	return record;
}

bool attest_event(struct attest *attest, const struct vg_event *event, u64 now)
{
	const struct vg_vid *vid = (const struct vg_vid *)event->bytes;
	struct vg_vid_fields fields;
	struct vg_record *record;

	if (event->len < sizeof(*vid) || !vg_vid_decode(vid, event->len, &fields))
		return false;
	record = attest_add(attest, now, event->time);
	if (!record)
		return false;
	record->session = vid->session;
	record->sequence = vid->sequence;
	record->kind = event->kind == VG_EVENT_BEACON ? VG_RECORD_BEACON : VG_RECORD_ACTION;
	record->type = vid->type;
	record->reason = VG_ACCEPTED;
	if (EVP_DigestInit_ex(attest->hash, attest->blake2s, NULL) != 1 ||
	    EVP_DigestUpdate(attest->hash, event->bytes, event->len) != 1 ||
	    EVP_DigestFinal_ex(attest->hash, record->digest, NULL) != 1)
		abort(); /* only a broken library fails here, and a wrong digest must never be signed */
	return true;
}

void attest_session(struct attest *attest, enum vg_record_kind kind, u64 session, u64 sequence, enum vg_reason reason,
		    const u8 commitment[VG_HASH_LEN], u64 now)
{
	struct vg_record *record = attest_add(attest, now, now);

	if (!record)
		return;
	record->session = vg_be64(session);
	record->sequence = vg_be64(sequence);
	record->kind = (u8)kind;
	record->reason = (u8)reason;
	memcpy(record->digest, commitment, VG_HASH_LEN);
}

/* The digest is over big-endian bytes, with the sample's unused end zeroed. */
static void attest_alarm_digest(const struct vg_alarm *alarm, u8 ret_digest[VG_HASH_LEN])
{
	struct vg_alarm wire = *alarm;
	u32 kept = alarm->state.sample_len;

	wire.key.session = vg_be64(alarm->key.session);
	wire.key.reason = vg_be32(alarm->key.reason);
	wire.state.first = vg_be64(alarm->state.first);
	wire.state.last = vg_be64(alarm->state.last);
	wire.state.count = vg_be64(alarm->state.count);
	wire.state.ifindex = vg_be32(alarm->state.ifindex);
	wire.state.frame_len = vg_be16(alarm->state.frame_len);
	wire.state.sample_len = vg_be16(alarm->state.sample_len);
	if (kept < VG_ALARM_SAMPLE_MAX)
		memset(wire.state.sample + kept, 0, VG_ALARM_SAMPLE_MAX - kept);
	crypto_hash_sha256(ret_digest, (const u8 *)&wire, sizeof(wire));
}

void attest_alarm(struct attest *attest, const struct vg_alarm *alarm, u64 now)
{
	struct vg_record *record = attest_add(attest, now, now);

	if (!record)
		return;
	record->session = vg_be64(alarm->key.session);
	record->sequence = vg_be64(alarm->state.count);
	record->kind = VG_RECORD_ALARM;
	record->reason = (u8)alarm->key.reason;
	attest_alarm_digest(alarm, record->digest);
}

void attest_seal(struct attest *attest, u64 now, bool force)
{
	bool old = now - attest->open_since >= attest->batch_interval_us; /* also when the clock went back: it wraps */

	if (!attest->count || attest->sealed == ATTEST_QUEUE)
		return;
	if (force || old || attest->count >= attest->batch_records)
		attest_close_batch(attest, now);
}

const struct batch *attest_sealed(const struct attest *attest)
{
	return attest->sealed ? &attest->queue[attest->first] : NULL;
}

void attest_stored(struct attest *attest)
{
	attest->first = (attest->first + 1) % (ATTEST_QUEUE + 1);
	attest->sealed--;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * anchor.c - posts heads of verdict chains. Who posts does not matter, the
 * head proves itself; numbers rise within an epoch, so that what is anchored stays (PROTOCOL.md M9).
 */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/anchor.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "ledger/credential.h"

#define ANCHOR_VERSION 1
#define SHOWN_MOST 1000
#define HEARTBEATS_LATE 3 /* missed ones before a chain counts as silent */

struct anchor_key anchor_key(char space, const u8 attestor[VG_KEY_LEN], u64 epoch_be)
{
	struct anchor_key key;

	key.bytes[0] = space;
	memcpy(key.bytes + 1, attestor, VG_KEY_LEN);
	memcpy(key.bytes + 1 + VG_KEY_LEN, &epoch_be, 8);
	return key;
}

#define ANCHOR_SPAN(key) ((struct span){ (key).bytes, sizeof((key).bytes) })

int anchor_decode(char space, struct span value, struct anchor *ret_anchor)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != ANCHOR_VERSION)
		return -EBADMSG;
	reader_copy(&reader, &ret_anchor->head, sizeof(ret_anchor->head));
	reader_copy(&reader, ret_anchor->signature, sizeof(ret_anchor->signature));
	ret_anchor->posted = space == 'h' ? reader_u64(&reader) : 0;
	return reader_done(&reader) ? 0 : -EBADMSG;
}

static int anchor_get(struct contract_run *run, char space, const struct vg_batch_head *head, struct anchor *ret_anchor)
{
	struct anchor_key key = anchor_key(space, head->attestor, head->epoch);
	struct span value;
	int result = contract_get(run, ANCHOR_SPAN(key), &value);

	if (!result && anchor_decode(space, value, ret_anchor))
		result = contract_refuse(run, -EIO, "An anchored head is damaged.");
	return result;
}

static int anchor_put(struct contract_run *run, char space, const struct anchor *anchor)
{
	struct anchor_key key = anchor_key(space, anchor->head.attestor, anchor->head.epoch);
	u8 bytes[1 + sizeof(anchor->head) + VG_SIGNATURE_LEN + 8];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, ANCHOR_VERSION);
	writer_bytes(&writer, &anchor->head, sizeof(anchor->head));
	writer_bytes(&writer, anchor->signature, sizeof(anchor->signature));
	if (space == 'h')
		writer_u64(&writer, anchor->posted);
	return contract_put(run, ANCHOR_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int anchor_judge(struct contract_run *run, const struct vg_batch_head *head, const u8 signature[VG_SIGNATURE_LEN])
{
	struct contract_member member;
	int result;

	if (memcmp(head->magic, VG_BATCH_MAGIC, sizeof(head->magic)) || !head->count ||
	    vg_be32(head->count) > VG_BATCH_MAX || head->zero)
		return contract_refuse(run, -EINVAL, "HEAD is no batch's head (PROTOCOL.md B3).");
	result = contract_member(run, head->attestor, &member);
	if (result == -ENOENT || (!result && (member.role != CREDENTIAL_ATTESTOR ||
					      member.epoch != vg_be64(head->epoch) || member.grade != head->grade)))
		return contract_refuse(run, -EACCES,
				       "No organisation enrolled this attestation key for this epoch and grade.");
	if (!result && member.revoked)
		return contract_refuse(run, -EACCES, "The attestation key was revoked.");
	if (!result && !contract_verify(run, head->attestor, head, sizeof(*head), signature))
		return contract_refuse(run, -EACCES, "The attestation key did not sign this head.");
	return result;
}

static int give(struct contract_run *run, const struct anchor *anchor, bool fork)
{
	json_t *object = json_object();

	answer_hex(object, "attestor", anchor->head.attestor, VG_KEY_LEN);
	answer_number(object, "epoch", vg_be64(anchor->head.epoch));
	answer_number(object, "number", vg_be64(anchor->head.number));
	answer_bool(object, "fork", fork);
	return answer_give(run, object);
}

/* One number, two heads: the attestor signed two chains, and this shows it for ever. */
static int post_fork(struct contract_run *run, const struct anchor *anchor)
{
	struct anchor before;
	int result = anchor_get(run, 'f', &anchor->head, &before);

	if (!result)
		return contract_refuse(run, -EALREADY,
				       "That this attestor signed two chains is on the ledger already.");
	if (result != -ENOENT)
		return result;
	result = anchor_put(run, 'f', anchor);
	return result ?: give(run, anchor, true);
}

static int anchor_post(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct anchor anchor = { .posted = contract_time(run) }, before = { .posted = 0 };
	u64 number, last;
	int result = argument_hex(run, arguments[0], "HEAD", &anchor.head, sizeof(anchor.head));

	(void)count;
	result = result ?: argument_hex(run, arguments[1], "SIGNATURE", anchor.signature, sizeof(anchor.signature));
	result = result ?: anchor_judge(run, &anchor.head, anchor.signature);
	if (result)
		return result;
	result = anchor_get(run, 'h', &anchor.head, &before);
	if (result && result != -ENOENT)
		return result;
	number = vg_be64(anchor.head.number);
	last = vg_be64(before.head.number);
	if (!result && number == last && memcmp(&anchor.head, &before.head, sizeof(anchor.head)))
		return post_fork(run, &anchor);
	if (!result && number <= last)
		return contract_refuse(run, -EALREADY, "Batch %" PRIu64 " of this epoch is anchored, which is %s.",
				       (uint64_t)last, number == last ? "this one" : "later");
	result = anchor_put(run, 'h', &anchor);
	return result ?: give(run, &anchor, false);
}

struct listing {
	struct contract_run *run;
	json_t *array;
	u64 late_us;
	int error;
};

static bool forked(struct contract_run *run, const struct vg_batch_head *head)
{
	struct anchor_key key = anchor_key('f', head->attestor, head->epoch);
	struct span value;

	return !contract_peek(run, ANCHOR_SPAN(key), &value);
}

static bool list_one(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;
	struct anchor anchor;
	json_t *object;

	if (key.len != ANCHOR_KEY_LEN || anchor_decode('h', value, &anchor)) {
		listing->error = contract_refuse(listing->run, -EIO, "An anchored head is damaged.");
		return false;
	}
	object = json_object();
	answer_hex(object, "attestor", anchor.head.attestor, VG_KEY_LEN);
	answer_number(object, "epoch", vg_be64(anchor.head.epoch));
	answer_number(object, "number", vg_be64(anchor.head.number));
	answer_number(object, "time", vg_be64(anchor.head.time));
	answer_number(object, "posted", anchor.posted);
	answer_bool(object, "silent", contract_time(listing->run) - anchor.posted > listing->late_us);
	answer_bool(object, "forked", forked(listing->run, &anchor.head));
	answer_item(listing->array, object);
	return json_array_size(listing->array) < SHOWN_MOST;
}

/* All chains, or one attestor's; at most SHOWN_MOST. */
static int anchor_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct listing listing = { .run = run };
	u8 prefix[1 + VG_KEY_LEN] = { 'h' };
	struct span under = { prefix, 1 };
	int result = 0;

	if (count)
		result = argument_hex(run, arguments[0], "ATTESTOR", prefix + 1, VG_KEY_LEN);
	if (result)
		return result;
	if (count)
		under.len = sizeof(prefix);
	listing.late_us = HEARTBEATS_LATE * contract_parameter(run, MEMBERSHIP_HEARTBEAT_S) * 1000000;
	listing.array = json_array();
	result = contract_scan(run, under, under, list_one, &listing);
	result = result ?: listing.error;
	if (result) {
		json_decref(listing.array);
		return result;
	}
	return answer_give(run, listing.array);
}

static const struct charging_function functions[] = {
	{ "post", 2, 2, 0, anchor_post, "HEAD SIGNATURE" },
	{ "show", 0, 1, CHARGING_QUERY, anchor_show, "[ATTESTOR]" },
	{ .name = NULL },
};

const struct charging_noun charging_anchor = { "anchor", functions };

// SPDX-License-Identifier: GPL-2.0
/*
 * action.c - joins action packets and the verdicts that cover them: action.h.
 *
 * One hash table by digest (keyed: its bytes are the attacker's to choose,
 * within what BLAKE2s leaves) and one list by age over the same entries.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/action.h"
#include "voltgate/siphash.h"
#include "voltgate/vid.h"

#define ACTION_ROUNDS 16 /* bursts before the event loop has its turn */

struct action_entry {
	struct action_entry *chained; /* same bucket */
	struct action_entry *older, *newer;
	u64 since_ms;
	u8 digest[VG_HASH_LEN];
	bool covered; /* by head, index, record; else the VID is there */
	u32 index;
	struct vg_batch_head head;
	struct vg_record record;
	struct greeted_path path;
	u32 vid_len;
	u8 vid[];
};

struct action {
	u32 limit;
	u32 timeout_ms;
	struct action_events events;
	struct datagram_port port;
	EVP_MD *blake2s;
	EVP_MD_CTX *hash;
	struct vg_siphash_key bucket_key;
	struct action_counts counts;
	u32 bucket_count; /* a power of two */
	struct action_entry **buckets;
	struct action_entry *oldest, *newest;
	struct datagram datagrams[DATAGRAM_BURST];
	struct datagram covered; /* the one acted on */
};

int action_new(u32 limit, u32 timeout_ms, const struct action_events *events, struct action **ret_action)
{
	struct action *action = calloc(1, sizeof(*action));

	*ret_action = NULL;
	if (!action)
		return -ENOMEM;
	action->limit = limit;
	action->timeout_ms = timeout_ms;
	action->events = *events;
	action->port = (struct datagram_port){ -1, { { -1, -1 }, { -1, -1 } } };
	for (action->bucket_count = 16; action->bucket_count < limit; action->bucket_count *= 2)
		;
	action->buckets = calloc(action->bucket_count, sizeof(struct action_entry *));
	action->blake2s = EVP_MD_fetch(NULL, "BLAKE2S-256", NULL);
	action->hash = EVP_MD_CTX_new();
	randombytes_buf(&action->bucket_key, sizeof(action->bucket_key));
	if (!action->buckets || !action->blake2s || !action->hash) {
		action_free(action);
		return -ENOMEM;
	}
	*ret_action = action;
	return 0;
}

static struct action_entry **action_bucket(struct action *action, const u8 digest[VG_HASH_LEN])
{
	struct vg_siphash_tag hash;

	vg_siphash(&action->bucket_key, digest, VG_HASH_LEN, &hash);
	return &action->buckets[hash.t0 & (action->bucket_count - 1)];
}

static struct action_entry *action_find(struct action *action, const u8 digest[VG_HASH_LEN])
{
	struct action_entry *entry = *action_bucket(action, digest);

	while (entry && memcmp(entry->digest, digest, VG_HASH_LEN))
		entry = entry->chained;
	return entry;
}

static void action_remove(struct action *action, struct action_entry *entry)
{
	struct action_entry **at = action_bucket(action, entry->digest);

	while (*at != entry)
		at = &(*at)->chained;
	*at = entry->chained;
	*(entry->older ? &entry->older->newer : &action->oldest) = entry->newer;
	*(entry->newer ? &entry->newer->older : &action->newest) = entry->older;
	action->counts.waiting--;
	free(entry);
}

/* Lets the oldest go unanswered. Returns 1 if it was a packet. */
static u32 action_give_up(struct action *action)
{
	bool packet = !action->oldest->covered;

	*(packet ? &action->counts.uncovered : &action->counts.unclaimed) += 1;
	action_remove(action, action->oldest);
	return packet;
}

static struct action_entry *action_insert(struct action *action, const u8 digest[VG_HASH_LEN], const u8 *vid,
					  u32 vid_len, u64 now_ms)
{
	struct action_entry **bucket, *entry;

	if (action->counts.waiting >= action->limit)
		action_give_up(action);
	entry = calloc(1, sizeof(*entry) + vid_len);
	if (!entry)
		return NULL;
	memcpy(entry->digest, digest, VG_HASH_LEN);
	entry->since_ms = now_ms;
	entry->vid_len = vid_len;
	if (vid_len)
		memcpy(entry->vid, vid, vid_len);
	bucket = action_bucket(action, digest);
	entry->chained = *bucket;
	*bucket = entry;
	entry->older = action->newest;
	*(action->newest ? &action->newest->newer : &action->oldest) = entry;
	action->newest = entry;
	action->counts.waiting++;
	return entry;
}

void action_free(struct action *action)
{
	if (!action)
		return;
	while (action->oldest)
		action_remove(action, action->oldest);
	datagram_close(&action->port);
	EVP_MD_CTX_free(action->hash);
	EVP_MD_free(action->blake2s);
	free(action->buckets);
	free(action);
}

int action_open_sockets(struct action *action)
{
	return datagram_open(&action->port);
}

const struct datagram_port *action_port(const struct action *action)
{
	return &action->port;
}

u32 action_receive(struct action *action, int fd, u64 now_ms)
{
	u32 total = 0;
	int round, i, got;

	for (round = 0; round < ACTION_ROUNDS; round++) {
		got = datagram_receive(fd, action->datagrams, DATAGRAM_BURST);
		for (i = 0; i < got; i++)
			action_packet(action, &action->datagrams[i], now_ms);
		total += (u32)got;
		if (got < DATAGRAM_BURST)
			break;
	}
	return total;
}

/* Hellos have a socket of their own: one that is here lost its way. */
static void action_other(struct action *action, const struct vg_vid_fields *fields)
{
	if (fields->type == VG_VID_HELLO) {
		action->counts.hellos++;
		return;
	}
	action->counts.beacons++;
	if (action->events.beacon)
		action->events.beacon(action->events.arg, fields->session);
}

void action_packet(struct action *action, const struct datagram *datagram, u64 now_ms)
{
	const u8 *vid = datagram->bytes;
	u32 len = datagram->len;
	struct vg_vid_fields fields;
	struct action_entry *entry;
	u8 digest[VG_HASH_LEN];

	action->counts.received++;
	if (len < sizeof(struct vg_vid) || !vg_vid_decode((const struct vg_vid *)vid, len, &fields)) {
		action->counts.foreign++;
		return;
	}
	if (!vg_vid_is_action(fields.type)) {
		action_other(action, &fields);
		return;
	}
	if (EVP_DigestInit_ex(action->hash, action->blake2s, NULL) != 1 ||
	    EVP_DigestUpdate(action->hash, vid, len) != 1 || EVP_DigestFinal_ex(action->hash, digest, NULL) != 1)
		return; /* never acted on: the safe side */
	entry = action_find(action, digest);
	if (!entry) {
		entry = action_insert(action, digest, vid, len, now_ms);
		if (entry)
			entry->path = datagram->path;
	} else if (entry->covered) {
		action->counts.acted++;
		action->events.acted(action->events.arg, &entry->head, entry->index, &entry->record, datagram);
		action_remove(action, entry);
	} /* else the network gave us one datagram twice */
}

/* A packet that waited, as it came. */
static void action_act(struct action *action, const struct vg_batch_head *head, u32 index,
		       const struct vg_record *record, const struct action_entry *entry)
{
	struct datagram *datagram = &action->covered;

	datagram->path = entry->path;
	datagram->len = entry->vid_len;
	memcpy(datagram->bytes, entry->vid, entry->vid_len);
	action->counts.acted++;
	action->events.acted(action->events.arg, head, index, record, datagram);
}

void action_cover(struct action *action, const struct batch *batch, u64 now_ms)
{
	u32 count = vg_be32(batch->seal.head.count), i;
	struct action_entry *entry;

	for (i = 0; i < count; i++) {
		const struct vg_record *record = &batch->records[i];

		if (record->kind != VG_RECORD_ACTION || record->reason != VG_ACCEPTED)
			continue;
		entry = action_find(action, record->digest);
		if (entry && !entry->covered) {
			action_act(action, &batch->seal.head, i, record, entry);
			action_remove(action, entry);
		} else if (!entry && (entry = action_insert(action, record->digest, NULL, 0, now_ms))) {
			entry->covered = true;
			entry->head = batch->seal.head;
			entry->index = i;
			entry->record = *record;
		}
	}
}

u64 action_expire(struct action *action, u64 now_ms)
{
	u64 packets = 0;

	while (action->oldest && now_ms - action->oldest->since_ms >= action->timeout_ms)
		packets += action_give_up(action);
	return packets;
}

void action_counts(const struct action *action, struct action_counts *ret_counts)
{
	int i;

	*ret_counts = action->counts;
	for (i = 0; i < 2; i++)
		ret_counts->dropped += datagram_dropped(action->port.sockets[i][DATAGRAM_OTHERS]);
}

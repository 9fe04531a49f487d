// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_chain.c - the blocks that raised the epoch, kept beside the state: header, certificate, replicas after it.
 * Whoever knows the genesis follows them to the replicas that certified the head (snapshots). Every byte of a link is
 * covered by the certificate: the replicas are those that the header's next_replicas is the hash of.
 *
 * Store: 'C' number u64 (0: the genesis, with an empty certificate; it is in no snapshot): header 228, certificate
 * span32 (view u64, count u16, each: replica u16, signature 64), replicas: count u16, keys 32 each.   'B': the same of
 * the block that a snapshot brought; blocks begin after it. 'G': the genesis configuration.
 */
#include "ledger/ledger_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void certificate_encode(struct writer *writer, const struct block_certificate *certificate)
{
	u32 i;

	writer_u32(writer, 8 + 2 + certificate->count * (2 + BLOCK_SIGNATURE_LEN));
	writer_u64(writer, certificate->view);
	writer_u16(writer, (u16)certificate->count);
	for (i = 0; i < certificate->count; i++) {
		writer_u16(writer, certificate->signatures[i].replica);
		writer_bytes(writer, certificate->signatures[i].bytes, BLOCK_SIGNATURE_LEN);
	}
}

static int certificate_decode(struct span bytes, struct block_certificate *ret_certificate)
{
	struct reader reader;
	u32 i;

	reader_init(&reader, bytes.bytes, bytes.len);
	ret_certificate->view = reader_u64(&reader);
	ret_certificate->count = reader_u16(&reader);
	if (ret_certificate->count > BLOCK_REPLICAS_MAX)
		return -EBADMSG;
	for (i = 0; i < ret_certificate->count; i++) {
		ret_certificate->signatures[i].replica = reader_u16(&reader);
		reader_copy(&reader, ret_certificate->signatures[i].bytes, BLOCK_SIGNATURE_LEN);
	}
	return reader_done(&reader) ? 0 : -EBADMSG;
}

void chain_replicas(const struct membership *membership, struct chain_replicas *ret_replicas)
{
	const struct membership_node *node;

	memset(ret_replicas, 0, sizeof(*ret_replicas));
	ret_replicas->epoch = membership->epoch;
	while (ret_replicas->count < BLOCK_REPLICAS_MAX && (node = membership_replica(membership, ret_replicas->count)))
		memcpy(ret_replicas->keys[ret_replicas->count++], node->key, 32);
}

static void replicas_encode(struct writer *writer, const struct chain_replicas *replicas)
{
	writer_u16(writer, (u16)replicas->count);
	writer_bytes(writer, replicas->keys, replicas->count * 32);
}

void chain_replicas_hash(const struct chain_replicas *replicas, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 bytes[2 + BLOCK_REPLICAS_MAX * 32];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	replicas_encode(&writer, replicas);
	ledger_hash_bytes(LEDGER_DOMAIN_REPLICAS, bytes, writer_len(&writer), ret_hash);
}

bool chain_certified(struct verifier *verifier, const struct chain_replicas *replicas,
		     const struct block_header *header, const struct block_certificate *certificate)
{
	u8 set[LEDGER_HASH_LEN], hash[LEDGER_HASH_LEN], vote[LEDGER_HASH_LEN];
	u32 i;

	chain_replicas_hash(replicas, set);
	if (memcmp(set, header->replicas, sizeof(set)) || header->epoch != replicas->epoch ||
	    certificate->count < block_quorum(replicas->count) || certificate->count > replicas->count)
		return false;
	block_header_hash(header, hash);
	block_vote_hash(BLOCK_VOTE_COMMIT, header->channel, header->epoch, certificate->view, header->number, hash,
			vote);
	for (i = 0; i < certificate->count; i++) {
		const struct block_signature *signature = &certificate->signatures[i];

		if (signature->replica >= replicas->count ||
		    (i && signature->replica <= certificate->signatures[i - 1].replica) ||
		    !verifier_check(verifier, replicas->keys[signature->replica], vote, sizeof(vote), signature->bytes))
			return false;
	}
	return true;
}

void chain_encode(struct writer *writer, const struct chain_link *link)
{
	u8 header[BLOCK_HEADER_LEN];

	block_header_encode(&link->header, header);
	writer_bytes(writer, header, sizeof(header));
	certificate_encode(writer, &link->certificate);
	replicas_encode(writer, &link->after);
}

int chain_decode(struct span bytes, struct chain_link *ret_link)
{
	struct span header, certificate;
	struct reader reader;

	memset(ret_link, 0, sizeof(*ret_link));
	reader_init(&reader, bytes.bytes, bytes.len);
	header.bytes = reader_bytes(&reader, BLOCK_HEADER_LEN);
	header.len = BLOCK_HEADER_LEN;
	certificate = reader_span32(&reader, CERTIFICATE_MAX);
	ret_link->after.count = reader_u16(&reader);
	if (reader.bad || ret_link->after.count > BLOCK_REPLICAS_MAX)
		return -EBADMSG;
	reader_copy(&reader, ret_link->after.keys, ret_link->after.count * 32);
	if (!reader_done(&reader) || block_header_decode(header, &ret_link->header) ||
	    certificate_decode(certificate, &ret_link->certificate))
		return -EBADMSG;
	ret_link->after.epoch = ret_link->header.epoch + 1;
	return 0;
}

void chain_name(u8 ret_name[9], u64 number)
{
	struct writer writer;

	writer_init(&writer, ret_name, 9);
	writer_u8(&writer, 'C');
	writer_u64(&writer, number);
}

int chain_note(struct overlay *overlay, const struct block_header *header, const struct block_certificate *certificate,
	       const struct membership *after)
{
	struct chain_link link = { .header = *header, .certificate = *certificate };
	u8 name[9], bytes[CHAIN_MAX];
	struct writer writer;

	chain_replicas(after, &link.after);
	writer_init(&writer, bytes, sizeof(bytes));
	chain_encode(&writer, &link);
	chain_name(name, header->number);
	return overlay_note(overlay, (struct span){ name, sizeof(name) }, (struct span){ bytes, writer_len(&writer) });
}

int chain_epoch(struct store *store, u64 epoch, struct chain_link *ret_link)
{
	struct store_walk *walk;
	struct span key, value;
	bool found = false;
	u8 from[9];
	int error = 0;

	chain_name(from, 0);
	walk = store->ops->walk(store, (struct span){ from, sizeof(from) });
	while (!error && !found && walk && store->ops->walk_next(walk, &key, &value, &error) && key.len == 9 &&
	       key.bytes[0] == 'C') {
		if (chain_decode(value, ret_link))
			error = -EIO;
		found = !error && (ret_link->header.number ? ret_link->after.epoch == epoch : !epoch);
	}
	store->ops->walk_free(walk);
	if (error)
		snprintf(store->error, sizeof(store->error), "A record of the channel's configurations is damaged.");
	return error ? -EIO : found ? 0 : walk ? -ENOENT : -ENOMEM;
}

int chain_base(struct store *store, struct chain_link *ret_link)
{
	u8 *bytes;
	size_t len;
	int error = store->ops->get(store, (struct span){ (const u8 *)CHAIN_BASE, 1 }, &bytes, &len);

	if (error)
		return error;
	error = chain_decode((struct span){ bytes, len }, ret_link);
	free(bytes);
	if (error)
		snprintf(store->error, sizeof(store->error),
			 "The record of the snapshot that this ledger began with is damaged.");
	return error ? -EIO : 0;
}

int chain_note_genesis(struct overlay *overlay, const struct membership *genesis)
{
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	struct writer writer;
	int error;

	if (!bytes)
		return -ENOMEM;
	writer_init(&writer, bytes, MEMBERSHIP_BYTES_MAX);
	membership_encode(&writer, genesis);
	error = overlay_note(overlay, (struct span){ (const u8 *)CHAIN_GENESIS, 1 },
			     (struct span){ bytes, writer_len(&writer) });
	free(bytes);
	return error;
}

int chain_genesis(struct store *store, struct membership *ret_genesis)
{
	u8 *bytes;
	size_t len;
	int error = store->ops->get(store, (struct span){ (const u8 *)CHAIN_GENESIS, 1 }, &bytes, &len);

	if (error)
		return error;
	error = membership_decode((struct span){ bytes, len }, ret_genesis);
	free(bytes);
	if (error)
		snprintf(store->error, sizeof(store->error), "The record of the channel's genesis is damaged.");
	return error ? -EIO : 0;
}

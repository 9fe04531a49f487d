// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_chain.c - the blocks that raised the epoch, kept beside the state: header, certificate, configuration after
 * it. Whoever knows the genesis follows them to the replicas that certified the head (snapshots).
 *
 * Store: 'C' number u64: header 228, certificate span32 (view u64, count u16, each: replica u16, signature 64),
 * configuration span32.   'B': the same of the block that a snapshot brought; blocks begin after it.
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

void chain_encode(struct writer *writer, const struct chain_link *link)
{
	u8 header[BLOCK_HEADER_LEN], *membership = malloc(MEMBERSHIP_BYTES_MAX);
	struct writer inner;

	block_header_encode(&link->header, header);
	writer_bytes(writer, header, sizeof(header));
	certificate_encode(writer, &link->certificate);
	writer_init(&inner, membership, membership ? MEMBERSHIP_BYTES_MAX : 0);
	membership_encode(&inner, &link->after);
	if (inner.full)
		writer->full = true;
	writer_span32(writer, (struct span){ membership, writer_len(&inner) });
	free(membership);
}

int chain_decode(struct span bytes, struct chain_link *ret_link)
{
	struct span header, certificate, membership;
	struct reader reader;

	reader_init(&reader, bytes.bytes, bytes.len);
	header.bytes = reader_bytes(&reader, BLOCK_HEADER_LEN);
	header.len = BLOCK_HEADER_LEN;
	certificate = reader_span32(&reader, CERTIFICATE_MAX);
	membership = reader_span32(&reader, MEMBERSHIP_BYTES_MAX);
	if (!reader_done(&reader) || block_header_decode(header, &ret_link->header) ||
	    certificate_decode(certificate, &ret_link->certificate))
		return -EBADMSG;
	return membership_decode(membership, &ret_link->after);
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
	struct chain_link *link = malloc(sizeof(*link));
	u8 name[9], *bytes = malloc(CHAIN_MAX);
	struct writer writer;
	int error = -ENOMEM;

	if (link && bytes) {
		link->header = *header;
		link->certificate = *certificate;
		link->after = *after;
		writer_init(&writer, bytes, CHAIN_MAX);
		chain_encode(&writer, link);
		chain_name(name, header->number);
		error = writer.full ? -ENOMEM
				    : overlay_note(overlay, (struct span){ name, sizeof(name) },
						   (struct span){ bytes, writer_len(&writer) });
	}
	free(bytes);
	free(link);
	return error;
}

static int chain_read(struct store *store, struct span name, struct chain_link *ret_link)
{
	u8 *bytes;
	size_t len;
	int error = store->ops->get(store, name, &bytes, &len);

	if (error)
		return error;
	error = chain_decode((struct span){ bytes, len }, ret_link);
	free(bytes);
	if (error == -EBADMSG)
		snprintf(store->error, sizeof(store->error), "A record of the channel's configurations is damaged.");
	return error == -EBADMSG ? -EIO : error;
}

int chain_genesis(struct store *store, struct membership *ret_genesis)
{
	struct chain_link *link = malloc(sizeof(*link));
	u8 name[9];
	int error = -ENOMEM;

	chain_name(name, 0);
	if (link)
		error = chain_read(store, (struct span){ name, sizeof(name) }, link);
	if (!error)
		*ret_genesis = link->after;
	free(link);
	return error;
}

int chain_base(struct store *store, struct chain_link *ret_link)
{
	return chain_read(store, (struct span){ (const u8 *)CHAIN_BASE, 1 }, ret_link);
}

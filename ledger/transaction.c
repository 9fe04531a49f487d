// SPDX-License-Identifier: GPL-2.0
/* transaction.c - transactions to and from bytes (transaction.h has the format). Pure. */
#include <errno.h>

#include "ledger/credential.h"
#include "ledger/endorsement.h"
#include "ledger/evidence.h"
#include "ledger/membership.h"
#include "ledger/transaction.h"

static int decode_open(struct reader *reader, struct transaction *ret_transaction)
{
	ret_transaction->client = reader_bytes(reader, TRANSACTION_KEY_LEN);
	ret_transaction->nonce = reader_u64(reader);
	ret_transaction->payload = reader_span32(reader, TRANSACTION_MAX);
	return reader_done(reader) && ret_transaction->nonce ? 0 : -EBADMSG;
}

/* An endorsement says its length itself: the path's is in its head. */
static struct span endorsement_take(struct reader *reader)
{
	const u8 *start = reader->at;

	reader_bytes(reader, ENDORSEMENT_PATH_AT);
	reader_bytes(reader, (size_t)reader_u8(reader) * LEDGER_HASH_LEN + TRANSACTION_SIGNATURE_LEN);
	return (struct span){ start, reader->bad ? 0 : (size_t)(reader->at - start) };
}

static void decode_authority(struct reader *reader, struct transaction *ret_transaction)
{
	ret_transaction->authority = reader_u8(reader);
	ret_transaction->signature = NULL;
	ret_transaction->evidence = (struct span){ NULL, 0 };
	if (ret_transaction->authority == TRANSACTION_SIGNED)
		ret_transaction->signature = reader_bytes(reader, TRANSACTION_SIGNATURE_LEN);
	else if (ret_transaction->authority == TRANSACTION_EVIDENCE)
		ret_transaction->evidence = reader_span16(reader, EVIDENCE_MAX);
	else
		reader->bad = true;
}

static int decode_invoke(struct reader *reader, struct transaction *ret_transaction)
{
	struct span proposal = reader_span32(reader, TRANSACTION_MAX), rwset;
	u32 i;

	decode_authority(reader, ret_transaction);
	rwset = reader_span32(reader, TRANSACTION_MAX);
	ret_transaction->endorsement_count = reader_u8(reader);
	if (reader->bad || ret_transaction->endorsement_count > TRANSACTION_ENDORSEMENTS_MAX)
		return -EBADMSG;
	for (i = 0; i < ret_transaction->endorsement_count; i++)
		ret_transaction->endorsements[i] = endorsement_take(reader);
	if (!reader_done(reader) || proposal_decode(proposal.bytes, proposal.len, &ret_transaction->proposal) ||
	    rwset_decode(rwset.bytes, rwset.len, &ret_transaction->rwset))
		return -EBADMSG;
	ret_transaction->client = ret_transaction->proposal.client;
	ret_transaction->nonce = ret_transaction->proposal.nonce;
	return 0;
}

static int decode_credential(struct reader *reader, struct transaction *ret_transaction)
{
	ret_transaction->credential = (struct span){ reader_bytes(reader, CREDENTIAL_LEN), CREDENTIAL_LEN };
	ret_transaction->signature = reader_bytes(reader, TRANSACTION_SIGNATURE_LEN);
	return reader_done(reader) ? 0 : -EBADMSG;
}

static int decode_config(struct reader *reader, struct transaction *ret_transaction)
{
	u32 count, i;

	ret_transaction->update = reader_span32(reader, MEMBERSHIP_UPDATE_MAX);
	count = reader_u8(reader);
	if (reader->bad || count > MEMBERSHIP_REGULATORS_MAX)
		return -EBADMSG;
	ret_transaction->signatures.len = count * TRANSACTION_CONFIG_SIGNATURE_LEN;
	ret_transaction->signatures.bytes = reader_bytes(reader, ret_transaction->signatures.len);
	if (!reader_done(reader))
		return -EBADMSG;
	for (i = 1; i < count; i++) /* ascending: no regulator counts twice */
		if (ret_transaction->signatures.bytes[(i - 1) * TRANSACTION_CONFIG_SIGNATURE_LEN] >=
		    ret_transaction->signatures.bytes[i * TRANSACTION_CONFIG_SIGNATURE_LEN])
			return -EBADMSG;
	return 0;
}

int transaction_decode(const void *bytes, size_t len, struct transaction *ret_transaction)
{
	struct reader reader;

	if (len > TRANSACTION_MAX)
		return -EBADMSG;
	reader_init(&reader, bytes, len);
	ret_transaction->bytes = (struct span){ bytes, len };
	ret_transaction->kind = reader_u8(&reader);
	ret_transaction->client = NULL;
	ret_transaction->nonce = 0;
	ret_transaction->endorsement_count = 0;
	switch (ret_transaction->kind) {
	case TRANSACTION_OPEN:
		return decode_open(&reader, ret_transaction);
	case TRANSACTION_INVOKE:
		return decode_invoke(&reader, ret_transaction);
	case TRANSACTION_ENROL:
	case TRANSACTION_REVOKE:
		return decode_credential(&reader, ret_transaction);
	case TRANSACTION_CONFIG:
		return decode_config(&reader, ret_transaction);
	}
	return -EBADMSG;
}

void transaction_encode_open(struct writer *writer, const u8 client[32], u64 nonce, struct span payload)
{
	writer_u8(writer, TRANSACTION_OPEN);
	writer_bytes(writer, client, TRANSACTION_KEY_LEN);
	writer_u64(writer, nonce);
	writer_span32(writer, payload);
}

void transaction_encode_invoke(struct writer *writer, const struct transaction *transaction)
{
	u32 i;

	writer_u8(writer, TRANSACTION_INVOKE);
	writer_span32(writer, transaction->proposal.bytes);
	writer_u8(writer, transaction->authority);
	if (transaction->authority == TRANSACTION_SIGNED)
		writer_bytes(writer, transaction->signature, TRANSACTION_SIGNATURE_LEN);
	else
		writer_span16(writer, transaction->evidence);
	writer_span32(writer, transaction->rwset.bytes);
	writer_u8(writer, transaction->endorsement_count);
	for (i = 0; i < transaction->endorsement_count; i++)
		writer_bytes(writer, transaction->endorsements[i].bytes, transaction->endorsements[i].len);
}

void transaction_encode_credential(struct writer *writer, enum transaction_kind kind, struct span credential,
				   const u8 signature[64])
{
	writer_u8(writer, kind);
	writer_bytes(writer, credential.bytes, credential.len);
	writer_bytes(writer, signature, TRANSACTION_SIGNATURE_LEN);
}

void transaction_encode_config(struct writer *writer, struct span update, struct span signatures)
{
	writer_u8(writer, TRANSACTION_CONFIG);
	writer_span32(writer, update);
	writer_u8(writer, signatures.len / TRANSACTION_CONFIG_SIGNATURE_LEN);
	writer_bytes(writer, signatures.bytes, signatures.len);
}

void transaction_hash(struct span bytes, u8 ret_hash[LEDGER_HASH_LEN])
{
	ledger_hash_bytes(LEDGER_DOMAIN_TRANSACTION, bytes.bytes, bytes.len, ret_hash);
}

// SPDX-License-Identifier: GPL-2.0
/* transaction_proposal.c - what a client asks for, and what it signs. Pure. */
#include <errno.h>

#include "ledger/transaction.h"

int proposal_decode(const void *bytes, size_t len, struct proposal *ret_proposal)
{
	struct reader reader;
	u32 i;

	if (len > TRANSACTION_MAX)
		return -EBADMSG;
	reader_init(&reader, bytes, len);
	ret_proposal->bytes = (struct span){ bytes, len };
	ret_proposal->channel = reader_bytes(&reader, LEDGER_HASH_LEN);
	ret_proposal->client = reader_bytes(&reader, TRANSACTION_KEY_LEN);
	ret_proposal->nonce = reader_u64(&reader);
	ret_proposal->expires = reader_u64(&reader);
	ret_proposal->contract = reader_span16(&reader, TRANSACTION_NAME_MAX);
	ret_proposal->function = reader_span16(&reader, TRANSACTION_NAME_MAX);
	ret_proposal->argument_count = reader_u8(&reader);
	if (ret_proposal->argument_count > TRANSACTION_ARGUMENTS_MAX)
		return -EBADMSG;
	for (i = 0; i < ret_proposal->argument_count; i++)
		ret_proposal->arguments[i] = reader_span32(&reader, TRANSACTION_MAX);
	ret_proposal->private_hash = reader_bytes(&reader, LEDGER_HASH_LEN);
	if (!reader_done(&reader) || !ret_proposal->nonce || !ret_proposal->contract.len)
		return -EBADMSG;
	/* A zero ends the contract's name in a state key: within it, it would open another contract's keys. */
	return memchr(ret_proposal->contract.bytes, 0, ret_proposal->contract.len) ? -EBADMSG : 0;
}

void proposal_encode(struct writer *writer, const struct proposal *proposal)
{
	static const u8 none[LEDGER_HASH_LEN];
	u32 i;

	writer_bytes(writer, proposal->channel, LEDGER_HASH_LEN);
	writer_bytes(writer, proposal->client, TRANSACTION_KEY_LEN);
	writer_u64(writer, proposal->nonce);
	writer_u64(writer, proposal->expires);
	writer_span16(writer, proposal->contract);
	writer_span16(writer, proposal->function);
	writer_u8(writer, proposal->argument_count);
	for (i = 0; i < proposal->argument_count; i++)
		writer_span32(writer, proposal->arguments[i]);
	writer_bytes(writer, proposal->private_hash ? proposal->private_hash : none, LEDGER_HASH_LEN);
}

void proposal_hash(const struct proposal *proposal, u8 ret_hash[LEDGER_HASH_LEN])
{
	ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, proposal->bytes.bytes, proposal->bytes.len, ret_hash);
}

void proposal_client_hash(const u8 channel[LEDGER_HASH_LEN], const u8 hash[LEDGER_HASH_LEN],
			  u8 ret_hash[LEDGER_HASH_LEN])
{
	const struct ledger_piece pieces[] = { { channel, LEDGER_HASH_LEN }, { hash, LEDGER_HASH_LEN } };

	ledger_hash(LEDGER_DOMAIN_CLIENT, pieces, 2, ret_hash);
}

void proposal_signed_hash(const struct proposal *proposal, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 hash[LEDGER_HASH_LEN];

	proposal_hash(proposal, hash);
	proposal_client_hash(proposal->channel, hash, ret_hash);
}

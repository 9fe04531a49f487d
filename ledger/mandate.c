// SPDX-License-Identifier: GPL-2.0
/* mandate.c - a mandate to and from its bytes, and what a wallet signs (PROTOCOL.md E4). */
#include <errno.h>

#include "ledger/mandate.h"

void mandate_encode(struct writer *writer, const struct mandate *mandate)
{
	writer_bytes(writer, mandate->charging, LEDGER_HASH_LEN);
	writer_bytes(writer, mandate->station, LEDGER_HASH_LEN);
	writer_u32(writer, mandate->tariff);
	writer_u64(writer, mandate->price);
	writer_u64(writer, mandate->energy);
	writer_u64(writer, mandate->nonce);
	writer_u64(writer, mandate->issued);
	writer_u64(writer, mandate->expires);
}

int mandate_decode(struct span bytes, struct mandate *ret_mandate)
{
	struct reader reader;

	reader_init(&reader, bytes.bytes, bytes.len);
	reader_copy(&reader, ret_mandate->charging, LEDGER_HASH_LEN);
	reader_copy(&reader, ret_mandate->station, LEDGER_HASH_LEN);
	ret_mandate->tariff = reader_u32(&reader);
	ret_mandate->price = reader_u64(&reader);
	ret_mandate->energy = reader_u64(&reader);
	ret_mandate->nonce = reader_u64(&reader);
	ret_mandate->issued = reader_u64(&reader);
	ret_mandate->expires = reader_u64(&reader);
	return reader_done(&reader) && ret_mandate->expires >= ret_mandate->issued ? 0 : -EBADMSG;
}

void mandate_hash(const struct mandate_scope *scope, const struct mandate *mandate, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 bytes[3 * LEDGER_HASH_LEN + 16 + MANDATE_LEN];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_bytes(&writer, scope->channel, LEDGER_HASH_LEN);
	writer_bytes(&writer, scope->wallet, LEDGER_HASH_LEN);
	writer_bytes(&writer, scope->attestor, LEDGER_HASH_LEN);
	writer_u64(&writer, scope->epoch);
	writer_u64(&writer, scope->session);
	mandate_encode(&writer, mandate);
	ledger_hash_bytes(LEDGER_DOMAIN_MANDATE, bytes, sizeof(bytes), ret_hash);
}

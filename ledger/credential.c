// SPDX-License-Identifier: GPL-2.0
/* credential.c - the bytes of enrolments and revocations. Pure. */
#include <errno.h>

#include "ledger/credential.h"
#include "ledger/hash.h"
#include "voltgate/record.h"

void credential_encode(const struct credential *credential, u8 ret_bytes[CREDENTIAL_LEN])
{
	struct writer writer;

	writer_init(&writer, ret_bytes, CREDENTIAL_LEN);
	writer_bytes(&writer, credential->channel, sizeof(credential->channel));
	writer_u16(&writer, credential->organisation);
	writer_bytes(&writer, credential->subject, sizeof(credential->subject));
	writer_u8(&writer, credential->role);
	writer_u64(&writer, credential->serial);
	writer_u64(&writer, credential->expires);
	writer_u64(&writer, credential->epoch);
	writer_u8(&writer, credential->grade);
}

/* Epoch and grade belong to attestors alone: elsewhere they are zero, so that one statement has one encoding. */
static bool credential_consistent(const struct credential *credential)
{
	if (credential->role < CREDENTIAL_CLIENT || credential->role > CREDENTIAL_NODE || !credential->serial)
		return false;
	if (credential->role == CREDENTIAL_ATTESTOR)
		return credential->grade == VG_GRADE_PLAIN || credential->grade == VG_GRADE_ATTESTED;
	return !credential->epoch && !credential->grade;
}

int credential_decode(struct span bytes, struct credential *ret_credential)
{
	struct reader reader;

	reader_init(&reader, bytes.bytes, bytes.len);
	reader_copy(&reader, ret_credential->channel, sizeof(ret_credential->channel));
	ret_credential->organisation = reader_u16(&reader);
	reader_copy(&reader, ret_credential->subject, sizeof(ret_credential->subject));
	ret_credential->role = reader_u8(&reader);
	ret_credential->serial = reader_u64(&reader);
	ret_credential->expires = reader_u64(&reader);
	ret_credential->epoch = reader_u64(&reader);
	ret_credential->grade = reader_u8(&reader);
	return reader_done(&reader) && credential_consistent(ret_credential) ? 0 : -EBADMSG;
}

void credential_signed_hash(u8 kind, struct span credential, u8 ret_hash[32])
{
	const struct ledger_piece pieces[] = { { &kind, 1 }, { credential.bytes, credential.len } };

	ledger_hash(LEDGER_DOMAIN_CREDENTIAL, pieces, 2, ret_hash);
}

// SPDX-License-Identifier: GPL-2.0
/* transaction_fuzz.c - any bytes as a transaction: what is read must be written again as it was, and walks end. */
#include <stdlib.h>

#include "ledger/credential.h"
#include "ledger/transaction.h"

static u8 again[TRANSACTION_MAX];

static void same(const struct writer *writer, struct span bytes)
{
	if (writer_len(writer) != bytes.len || memcmp(again, bytes.bytes, bytes.len))
		abort();
}

static void walk(const struct rwset *rwset)
{
	struct span rest = rwset->reads;
	struct rwset_write write;
	struct rwset_read read;
	u32 count = 0;

	while (rwset_next_read(&rest, &read))
		count++;
	if (count != rwset->read_count || rest.len)
		abort();
	rest = rwset->writes;
	for (count = 0; rwset_next_write(&rest, &write); count++)
		if (write.operation == RWSET_DELTA && write.least > write.most)
			abort();
	if (count != rwset->write_count || rest.len)
		abort();
}

static void invoke(const struct transaction *transaction)
{
	struct writer writer;

	walk(&transaction->rwset);
	writer_init(&writer, again, sizeof(again));
	transaction_encode_invoke(&writer, transaction);
	same(&writer, transaction->bytes);
	writer_init(&writer, again, sizeof(again));
	proposal_encode(&writer, &transaction->proposal);
	same(&writer, transaction->proposal.bytes);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	struct transaction transaction;
	struct credential credential;
	u8 encoded[CREDENTIAL_LEN];
	struct writer writer;

	if (transaction_decode(bytes, len, &transaction))
		return 0;
	writer_init(&writer, again, sizeof(again));
	switch (transaction.kind) {
	case TRANSACTION_OPEN:
		transaction_encode_open(&writer, transaction.client, transaction.nonce, transaction.payload);
		break;
	case TRANSACTION_INVOKE:
		invoke(&transaction);
		return 0;
	case TRANSACTION_CONFIG:
		transaction_encode_config(&writer, transaction.update, transaction.signatures);
		break;
	default:
		transaction_encode_credential(&writer, transaction.kind, transaction.credential, transaction.signature);
		if (!credential_decode(transaction.credential, &credential)) {
			credential_encode(&credential, encoded);
			if (memcmp(encoded, transaction.credential.bytes, sizeof(encoded)))
				abort();
		}
	}
	same(&writer, transaction.bytes);
	return 0;
}

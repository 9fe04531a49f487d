// SPDX-License-Identifier: GPL-2.0
/* wallet_folder.c - see wallet_folder.h. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "ledger/transaction.h"
#include "tools/vehicle/wallet_folder.h"
#include "tools/voltgate/org_key.h"

#define ENROLMENT_LEN (1 + VOLTGATE_CREDENTIAL_LEN + 64)

/* enrol.tx is the transaction: kind u8, credential, signature (ledger/transaction.h). */
static int wallet_enrolment(const char *path, u8 ret_bytes[ENROLMENT_LEN + 1])
{
	FILE *file = fopen(path, "rbe");
	size_t len;

	if (!file)
		return -errno;
	len = fread(ret_bytes, 1, ENROLMENT_LEN + 1, file);
	fclose(file);
	return len == ENROLMENT_LEN && ret_bytes[0] == TRANSACTION_ENROL ? 0 : -EBADMSG;
}

int wallet_folder_read(const char *folder, struct voltgate_wallet *ret_wallet, struct wallet_folder_error *ret_error)
{
	u8 enrolment[ENROLMENT_LEN + 1], secret[64];
	struct org_key_error key_error;
	char path[512];
	int err;

	snprintf(path, sizeof(path), "%.480s/enrol.tx", folder);
	err = wallet_enrolment(path, enrolment);
	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.300s is no enrolment that 'voltgate wallet create' made", path);
		return err;
	}
	snprintf(path, sizeof(path), "%.480s/client.key", folder);
	err = org_key_secret(path, secret, &key_error);
	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.390s", key_error.text);
		return err;
	}
	err = voltgate_wallet_init(ret_wallet, secret, enrolment + 1, enrolment + 1 + VOLTGATE_CREDENTIAL_LEN);
	sodium_memzero(secret, sizeof(secret)); /* its first half is the seed */
	if (err)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.300s enrols another key than client.key, or no client", folder);
	return err;
}

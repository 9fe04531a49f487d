/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file_consort.h - a channel of four organisations whose keys the tests have,
 * and ledgers with certified blocks of it.
 */
#ifndef VOLTGATE_TESTS_LEDGER_FILE_CONSORT_H
#define VOLTGATE_TESTS_LEDGER_FILE_CONSORT_H

#include "ledger/ledger.h"

#define CONSORT_NODES 5 /* four replicas of the genesis, and one that takes the place of the first later */

struct consort_key {
	u8 public[32], secret[64];
};

struct consort {
	struct membership genesis, second; /* second: another replica set, epoch 1 */
	struct consort_key regulator, authorities[4], nodes[CONSORT_NODES];
	u8 channel[32];
	u8 body_bytes[65536];
	struct writer body;
	u32 body_count;
};

/* The same from the same seeds every time. */
void consort_init(struct consort *consort);
/* A body is begun, gets transactions, and is taken. */
void consort_body(struct consort *consort);
void consort_open(struct consort *consort, u8 client, u64 nonce, const char *payload);
void consort_enrol(struct consort *consort, u8 subject, u64 serial);
void consort_configure(struct consort *consort); /* to consort->second */
struct span consort_body_end(struct consort *consort);
/* The certificate of @count replicas of @membership for @header. */
void consort_certify(const struct consort *consort, const struct membership *membership,
		     const struct block_header *header, u32 count, struct block_certificate *ret_certificate);
/* Carries @body out, certifies, appends. */
int consort_append(struct consort *consort, struct ledger *ledger, u64 time, struct span body);

#endif

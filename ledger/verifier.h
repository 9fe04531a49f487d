/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verifier.h - the one Ed25519 verification on which replicas agree (libsodium
 * crypto_sign_verify_detached), with a bounded memory of signatures already
 * found right, so that a batch's signature, or a client's that an endorser has
 * checked, costs once. Only right ones are remembered: the answer never depends on the memory.
 * One thread.
 */
#ifndef VOLTGATE_LEDGER_VERIFIER_H
#define VOLTGATE_LEDGER_VERIFIER_H

#include "voltgate/types.h"

struct verifier;

struct verifier_counts {
	u64 verified, remembered, wrong;
};

/* @memory: signatures remembered (32 bytes each). */
struct verifier *verifier_new(size_t memory);
void verifier_free(struct verifier *verifier);
bool verifier_check(struct verifier *verifier, const u8 key[32], const void *message, size_t len,
		    const u8 signature[64]);
void verifier_counts(const struct verifier *verifier, struct verifier_counts *ret_counts);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * seal.h - the simulation's signatures: a SipHash tag under a secret that
 * belongs to the public key. Cheap, and as good as Ed25519 here because only
 * this file knows the secrets: who calls seal_sign() for a key is its owner.
 * seal.c stands in for ledger/verifier.c, so that certificates of blocks are checked with the same.
 */
#ifndef VOLTGATE_CLUSTER_SEAL_H
#define VOLTGATE_CLUSTER_SEAL_H

#include "ledger/verifier.h"

void seal_start(u64 seed);
void seal_sign(const u8 key[32], const void *message, size_t len, u8 ret_signature[64]);
bool seal_check(const u8 key[32], const void *message, size_t len, const u8 signature[64]);

#endif

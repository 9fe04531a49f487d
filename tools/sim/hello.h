/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hello.h - hellos with right and wrong proofs, by the layout of
 * voltgate/hello.h. What stands before the proofs is random: the gate's cheap
 * checks never look at it.
 */
#ifndef VOLTGATE_SIM_HELLO_H
#define VOLTGATE_SIM_HELLO_H

#include "tools/sim/dice.h"
#include "voltgate/hello.h"

#define HELLO_PAYLOAD_LEN 176
#define HELLO_PUBLIC_KEY_LEN 32

enum hello_proof { HELLO_PROOF_NONE, HELLO_PROOF_RIGHT, HELLO_PROOF_WRONG };

/* The mac1 key of the gateway with that X25519 public key. */
int hello_mac1_key(const u8 public_key[HELLO_PUBLIC_KEY_LEN], struct vg_siphash_key *ret_key);
/*
 * Writes a hello to @ret_vid (48 + HELLO_PAYLOAD_LEN bytes) and returns its
 * length. @cookie_secret is used for HELLO_PROOF_RIGHT only; @from_port in
 * host order.
 */
u32 hello_make(struct dice *dice, const struct vg_siphash_key *mac1_key, enum hello_proof mac2,
	       const struct vg_siphash_key *cookie_secret, const struct vg_source *source, u16 from_port, u64 generated,
	       u8 *ret_vid);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knock.h - hellos with right and wrong proofs, of a real hello's length. What
 * stands before the proofs is random: the gate's cheap checks never look at
 * it, and a gateway finds out only after work with keys.
 */
#ifndef VOLTGATE_SIM_KNOCK_H
#define VOLTGATE_SIM_KNOCK_H

#include "agent/handshake/hello.h"
#include "tools/sim/dice.h"

enum knock_proof { KNOCK_PROOF_NONE, KNOCK_PROOF_RIGHT, KNOCK_PROOF_WRONG };

/*
 * Writes a hello to @ret_vid (HELLO_LEN bytes) and returns its length. @cookie_secret is used for KNOCK_PROOF_RIGHT
 * only; @from_port in host order.
 */
u32 knock_make(struct dice *dice, const struct vg_siphash_key *mac1_key, enum knock_proof mac2,
	       const struct vg_siphash_key *cookie_secret, const struct vg_source *source, u16 from_port, u64 generated,
	       u8 *ret_vid);

#endif

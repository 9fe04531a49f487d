/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hello.h - the two proofs of a hello that can be checked before any
 * public-key work: mac1 (the sender knows whom it talks to) and mac2 (the
 * sender receives at its source address).
 *
 * Layout of a hello's end:  ... | mac2, 16 bytes, last of the payload | tag = mac1, 16 bytes
 *   mac1 = SipHash-2-4-128(mac1 key, everything before the tag)
 *   mac2 = SipHash-2-4-128(cookie, everything before mac2); zeros where no cookie is at hand
 *   cookie = SipHash-2-4-128(cookie secret, struct vg_source, 20 bytes, then the UDP source port, 2 bytes wire order,
 * then 2 zeros) mac1 key = first 16 bytes of BLAKE2b-256("voltgate mac1" || gateway's X25519 public key) The agent
 * draws a new cookie secret every two minutes; the one before stays good until the next. After WireGuard (Donenfeld
 * 2017, section 5.3).
 */
#ifndef VOLTGATE_HELLO_H
#define VOLTGATE_HELLO_H

#include "siphash.h"
#include "source.h"

#define VG_MAC1_LABEL "voltgate mac1"

struct vg_cookie_input {
	struct vg_source source;
	u16 port; /* wire order */
	u16 zero;
};
VG_ASSERT_SIZE(struct vg_cookie_input, 24);

/* The cookie for @input under @secret, as the key that mac2 is made with. */
VG_INLINE void vg_hello_cookie(const struct vg_siphash_key *secret, const struct vg_cookie_input *input,
			       struct vg_siphash_key *ret_cookie)
{
	const u8 *bytes = (const u8 *)input;
	struct vg_siphash_tag tag;
	struct vg_siphash s;

	vg_siphash_init(&s, secret);
	vg_siphash_word(&s, vg_siphash_load(bytes));
	vg_siphash_word(&s, vg_siphash_load(bytes + 8));
	vg_siphash_word(&s, vg_siphash_load(bytes + 16));
	vg_siphash_final(&s, 0, sizeof(*input), &tag);
	ret_cookie->k0 = tag.t0;
	ret_cookie->k1 = tag.t1;
}

#endif

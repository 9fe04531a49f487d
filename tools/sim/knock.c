// SPDX-License-Identifier: GPL-2.0
/* knock.c - mac1 and mac2 from the sender's side. */
#include "tools/sim/knock.h"

static void knock_mac2(const struct vg_siphash_key *cookie_secret, const struct vg_source *source, u16 from_port,
		       const u8 *vid, u8 *ret_mac2)
{
	struct vg_cookie_input input = { .source = *source, .port = vg_be16(from_port) };
	struct vg_siphash_key cookie;
	struct vg_siphash_tag tag;

	vg_hello_cookie(cookie_secret, &input, &cookie);
	vg_siphash(&cookie, vid, (size_t)(ret_mac2 - vid), &tag);
	vg_siphash_tag_encode(&tag, ret_mac2);
}

u32 knock_make(struct dice *dice, const struct vg_siphash_key *mac1_key, enum knock_proof mac2,
	       const struct vg_siphash_key *cookie_secret, const struct vg_source *source, u16 from_port, u64 generated,
	       u8 *ret_vid)
{
	u8 *mac2_at = ret_vid + VG_VID_HEADER_LEN + HELLO_PAYLOAD_LEN - VG_VID_TAG_LEN;
	struct vg_vid header = { .version = VG_VID_VERSION, .type = VG_VID_HELLO };
	struct vg_siphash_tag tag;

	header.payload_len = vg_be16(HELLO_PAYLOAD_LEN);
	header.generated = vg_be64(generated);
	memcpy(ret_vid, &header, sizeof(header));
	dice_fill(dice, ret_vid + VG_VID_HEADER_LEN, HELLO_PAYLOAD_LEN);
	if (mac2 == KNOCK_PROOF_NONE)
		memset(mac2_at, 0, VG_VID_TAG_LEN);
	else if (mac2 == KNOCK_PROOF_RIGHT)
		knock_mac2(cookie_secret, source, from_port, ret_vid, mac2_at);
	vg_siphash(mac1_key, ret_vid, VG_VID_HEADER_LEN + HELLO_PAYLOAD_LEN, &tag);
	vg_siphash_tag_encode(&tag, ret_vid + VG_VID_HEADER_LEN + HELLO_PAYLOAD_LEN);
	return HELLO_LEN;
}

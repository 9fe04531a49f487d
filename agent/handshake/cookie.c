// SPDX-License-Identifier: GPL-2.0
/* cookie.c - a cookie to and from its bytes: cookie.h. */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/cookie.h"
#include "voltgate/siphash.h"

#define COOKIE_LABEL "voltgate cookie"

_Static_assert(COOKIE_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "the cipher's nonce");

static void cookie_header(struct vg_vid *ret_header)
{
	*ret_header = (struct vg_vid){ .version = VG_VID_VERSION, .type = VG_VID_COOKIE };
	ret_header->payload_len = vg_be16(COOKIE_PAYLOAD_LEN);
}

void cookie_key(const u8 gateway[NOISE_KEY_LEN], u8 ret_key[NOISE_KEY_LEN])
{
	u8 input[sizeof(COOKIE_LABEL) - 1 + NOISE_KEY_LEN];

	memcpy(input, COOKIE_LABEL, sizeof(COOKIE_LABEL) - 1);
	memcpy(input + sizeof(COOKIE_LABEL) - 1, gateway, NOISE_KEY_LEN);
	crypto_generichash_blake2b(ret_key, NOISE_KEY_LEN, input, sizeof(input), NULL, 0);
}

void cookie_make(const u8 key[NOISE_KEY_LEN], const struct vg_siphash_key *cookie, const u8 mac1[VG_VID_TAG_LEN],
		 const u8 nonce[COOKIE_NONCE_LEN], u8 ret_vid[COOKIE_LEN])
{
	struct vg_siphash_tag tag = { cookie->k0, cookie->k1 };
	u8 *payload = ret_vid + VG_VID_HEADER_LEN, plain[VG_VID_TAG_LEN];
	struct vg_vid header;

	memset(ret_vid, 0, COOKIE_LEN);
	cookie_header(&header);
	memcpy(ret_vid, &header, sizeof(header));
	memcpy(payload, nonce, COOKIE_NONCE_LEN);
	vg_siphash_tag_encode(&tag, plain);
	crypto_aead_xchacha20poly1305_ietf_encrypt(payload + COOKIE_NONCE_LEN, NULL, plain, sizeof(plain), mac1,
						   VG_VID_TAG_LEN, NULL, nonce, key);
	sodium_memzero(plain, sizeof(plain));
	sodium_memzero(&tag, sizeof(tag));
}

int cookie_read(const u8 key[NOISE_KEY_LEN], const u8 mac1[VG_VID_TAG_LEN], const void *vid, size_t len,
		struct vg_siphash_key *ret_cookie)
{
	const u8 *bytes = vid, *payload = bytes + VG_VID_HEADER_LEN;
	u8 plain[VG_VID_TAG_LEN];
	struct vg_vid header;

	cookie_header(&header);
	if (len != COOKIE_LEN || memcmp(bytes, &header, sizeof(header)) ||
	    !sodium_is_zero(payload + COOKIE_PAYLOAD_LEN, VG_VID_TAG_LEN))
		return -EBADMSG;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, payload + COOKIE_NONCE_LEN,
						       VG_VID_TAG_LEN + NOISE_TAG_LEN, mac1, VG_VID_TAG_LEN, payload,
						       key))
		return -EBADMSG;
	vg_siphash_key_decode(plain, ret_cookie);
	sodium_memzero(plain, sizeof(plain));
	return 0;
}

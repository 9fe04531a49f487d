// SPDX-License-Identifier: GPL-2.0
/* hello.c - a hello to and from its bytes: hello.h. */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/hello.h"
#include "ledger/cursor.h"
#include "voltgate/siphash.h"

#define HELLO_PROLOGUE "voltgate handshake 1"
#define HELLO_MAC2_AT (VG_VID_HEADER_LEN + HELLO_MESSAGE_LEN)
#define HELLO_MAC1_AT (HELLO_MAC2_AT + VG_VID_TAG_LEN)

_Static_assert(HELLO_MAC1_AT + VG_VID_TAG_LEN == HELLO_LEN, "mac1 is a hello's last");

void hello_begin(struct noise *noise, bool vehicle, const struct noise_pair *own, const u8 ephemeral[NOISE_KEY_LEN],
		 const u8 *gateway)
{
	u8 prologue[sizeof(HELLO_PROLOGUE)] = HELLO_PROLOGUE; /* the last byte, 0 in C, is the type's */

	prologue[sizeof(HELLO_PROLOGUE) - 1] = VG_VID_HELLO;
	noise_init(noise, vehicle, prologue, sizeof(prologue), own, ephemeral, gateway);
}

void hello_mac1_key(const u8 gateway[NOISE_KEY_LEN], struct vg_siphash_key *ret_key)
{
	u8 input[sizeof(VG_MAC1_LABEL) - 1 + NOISE_KEY_LEN], hash[32];

	memcpy(input, VG_MAC1_LABEL, sizeof(VG_MAC1_LABEL) - 1);
	memcpy(input + sizeof(VG_MAC1_LABEL) - 1, gateway, NOISE_KEY_LEN);
	crypto_generichash_blake2b(hash, sizeof(hash), input, sizeof(input), NULL, 0);
	vg_siphash_key_decode(hash, ret_key);
}

static void hello_mac(const struct vg_siphash_key *key, const u8 *vid, size_t len, u8 ret_mac[VG_VID_TAG_LEN])
{
	struct vg_siphash_tag tag;

	vg_siphash(key, vid, len, &tag);
	vg_siphash_tag_encode(&tag, ret_mac);
}

int hello_make(struct noise *noise, const struct hello *hello, const struct vg_siphash_key *mac1_key,
	       const struct vg_siphash_key *cookie, u64 generated, u8 ret_vid[HELLO_LEN])
{
	struct vg_vid header = { .version = VG_VID_VERSION, .type = VG_VID_HELLO };
	u8 plain[HELLO_PLAIN_LEN] = { 0 };
	struct writer writer;
	int len;

	header.payload_len = vg_be16(HELLO_PAYLOAD_LEN);
	header.generated = vg_be64(generated);
	memcpy(ret_vid, &header, sizeof(header));
	writer_init(&writer, plain, sizeof(plain));
	writer_bytes(&writer, hello->credential, sizeof(hello->credential));
	writer_bytes(&writer, hello->signature, sizeof(hello->signature));
	writer_u64(&writer, hello->timestamp);
	len = noise_write(noise, plain, sizeof(plain), ret_vid + VG_VID_HEADER_LEN, HELLO_MESSAGE_LEN);
	sodium_memzero(plain, sizeof(plain));
	if (len < 0)
		return len;
	memset(ret_vid + HELLO_MAC2_AT, 0, VG_VID_TAG_LEN);
	if (cookie)
		hello_mac(cookie, ret_vid, HELLO_MAC2_AT, ret_vid + HELLO_MAC2_AT);
	hello_mac(mac1_key, ret_vid, HELLO_MAC1_AT, ret_vid + HELLO_MAC1_AT);
	return 0;
}

bool hello_is_meant(const u8 *vid, size_t len, const struct vg_siphash_key *mac1_key)
{
	struct vg_vid_fields fields;
	u8 mac1[VG_VID_TAG_LEN];

	if (len != HELLO_LEN || !vg_vid_decode((const struct vg_vid *)vid, (u32)len, &fields))
		return false;
	if (fields.type != VG_VID_HELLO || fields.session || fields.sequence)
		return false;
	hello_mac(mac1_key, vid, HELLO_MAC1_AT, mac1);
	return !sodium_memcmp(mac1, vid + HELLO_MAC1_AT, sizeof(mac1));
}

bool hello_proves(const u8 vid[HELLO_LEN], const struct vg_siphash_key *cookie)
{
	u8 mac2[VG_VID_TAG_LEN];

	hello_mac(cookie, vid, HELLO_MAC2_AT, mac2);
	return !sodium_memcmp(mac2, vid + HELLO_MAC2_AT, sizeof(mac2));
}

const u8 *hello_mac1(const u8 vid[HELLO_LEN])
{
	return vid + HELLO_MAC1_AT;
}

int hello_read(struct noise *noise, const u8 vid[HELLO_LEN], struct hello *ret_hello)
{
	u8 plain[HELLO_PLAIN_LEN];
	struct reader reader;
	int err = noise_read(noise, vid + VG_VID_HEADER_LEN, HELLO_MESSAGE_LEN, plain, sizeof(plain));

	if (err < 0)
		return err;
	reader_init(&reader, plain, sizeof(plain));
	reader_copy(&reader, ret_hello->credential, sizeof(ret_hello->credential));
	reader_copy(&reader, ret_hello->signature, sizeof(ret_hello->signature));
	ret_hello->timestamp = reader_u64(&reader);
	err = sodium_is_zero(reader.at, reader_left(&reader)) ? 0 : -EBADMSG;
	sodium_memzero(plain, sizeof(plain));
	return err;
}

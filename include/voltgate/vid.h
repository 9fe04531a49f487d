/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vid.h - the vehicle-ID packet (VID): layout and structure check.
 *
 * A VID is the whole payload of a UDP datagram to port 47800, big-endian:
 * a 32-byte header, up to 1,024 bytes of payload, a 16-byte tag. It says
 * nothing of keys or state: siphash.h and authenticate.h do.
 * Source: PROTOCOL.md section 1.
 */
#ifndef VOLTGATE_VID_H
#define VOLTGATE_VID_H

#include "types.h"

#define VG_VID_PORT 47800
#define VG_VID_VERSION 1
#define VG_VID_HEADER_LEN 32
#define VG_VID_TAG_LEN 16
#define VG_VID_OVERHEAD (VG_VID_HEADER_LEN + VG_VID_TAG_LEN)
#define VG_VID_PAYLOAD_MAX 1024
#define VG_VID_MAX (VG_VID_OVERHEAD + VG_VID_PAYLOAD_MAX)

/* X(NAME, number, "word"); types 1..3 are the handshake's, 4 answers actions, 16 and up are authenticated, 17 and up
 * are actions. */
#define VG_VID_TYPES(X)                         \
	X(HELLO, 1, "hello")                    \
	X(WELCOME, 2, "welcome")                \
	X(COOKIE, 3, "cookie")                  \
	X(ANSWER, 4, "answer")                  \
	X(BEACON, 16, "beacon")                 \
	X(CHARGE_REQUEST, 17, "charge-request") \
	X(METER, 18, "meter")                   \
	X(CHARGE_STOP, 19, "charge-stop")       \
	X(RATING, 20, "rating")

enum vg_vid_type {
#define VG_VID_TYPE_ENUM(name, number, word) VG_VID_##name = number,
	VG_VID_TYPES(VG_VID_TYPE_ENUM)
#undef VG_VID_TYPE_ENUM
};

struct vg_vid {
	u8 version;
	u8 type;
	u16 payload_len; /* big-endian, as all that follows */
	u32 zero;
	u64 session;
	u64 sequence;
	u64 generated; /* Time64, microseconds */
	u8 payload[];
} VG_PACKED;
VG_ASSERT_SIZE(struct vg_vid, VG_VID_HEADER_LEN);

/* The header in host byte order: what authentication works on. */
struct vg_vid_fields {
	u64 session;
	u64 sequence;
	u64 generated;
	u32 payload_len;
	u32 type;
};

/* True for packets that ask for something to be done: only these must be recorded before they pass. */
VG_INLINE bool vg_vid_is_action(u32 type)
{
	return type >= VG_VID_CHARGE_REQUEST;
}

#ifndef __bpf__
/* The word for @type; "?" outside the list. Any context. */
static inline const char *vg_vid_type_word(unsigned int type)
{
	switch (type) {
#define VG_VID_TYPE_WORD(name, number, word) \
	case number:                         \
		return word;
		VG_VID_TYPES(VG_VID_TYPE_WORD)
#undef VG_VID_TYPE_WORD
	}
	return "?";
}
#endif

/*
 * Checks the structure of the @vid_len bytes that start with @vid and reads
 * its header into @ret_fields. The caller has made sure that the 32 header
 * bytes can be read. Returns true if this is a VID that a vehicle may send to
 * a gateway: known version and type, exact length, zero field zero, and for
 * authenticated types a session and a sequence that are not zero. Welcome,
 * cookie and answer only travel the other way and are refused here.
 */
VG_INLINE bool vg_vid_decode(const struct vg_vid *vid, u32 vid_len, struct vg_vid_fields *ret_fields)
{
	u32 payload_len = vg_be16(vid->payload_len);
	u32 type = vid->type;

	ret_fields->session = vg_be64(vg_load64(&vid->session));
	ret_fields->sequence = vg_be64(vg_load64(&vid->sequence));
	ret_fields->generated = vg_be64(vg_load64(&vid->generated));
	ret_fields->payload_len = payload_len;
	ret_fields->type = type;
	if (vid->version != VG_VID_VERSION || vid->zero)
		return false;
	if (payload_len > VG_VID_PAYLOAD_MAX || vid_len != VG_VID_OVERHEAD + payload_len)
		return false;
	if (type == VG_VID_HELLO)
		return payload_len >= VG_VID_TAG_LEN; /* it ends with mac2, see hello.h */
	return type >= VG_VID_BEACON && type <= VG_VID_RATING && ret_fields->session && ret_fields->sequence;
}

#endif

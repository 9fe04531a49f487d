// SPDX-License-Identifier: GPL-2.0
/*
 * voltgate-vehicle.c - makes vehicle-ID packets on the shared core, so that
 * what a vehicle sends and what the gate checks is one text.
 */
#include <errno.h>
#include <string.h>
#include "voltgate/siphash.h"
#include "voltgate/time64.h"
#include "voltgate/vid.h"
#include "tools/libvehicle/export.h"
#include "tools/libvehicle/voltgate-vehicle.h"

_Static_assert(VOLTGATE_PORT == VG_VID_PORT, "the public header repeats the core");
_Static_assert(VOLTGATE_PAYLOAD_MAX == VG_VID_PAYLOAD_MAX, "the public header repeats the core");
_Static_assert(VOLTGATE_VID_MAX == VG_VID_MAX, "the public header repeats the core");
_Static_assert((int)VOLTGATE_BEACON == (int)VG_VID_BEACON && (int)VOLTGATE_RATING == (int)VG_VID_RATING,
	       "the public header repeats the core");

EXPORT int voltgate_session_init(struct voltgate_session *session, uint64_t id, const uint8_t key[16])
{
	if (!id)
		return -EINVAL;
	memset(session, 0, sizeof(*session));
	session->id = id;
	memcpy(session->key, key, sizeof(session->key));
	session->next_sequence = 1;
	return 0;
}

EXPORT void voltgate_session_done(struct voltgate_session *session)
{
	explicit_bzero(session, sizeof(*session));
}

EXPORT uint64_t voltgate_time64(uint64_t unix_seconds, uint32_t microseconds, unsigned int leap_seconds)
{
	return vg_time64_of_utc(unix_seconds * 1000000 + microseconds, leap_seconds, 0);
}

/* The tag goes over header and payload, which already stand in @packet. */
static void vid_seal(uint8_t *packet, size_t len, const uint8_t key[16])
{
	struct vg_siphash_key siphash_key;
	struct vg_siphash_tag tag;

	vg_siphash_key_decode(key, &siphash_key);
	vg_siphash(&siphash_key, packet, len, &tag);
	vg_siphash_tag_encode(&tag, packet + len);
	explicit_bzero(&siphash_key, sizeof(siphash_key));
}

EXPORT int voltgate_vid_make(struct voltgate_session *session, enum voltgate_type type, uint64_t generated,
			     const void *payload, size_t payload_len, uint8_t *ret_packet, size_t capacity)
{
	struct vg_vid header = { 0 };

	if ((int)type < VOLTGATE_BEACON || (int)type > VOLTGATE_RATING)
		return -EINVAL;
	if (payload_len > VOLTGATE_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (capacity < VG_VID_OVERHEAD + payload_len)
		return -ENOBUFS;
	if (!session->next_sequence) /* it wrapped: UINT64_MAX was the last one */
		return -EOVERFLOW;
	header.version = VG_VID_VERSION;
	header.type = (u8)type;
	header.payload_len = vg_be16(payload_len);
	header.session = vg_be64(session->id);
	header.sequence = vg_be64(session->next_sequence);
	header.generated = vg_be64(generated);
	memcpy(ret_packet, &header, sizeof(header));
	if (payload_len)
		memcpy(ret_packet + sizeof(header), payload, payload_len);
	vid_seal(ret_packet, sizeof(header) + payload_len, session->key);
	session->next_sequence++;
	return (int)(VG_VID_OVERHEAD + payload_len);
}

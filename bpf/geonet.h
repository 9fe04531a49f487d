/* SPDX-License-Identifier: GPL-2.0 */
/*
 * geonet.h - the structure of a secured ITS frame, as far as its generation
 * time: GeoNetworking basic header, Ieee1609Dot2Data, COER.
 *
 *   basic header  4  version (1) and next header (1 common: unsigned, 2 secured), reserved, lifetime, hop limit
 *   03            protocol version of Ieee1609Dot2Data
 *   content       80 unsecured, 81 signed, 82 encrypted, 83 certificate request
 *   hash id       00 SHA-256, 01 SHA-384
 *   payload       preamble: 80 extended, 40 data, 20 hash of external data
 *                 data = 03 80 COER-length bytes; hash = 80 and 32 bytes
 *   header info   preamble: 80 extended, 40 generation time, 20 expiry, 10 location, ...; psid = COER-length bytes
 *                 generation time 8
 *   then the signer and the signature, at least 9 + 66 bytes
 *
 * Where an extension stands before the time, or the data is of another kind,
 * the walk ends well with time 0: such frames are the agent's to judge.
 * Sources: IEEE 1609.2-2016 (ASN.1, COER), ETSI EN 302 636-4-1, TS 103 097.
 */
#ifndef VOLTGATE_BPF_GEONET_H
#define VOLTGATE_BPF_GEONET_H

#include "parse.h"

#define VG_GN_VERSION 1
#define VG_GN_NEXT_ANY 0
#define VG_GN_NEXT_COMMON 1
#define VG_GN_NEXT_SECURED 2
#define VG_DOT2_VERSION 3
#define VG_DOT2_UNSECURED 0x80
#define VG_DOT2_SIGNED 0x81
#define VG_DOT2_ENCRYPTED 0x82
#define VG_DOT2_REQUEST 0x83
#define VG_DOT2_EXTENDED 0x80
#define VG_DOT2_HAS_DATA 0x40
#define VG_DOT2_HAS_HASH 0x20
#define VG_DOT2_HAS_TIME 0x40
#define VG_DOT2_SHORTEST_END (9 + 66) /* signer by digest, signature */

/* What the first four bytes of the GeoNetworking header and the two of Ieee1609Dot2Data say. VG_ACCEPTED: signed data.
 */
VG_INLINE enum vg_reason vg_geonet_kind(const u8 *at, const u8 *end)
{
	if (!vg_packet_has(at, 4, end) || at[0] >> 4 != VG_GN_VERSION)
		return VG_ITS_MALFORMED;
	switch (at[0] & 15) {
	case VG_GN_NEXT_ANY:
	case VG_GN_NEXT_COMMON:
		return VG_ITS_UNSIGNED;
	case VG_GN_NEXT_SECURED:
		break;
	default:
		return VG_ITS_MALFORMED;
	}
	if (!vg_packet_has(at, 6, end) || at[4] != VG_DOT2_VERSION)
		return VG_ITS_MALFORMED;
	switch (at[5]) {
	case VG_DOT2_UNSECURED:
		return VG_ITS_UNSIGNED;
	case VG_DOT2_SIGNED:
		return VG_ACCEPTED;
	case VG_DOT2_ENCRYPTED:
	case VG_DOT2_REQUEST:
		return VG_ITS_UNSUPPORTED;
	}
	return VG_ITS_MALFORMED;
}

/* Steps over a COER length and what it measures. NULL: it is longer than the frame or than any frame may be. */
VG_INLINE const u8 *vg_geonet_skip(const u8 *at, const u8 *end)
{
	u32 len;

	if (!vg_packet_has(at, 3, end))
		return NULL;
	len = at[0];
	if (len < 0x80) {
		at += 1;
	} else if (len == 0x81) {
		len = at[1];
		at += 2;
	} else if (len == 0x82) {
		len = at[1] << 8 | at[2];
		at += 3;
	} else {
		return NULL;
	}
	if (len > VG_ITS_FRAME_MAX)
		return NULL;
	at = vg_packet_at(at, len);
	return at <= end ? at : NULL;
}

/*
 * Walks the signed data whose hash id is at @at up to its generation time.
 * VG_ACCEPTED with *@ret_generated the time, or 0 where only the agent can
 * tell; else VG_ITS_MALFORMED or VG_ITS_UNSUPPORTED.
 */
VG_INLINE enum vg_reason vg_geonet_signed(const u8 *at, const u8 *end, u64 *ret_generated)
{
	u8 preamble;

	*ret_generated = 0;
	if (!vg_packet_has(at, 2, end))
		return VG_ITS_MALFORMED;
	if (at[0] > 1)
		return VG_ITS_UNSUPPORTED; /* a hash that nobody has defined yet */
	preamble = at[1];
	at += 2;
	if (preamble & VG_DOT2_EXTENDED)
		return VG_ACCEPTED;
	if (!(preamble & (VG_DOT2_HAS_DATA | VG_DOT2_HAS_HASH)) || (preamble & 0x1f))
		return VG_ITS_MALFORMED;
	if (preamble & VG_DOT2_HAS_DATA) {
		if (!vg_packet_has(at, 2, end) || at[0] != VG_DOT2_VERSION)
			return VG_ITS_MALFORMED;
		if (at[1] != VG_DOT2_UNSECURED)
			return VG_ACCEPTED;
		at = vg_geonet_skip(at + 2, end);
		if (!at)
			return VG_ITS_MALFORMED;
	}
	if (preamble & VG_DOT2_HAS_HASH) {
		if (!vg_packet_has(at, 1, end))
			return VG_ITS_MALFORMED;
		if (at[0] != 0x80)
			return VG_ACCEPTED;
		at += 33;
	}
	if (!vg_packet_has(at, 3, end))
		return VG_ITS_MALFORMED;
	if (!(at[0] & VG_DOT2_HAS_TIME) || at[1] > 8)
		return VG_ITS_MALFORMED; /* TS 103 097 wants the time in every frame; no psid is longer */
	at = vg_packet_at(at, 2 + at[1]);
	if (!vg_packet_has(at, 8 + VG_DOT2_SHORTEST_END, end))
		return VG_ITS_MALFORMED;
	memcpy(ret_generated, at, sizeof(*ret_generated));
	*ret_generated = vg_be64(*ret_generated);
	return VG_ACCEPTED;
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * source.h - where a frame says it comes from: the key of deny list, source
 * budgets and alarm aggregates.
 */
#ifndef VOLTGATE_SOURCE_H
#define VOLTGATE_SOURCE_H

#include "types.h"

#define VG_SOURCE_IPV4 4
#define VG_SOURCE_IPV6 6
#define VG_SOURCE_MAC 48 /* ITS frames, which have no network-layer source */

/* @addr in wire order, the address's own length, then zeros. */
struct vg_source {
	u8 family;
	u8 zero[3];
	u8 addr[16];
};
VG_ASSERT_SIZE(struct vg_source, 20);

/* Bits of an address of @family; 0 for an unknown family. */
VG_INLINE u32 vg_source_bits(u32 family)
{
	return family == VG_SOURCE_IPV4 ? 32 : family == VG_SOURCE_IPV6 ? 128 : family == VG_SOURCE_MAC ? 48 : 0;
}

#endif

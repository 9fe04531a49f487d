/* SPDX-License-Identifier: GPL-2.0 */
/*
 * coer.h - a bounded reader of Canonical Octet Encoding Rules (ITU-T X.696).
 *
 * Debian has no library that reads COER, so this is ours, for the types that
 * IEEE 1609.2 uses. A reader never leaves its slice: the first thing that does
 * not fit sets its error, and from then on every read gives zeros. So callers
 * read straight on and look at the error once, before they believe anything.
 *
 *   error 0             all read so far was well-formed
 *   error -EBADMSG      not COER, or not the type that was asked for
 *   error -EOPNOTSUPP   well-formed as far as read, but an option we do not handle
 *
 * Canonical means: lengths and integers in their shortest form (else
 * -EBADMSG). Encoded default values are let pass, as deployed senders do so.
 */
#ifndef VOLTGATE_ITS_COER_H
#define VOLTGATE_ITS_COER_H

#include "voltgate/types.h"

struct coer {
	const u8 *at;
	const u8 *end;
	int error;
};

struct coer_slice {
	const u8 *at;
	u32 len;
};

VG_INLINE struct coer coer_of(const void *bytes, u32 len)
{
	/* Nothing may lie at NULL, to which even 0 must not be added. */
	return (struct coer){ .at = bytes, .end = len ? (const u8 *)bytes + len : bytes };
}

/* Remembers the first error and empties the reader. */
void coer_fail(struct coer *coer, int error);
/* @len bytes as they stand; NULL after an error. */
const u8 *coer_bytes(struct coer *coer, u32 len);
/* Fixed-size unsigned integers; a fixed-size signed one. */
u8 coer_u8(struct coer *coer);
u16 coer_u16(struct coer *coer);
u32 coer_u32(struct coer *coer);
u64 coer_u64(struct coer *coer);
int coer_s32(struct coer *coer);
/* INTEGER (0..MAX) of at most 32 bits (longer: -EOPNOTSUPP), and INTEGER without bounds. */
u32 coer_unsigned(struct coer *coer);
int coer_signed(struct coer *coer);
/* A length determinant, not beyond what is left. */
u32 coer_length(struct coer *coer);
/* OCTET STRING, UTF8String or open type of at least @min and at most @max bytes. */
struct coer_slice coer_octets(struct coer *coer, u32 min, u32 max);
/* The number of a CHOICE's alternative (tags up to 62). */
u32 coer_choice(struct coer *coer);
/* ENUMERATED 0..127. */
u32 coer_enumerated(struct coer *coer);
/* The count of a SEQUENCE OF; each element needs @element_min bytes at least, so counts are bounded by what is left. */
u32 coer_count(struct coer *coer, u32 element_min);
/* The preamble octet of a SEQUENCE with @used bits; bits below must be zero. Bit 7 is the first. */
u8 coer_preamble(struct coer *coer, u32 used);
/* The extension additions' presence bitmap: bit 31 is the first. More than 32 additions: -EOPNOTSUPP. */
u32 coer_extensions(struct coer *coer);
/* A reader of the slice, inheriting nothing. */
VG_INLINE struct coer coer_sub(struct coer_slice slice)
{
	return coer_of(slice.at, slice.len);
}
/* Takes over @sub's error; -EBADMSG if something is left in it. */
void coer_end(struct coer *coer, const struct coer *sub);

#endif

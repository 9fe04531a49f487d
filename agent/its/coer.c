// SPDX-License-Identifier: GPL-2.0
/*
 * coer.c - bounded reader of Canonical OER. Sections are those of ITU-T X.696.
 */
#include "agent/its/coer.h"

#include <errno.h>

void coer_fail(struct coer *coer, int error)
{
	if (!coer->error)
		coer->error = error;
	coer->at = coer->end;
}

const u8 *coer_bytes(struct coer *coer, u32 len)
{
	const u8 *at = coer->at;

	if (coer->error || (size_t)(coer->end - coer->at) < len) {
		coer_fail(coer, -EBADMSG);
		return NULL;
	}
	coer->at += len;
	return at;
}

static u64 read_integer(struct coer *coer, u32 len)
{
	const u8 *bytes = coer_bytes(coer, len);
	u64 value = 0;
	u32 i;

	for (i = 0; bytes && i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

u8 coer_u8(struct coer *coer)
{
	return (u8)read_integer(coer, 1);
}

u16 coer_u16(struct coer *coer)
{
	return (u16)read_integer(coer, 2);
}

u32 coer_u32(struct coer *coer)
{
	return (u32)read_integer(coer, 4);
}

u64 coer_u64(struct coer *coer)
{
	return read_integer(coer, 8);
}

int coer_s32(struct coer *coer)
{
	return (int)coer_u32(coer);
}

/* 8.6: one octet below 128, else 0x80 | octets and that many octets, no more than needed. */
u32 coer_length(struct coer *coer)
{
	u32 octets = coer_u8(coer);
	u64 len = octets;

	if (octets & 0x80) {
		octets &= 0x7f;
		if (octets < 1 || octets > 3) { /* 16 MiB and more: longer than anything a reader of ours is given */
			coer_fail(coer, -EBADMSG);
			return 0;
		}
		len = read_integer(coer, octets);
		if (len < 0x80 || (octets > 1 && len >> (8 * (octets - 1)) == 0)) {
			coer_fail(coer, -EBADMSG);
			return 0;
		}
	}
	if (coer->error || len > (size_t)(coer->end - coer->at)) {
		coer_fail(coer, -EBADMSG);
		return 0;
	}
	return (u32)len;
}

struct coer_slice coer_octets(struct coer *coer, u32 min, u32 max)
{
	struct coer_slice slice = { NULL, coer_length(coer) };

	if (!coer->error && (slice.len < min || slice.len > max))
		coer_fail(coer, -EBADMSG);
	slice.at = coer_bytes(coer, slice.len);
	if (!slice.at)
		slice.len = 0;
	return slice;
}

/* 10.3 e: a length and the shortest unsigned form. */
u32 coer_unsigned(struct coer *coer)
{
	u32 len = coer_length(coer);

	if (!coer->error && (!len || (len > 1 && !coer->at[0])))
		coer_fail(coer, -EBADMSG);
	else if (!coer->error && len > 4)
		coer_fail(coer, -EOPNOTSUPP);
	return coer->error ? 0 : (u32)read_integer(coer, len);
}

/* 10.4 e: a length and the shortest two's complement form. */
int coer_signed(struct coer *coer)
{
	u32 len = coer_length(coer);
	u64 value;

	if (!coer->error && (!len || (len > 1 && (coer->at[0] == 0 || coer->at[0] == 0xff) &&
				      (coer->at[0] & 0x80) == (coer->at[1] & 0x80))))
		coer_fail(coer, -EBADMSG);
	else if (!coer->error && len > 4)
		coer_fail(coer, -EOPNOTSUPP);
	if (coer->error)
		return 0;
	value = coer->at[0] & 0x80 ? ~0ULL : 0;
	return (int)(value << (8 * len) | read_integer(coer, len));
}

/* 8.7: class context-specific in bits 8 and 7, the number below 63 in the rest. */
u32 coer_choice(struct coer *coer)
{
	u8 tag = coer_u8(coer);

	if (!coer->error && ((tag & 0xc0) != 0x80 || (tag & 0x3f) == 0x3f))
		coer_fail(coer, -EBADMSG);
	return coer->error ? 0 : tag & 0x3f;
}

u32 coer_enumerated(struct coer *coer)
{
	u8 value = coer_u8(coer);

	if (value & 0x80)
		coer_fail(coer, -EBADMSG);
	return coer->error ? 0 : value;
}

/* 17.2: the quantity as an INTEGER (0..MAX). */
u32 coer_count(struct coer *coer, u32 element_min)
{
	u32 count = coer_unsigned(coer);

	if (!coer->error && count > (size_t)(coer->end - coer->at) / element_min)
		coer_fail(coer, -EBADMSG);
	return coer->error ? 0 : count;
}

u8 coer_preamble(struct coer *coer, u32 used)
{
	u8 bits = coer_u8(coer);

	if (used < 8 && bits & (0xffu >> used))
		coer_fail(coer, -EBADMSG);
	return coer->error ? 0 : bits;
}

/* 16.4: a BIT STRING with length: octets, unused bits of the last, the bits; at least one must be set. */
u32 coer_extensions(struct coer *coer)
{
	u32 octets = coer_length(coer), unused, present = 0, i;

	if (!coer->error && octets < 2)
		coer_fail(coer, -EBADMSG);
	if (!coer->error && octets > 5)
		coer_fail(coer, -EOPNOTSUPP);
	unused = coer_u8(coer);
	for (i = 1; i < octets && !coer->error; i++)
		present |= (u32)coer_u8(coer) << (32 - 8 * i);
	if (coer->error)
		return 0;
	if (unused > 7 || !present || (present >> (32 - 8 * (octets - 1)) & ((1u << unused) - 1)))
		coer_fail(coer, -EBADMSG);
	return coer->error ? 0 : present;
}

void coer_end(struct coer *coer, const struct coer *sub)
{
	if (sub->error)
		coer_fail(coer, sub->error);
	else if (sub->at != sub->end)
		coer_fail(coer, -EBADMSG);
}

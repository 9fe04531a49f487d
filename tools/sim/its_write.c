// SPDX-License-Identifier: GPL-2.0
/*
 * its_write.c - bounded writer of COER.
 */
#include "tools/sim/its_write.h"

void its_write_bytes(struct its_write *write, const void *bytes, u32 len)
{
	if (write->overflow || write->capacity - write->len < len) {
		write->overflow = true;
		return;
	}
	memcpy(write->bytes + write->len, bytes, len);
	write->len += len;
}

void its_write_number(struct its_write *write, u64 number, u32 octets)
{
	u8 bytes[8];
	u32 i;

	for (i = 0; i < octets; i++)
		bytes[i] = (u8)(number >> (8 * (octets - 1 - i)));
	its_write_bytes(write, bytes, octets);
}

static u32 octets_of(u32 number)
{
	return number > 0xffffff ? 4 : number > 0xffff ? 3 : number > 0xff ? 2 : 1;
}

void its_write_length(struct its_write *write, u32 len)
{
	if (len > 0x7f)
		its_write_number(write, 0x80 | octets_of(len), 1);
	its_write_number(write, len, octets_of(len));
}

void its_write_unsigned(struct its_write *write, u32 number)
{
	its_write_length(write, octets_of(number));
	its_write_number(write, number, octets_of(number));
}

void its_write_octets(struct its_write *write, const void *bytes, u32 len)
{
	its_write_length(write, len);
	its_write_bytes(write, bytes, len);
}

void its_write_choice(struct its_write *write, u32 number)
{
	its_write_number(write, 0x80 | number, 1);
}

static void write_point(struct its_write *write, const struct its_sign_point *point, enum its_maker_form form)
{
	its_write_choice(write, form == ITS_MAKER_X_ONLY	 ? 0
				: form == ITS_MAKER_UNCOMPRESSED ? 4
								 : 2 + (point->y[31] & 1));
	its_write_bytes(write, point->x, 32);
	if (form == ITS_MAKER_UNCOMPRESSED)
		its_write_bytes(write, point->y, 32);
}

void its_write_key(struct its_write *write, const struct its_sign_point *point, enum its_maker_form form)
{
	write_point(write, point, write->canonical && form == ITS_MAKER_UNCOMPRESSED ? ITS_MAKER_COMPRESSED : form);
}

void its_write_signature(struct its_write *write, enum its_curve curve, const struct its_signature_made *made,
			 enum its_maker_form form)
{
	its_write_choice(write, curve == ITS_CURVE_BRAINPOOL_P256R1);
	write_point(write, &made->r, write->canonical ? ITS_MAKER_X_ONLY : form);
	its_write_bytes(write, made->s, 32);
}

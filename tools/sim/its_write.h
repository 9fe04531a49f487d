/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_write.h - a bounded writer of COER, enough for what its_maker makes.
 * What does not fit sets @overflow; look at it once at the end.
 */
#ifndef VOLTGATE_SIM_ITS_WRITE_H
#define VOLTGATE_SIM_ITS_WRITE_H

#include "tools/sim/its_maker.h"
#include "tools/sim/its_sign.h"

struct its_write {
	u8 *bytes;
	u32 len;
	u32 capacity;
	bool overflow;
	bool canonical; /* points in the form that is hashed, whatever form is asked for */
};

void its_write_bytes(struct its_write *write, const void *bytes, u32 len);
/* Big-endian, @octets of them. */
void its_write_number(struct its_write *write, u64 number, u32 octets);
void its_write_length(struct its_write *write, u32 len);
/* INTEGER (0..MAX): length and shortest form. Also a SEQUENCE OF's count. */
void its_write_unsigned(struct its_write *write, u32 number);
/* Length and content: OCTET STRING or open type. */
void its_write_octets(struct its_write *write, const void *bytes, u32 len);
void its_write_choice(struct its_write *write, u32 number);
/* A key's point; an x-only form is written as asked for, though it names no key. */
void its_write_key(struct its_write *write, const struct its_sign_point *point, enum its_maker_form form);
/* Signature: choice of curve, point R, s. */
void its_write_signature(struct its_write *write, enum its_curve curve, const struct its_signature_made *made,
			 enum its_maker_form form);

#endif

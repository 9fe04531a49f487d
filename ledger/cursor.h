/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cursor.h - the one bounded reader and the one bounded writer that every
 * encoding of the ledger and of consensus uses. Big-endian. A reader that ran
 * past its end stays bad and gives zeros, so that a decoder checks once, at
 * its end, with reader_done(). Nothing is allocated: spans point into the input.
 */
#ifndef VOLTGATE_LEDGER_CURSOR_H
#define VOLTGATE_LEDGER_CURSOR_H

#include "voltgate/types.h"

struct span {
	const u8 *bytes;
	size_t len;
};

struct reader {
	const u8 *at, *end;
	bool bad;
};

struct writer {
	u8 *at, *end, *start;
	bool full; /* something did not fit; the bytes are worthless */
};

void reader_init(struct reader *reader, const void *bytes, size_t len);
u8 reader_u8(struct reader *reader);
u16 reader_u16(struct reader *reader);
u32 reader_u32(struct reader *reader);
u64 reader_u64(struct reader *reader);
/* @len bytes; NULL and bad if they are not there. */
const u8 *reader_bytes(struct reader *reader, size_t len);
/* Copies @len bytes out; zeros if they are not there. */
void reader_copy(struct reader *reader, void *ret_bytes, size_t len);
/* A span with its length before it as u16 or u32, at most @max (else bad). */
struct span reader_span16(struct reader *reader, size_t max);
struct span reader_span32(struct reader *reader, size_t max);
size_t reader_left(const struct reader *reader);
/* True if nothing was missing and nothing is left over. */
bool reader_done(const struct reader *reader);

void writer_init(struct writer *writer, void *bytes, size_t size);
void writer_u8(struct writer *writer, u8 value);
void writer_u16(struct writer *writer, u16 value);
void writer_u32(struct writer *writer, u32 value);
void writer_u64(struct writer *writer, u64 value);
void writer_bytes(struct writer *writer, const void *bytes, size_t len);
void writer_span16(struct writer *writer, struct span span);
void writer_span32(struct writer *writer, struct span span);
/* Bytes written so far; 0 if full. */
size_t writer_len(const struct writer *writer);

bool span_equal(struct span one, struct span other);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crc32c.h - CRC-32C (Castagnoli, RFC 3720 appendix B.4): tells a torn frame
 * of a log from a whole one. It is no evidence of anything else.
 */
#ifndef VOLTGATE_CRC32C_H
#define VOLTGATE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of @len bytes. Any thread. */
uint32_t crc32c(const void *bytes, size_t len);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * crc32c.c - CRC-32C by a table of 256 words, filled before main().
 */
#include "ledger/crc32c.h"

#define CRC32C_POLYNOMIAL 0x82f63b78u /* reflected */

static uint32_t crc32c_table[256];

__attribute__((constructor)) static void crc32c_table_fill(void)
{
	uint32_t byte, word;
	int bit;

	for (byte = 0; byte < 256; byte++) {
		word = byte;
		for (bit = 0; bit < 8; bit++)
			word = word & 1 ? word >> 1 ^ CRC32C_POLYNOMIAL : word >> 1;
		crc32c_table[byte] = word;
	}
}

uint32_t crc32c(const void *bytes, size_t len)
{
	const uint8_t *at = bytes, *end = at + len;
	uint32_t crc = ~0u;

	for (; at < end; at++)
		crc = crc >> 8 ^ crc32c_table[(crc ^ *at) & 0xff];
	return ~crc;
}

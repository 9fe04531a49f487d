// SPDX-License-Identifier: GPL-2.0
/*
 * crc32c.c - CRC-32C by the processor's instruction where it has one (SSE 4.2),
 * else by a table of 256 words. Both are set up before main().
 */
#include "ledger/crc32c.h"

#include <string.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u /* reflected */

static uint32_t crc32c_table[256];

static uint32_t crc32c_by_table(uint32_t crc, const uint8_t *at, const uint8_t *end)
{
	for (; at < end; at++)
		crc = crc >> 8 ^ crc32c_table[(crc ^ *at) & 0xff];
	return crc;
}

static uint32_t (*crc32c_way)(uint32_t crc, const uint8_t *at, const uint8_t *end) = crc32c_by_table;

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc32c_by_instruction(uint32_t crc, const uint8_t *at,
									const uint8_t *end)
{
	uint64_t wide = crc, word;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, 8);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; at < end; at++)
		crc = __builtin_ia32_crc32qi(crc, *at);
	return crc;
}
#endif

__attribute__((constructor)) static void crc32c_setup(void)
{
	uint32_t byte, word;
	int bit;

	for (byte = 0; byte < 256; byte++) {
		word = byte;
		for (bit = 0; bit < 8; bit++)
			word = word & 1 ? word >> 1 ^ CRC32C_POLYNOMIAL : word >> 1;
		crc32c_table[byte] = word;
	}
#ifdef __x86_64__
	__builtin_cpu_init();
	if (__builtin_cpu_supports("sse4.2"))
		crc32c_way = crc32c_by_instruction;
#endif
}

uint32_t crc32c(const void *bytes, size_t len)
{
	return ~crc32c_way(~0u, bytes, (const uint8_t *)bytes + len);
}

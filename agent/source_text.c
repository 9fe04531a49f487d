// SPDX-License-Identifier: GPL-2.0
/*
 * source_text.c - addresses and prefixes as text and back.
 */
#include "agent/source_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void source_text_format(const struct vg_source *source, char ret_text[SOURCE_TEXT_LEN])
{
	const u8 *a = source->addr;

	if (source->family == VG_SOURCE_IPV4)
		inet_ntop(AF_INET, a, ret_text, SOURCE_TEXT_LEN);
	else if (source->family == VG_SOURCE_IPV6)
		inet_ntop(AF_INET6, a, ret_text, SOURCE_TEXT_LEN);
	else if (source->family == VG_SOURCE_MAC)
		snprintf(ret_text, SOURCE_TEXT_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4],
			 a[5]);
	else
		snprintf(ret_text, SOURCE_TEXT_LEN, "unknown");
}

void source_text_format_prefix(const struct vg_source *source, u32 prefix_bits, char ret_text[SOURCE_TEXT_LEN])
{
	size_t used;

	source_text_format(source, ret_text);
	used = strlen(ret_text);
	snprintf(ret_text + used, SOURCE_TEXT_LEN - used, "/%u", prefix_bits);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six pairs of hex digits, colons between them, nothing else. */
static bool parse_mac(const char *text, u8 ret_addr[6])
{
	int i;

	if (strlen(text) != 17)
		return false;
	for (i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		ret_addr[i] = (u8)(high << 4 | low);
	}
	return true;
}

static bool bits_beyond(const struct vg_source *source, u32 prefix_bits)
{
	u32 bit;

	for (bit = prefix_bits; bit < vg_source_bits(source->family); bit++)
		if (source->addr[bit / 8] & (0x80 >> (bit % 8)))
			return true;
	return false;
}

static int parse_bits(const char *text, u32 most, u32 *ret_bits)
{
	char *end;
	unsigned long bits;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	bits = strtoul(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (bits > most)
		return -ERANGE;
	*ret_bits = (u32)bits;
	return 0;
}

int source_text_parse(const char *text, struct vg_source *ret_source, u32 *ret_prefix_bits)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char address[SOURCE_TEXT_LEN];
	int error;

	memset(ret_source, 0, sizeof(*ret_source));
	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, ret_source->addr) == 1)
		ret_source->family = VG_SOURCE_IPV4;
	else if (inet_pton(AF_INET6, address, ret_source->addr) == 1)
		ret_source->family = VG_SOURCE_IPV6;
	else if (parse_mac(address, ret_source->addr))
		ret_source->family = VG_SOURCE_MAC;
	else
		return -EINVAL;
	*ret_prefix_bits = vg_source_bits(ret_source->family);
	if (slash) {
		error = parse_bits(slash + 1, *ret_prefix_bits, ret_prefix_bits);
		if (error)
			return error;
	}
	return bits_beyond(ret_source, *ret_prefix_bits) ? -EDOM : 0;
}

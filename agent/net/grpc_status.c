// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_status.c - words of gRPC in HTTP headers, as PROTOCOL-HTTP2.md and http-grpc-status-mapping.md say.
 */
#include <errno.h>

#include <nghttp2/nghttp2.h>

#include "agent/net/grpc_status.h"

#define DAY_MS (24u * 3600 * 1000)

size_t grpc_status_encode(const char *text, char *ret_text, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t len = 0;

	for (; *text && len + 3 < size; text++) {
		u8 c = (u8)*text;

		if (c >= 0x20 && c <= 0x7e && c != '%') {
			ret_text[len++] = (char)c;
		} else {
			ret_text[len++] = '%';
			ret_text[len++] = digits[c >> 4];
			ret_text[len++] = digits[c & 15];
		}
	}
	ret_text[len] = '\0';
	return len;
}

static int hex(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void grpc_status_decode(struct span text, char *ret_text, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < size; i++) {
		u8 c = text.bytes[i];

		if (c == '%' && i + 2 < text.len && hex(text.bytes[i + 1]) >= 0 && hex(text.bytes[i + 2]) >= 0) {
			c = (u8)(hex(text.bytes[i + 1]) << 4 | hex(text.bytes[i + 2]));
			i += 2;
		}
		ret_text[len++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	ret_text[len] = '\0';
}

enum grpc_status grpc_status_parse(struct span text)
{
	u32 value = 0;

	if (!text.len || text.len > 2)
		return GRPC_UNKNOWN;
	for (size_t i = 0; i < text.len; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return GRPC_UNKNOWN;
		value = value * 10 + (text.bytes[i] - '0');
	}
	return value <= GRPC_UNAUTHENTICATED ? (enum grpc_status)value : GRPC_UNKNOWN;
}

enum grpc_status grpc_status_of_http(u32 code)
{
	switch (code) {
	case 400:
		return GRPC_INTERNAL;
	case 401:
		return GRPC_UNAUTHENTICATED;
	case 403:
		return GRPC_PERMISSION_DENIED;
	case 404:
		return GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return GRPC_UNAVAILABLE;
	default:
		return GRPC_UNKNOWN;
	}
}

enum grpc_status grpc_status_of_reset(u32 http2_code)
{
	switch (http2_code) {
	case NGHTTP2_REFUSED_STREAM:
		return GRPC_UNAVAILABLE;
	case NGHTTP2_CANCEL:
		return GRPC_CANCELLED;
	case NGHTTP2_ENHANCE_YOUR_CALM:
		return GRPC_RESOURCE_EXHAUSTED;
	case NGHTTP2_INADEQUATE_SECURITY:
		return GRPC_PERMISSION_DENIED;
	default:
		return GRPC_INTERNAL;
	}
}

int grpc_timeout_parse(struct span text, u32 *ret_ms)
{
	static const struct {
		char unit;
		u64 micro; /* thousandths of a microsecond would be 'n' */
	} units[] = { { 'H', 3600000000ull }, { 'M', 60000000 }, { 'S', 1000000 }, { 'm', 1000 }, { 'u', 1 } };
	u64 value = 0;

	if (text.len < 2 || text.len > 9)
		return -EINVAL;
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return -EINVAL;
		value = value * 10 + (text.bytes[i] - '0');
	}
	if (text.bytes[text.len - 1] == 'n') {
		*ret_ms = (u32)((value + 999999) / 1000000);
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (text.bytes[text.len - 1] == units[i].unit) {
			u64 ms = (value * units[i].micro + 999) / 1000;

			*ret_ms = ms > DAY_MS ? DAY_MS : (u32)ms;
			return 0;
		}
	return -EINVAL;
}

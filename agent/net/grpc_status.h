/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grpc_status.h - words of gRPC in HTTP headers: status, percent-encoded text, time-outs.
 */
#ifndef VOLTGATE_NET_GRPC_STATUS_H
#define VOLTGATE_NET_GRPC_STATUS_H

#include "agent/net/grpc.h"

#define GRPC_STATUS_TEXT_MAX 1024 /* a longer text is cut */

/* Printable ASCII but '%' stands for itself. Returns the length; @size at least 4. */
size_t grpc_status_encode(const char *text, char *ret_text, size_t size);
/* Damaged escapes stand for themselves; control characters become '?'. Always ends with zero. */
void grpc_status_decode(struct span text, char *ret_text, size_t size);
/* "0" to "16"; anything else is GRPC_UNKNOWN. */
enum grpc_status grpc_status_parse(struct span text);
/* Of an answer without grpc-status. */
enum grpc_status grpc_status_of_http(u32 code);
enum grpc_status grpc_status_of_reset(u32 http2_code);
/* grpc-timeout: at most 8 digits and a unit H M S m u n. -EINVAL. Rounded up; at most a day. */
int grpc_timeout_parse(struct span text, u32 *ret_ms);

#endif

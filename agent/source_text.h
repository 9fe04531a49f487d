/* SPDX-License-Identifier: GPL-2.0 */
/*
 * source_text.h - addresses of frames for people: IPv4, IPv6 and MAC, with
 * and without prefix length. Pure.
 */
#ifndef VOLTGATE_AGENT_SOURCE_TEXT_H
#define VOLTGATE_AGENT_SOURCE_TEXT_H

#include "voltgate/source.h"

#define SOURCE_TEXT_LEN 56 /* the longest IPv6 address, "/128" and the end */

/* "192.0.2.1", "2001:db8::1", "02:00:00:00:00:01"; "unknown" for another family. */
void source_text_format(const struct vg_source *source, char ret_text[SOURCE_TEXT_LEN]);
void source_text_format_prefix(const struct vg_source *source, u32 prefix_bits, char ret_text[SOURCE_TEXT_LEN]);
/*
 * Reads an address with an optional "/bits" (without: the whole address).
 * 0, or -EINVAL (not an address), -ERANGE (more bits than the family has),
 * -EDOM (bits beyond the prefix are set).
 */
int source_text_parse(const char *text, struct vg_source *ret_source, u32 *ret_prefix_bits);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * key_file.h - secret keys come from files and go to files; never through the
 * command line. Callers wipe what they got.
 */
#ifndef VOLTGATE_TOOLS_KEY_FILE_H
#define VOLTGATE_TOOLS_KEY_FILE_H

#include <stddef.h>
#include "voltgate/types.h"

struct key_file_error {
	char text[256];
};

/*
 * Reads @len bytes from @source: a path, "-" (standard input) or "fd:N". They
 * stand there raw or as 2 * @len hex digits, with an end of line or without.
 * 0 or -errno with a sentence that never holds a byte of the key.
 */
int key_file_read(const char *source, void *ret_key, size_t len, struct key_file_error *ret_error);
/* Writes hex and an end of line to a new file of mode 0600. -EEXIST: nothing is overwritten. */
int key_file_write(const char *path, const void *key, size_t len, struct key_file_error *ret_error);
/* Hex digits of a public value. 0 or -EINVAL. */
int key_file_hex(const char *text, void *ret_bytes, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * secret_file.h - a secret of fixed length that the agent keeps in a file of
 * its own, made at the first start, readable by nobody else.
 */
#ifndef VOLTGATE_SECRET_FILE_H
#define VOLTGATE_SECRET_FILE_H

#include <stddef.h>

#include "voltgate/types.h"

struct secret_file_error {
	char text[320];
};

/*
 * Reads the @len bytes of @path, or draws them at random and makes the file (0600; under another name first, so that a
 * crash leaves no half secret). @what: the secret in words, "attestation key". 0; -EPERM: others may read the file;
 * -EINVAL: it has another length; or the system's error. The caller wipes.
 */
int secret_file_open(const char *path, const char *what, u8 *ret_secret, size_t len,
		     struct secret_file_error *ret_error);

#endif

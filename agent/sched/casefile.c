// SPDX-License-Identifier: GPL-2.0
/*
 * casefile.c - see casefile.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/casefile.h"

int casefile_read(const char *path, size_t most, char **ret_text, size_t *ret_len)
{
	FILE *in = fopen(path, "r");
	char *text = in ? malloc(most) : NULL;
	size_t len = text ? fread(text, 1, most, in) : 0;
	int err = !text || ferror(in) ? (errno ? -errno : -EIO) : len == most ? -EFBIG : 0;

	if (in)
		fclose(in);
	if (err) {
		free(text);
		return err;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * casefile.h - a file of a case, read whole and bounded: what every reader of
 * the scheduler begins with.
 */
#ifndef VOLTGATE_SCHED_CASEFILE_H
#define VOLTGATE_SCHED_CASEFILE_H

#include <stddef.h>

/* *@ret_text is malloc'd, the caller's, without a zero at its end. 0; -EFBIG: @most bytes or more; or the system's
 * -errno. */
int casefile_read(const char *path, size_t most, char **ret_text, size_t *ret_len);

#endif

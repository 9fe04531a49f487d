/* SPDX-License-Identifier: GPL-2.0 */
/* page_file.h - the page's own files, built into the program: nothing is read from the disk for a request. */
#ifndef VOLTGATE_PAGE_FILE_H
#define VOLTGATE_PAGE_FILE_H

#include <stddef.h>

struct page_file {
	const char *path, *type; /* as asked for; media type */
	const char *bytes;
	size_t len;
};

/* NULL: there is none. */
const struct page_file *page_file(const char *path);

#endif

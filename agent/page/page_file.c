// SPDX-License-Identifier: GPL-2.0
/* page_file.c - see page_file.h. The assembler puts the files in; page.mk says that this depends on them. */
#include <string.h>

#include "agent/page/page_file.h"

#define PAGE_FILE(name, file)                                                                                          \
	__asm__(".pushsection .rodata\n.global page_file_" #name "\n.global page_file_" #name "_end\npage_file_" #name \
		":\n.incbin \"agent/page/" file "\"\npage_file_" #name "_end:\n.byte 0\n.popsection\n");               \
	extern const char page_file_##name[], page_file_##name##_end[]

PAGE_FILE(html, "page.html");
PAGE_FILE(css, "page.css");
PAGE_FILE(js, "page.js");

const struct page_file *page_file(const char *path)
{
	static struct page_file files[] = {
		{ "/", "text/html; charset=utf-8", page_file_html, 0 },
		{ "/page.css", "text/css; charset=utf-8", page_file_css, 0 },
		{ "/page.js", "text/javascript; charset=utf-8", page_file_js, 0 },
	};
	static const char *const ends[] = { page_file_html_end, page_file_css_end, page_file_js_end };
	size_t i;

	for (i = 0; path && i < sizeof(files) / sizeof(files[0]); i++)
		if (!strcmp(files[i].path, path)) {
			files[i].len = (size_t)(ends[i] - files[i].bytes);
			return &files[i];
		}
	return NULL;
}

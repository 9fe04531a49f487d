# SPDX-License-Identifier: GPL-2.0
# The live page of an agent.
PAGE_SOURCES := $(wildcard agent/page/*.c)

$(B)/obj/agent/page/page_file.o: agent/page/page.html agent/page/page.css agent/page/page.js

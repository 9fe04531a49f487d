// SPDX-License-Identifier: GPL-2.0
/*
 * wipe.c - an allocator for jansson that wipes what it frees: wipe.h. The size
 * malloc gave is all there is to wipe, so no header of our own is needed.
 */
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "agent/wipe.h"

static void wipe_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void wipe_json(void)
{
	json_set_alloc_funcs(malloc, wipe_free);
}

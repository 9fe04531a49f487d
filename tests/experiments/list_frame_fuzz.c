// SPDX-License-Identifier: GPL-2.0
/*
 * list_frame_fuzz.c - any bytes as a frame to the list check: nothing outside is read, what is a vehicle's has an
 * identifier and a family, and a list of the identifiers in the bytes holds those and no others.
 */
#include <stdlib.h>

#include "tools/experiments/id_list.h"
#include "tools/experiments/list_frame.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static bool among(const u8 *data, size_t size, u64 id)
{
	u64 one;

	for (; size >= sizeof(one); data += sizeof(one), size -= sizeof(one)) {
		memcpy(&one, data, sizeof(one));
		if (one == id)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct id_list list = { .slots = NULL };
	struct list_frame frame;
	u8 *exact = malloc(size); /* so that a read beyond is seen */
	size_t at;
	u64 id;

	if (size)
		memcpy(exact, data, size);
	if (list_frame_read(exact, size, &frame) == LIST_FRAME_VEHICLE &&
	    (!frame.session || (frame.family != 4 && frame.family != 6)))
		abort();
	for (at = 0; at + sizeof(id) <= size; at += sizeof(id)) {
		memcpy(&id, data + at, sizeof(id));
		if (id_list_add(&list, id) != (id ? 0 : -22))
			abort();
		if (id_list_has(&list, id) != !!id ||
		    id_list_has(&list, id ^ 1) != (id != 1 && among(data, at + 8, id ^ 1)))
			abort();
	}
	id_list_done(&list);
	free(exact);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * parcel_fuzz.c - the decoder of parcels: what it accepts encodes to the same
 * bytes again (lists aside), and its lists can be walked to their end.
 */
#include <stdlib.h>

#include "agent/channel/parcel.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span item, list;
	struct parcel parcel;
	struct writer writer;
	u32 count = 0;
	u8 *bytes;

	if (parcel_decode((struct span){ data, size }, &parcel))
		return 0;
	bytes = malloc(parcel_size(&parcel));
	writer_init(&writer, bytes, parcel_size(&parcel));
	parcel_encode(&writer, &parcel);
	list = parcel.list;
	if (parcel.kind == PARCEL_TRANSACTIONS || parcel.kind == PARCEL_BLOCKS) {
		while (parcel_next(&list, &item))
			count += item.bytes[0] <= 0xff;
		if (count != parcel.count || list.len || writer_len(&writer) != 5 || memcmp(bytes, data, 5))
			abort();
	} else if (writer_len(&writer) != size || memcmp(bytes, data, size)) {
		abort();
	}
	free(bytes);
	return 0;
}

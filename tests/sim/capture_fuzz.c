// SPDX-License-Identifier: GPL-2.0
/* capture_fuzz.c - any bytes as a capture, and any frame in it refreshed. */
#include <stdint.h>
#include <stdlib.h>
#include "tools/sim/capture.h"
#include "tools/sim/refresh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_error error = { "" };
	struct capture_frame frame;
	struct capture *capture;
	FILE *stream;
	u8 *copy;

	if (!size)
		return 0;
	stream = fmemopen((void *)data, size, "r");
	if (!stream || capture_open_stream(stream, "fuzz", &capture, &error))
		return 0;
	while (capture_next(capture, &frame, &error) > 0) {
		copy = malloc(frame.len); /* exactly as long, so that any step beyond is seen */
		if (!copy)
			abort();
		memcpy(copy, frame.bytes, frame.len);
		refresh_frame(copy, frame.len, 0x0102030405060708ULL);
		free(copy);
	}
	capture_close(capture);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * capture_fuzz.c - any bytes as a capture file: what `voltgate its verify`
 * takes out of it are frames within bounds, and the verifier answers each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/its/verifier.h"
#include "tools/voltgate/its_capture.h"

static u32 verdicts;

static void on_verdict(void *arg, const struct its_verdict *verdict)
{
	(void)arg;
	verdicts += verdict->reason < VG_REASON_COUNT;
}

static void read_capture(struct its_capture *capture, struct its_verifier *verifier)
{
	struct its_capture_error error;
	struct its_capture_frame frame;
	u32 frames = 0;

	verdicts = 0;
	while (its_capture_next(capture, &frame, &error) == 1) {
		if (!frame.is_its)
			continue;
		its_verifier_submit(verifier, frame.time, 0, frame.bytes, frame.len, 0, frame.number);
		if (verdicts != ++frames)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct its_limits limits = { .cache_certificates = 4,
						  .p256_rate = 2,
						  .brainpool_rate = 2,
						  .stale_us = ~0ULL >> 1,
						  .future_us = ~0ULL >> 1 };
	struct its_capture_error error;
	struct its_verifier *verifier;
	struct its_capture *capture;
	char path[32];
	int fd;

	if (size > 8192 || its_verifier_new(&limits, NULL, on_verdict, NULL, &verifier))
		return 0;
	fd = memfd_create("capture", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && write(fd, data, size) == (ssize_t)size && !its_capture_open(path, &capture, &error)) {
		read_capture(capture, verifier);
		its_capture_close(capture);
	}
	if (fd >= 0)
		close(fd);
	its_verifier_free(verifier);
	return 0;
}

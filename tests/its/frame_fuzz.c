// SPDX-License-Identifier: GPL-2.0
/*
 * frame_fuzz.c - any bytes as a frame: the verifier gives one verdict, and
 * reads nothing outside. Budgets keep the arithmetic from slowing the fuzzer.
 */
#include <stdlib.h>

#include "agent/its/verifier.h"

static u32 verdicts;

static void on_verdict(void *arg, const struct its_verdict *verdict)
{
	(void)arg;
	verdicts += verdict->reason < VG_REASON_COUNT;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct its_limits limits = { .cache_certificates = 4,
						  .waiting_frames = 2,
						  .waiting_us = 1000000,
						  .p256_rate = 3,
						  .brainpool_rate = 3,
						  .stale_us = ~0ULL >> 1,
						  .future_us = ~0ULL >> 1 };
	static const u8 ethernet[14] = { [12] = 0x89, [13] = 0x47 };
	struct its_verifier *verifier;
	u8 *frame;
	int i;

	if (size > 4096 || its_verifier_new(&limits, NULL, on_verdict, NULL, &verifier))
		return 0;
	frame = malloc(size + sizeof(ethernet)); /* exact, so that a read beyond is seen */
	memcpy(frame, ethernet, size < sizeof(ethernet) ? size : sizeof(ethernet));
	if (size > 12)
		memcpy(frame, data, 12);
	if (size > sizeof(ethernet))
		memcpy(frame + sizeof(ethernet), data + sizeof(ethernet), size - sizeof(ethernet));
	frame = realloc(frame, size ? size : 1);
	verdicts = 0;
	for (i = 0; i < 3; i++)
		its_verifier_submit(verifier, 1ULL << 62, 1000, frame, (u32)size, 1, (u64)i);
	its_verifier_tick(verifier, 0, ~0ULL);
	if (verdicts != 3)
		abort();
	its_verifier_free(verifier);
	free(frame);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * config_fuzz.c - any bytes as a configuration: taken or refused with a
 * sentence that names the file, never anything else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "agent/policy_word.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config;
	struct config_error error = { "" };
	int key, err = config_parse("fuzz", (const char *)data, size, &config, &error);

	if (err && strncmp(error.text, "fuzz:", 5))
		abort();
	for (key = 0; !err && key < VG_POLICY_KEY_COUNT; key++) {
		s64 value = policy_word_get(&config.policy, key);

		if (value < policy_word_of(key)->min || value > policy_word_of(key)->max)
			abort();
	}
	return 0;
}

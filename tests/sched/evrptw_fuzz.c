// SPDX-License-Identifier: GPL-2.0
/*
 * evrptw_fuzz.c - any bytes as an instance: refused with a sentence that names
 * the file, or taken; what is taken is solved for a few rounds and the routes pass the check.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/sched/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct router_options options = { .seed = 1, .rounds = 20 };
	struct evrptw_error error = { "" };
	static struct routing routing;
	struct router_report report;
	struct routing_fault fault;
	struct evrptw *instance;
	double distance;
	int err = evrptw_parse("fuzz", (const char *)data, size, &instance, &error);

	if (err) {
		if (strncmp(error.text, "fuzz:", 5))
			abort();
		return 0;
	}
	err = instance->nodes > 12 ? -E2BIG : router_solve(instance, &options, &routing, &report);
	if (!err && routing_check(instance, &routing, &distance, &fault))
		abort();
	evrptw_free(instance);
	return 0;
}

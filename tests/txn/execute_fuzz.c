// SPDX-License-Identifier: GPL-2.0
/*
 * execute_fuzz.c - any bytes as a body on a small state: carried out twice, the
 * same outcomes and root; and what was valid is not valid again in the block after.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/txn/world.h"

static struct world world;
static struct execute_result first, second, later;

static int carry_out(struct overlay *overlay, struct span body, struct execute_result *result, u8 ret_root[32])
{
	struct execute_context context = world_context(&world, WORLD_SECOND);
	int error = execute_body(&context, overlay, body, result);

	return error ?: overlay_root(overlay, ret_root);
}

/* Everything but configurations' own words carries a nonce, a serial or a sequence: nothing is valid twice. */
static void again(struct overlay *below, struct span body)
{
	struct overlay *overlay = overlay_new(world.state, below);
	struct execute_context context = world_context(&world, 2 * WORLD_SECOND);
	u32 i;

	context.number++;
	context.membership = &first.next;
	if (!overlay || execute_body(&context, overlay, body, &later))
		abort();
	for (i = 0; i < first.count; i++)
		if (first.outcomes[i] == LEDGER_VALID && later.outcomes[i] == LEDGER_VALID)
			abort();
	overlay_drop(overlay);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	struct span body = { bytes, len };
	struct overlay *overlay;
	u8 roots[2][32];
	int errors[2];
	u32 i;

	if (!world.state)
		world_open(&world, NULL);
	for (i = 0; i < 2; i++) {
		overlay = overlay_new(world.state, NULL);
		if (!overlay)
			abort();
		errors[i] = carry_out(overlay, body, i ? &second : &first, roots[i]);
		if (i && !errors[1])
			again(overlay, body);
		overlay_drop(overlay);
	}
	if (errors[0] != errors[1])
		abort();
	if (!errors[0] && (first.count != second.count || memcmp(first.outcomes, second.outcomes, first.count) ||
			   memcmp(roots[0], roots[1], 32)))
		abort();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * consensus_fuzz.c - whatever neighbours say: the decoder takes it or refuses it,
 * and an area that hears it goes on. First byte 0: raw bytes to the decoder; else fields of messages that fit.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/sched/consensus.h"

static void nobody(void *context, u32 to, const u8 *bytes, size_t len)
{
	(void)context;
	(void)to;
	(void)bytes;
	(void)len;
}

/* Two areas of a bus each, tied by one line. */
static struct grid *two(void)
{
	struct grid *grid = grid_new();

	grid_add_bus(grid)->number = 1;
	grid_add_bus(grid)->number = 2;
	grid->bus[1].area = 1;
	*grid_add_branch(grid) = (struct grid_branch){
		.from = 0, .to = 1, .susceptance = 1000, .limit = 50, .angle_least = -INFINITY, .angle_most = INFINITY
	};
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 0, .most = 200, .cost = { .linear = 10, .quadratic = 0.1 } };
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 1, .most = 200, .cost = { .linear = 30, .quadratic = 0.1 } };
	grid_finish(grid, "fuzz");
	return grid;
}

/* Six bytes make a message that the decoder takes; its numbers are drawn from them too. */
static size_t compose(const u8 *data, u8 *bytes)
{
	static struct consensus_message message;
	u32 i;

	message = (struct consensus_message){ .type = data[0] % 3 + 1, .flags = data[1] & 1, .from = 1, .chunks = 1 };
	message.round = data[2] % 6;
	message.epoch = data[1] >> 1 & 3;
	message.instance = 1 + (data[1] >> 3 & 3);
	message.calm = data[3] & 15;
	message.stop = data[3] >> 4 ? data[2] + (data[3] >> 4) : 0;
	message.total = message.type == CONSENSUS_SYNC ? 6 : message.type == CONSENSUS_DATA ? 2 : 0;
	message.count = message.total;
	for (i = 0; i < message.count; i++)
		message.number[i] =
			message.type == CONSENSUS_SYNC && i >= 4 ? 1 + data[4] : (double)data[4 + i % 2] - 128;
	return consensus_encode(&message, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const double load[2] = { 20, 80 };
	struct dispatch_problem problem = { .periods = 1, .hours = 1, .load = load, .limits_scale = 1 };
	struct consensus_words words = { .areas = 2, .instance = 5, .send = nobody };
	struct consensus *consensus = NULL;
	struct dispatch_error error;
	struct grid *grid;
	struct area *area = NULL;
	u8 bytes[CONSENSUS_BYTES];
	size_t at;

	if (!size)
		return 0;
	grid = two();
	problem.grid = grid;
	if (area_new(&problem, 0, &area, &error) || consensus_new(area, &words, &consensus, &error))
		abort();
	if (!data[0])
		consensus_receive(consensus, data + 1, size - 1);
	for (at = 1; data[0] && at + 6 <= size && at < 6 * 40; at += 6) {
		consensus_receive(consensus, bytes, compose(data + at, bytes));
		consensus_tick(consensus, at * 100);
	}
	consensus_free(consensus);
	area_free(area);
	grid_free(grid);
	return 0;
}

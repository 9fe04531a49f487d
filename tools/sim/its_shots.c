// SPDX-License-Identifier: GPL-2.0
/* its_shots.c - the simulator's stations. */
#include <errno.h>
#include <stdio.h>
#include "tools/sim/its_shots.h"

int its_shots_new(u32 stations, u64 seed, u64 now, const char *trust_dir, struct its_shots **ret_shots,
		  struct its_shots_error *ret_error)
{
	(void)stations;
	(void)seed;
	(void)now;
	(void)trust_dir;
	*ret_shots = NULL;
	snprintf(ret_error->text, sizeof(ret_error->text), "ITS modes are not built into this program yet.");
	return -EOPNOTSUPP;
}

void its_shots_free(struct its_shots *shots)
{
	(void)shots;
}

int its_shots_next(struct its_shots *shots, enum mode mode, u64 now, struct dice *dice, u8 *ret_frame, u32 capacity,
		   bool *ret_prepared)
{
	(void)shots;
	(void)mode;
	(void)now;
	(void)dice;
	(void)ret_frame;
	(void)capacity;
	(void)ret_prepared;
	return -EOPNOTSUPP;
}

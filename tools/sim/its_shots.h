/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_shots.h - the ITS frames of the simulator: stations with certificates
 * that its_maker makes, some under an authority that is written to a trust
 * folder, some under one that is not.
 */
#ifndef VOLTGATE_SIM_ITS_SHOTS_H
#define VOLTGATE_SIM_ITS_SHOTS_H

#include "tools/sim/dice.h"
#include "tools/sim/mode.h"

struct its_shots;

struct its_shots_error {
	char text[256];
};

/*
 * @stations that sign, valid around @now (Time64). The trusted authority's
 * certificates go to the folder @trust_dir (NULL: nowhere). 0 or -errno.
 */
int its_shots_new(u32 stations, u64 seed, u64 now, const char *trust_dir, struct its_shots **ret_shots,
		  struct its_shots_error *ret_error);
void its_shots_free(struct its_shots *shots);
/*
 * The next frame of @mode from its Ethernet header on, @capacity bytes at
 * most. Returns its length or -errno. @ret_prepared: true if this is a frame
 * that has to be sent before the one asked for (a duplicate's original).
 */
int its_shots_next(struct its_shots *shots, enum mode mode, u64 now, struct dice *dice, u8 *ret_frame, u32 capacity,
		   bool *ret_prepared);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * refresh.h - gives a recorded frame the generation time of now. Nothing is
 * signed again: a refreshed frame is what an attacker would make of it.
 */
#ifndef VOLTGATE_SIM_REFRESH_H
#define VOLTGATE_SIM_REFRESH_H

#include "voltgate/types.h"

/*
 * Writes @now (Time64) into the VID or the signed ITS frame of @len bytes at
 * @frame. True if it found a generation time there; other frames are left as
 * they are. UDP checksums are made right again.
 */
bool refresh_frame(u8 *frame, u32 len, u64 now);

#endif

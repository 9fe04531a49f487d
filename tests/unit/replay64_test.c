// SPDX-License-Identifier: GPL-2.0
/* replay64_test.c - histories of a replay window of one whole word, around its edges. */
#define VG_REPLAY_BITS 64
#define HISTORY_DEPTH 4
#define SEQUENCES 1, 2, 3, 31, 32, 33, 62, 63, 64, 65, 66, 67, 95, 96, 126, 127, 128, 129, 130, 191, 192, 193
#include "replay_small.h"

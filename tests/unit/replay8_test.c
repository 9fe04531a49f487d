// SPDX-License-Identifier: GPL-2.0
/* replay8_test.c - all histories of a replay window of 8 sequences. */
#define VG_REPLAY_BITS 8
#define HISTORY_DEPTH 5
#define SEQUENCES 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
#include "replay_small.h"

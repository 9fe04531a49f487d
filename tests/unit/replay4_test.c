// SPDX-License-Identifier: GPL-2.0
/* replay4_test.c - all histories of a replay window of 4 sequences. */
#define VG_REPLAY_BITS 4
#define HISTORY_DEPTH 6
#define SEQUENCES 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
#include "replay_small.h"

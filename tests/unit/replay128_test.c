// SPDX-License-Identifier: GPL-2.0
/* replay128_test.c - histories of a replay window of two words, around the edges of both: the real one in small. */
#define VG_REPLAY_BITS 128
#define HISTORY_DEPTH 4
#define SEQUENCES                                                                                                       \
	1, 2, 62, 63, 64, 65, 66, 100, 126, 127, 128, 129, 130, 190, 191, 192, 193, 194, 254, 255, 256, 257, 258, 319, 320, \
		321, 383, 384, 385
#include "replay_small.h"

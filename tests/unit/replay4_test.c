// SPDX-License-Identifier: GPL-2.0
/* replay4_test.c - all histories of a replay window of 4 sequences. */
#define VG_REPLAY_BITS 4
#define HISTORY_DEPTH 6
#define SEQUENCE_MAX 13
#include "replay_small.h"

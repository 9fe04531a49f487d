// SPDX-License-Identifier: GPL-2.0
/* replay8_test.c - all histories of a replay window of 8 sequences. */
#define VG_REPLAY_BITS 8
#define HISTORY_DEPTH 5
#define SEQUENCE_MAX 21
#include "replay_small.h"

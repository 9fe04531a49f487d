/* SPDX-License-Identifier: GPL-2.0 */
/* capture.h - the frames of a capture file, for tests. Apart because libpcap's headers and linux/bpf.h exclude each
 * other. */
#ifndef VOLTGATE_TESTS_BPF_CAPTURE_H
#define VOLTGATE_TESTS_BPF_CAPTURE_H

#include "voltgate/types.h"

/*
 * Calls @each for the frames of data/its/vw-golf8.pcap in $SHARED (or
 * ../shared) until it returns non-zero. 0, or -1 if there is no such file.
 */
int capture_walk_car(int (*each)(void *arg, const u8 *bytes, u32 len), void *arg);

#endif

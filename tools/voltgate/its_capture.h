/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_capture.h - reads frames from a capture file (pcap of either byte order,
 * micro- or nanoseconds, pcapng; what libpcap reads) and makes Ethernet frames
 * of them. Link types: Ethernet, IEEE 802.11, 802.11 with radiotap.
 */
#ifndef VOLTGATE_TOOLS_ITS_CAPTURE_H
#define VOLTGATE_TOOLS_ITS_CAPTURE_H

#include "voltgate/types.h"

#define ITS_CAPTURE_FRAME_MAX 65536

struct its_capture;

struct its_capture_error {
	char text[640];
};

struct its_capture_frame {
	u64 number;	 /* from 1, as other tools count */
	u64 time;	 /* Time64 of the capture; 0 before 2004 */
	bool is_its;	 /* EtherType GeoNetworking; the rest below is set for such frames only */
	const u8 *bytes; /* from its Ethernet header on; until the next call */
	u32 len;
	u32 missing; /* bytes that were on the air and are not in the file */
};

/* -errno and a sentence. */
int its_capture_open(const char *path, struct its_capture **ret_capture, struct its_capture_error *ret_error);
/* 1: a frame; 0: the end; -EBADMSG: the file is damaged or cut off, with a sentence. */
int its_capture_next(struct its_capture *capture, struct its_capture_frame *ret_frame,
		     struct its_capture_error *ret_error);
void its_capture_close(struct its_capture *capture);

#endif

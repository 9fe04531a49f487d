/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capture.h - reads Ethernet frames from a pcap or pcapng file.
 */
#ifndef VOLTGATE_SIM_CAPTURE_H
#define VOLTGATE_SIM_CAPTURE_H

#include <stdio.h>
#include "voltgate/types.h"

#define CAPTURE_FRAME_MAX 9216

struct capture;

struct capture_error {
	char text[320];
};

struct capture_frame {
	const u8 *bytes; /* good until the next call */
	u32 len;
	u64 time_us; /* since 1970, as the file has it */
	u64 number;  /* from 1 */
};

/* 0 or -errno and a sentence that names the file and what is wrong. */
int capture_open(const char *path, struct capture **ret_capture, struct capture_error *ret_error);
/* The same from an open stream, which becomes the capture's; @name is for sentences. */
int capture_open_stream(FILE *stream, const char *name, struct capture **ret_capture, struct capture_error *ret_error);
/* 1: a frame; 0: the end; -EBADMSG: the file is damaged here (the sentence says at which frame). */
int capture_next(struct capture *capture, struct capture_frame *ret_frame, struct capture_error *ret_error);
void capture_close(struct capture *capture);

#endif

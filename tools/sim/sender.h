/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sender.h - sends frames on one named interface, in batches, and knows
 * exactly which ones the kernel took. A full queue is waited out, so that
 * nothing is lost between the simulator and the gate's interface.
 */
#ifndef VOLTGATE_SIM_SENDER_H
#define VOLTGATE_SIM_SENDER_H

#include "tools/sim/route.h"
#include "voltgate/types.h"

#define SENDER_BATCH 64

struct sender {
	int fd;
	bool udp; /* the frames' UDP payloads through the kernel's own stack */
	u64 retries;
	const volatile int *stop; /* set: give up waiting */
};

struct sender_frame {
	const u8 *bytes; /* from the Ethernet header on, or the UDP payload */
	u32 len;
};

struct sender_error {
	char text[256];
};

/* A packet socket on @interface. 0 or -errno and a sentence. */
int sender_open_packet(struct sender *sender, const char *interface, struct sender_error *ret_error);
/* A UDP socket bound to @interface and connected to the route's destination. */
int sender_open_udp(struct sender *sender, const char *interface, const struct route *route, u16 from_port,
		    struct sender_error *ret_error);
/*
 * Sends up to SENDER_BATCH frames in order. Returns how many the kernel took
 * before @stop was set, or -errno (*ret_taken frames went out before it).
 */
int sender_send(struct sender *sender, const struct sender_frame *frames, u32 count, u32 *ret_taken);
void sender_close(struct sender *sender);

#endif

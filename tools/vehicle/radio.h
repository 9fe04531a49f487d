/* SPDX-License-Identifier: GPL-2.0 */
/*
 * radio.h - a vehicle's socket to one gateway, new for each session: a new
 * source port, and where an interface is given to it, a new MAC and a new IPv6 address (PROTOCOL.md N7).
 */
#ifndef VOLTGATE_VEHICLE_RADIO_H
#define VOLTGATE_VEHICLE_RADIO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct radio_error {
	char text[256];
};

struct radio {
	int fd; /* negative: closed */
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} gateway;
	const char *device;	/* changed with each session; NULL: left alone */
	struct in6_addr prefix; /* /64 that addresses are drawn from */
	struct in6_addr address;
	bool has_address;
};

/* "10.0.0.1", "10.0.0.1:47800", "fd00::1", "[fd00::1]:47800"; default port 47800. 0, or -EINVAL. */
int radio_gateway(struct radio *radio, const char *text);
/* Closes the old socket and gives up its addresses, takes new ones, opens. 0 or -errno with a sentence. */
int radio_open(struct radio *radio, struct radio_error *ret_error);
void radio_close(struct radio *radio);
/* 0 or -errno. */
int radio_send(const struct radio *radio, const void *packet, size_t len);
/* Waits until @until_us (monotonic). The datagram's length; 0: none came; a refused port counts as silence. */
int radio_receive(const struct radio *radio, uint64_t until_us, void *ret_packet, size_t size);
uint64_t radio_now_us(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * datagram.h - UDP port 47800: two sockets for each family, one for hellos and
 * one for everything else, so that a flood of hellos fills a small buffer of
 * its own and takes no room from admitted vehicles. The kernel sorts by the VID's type byte
 * (SO_ATTACH_REUSEPORT_CBPF).
 *
 * A datagram comes with its path, and an answer goes back along it: from the address that the vehicle wrote to.
 */
#ifndef VOLTGATE_DATAGRAM_H
#define VOLTGATE_DATAGRAM_H

#include <sys/socket.h>

#include "agent/handshake/greeted.h"
#include "voltgate/vid.h"

#define DATAGRAM_BURST 64 /* of one system call */

enum datagram_kind { DATAGRAM_OTHERS, DATAGRAM_HELLOS, DATAGRAM_KINDS };

struct datagram_port {
	int lock;			/* one agent in a network namespace */
	int sockets[2][DATAGRAM_KINDS]; /* IPv4, IPv6; negative: that family is not there */
};

struct datagram {
	struct greeted_path path;
	u32 len;
	u8 bytes[VG_VID_MAX + 1]; /* one more shows what is too long */
};

/* 0; -EADDRINUSE: another agent, or another program, has the port; or why neither family can be had. */
int datagram_open(struct datagram_port *ret_port);
void datagram_close(struct datagram_port *port);
/* Takes what waits, at most @count (DATAGRAM_BURST at most); how many. */
int datagram_receive(int fd, struct datagram *ret_datagrams, int count);
/*
 * From the socket of @kind: what is sent to made-up addresses waits for neighbours in that socket's buffer alone. 0 or
 * -errno; -EAFNOSUPPORT: no socket of that family.
 */
int datagram_send(const struct datagram_port *port, enum datagram_kind kind, const struct greeted_path *path,
		  const void *bytes, size_t len);
/* Datagrams that the socket had no room for. */
u32 datagram_dropped(int fd);

#endif

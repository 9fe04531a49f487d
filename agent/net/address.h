/* SPDX-License-Identifier: GPL-2.0 */
/*
 * address.h - "host:port" and "[host]:port". Numeric hosts need nobody; names
 * are asked of the resolver without stopping the loop (grpc_client.c).
 */
#ifndef VOLTGATE_NET_ADDRESS_H
#define VOLTGATE_NET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "agent/net/identity.h"

#define ADDRESS_HOST_MAX 256

struct address {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
};

/* -EINVAL with a sentence. */
int address_split(const char *text, char ret_host[ADDRESS_HOST_MAX], u16 *ret_port, struct identity_error *ret_error);
/* @host is numeric: 0, else -ENOENT. */
int address_numeric(const char *host, u16 port, struct address *ret_address);
/* For a listener at start: names are looked up and waited for. -EINVAL, -ENOENT with a sentence. */
int address_local(const char *text, struct address *ret_address, struct identity_error *ret_error);
u16 address_port(const struct address *address);

#endif

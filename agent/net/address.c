// SPDX-License-Identifier: GPL-2.0
/*
 * address.c - "host:port" and "[host]:port".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/net/address.h"

static int wrong(const char *text, struct identity_error *error)
{
	snprintf(error->text, sizeof(error->text),
		 "\"%.120s\" is no address; write host:port or [host]:port with a port up to 65535.", text);
	return -EINVAL;
}

static int parse_port(const char *text, u16 *ret_port)
{
	u32 port = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		port = port * 10 + (u32)(*text - '0');
		if (port > 65535)
			return -EINVAL;
	}
	*ret_port = (u16)port;
	return 0;
}

int address_split(const char *text, char ret_host[ADDRESS_HOST_MAX], u16 *ret_port, struct identity_error *ret_error)
{
	const char *colon = strrchr(text, ':'), *host = text, *end = colon;

	if (!colon)
		return wrong(text, ret_error);
	if (*text == '[') {
		host = text + 1;
		end = colon - 1;
		if (end <= host || *end != ']')
			return wrong(text, ret_error);
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return wrong(text, ret_error); /* IPv6 without brackets */
	}
	if (end == host || end - host >= ADDRESS_HOST_MAX || parse_port(colon + 1, ret_port))
		return wrong(text, ret_error);
	memcpy(ret_host, host, (size_t)(end - host));
	ret_host[end - host] = '\0';
	return 0;
}

int address_numeric(const char *host, u16 port, struct address *ret_address)
{
	struct address address = { 0 };

	if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(port);
		address.len = sizeof(address.v4);
	} else if (inet_pton(AF_INET6, host, &address.v6.sin6_addr) == 1) {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons(port);
		address.len = sizeof(address.v6);
	} else {
		return -ENOENT;
	}
	*ret_address = address;
	return 0;
}

int address_local(const char *text, struct address *ret_address, struct identity_error *ret_error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found;
	char host[ADDRESS_HOST_MAX];
	u16 port;
	int err = address_split(text, host, &port, ret_error);

	if (err || !address_numeric(host, port, ret_address))
		return err;
	err = getaddrinfo(host, NULL, &hints, &found);
	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text), "The host %.120s cannot be found: %s.", host,
			 gai_strerror(err));
		return -ENOENT;
	}
	*ret_address = (struct address){ .len = found->ai_addrlen };
	memcpy(&ret_address->any, found->ai_addr, found->ai_addrlen);
	if (ret_address->any.sa_family == AF_INET6)
		ret_address->v6.sin6_port = htons(port);
	else
		ret_address->v4.sin_port = htons(port);
	freeaddrinfo(found);
	return 0;
}

u16 address_port(const struct address *address)
{
	return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

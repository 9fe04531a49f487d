// SPDX-License-Identifier: GPL-2.0
/* radio.c - see radio.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tools/libvehicle/voltgate-vehicle.h"
#include "tools/vehicle/radio.h"

#define RADIO_DAD_US 3000000 /* duplicate address detection takes a second or two */

uint64_t radio_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int radio_fail(struct radio_error *ret_error, const char *what, const char *device)
{
	int err = -errno;

	snprintf(ret_error->text, sizeof(ret_error->text), "Cannot %s%s%s: %s.", what, device ? " " : "",
		 device ? device : "", strerror(-err));
	return err;
}

int radio_gateway(struct radio *radio, const char *text)
{
	char host[64], *end = NULL;
	const char *port = NULL, *colon = strrchr(text, ':');
	unsigned long number = VOLTGATE_PORT;

	if (*text == '[' && strchr(text, ']'))
		port = strchr(text, ']')[1] == ':' ? strchr(text, ']') + 2 : NULL;
	else if (colon && colon == strchr(text, ':'))
		port = colon + 1;
	snprintf(host, sizeof(host), "%s", *text == '[' ? text + 1 : text);
	if (*text == '[')
		host[strcspn(host, "]")] = 0;
	else if (port)
		host[strcspn(host, ":")] = 0;
	if (port)
		number = strtoul(port, &end, 10);
	if (!number || number > 65535 || (end && *end))
		return -EINVAL;
	memset(&radio->gateway, 0, sizeof(radio->gateway));
	if (inet_pton(AF_INET, host, &radio->gateway.v4.sin_addr) == 1) {
		radio->gateway.v4.sin_family = AF_INET;
		radio->gateway.v4.sin_port = htons((uint16_t)number);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &radio->gateway.v6.sin6_addr) != 1)
		return -EINVAL;
	radio->gateway.v6.sin6_family = AF_INET6;
	radio->gateway.v6.sin6_port = htons((uint16_t)number);
	return 0;
}

/* As linux/ipv6.h has it, which goes with no header of libc. */
struct radio_ifreq {
	struct in6_addr address;
	uint32_t prefix_len;
	int ifindex;
};

/* --- addresses: a MAC that is locally administered, an interface identifier that says nothing --- */

static int radio_new_mac(const struct radio *radio, int fd)
{
	struct ifreq request = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };
	uint8_t mac[6];

	randombytes_buf(mac, sizeof(mac));
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", radio->device);
	memcpy(request.ifr_hwaddr.sa_data, mac, sizeof(mac));
	return ioctl(fd, SIOCSIFHWADDR, &request);
}

static int radio_address(struct radio *radio, int fd, bool add)
{
	struct radio_ifreq request = { radio->address, 64, (int)if_nametoindex(radio->device) };

	return ioctl(fd, add ? SIOCSIFADDR : SIOCDIFADDR, &request);
}

static int radio_move(struct radio *radio, struct radio_error *ret_error)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return radio_fail(ret_error, "open a socket", NULL);
	if (radio->has_address)
		radio_address(radio, fd, false);
	radio->has_address = false;
	if (radio_new_mac(radio, fd))
		err = radio_fail(ret_error, "give a new MAC address to", radio->device);
	radio->address = radio->prefix;
	randombytes_buf(radio->address.s6_addr + 8, 8);
	if (!err && radio_address(radio, fd, true))
		err = radio_fail(ret_error, "give a new IPv6 address to", radio->device);
	radio->has_address = !err;
	close(fd);
	return err;
}

/* The new address is ours once nobody else claims it. */
static int radio_bind(const struct radio *radio)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6, .sin6_addr = radio->address };
	uint64_t until = radio_now_us() + RADIO_DAD_US;
	static const struct timespec pause = { 0, 20000000 };

	while (bind(radio->fd, (struct sockaddr *)&from, sizeof(from))) {
		if (errno != EADDRNOTAVAIL || radio_now_us() > until)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int radio_open(struct radio *radio, struct radio_error *ret_error)
{
	bool v6 = radio->gateway.any.sa_family == AF_INET6;
	int err = 0;

	radio_close(radio);
	if (radio->device && v6)
		err = radio_move(radio, ret_error);
	if (err)
		return err;
	radio->fd = socket(radio->gateway.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (radio->fd < 0)
		return radio_fail(ret_error, "open a socket", NULL);
	if (radio->has_address && radio_bind(radio))
		err = radio_fail(ret_error, "use the new address of", radio->device);
	else if (connect(radio->fd, &radio->gateway.any, v6 ? sizeof(radio->gateway.v6) : sizeof(radio->gateway.v4)))
		err = radio_fail(ret_error, "reach the gateway", NULL);
	if (err)
		radio_close(radio);
	return err;
}

void radio_close(struct radio *radio)
{
	if (radio->fd >= 0)
		close(radio->fd);
	radio->fd = -1;
}

int radio_send(const struct radio *radio, const void *packet, size_t len)
{
	if (send(radio->fd, packet, len, 0) >= 0 || errno == ECONNREFUSED)
		return 0;
	return -errno;
}

int radio_receive(const struct radio *radio, uint64_t until_us, void *ret_packet, size_t size)
{
	struct pollfd wait = { .fd = radio->fd, .events = POLLIN };
	uint64_t now;
	ssize_t got;

	for (;;) {
		now = radio_now_us();
		if (poll(&wait, 1, now < until_us ? (int)((until_us - now + 999) / 1000) : 0) <= 0)
			return 0;
		got = recv(radio->fd, ret_packet, size, MSG_DONTWAIT);
		if (got > 0)
			return (int)got;
		if (now >= until_us)
			return 0;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * its_room_tap.c - the TAP device on which accepted ITS frames come out
 * (its_room.h). What is written to it arrives as if received by it, so any ITS
 * stack listens there with a packet socket.
 */
#include "agent/its_room.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int bring_up(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		error = -errno;
	request.ifr_flags |= IFF_UP;
	if (!error && ioctl(fd, SIOCSIFFLAGS, &request))
		error = -errno;
	close(fd);
	return error;
}

int its_room_tap_open(const char *name, struct its_room_error *ret_error)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = -1, error = 0;

	if (!*name || strlen(name) >= sizeof(request.ifr_name)) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "\"%.40s\" is no name for a device: use 1 to 15 characters.", name);
		return -EINVAL;
	}
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		error = -errno;
	if (!error)
		error = bring_up(name);
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "The TAP device %s for accepted ITS frames could not be opened (%s). It needs CAP_NET_ADMIN and "
		 "/dev/net/tun "
		 "(modprobe tun), and a name that no other kind of device has.",
		 name, strerror(-error));
	return error;
}

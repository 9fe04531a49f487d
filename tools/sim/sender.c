// SPDX-License-Identifier: GPL-2.0
/* sender.c - sendmmsg() on packet and UDP sockets, with patience. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "tools/sim/sender.h"

#define WAIT_NS 50000	 /* between two tries at a full queue */
#define WAITS_MAX 100000 /* five seconds without progress: the interface is stuck */

static int fail(struct sender *sender, struct sender_error *ret_error, const char *what, const char *interface)
{
	int error = errno;

	snprintf(ret_error->text, sizeof(ret_error->text), "%s: %s: %s%s.", interface, what, strerror(error),
		 error == EPERM	     ? "; run as root or with CAP_NET_RAW"
		 : error == ENODEV   ? "; `ip link` lists the interfaces"
		 : error == ENETDOWN ? "; bring it up with `ip link set INTERFACE up`"
				     : "");
	sender_close(sender);
	return -error;
}

int sender_open_packet(struct sender *sender, const char *interface, struct sender_error *ret_error)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int buffer = 4 << 20;

	sender->udp = false;
	sender->retries = 0;
	sender->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: receives nothing */
	if (sender->fd < 0)
		return fail(sender, ret_error, "cannot open a packet socket", interface);
	to.sll_ifindex = (int)if_nametoindex(interface);
	if (!to.sll_ifindex)
		return fail(sender, ret_error, "no such interface", interface);
	if (bind(sender->fd, (struct sockaddr *)&to, sizeof(to)))
		return fail(sender, ret_error, "cannot bind a packet socket", interface);
	setsockopt(sender->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	return 0;
}

static int udp_connect(struct sender *sender, const struct route *route, u16 from_port)
{
	struct sockaddr_in6 from6 = { .sin6_family = AF_INET6,
				      .sin6_port = htons(from_port),
				      .sin6_addr = route->from6 };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(47800), .sin6_addr = route->to6 };
	struct sockaddr_in from4 = { .sin_family = AF_INET, .sin_port = htons(from_port), .sin_addr = route->from4 };
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(47800), .sin_addr = route->to4 };

	if (route->has6)
		return bind(sender->fd, (struct sockaddr *)&from6, sizeof(from6)) ||
		       connect(sender->fd, (struct sockaddr *)&to6, sizeof(to6));
	return bind(sender->fd, (struct sockaddr *)&from4, sizeof(from4)) ||
	       connect(sender->fd, (struct sockaddr *)&to4, sizeof(to4));
}

int sender_open_udp(struct sender *sender, const char *interface, const struct route *route, u16 from_port,
		    struct sender_error *ret_error)
{
	int one = 1;

	sender->udp = true;
	sender->retries = 0;
	sender->fd = socket(route->has6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender->fd < 0)
		return fail(sender, ret_error, "cannot open a UDP socket", interface);
	if (!if_nametoindex(interface))
		return fail(sender, ret_error, "no such interface", interface);
	/* Without RECVERR the kernel hides that a queue was full. */
	if (setsockopt(sender->fd, route->has6 ? IPPROTO_IPV6 : IPPROTO_IP, route->has6 ? IPV6_RECVERR : IP_RECVERR,
		       &one, sizeof(one)) ||
	    setsockopt(sender->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) ||
	    setsockopt(sender->fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface)) ||
	    udp_connect(sender, route, from_port))
		return fail(sender, ret_error, "cannot bind or connect a UDP socket", interface);
	return 0;
}

int sender_send(struct sender *sender, const struct sender_frame *frames, u32 count, u32 *ret_taken)
{
	static const struct timespec wait = { 0, WAIT_NS };
	struct mmsghdr messages[SENDER_BATCH] = { 0 };
	struct iovec parts[SENDER_BATCH];
	u32 waits = 0, i;
	int sent;

	for (i = 0; i < count; i++) {
		parts[i].iov_base = (void *)frames[i].bytes;
		parts[i].iov_len = frames[i].len;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	*ret_taken = 0;
	while (*ret_taken < count && !*sender->stop) {
		sent = sendmmsg(sender->fd, messages + *ret_taken, count - *ret_taken, 0);
		if (sent > 0) {
			*ret_taken += (u32)sent;
			waits = 0;
			continue;
		}
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
			return -errno;
		if (++waits > WAITS_MAX)
			return -ETIMEDOUT;
		sender->retries++;
		nanosleep(&wait, NULL);
	}
	return (int)*ret_taken;
}

void sender_close(struct sender *sender)
{
	if (sender->fd >= 0)
		close(sender->fd);
	sender->fd = -1;
}

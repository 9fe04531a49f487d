// SPDX-License-Identifier: GPL-2.0
/* datagram.c - see datagram.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/datagram.h"

#define DATAGRAM_BYTES (8 * 1024 * 1024)   /* of a socket's buffers */
#define DATAGRAM_HELLO_BYTES (1024 * 1024) /* some thousand hellos */
#define DATAGRAM_LOCK "voltgate-47800"	   /* an abstract name: each namespace has its own */

union datagram_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Sockets that share a port would let another agent of the same user join in; this name cannot be shared. */
static int datagram_lock(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	memcpy(name.sun_path + 1, DATAGRAM_LOCK, sizeof(DATAGRAM_LOCK) - 1);
	if (!bind(fd, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + sizeof(DATAGRAM_LOCK)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* The second socket bound gets the hellos, the first one the rest; the program sees the UDP payload. */
static int datagram_sort(int fd)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct vg_vid, type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VG_VID_HELLO, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, DATAGRAM_HELLOS),
		BPF_STMT(BPF_RET | BPF_K, DATAGRAM_OTHERS),
	};
	struct sock_fprog filter = { sizeof(program) / sizeof(*program), program };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof(filter)) ? -errno : 0;
}

static int datagram_bind(int family, int buffer)
{
	union datagram_address address = { .any.sa_family = (sa_family_t)family };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, err;

	if (fd < 0)
		return -errno;
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
		address.v6.sin6_port = htons(VG_VID_PORT);
	} else {
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
		address.v4.sin_port = htons(VG_VID_PORT);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) &&
	    !bind(fd, &address.any, family == AF_INET6 ? sizeof(address.v6) : sizeof(address.v4)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void datagram_close_family(int sockets[DATAGRAM_KINDS])
{
	int kind;

	for (kind = 0; kind < DATAGRAM_KINDS; kind++) {
		if (sockets[kind] >= 0)
			close(sockets[kind]);
		sockets[kind] = -1;
	}
}

/* Both sockets of a family, or neither. */
static int datagram_open_family(int family, int ret_sockets[DATAGRAM_KINDS])
{
	int err = ret_sockets[DATAGRAM_OTHERS] = datagram_bind(family, DATAGRAM_BYTES);

	if (err >= 0)
		err = ret_sockets[DATAGRAM_HELLOS] = datagram_bind(family, DATAGRAM_HELLO_BYTES);
	if (err >= 0)
		err = datagram_sort(ret_sockets[DATAGRAM_OTHERS]);
	if (err >= 0)
		return 0;
	datagram_close_family(ret_sockets);
	return err;
}

int datagram_open(struct datagram_port *ret_port)
{
	int v4, v6;

	*ret_port = (struct datagram_port){ -1, { { -1, -1 }, { -1, -1 } } };
	ret_port->lock = datagram_lock();
	if (ret_port->lock < 0)
		return ret_port->lock;
	v4 = datagram_open_family(AF_INET, ret_port->sockets[0]);
	v6 = datagram_open_family(AF_INET6, ret_port->sockets[1]);
	if (v4 == -EADDRINUSE || v6 == -EADDRINUSE)
		return -EADDRINUSE; /* another program: half a port would act on half the packets */
	return v4 && v6 ? v4 : 0;
}

void datagram_close(struct datagram_port *port)
{
	datagram_close_family(port->sockets[0]);
	datagram_close_family(port->sockets[1]);
	if (port->lock >= 0)
		close(port->lock);
	port->lock = -1;
}

static void datagram_local(struct msghdr *message, struct greeted_path *ret_path)
{
	struct cmsghdr *control;

	for (control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
		if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(control), sizeof(info));
			ret_path->local.family = VG_SOURCE_IPV4;
			memcpy(ret_path->local.addr, &info.ipi_spec_dst, 4);
			ret_path->ifindex = (u32)info.ipi_ifindex;
		} else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(control), sizeof(info));
			ret_path->local.family = VG_SOURCE_IPV6;
			memcpy(ret_path->local.addr, &info.ipi6_addr, 16);
			ret_path->ifindex = info.ipi6_ifindex;
		}
	}
}

static void datagram_path(struct msghdr *message, const union datagram_address *from, struct greeted_path *ret_path)
{
	memset(ret_path, 0, sizeof(*ret_path));
	if (from->any.sa_family == AF_INET6) {
		ret_path->peer.family = VG_SOURCE_IPV6;
		memcpy(ret_path->peer.addr, &from->v6.sin6_addr, 16);
		ret_path->port = from->v6.sin6_port;
	} else {
		ret_path->peer.family = VG_SOURCE_IPV4;
		memcpy(ret_path->peer.addr, &from->v4.sin_addr, 4);
		ret_path->port = from->v4.sin_port;
	}
	datagram_local(message, ret_path);
}

int datagram_receive(int fd, struct datagram *ret_datagrams, int count)
{
	union datagram_address from[DATAGRAM_BURST];
	struct mmsghdr messages[DATAGRAM_BURST];
	struct iovec parts[DATAGRAM_BURST];
	struct {
		_Alignas(struct cmsghdr) u8 bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control[DATAGRAM_BURST];
	int i, got;

	for (i = 0; i < count; i++) {
		parts[i] = (struct iovec){ ret_datagrams[i].bytes, sizeof(ret_datagrams[i].bytes) };
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &parts[i],
			.msg_iovlen = 1,
			.msg_control = &control[i],
			.msg_controllen = sizeof(control[i]),
		};
	}
	got = recvmmsg(fd, messages, (unsigned int)count, MSG_DONTWAIT, NULL);
	for (i = 0; i < got; i++) {
		ret_datagrams[i].len = messages[i].msg_len;
		datagram_path(&messages[i].msg_hdr, &from[i], &ret_datagrams[i].path);
	}
	return got < 0 ? 0 : got;
}

static void datagram_source(const struct greeted_path *path, struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (path->peer.family == VG_SOURCE_IPV6) {
		struct in6_pktinfo info = { .ipi6_ifindex = path->ifindex };

		memcpy(&info.ipi6_addr, path->local.addr, 16);
		control->cmsg_level = IPPROTO_IPV6;
		control->cmsg_type = IPV6_PKTINFO;
		control->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(control), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in_pktinfo info = { .ipi_ifindex = 0 };

		memcpy(&info.ipi_spec_dst, path->local.addr, 4);
		control->cmsg_level = IPPROTO_IP;
		control->cmsg_type = IP_PKTINFO;
		control->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(control), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

static socklen_t datagram_destination(const struct greeted_path *path, union datagram_address *ret_to)
{
	memset(ret_to, 0, sizeof(*ret_to));
	if (path->peer.family == VG_SOURCE_IPV6) {
		ret_to->v6.sin6_family = AF_INET6;
		ret_to->v6.sin6_port = path->port;
		memcpy(&ret_to->v6.sin6_addr, path->peer.addr, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&ret_to->v6.sin6_addr))
			ret_to->v6.sin6_scope_id = path->ifindex;
		return sizeof(ret_to->v6);
	}
	ret_to->v4.sin_family = AF_INET;
	ret_to->v4.sin_port = path->port;
	memcpy(&ret_to->v4.sin_addr, path->peer.addr, 4);
	return sizeof(ret_to->v4);
}

int datagram_send(const struct datagram_port *port, enum datagram_kind kind, const struct greeted_path *path,
		  const void *bytes, size_t len)
{
	int fd = port->sockets[path->peer.family == VG_SOURCE_IPV6][kind];
	_Alignas(struct cmsghdr) u8 control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
	struct iovec part = { (void *)bytes, len };
	union datagram_address to;
	struct msghdr message = {
		.msg_name = &to,
		.msg_namelen = datagram_destination(path, &to),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	if (fd < 0)
		return -EAFNOSUPPORT;
	datagram_source(path, &message);
	if (path->local.family == path->peer.family && sendmsg(fd, &message, MSG_DONTWAIT) >= 0)
		return 0;
	message.msg_control = NULL; /* it was sent to a group, or the address is gone: from whichever we have */
	message.msg_controllen = 0;
	return sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? -errno : 0;
}

u32 datagram_dropped(int fd)
{
	u32 info[16] = { 0 };
	socklen_t len = sizeof(info);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) || len < 9 * sizeof(*info))
		return 0;
	return info[8]; /* SK_MEMINFO_DROPS */
}

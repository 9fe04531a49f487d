// SPDX-License-Identifier: GPL-2.0
/*
 * takeover.c - see takeover.h. Programs are known by their names.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "agent/takeover.h"
#include "voltgate/maps.h"

/* A descriptor of program @id if it is one of ours, else -ENOENT. */
static int takeover_open(unsigned int id)
{
	struct bpf_prog_info info;
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return -errno;
	memset(&info, 0, sizeof(info));
	/* the kernel keeps the first 15 characters of a name */
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) &&
	    (!strncmp(info.name, VG_PROGRAM_PLAIN, sizeof(info.name) - 1) ||
	     !strncmp(info.name, VG_PROGRAM_ATTESTED, sizeof(info.name) - 1)))
		return fd;
	close(fd);
	return -ENOENT;
}

static int takeover_detach(int ifindex, unsigned int id, unsigned int flags)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, options);
	int err, fd;

	if (!id)
		return 0;
	fd = takeover_open(id);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	options.old_prog_fd = fd; /* so that nothing else is taken off */
	err = bpf_xdp_detach(ifindex, flags, &options);
	close(fd);
	return err ? err : 1;
}

int takeover(const char *interface)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int ifindex = (int)if_nametoindex(interface), native, generic;

	if (!ifindex || bpf_xdp_query(ifindex, 0, &query))
		return -errno;
	native = takeover_detach(ifindex, query.drv_prog_id, XDP_FLAGS_DRV_MODE);
	generic = takeover_detach(ifindex, query.skb_prog_id, XDP_FLAGS_SKB_MODE);
	if (native > 0 || generic > 0)
		return 1;
	return native ? native : generic;
}

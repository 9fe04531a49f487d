// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_interface.c - doctor: one network interface. Whether its driver runs
 * XDP natively is asked of the kernel's "netdev" family (Linux 6.3 and newer).
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <net/if.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/voltgate/doctor.h"

/* Numbers of Documentation/netlink/specs/netdev.yaml; Debian 12's headers are older than the family. */
#define NETDEV_COMMAND_DEV_GET 1
#define NETDEV_DEV_IFINDEX 1
#define NETDEV_DEV_XDP_FEATURES 3
#define NETDEV_XDP_BASIC 1
#define NETDEV_ATTRIBUTE_MAX 8
#define MTU_NATIVE_MAX 3498 /* one page less headroom and tail; longer frames need a program that takes fragments */

static int take_features(struct nl_msg *message, void *arg)
{
	struct nlattr *attributes[NETDEV_ATTRIBUTE_MAX + 1];
	long long *features = arg;

	if (!genlmsg_parse(nlmsg_hdr(message), 0, attributes, NETDEV_ATTRIBUTE_MAX, NULL) &&
	    attributes[NETDEV_DEV_XDP_FEATURES])
		*features = (long long)nla_get_u64(attributes[NETDEV_DEV_XDP_FEATURES]);
	return NL_OK;
}

/* The XDP features of interface @ifindex as the kernel states them; negative: it does not say. */
static long long xdp_features(unsigned int ifindex)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_msg *message = nlmsg_alloc();
	long long features = -1;
	int family;

	if (!sock || !message || genl_connect(sock))
		goto done;
	family = genl_ctrl_resolve(sock, "netdev");
	if (family < 0 || !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, NETDEV_COMMAND_DEV_GET, 1) ||
	    nla_put_u32(message, NETDEV_DEV_IFINDEX, ifindex))
		goto done;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_features, &features);
	if (nl_send_auto(sock, message) >= 0)
		nl_recvmsgs_default(sock);
done:
	nlmsg_free(message);
	nl_socket_free(sock);
	return features;
}

static int read_mtu(const char *name)
{
	char path[64 + IFNAMSIZ], text[16];

	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", name);
	return doctor_read(path, text, sizeof(text)) ? atoi(text) : -1;
}

void doctor_interface(struct doctor *doctor, const char *name)
{
	unsigned int ifindex = if_nametoindex(name);
	char check[8 + IFNAMSIZ];
	long long features;
	int mtu;

	snprintf(check, sizeof(check), "if %.15s", name);
	if (!ifindex) {
		doctor_say(doctor, check, DOCTOR_FAIL, "see \"ip link\" for those there are",
			   "there is no such interface");
		return;
	}
	mtu = read_mtu(name);
	features = xdp_features(ifindex);
	if (features >= 0 && !(features & NETDEV_XDP_BASIC))
		doctor_say(doctor, check, DOCTOR_WARN, "attach it as generic, or use a card whose driver has XDP",
			   "its driver has no native XDP");
	else if (mtu > MTU_NATIVE_MAX)
		doctor_say(doctor, check, DOCTOR_WARN, "ip link set mtu 1500, or attach it as generic",
			   "its MTU of %d is more than most drivers take for native XDP (%d)", mtu, MTU_NATIVE_MAX);
	else
		doctor_say(doctor, check, DOCTOR_OK, NULL, "MTU %d, native XDP %s", mtu,
			   features < 0 ? "not known before it is tried (this kernel does not tell)" : "yes");
}

// SPDX-License-Identifier: GPL-2.0
/*
 * voltgate.bpf.c - the gate's XDP program, one text in two grades.
 *
 * The loader loads one of them: vg_gate_attested where the module's kfuncs
 * are there to be called, vg_gate_plain elsewhere. Table of contents:
 *
 *   tables.h        the maps, the clock
 *   mac.h           SipHash over packet bytes
 *   parse.h         Ethernet, VLAN, IPv4, IPv6, UDP: what is ours
 *   geonet.h        secured ITS frames: structure and generation time
 *   plain_env.h     plain grade: sessions, counters and alarms in maps
 *   attested_env.h  attested grade: the module's kfuncs
 *   ingress.h       what is done with each kind of frame
 */
#include "ingress.h"

SEC("xdp")
int vg_gate_attested(struct xdp_md *ctx)
{
	return vg_gate(ctx, true);
}

SEC("xdp")
int vg_gate_plain(struct xdp_md *ctx)
{
	return vg_gate(ctx, false);
}

/* Not for packets: ends one session for the agent, under the lock that packets take (maps.h). */
SEC("xdp")
int vg_session_end(struct xdp_md *ctx)
{
	struct vg_session_end *end = (void *)(long)ctx->data;

	if ((void *)(end + 1) > (void *)(long)ctx->data_end || vg_plain_session_end(end))
		return XDP_ABORTED;
	return XDP_PASS;
}

char vg_license[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0
/*
 * call.bpf.c - the shortest program that puts a VID before the module: plain
 * IPv4 and UDP without options, nothing else. So the module's tests depend on
 * the module alone; the real program has tests of its own.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "voltgate/source.h"
#include "voltgate/reason.h"
#include "voltgate/vid.h"

extern int vg_authenticate(struct xdp_md *ctx, u32 offset, u32 len, struct vg_source *source, u32 source__sz) __ksym;
extern int vg_denied(struct xdp_md *ctx, struct vg_source *source, u32 source__sz) __ksym;
extern int vg_note(struct xdp_md *ctx, u32 reason, struct vg_source *source, u32 source__sz) __ksym;

#define VID 42 /* Ethernet, IPv4, UDP */

/* An accepted packet passes. A frame without room for a VID is denied or malformed, by the module's other calls. */
SEC("xdp")
int vg_gate_attested(struct xdp_md *ctx)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	struct vg_source source = { .family = VG_SOURCE_IPV4 };
	u32 len = ctx->data_end - ctx->data;

	if (data + VID > end || data[12] != 8 || data[23] != 17)
		return XDP_PASS;
	memcpy(source.addr, data + 26, 4);
	if (len < VID + VG_VID_OVERHEAD) {
		vg_note(ctx, vg_denied(ctx, &source, sizeof(source)) ? VG_DENIED : VG_MALFORMED, &source,
			sizeof(source));
		return XDP_DROP;
	}
	return vg_authenticate(ctx, VID, len - VID, &source, sizeof(source)) ? XDP_DROP : XDP_PASS;
}

char vg_license[] SEC("license") = "GPL";

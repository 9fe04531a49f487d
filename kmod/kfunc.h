/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfunc.h - what the XDP program calls. bpf/ declares the same functions; the
 * verifier holds both sides together by name and type, and the loaded program
 * holds the module: it cannot be unloaded while one calls these.
 *
 * All run in softirq, or with softirqs off (BPF test run).
 */
#ifndef VOLTGATE_KMOD_KFUNC_H
#define VOLTGATE_KMOD_KFUNC_H

#include <linux/types.h>
#include <linux/bpf.h>
#include "voltgate/source.h"

/*
 * The whole decision on a VID that lies @offset bytes behind the frame's
 * start: deny list, structure, session, freshness, replay, tag, record,
 * budget. Counts it, raises alarms, writes the record. @len: bytes of UDP
 * payload. Returns enum vg_reason; 0: accepted.
 */
int vg_authenticate(struct xdp_md *ctx, u32 offset, u32 len, struct vg_source *source, u32 source__sz);
/* 1: @source is on the deny list (its entry's hit is counted, the packet is not); 0: it is not. */
int vg_denied(struct xdp_md *ctx, struct vg_source *source, u32 source__sz);
/* Counts a verdict that the program reached itself; refusals become alarms. 0, or -EINVAL: no such reason or source. */
int vg_note(struct xdp_md *ctx, u32 reason, struct vg_source *source, u32 source__sz);

int vg_kfunc_start(void);

#endif

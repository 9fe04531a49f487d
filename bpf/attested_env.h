/* SPDX-License-Identifier: GPL-2.0 */
/*
 * attested_env.h - the attested grade: the module's kfuncs, which judge,
 * count and record. Their contracts: kmod/kfunc.h.
 *
 * Weak, so that an object whose plain program alone is loaded needs no
 * module; no test for their presence is compiled in, because kernel 6.1
 * refuses one. The loader looks into the module's BTF instead.
 */
#ifndef VOLTGATE_BPF_ATTESTED_ENV_H
#define VOLTGATE_BPF_ATTESTED_ENV_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "voltgate/source.h"

extern int vg_authenticate(struct xdp_md *ctx, u32 offset, u32 len, struct vg_source *source,
			   u32 source__sz) __ksym __weak;
extern int vg_denied(struct xdp_md *ctx, struct vg_source *source, u32 source__sz) __ksym __weak;
extern int vg_note(struct xdp_md *ctx, u32 reason, struct vg_source *source, u32 source__sz) __ksym __weak;

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* core_case.h - one vector on its way into the BPF program core.bpf.c and back: the value of its only map. */
#ifndef VOLTGATE_TESTS_CORE_CASE_H
#define VOLTGATE_TESTS_CORE_CASE_H

#include "voltgate/siphash.h"
#include "voltgate/vid.h"
#include "voltgate/replay.h"
#include "voltgate/budget.h"
#include "voltgate/time64.h"
#include "voltgate/record.h"

#define CORE_MESSAGE_MAX 1104

enum core_op { CORE_SIPHASH, CORE_VID, CORE_REPLAY, CORE_BUDGET, CORE_FRESH, CORE_TIME64, CORE_RECORD };

struct core_case {
	u32 op; /* enum core_op */
	u32 len;
	u64 args[4];
	struct vg_siphash_key key;
	u8 bytes[CORE_MESSAGE_MAX];
	struct vg_replay window; /* state between steps; user space clears it */
	struct vg_budget budget;
	struct vg_budget_rate rate;
	struct vg_vid_fields fields; /* results from here on */
	struct vg_siphash_tag tag;
	struct vg_record record; /* in: host order integers; out: as signed */
	u64 result;
};

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify_anchors.h - a verdict log against the heads that a ledger holds of its chains (agent/contract/anchor.h): what
 * is anchored must be in the log, bit for bit.
 */
#ifndef VOLTGATE_TOOLS_VERIFY_ANCHORS_H
#define VOLTGATE_TOOLS_VERIFY_ANCHORS_H

#include "agent/contract/anchor.h"

struct verify_anchor {
	struct anchor anchor;
	bool forked; /* the ledger holds a second head of this epoch: the attestor signed two chains */
	/* what the log has of this epoch */
	bool seen, met;
	u64 first, last; /* numbers */
};

struct verify_anchors {
	struct verify_anchor *list;
	u32 count;
	u8 channel[32];
	u64 height; /* of the ledger */
	char error[512];
};

/* Audits the ledger in @folder (ledger.h) and gathers its anchors. 0, or -errno with a sentence in ret_anchors->error.
 */
int verify_anchors_read(const char *folder, struct verify_anchors *ret_anchors);
void verify_anchors_free(struct verify_anchors *anchors);
/* A batch of the log, in order. The anchor that it contradicts, or NULL. */
const struct verify_anchor *verify_anchors_meet(struct verify_anchors *anchors, const struct vg_batch_head *head);
/*
 * After the log's last batch: the first anchor that it does not reach, or whose attestor signed two chains. Anchors of
 * chains that the log has nothing of count if @keys names them; of what came before the log's first batch nothing is
 * said. NULL: none.
 */
const struct verify_anchor *verify_anchors_lacking(const struct verify_anchors *anchors, const u8 (*keys)[VG_KEY_LEN],
						   u32 key_count);
/* Anchors that are in the log. */
u32 verify_anchors_met(const struct verify_anchors *anchors);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* audit_progress.h - how far an audit of a ledger has come, on standard error, once it takes longer than two seconds.
 */
#ifndef VOLTGATE_TOOLS_AUDIT_PROGRESS_H
#define VOLTGATE_TOOLS_AUDIT_PROGRESS_H

#include "voltgate/types.h"

struct audit_progress_shown {
	double start, told;
	bool terminal;
};

void audit_progress_start(struct audit_progress_shown *progress);
/* ledger_audit()'s progress: one line that is written over on a terminal, one every ten seconds elsewhere. */
void audit_progress_tell(void *arg, u64 number, u64 last);
void audit_progress_end(const struct audit_progress_shown *progress);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verdicts.h - the way of a sealed batch through the agent, in both grades:
 * checked against the chain, appended to the log, brought to the disk, and
 * only then told to those who act on it or acknowledge it.
 *
 * Batches are synced in groups: verdicts_take() any number, then one
 * verdicts_commit(). Not thread-safe.
 */
#ifndef VOLTGATE_VERDICTS_H
#define VOLTGATE_VERDICTS_H

#include "agent/chain.h"

#define VERDICTS_GROUP 32 /* batches that one sync brings to the disk at most */

struct verdicts_error {
	char text[512];
	enum chain_fault fault; /* with -EBADMSG */
};

struct verdicts_counts {
	u64 batches; /* stored since the start */
	u64 records;
	u64 faults; /* batches refused */
	u64 syncs;
};

/* Called for each batch once it is on disk, in chain order. */
typedef void verdicts_stored_fn(void *arg, const struct batch *batch);

struct verdicts;

/* Opens the log in @dir and takes up its chain. */
int verdicts_open(const char *dir, u64 segment_bytes, verdicts_stored_fn *stored, void *arg,
		  struct verdicts **ret_verdicts, struct verdicts_error *ret_error);
/* Does not commit. NULL is fine. */
void verdicts_close(struct verdicts *verdicts);

/*
 * Checks and appends one batch. -EBADMSG: the chain refuses it, nothing was
 * written. Another error (-ENOSPC): the disk does; the chain is as before and
 * the same batch may be offered again.
 */
int verdicts_take(struct verdicts *verdicts, const struct batch *batch, struct verdicts_error *ret_error);
/*
 * Syncs what was taken and reports it. After an error nothing may be believed
 * of what the kernel held for the file: stop, and let the next start look.
 */
int verdicts_commit(struct verdicts *verdicts, struct verdicts_error *ret_error);

const struct chain *verdicts_chain(const struct verdicts *verdicts);
bool verdicts_last(const struct verdicts *verdicts, struct vg_batch_seal *ret_seal);
/* Bytes of torn tail that were cut off at the start. */
u64 verdicts_cut(const struct verdicts *verdicts);
void verdicts_counts(const struct verdicts *verdicts, struct verdicts_counts *ret_counts);

#endif
